//! Reads HAR 1.2 as programs really write it: members in any order, absent, null or of another type where they do not
//! matter, a byte-order mark, base64 bodies. One entry at a time; what cannot be read is named by entry and byte.

pub(super) mod entry;

use std::io::Read;

use contract::{Provenance, Unreadable};
use serde::Deserialize;

use crate::read::{
    Format, Raw,
    window::{Stop, Value, Window},
};

/// What our own recordings say about themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    provenance: Option<String>,
}

impl Meta {
    fn read(raw: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Lenient {
            provenance: Option<serde_json::Value>,
        }
        let provenance = serde_json::from_slice::<Lenient>(raw).ok().and_then(|it| it.provenance);
        Self { provenance: provenance.and_then(|it| it.as_str().map(str::to_owned)) }
    }

    fn provenance(&self) -> Result<Provenance, String> {
        let known =
            Provenance::ALL.iter().find(|it| self.provenance.as_deref() == Some(it.as_str()));
        let words: Vec<_> = Provenance::ALL.iter().map(|it| it.as_str()).collect();
        known.copied().ok_or_else(|| {
            format!("`log._paperwire.provenance`: promised one of {}", words.join(", "))
        })
    }
}

/// Gives every entry, or what is wrong with it, to `each`. What is wrong with the file as a whole comes last, after the
/// entries before the fault.
///
/// The provenance is what `log._paperwire.provenance` says; a HAR without it was recorded by somebody else's program.
/// Where it stands after the entries, `later` is what it says, if the source could be read twice.
pub(super) fn split<R: Read>(
    window: &mut Window<R>,
    source: &str,
    later: Option<Meta>,
    each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
) {
    let mut har = Har { source, later, meta: None, entries: 0, has_log: false, has_entries: false };
    let fault = match har.read(window, each) {
        Ok(()) if !har.has_log => Some((None, "no `log`; promised a HAR 1.2 file".to_owned())),
        Ok(()) if har.entries == 0 => {
            let reason = "no entries in `log.entries`; record again with the network panel open";
            Some((None, reason.to_owned()))
        }
        Ok(()) => None,
        Err(Fault::Meta(reason)) => Some((None, reason)),
        Err(Fault::Stop(Stop::Io(error))) => Some((Some(window.byte()), error.to_string())),
        Err(Fault::Stop(Stop::End)) => {
            let byte = window.last_byte();
            Some((Some(byte), har.in_entries("the file ends too early")))
        }
        Err(Fault::Stop(Stop::Other)) => {
            let next = window.at_least(4).map(<[u8]>::to_vec).unwrap_or_default();
            let is_text = std::str::from_utf8(&next)
                .map_or_else(|it| it.valid_up_to() > 0 || it.error_len().is_none(), |_| true);
            let reason = if is_text {
                "not the JSON of a HAR from here on"
            } else {
                "not UTF-8 from here on"
            };
            Some((Some(window.byte()), har.in_entries(reason)))
        }
    };
    if let Some((byte, reason)) = fault {
        each(Err(Unreadable { source: source.to_owned(), entry: None, byte, reason }));
    }
}

/// What a HAR says about itself, wherever it stands.
pub(super) fn meta<R: Read>(window: &mut Window<R>) -> Option<Meta> {
    let mut har =
        Har { source: "", later: None, meta: None, entries: 0, has_log: false, has_entries: false };
    // The entries are read over; what is wrong with the file is told when it is read again.
    let _ = har.read(window, &mut |_| {});
    har.meta
}

enum Fault {
    Stop(Stop),
    Meta(String),
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

struct Har<'s> {
    source: &'s str,
    later: Option<Meta>,
    meta: Option<Meta>,
    entries: usize,
    has_log: bool,
    has_entries: bool,
}

impl Har<'_> {
    fn in_entries(&self, reason: &str) -> String {
        let whole = self.entries;
        if self.has_entries {
            format!(
                "{reason}, in or after entry {whole} ({whole} before it were read); export it again"
            )
        } else {
            format!("{reason}; promised a HAR 1.2 file")
        }
    }

    fn read<R: Read>(
        &mut self,
        window: &mut Window<R>,
        each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
    ) -> Result<(), Fault> {
        window.expect(b'{')?;
        let mut is_first = true;
        while let Some(name) = member(window, is_first)? {
            is_first = false;
            if name == "log" {
                self.has_log = true;
                self.log(window, each)?;
            } else {
                window.value(false)?;
            }
        }
        match window.peek()? {
            None => Ok(()),
            Some(_) => Err(Stop::Other.into()),
        }
    }

    fn log<R: Read>(
        &mut self,
        window: &mut Window<R>,
        each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
    ) -> Result<(), Fault> {
        window.expect(b'{')?;
        let mut is_first = true;
        while let Some(name) = member(window, is_first)? {
            is_first = false;
            match name.as_str() {
                "entries" => {
                    self.has_entries = true;
                    self.entries(window, each)?;
                }
                "_paperwire" => {
                    let meta = match window.value(true)? {
                        Value::Kept(kept) => Meta::read(window.bytes(kept)),
                        Value::TooLarge => Meta::default(),
                    };
                    if self.entries > 0 && self.later.as_ref() != Some(&meta) {
                        self.meta = Some(meta);
                        return Err(Fault::Meta(
                            "`log._paperwire` stands after the entries, which were taken for recorded ones; put it before them"
                                .to_owned(),
                        ));
                    }
                    self.meta = Some(meta);
                }
                _ => {
                    window.value(false)?;
                }
            }
        }
        Ok(())
    }

    fn entries<R: Read>(
        &mut self,
        window: &mut Window<R>,
        each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
    ) -> Result<(), Fault> {
        let provenance = match self.meta.as_ref().or(self.later.as_ref()) {
            Some(meta) => meta.provenance().map_err(Fault::Meta)?,
            None => Provenance::Recorded,
        };
        window.expect(b'[')?;
        let mut is_first = true;
        // Most entries are as long as the one before, or not much longer.
        let mut usual = 4096;
        loop {
            match (window.peek()?, is_first) {
                (Some(b']'), _) => {
                    window.advance(1);
                    return Ok(());
                }
                (Some(b','), false) => window.advance(1),
                (Some(_), true) => {}
                (Some(_), false) => return Err(Stop::Other.into()),
                (None, _) => return Err(Stop::End.into()),
            }
            is_first = false;
            let byte = window.peek()?.map(|_| window.byte()).ok_or(Stop::End)?;
            let entry = self.entries;
            let start = Start { source: self.source, provenance, entry, byte };
            if let Some((raw, length)) = read_at_once(start.raw(window.in_sight(usual))) {
                each(Ok(raw));
                window.advance(length);
                usual = length + length / 4;
                self.entries += 1;
                continue;
            }
            match window.value(true)? {
                Value::Kept(kept) => {
                    usual = kept.len() + kept.len() / 4;
                    each(Ok(start.raw(window.bytes(kept))));
                }
                Value::TooLarge => each(Err(Unreadable {
                    source: self.source.to_owned(),
                    entry: Some(entry),
                    byte: Some(byte),
                    reason: "larger than what is looked at; leave its body out".to_owned(),
                })),
            }
            self.entries += 1;
        }
    }
}

/// Where an entry starts.
#[derive(Clone, Copy)]
struct Start<'s> {
    source: &'s str,
    provenance: Provenance,
    entry: usize,
    byte: usize,
}

impl<'s> Start<'s> {
    fn raw(self, bytes: &'s [u8]) -> Raw<'s> {
        let Self { source, provenance, entry, byte } = self;
        Raw { source, format: Format::Har(provenance), bytes, entry, byte, loose: None }
    }
}

/// An entry that is read loosely where its end is not known yet, and its length: none where it is not all there, or where
/// there is anything wrong with it, or unusual.
fn read_at_once(mut raw: Raw<'_>) -> Option<(Raw<'_>, usize)> {
    let text = match std::str::from_utf8(raw.bytes) {
        Ok(text) => text,
        Err(cut) => std::str::from_utf8(&raw.bytes[..cut.valid_up_to()]).ok()?,
    };
    let (loose, length) = entry::read_loosely(&raw, text)?;
    raw.bytes = &raw.bytes[..length];
    raw.loose = Some(loose);
    Some((raw, length))
}

/// The name of the next member, its value then to be read; none at the object's end.
fn member<R: Read>(window: &mut Window<R>, is_first: bool) -> Result<Option<String>, Stop> {
    match (window.peek()?.ok_or(Stop::End)?, is_first) {
        (b'}', _) => {
            window.advance(1);
            return Ok(None);
        }
        (b',', false) => window.advance(1),
        (b'"', true) => {}
        _ => return Err(Stop::Other),
    }
    if window.peek()?.ok_or(Stop::End)? != b'"' {
        return Err(Stop::Other);
    }
    let name = match window.value(true)? {
        Value::Kept(kept) => serde_json::from_slice(window.bytes(kept)).unwrap_or_default(),
        Value::TooLarge => String::new(),
    };
    window.expect(b':')?;
    Ok(Some(name))
}

#[cfg(test)]
mod tests;
