//! Unpacks gzip: members one after the other (RFC 1952, section 2.2), and zeros behind them, as blocks of tapes have.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The first bytes of what is compressed (RFC 1952, section 2.3.1).
pub(crate) const GZIP: &[u8] = b"\x1f\x8b";

/// A reader of what gzip holds.
pub(crate) struct Unzipped<R> {
    /// None at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Unzipped<R> {
    pub(crate) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }

    /// Goes to the next member, where there is one.
    fn next_member(&mut self) -> io::Result<()> {
        if let Some(mut rest) = self.member.take().map(GzDecoder::into_inner) {
            skip_zeros(&mut rest)?;
            let is_at_end = rest.fill_buf()?.is_empty();
            self.member = (!is_at_end).then(|| GzDecoder::new(rest));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Unzipped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer).map_err(with_what_settles_it)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.next_member()?;
        }
        Ok(0)
    }
}

fn skip_zeros(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let chunk = reader.fill_buf()?;
        let zeros = chunk.iter().take_while(|it| **it == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        reader.consume(zeros);
    }
}

/// What the system says of a file has nothing to do with gzip.
fn with_what_settles_it(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() || error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    let reason = format!(
        "gzip that is cut short or damaged ({error}); pack it again, or unpack what can be"
    );
    io::Error::new(error.kind(), reason)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    }

    fn unpacked(packed: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        let read = Unzipped::new(io::BufReader::with_capacity(7, packed)).read_to_string(&mut text);
        read.map(|_| text).map_err(|it| it.to_string())
    }

    #[test]
    fn members_and_zeros_follow_each_other() {
        let (one, other, none) = (packed(b"one "), packed(b"other"), packed(b""));
        let zeros = vec![0; 600];
        let cases = [
            (one.clone(), "one "),
            ([&*one, &other].concat(), "one other"),
            ([&*one, &none, &other].concat(), "one other"),
            ([&*one, &other, &zeros].concat(), "one other"),
            ([&*one, &zeros, &other].concat(), "one other"),
        ];
        for (bytes, text) in cases {
            assert_eq!(unpacked(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_damaged_says_what_settles_it() {
        let whole = packed(b"one");
        for bytes in [&whole[..whole.len() - 3], &[&*whole, b"\0\0x"].concat()] {
            let error = unpacked(bytes).unwrap_err();
            assert!(error.starts_with("gzip that is cut short or damaged"), "{error}");
        }
    }
}
