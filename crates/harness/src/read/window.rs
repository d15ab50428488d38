//! A bounded window on a source: one exchange at a time is in memory, whatever the source's size.

use std::{
    io::{self, Read},
    ops::Range,
};

use contract::closing_quote;

/// The window's usual size.
const SIZE: usize = 256 * 1024;

/// What larger exchanges would take is bounded too: that of a body and what may stand around it.
pub(super) const MOST: usize = 2 * crate::MAX_BODY;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    /// The source ends inside a value.
    End,
    /// Something else than what the format has there.
    Other,
}

/// A window that moves over a source's bytes.
pub(super) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What is in the window, and not yet taken.
    start: usize,
    end: usize,
    /// The byte of the source at which the buffer starts.
    base: usize,
    at_end: bool,
}

/// What was read over.
#[derive(Debug)]
pub(super) enum Value {
    /// It is in the window until more is read.
    Kept(Range<usize>),
    /// It is larger than [`MOST`].
    TooLarge,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; SIZE], start: 0, end: 0, base: 0, at_end: false }
    }

    /// The byte of the source that comes next.
    pub(super) fn byte(&self) -> usize {
        self.base + self.start
    }

    /// The last byte that was read.
    pub(super) fn last_byte(&self) -> usize {
        (self.base + self.end).saturating_sub(1)
    }

    /// The byte of the source at which something kept stands.
    pub(super) fn byte_of(&self, kept: &Range<usize>) -> usize {
        self.base + kept.start
    }

    pub(super) fn bytes(&self, kept: Range<usize>) -> &[u8] {
        &self.buffer[kept]
    }

    /// What comes next, as far as it is in the window, and no more than so many bytes.
    pub(super) fn in_sight(&self, most: usize) -> &[u8] {
        let unread = &self.buffer[self.start..self.end];
        &unread[..most.min(unread.len())]
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.start += count;
    }

    /// What is in the window, at least so many bytes where the source has them.
    pub(super) fn at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && self.more()? {}
        Ok(&self.buffer[self.start..self.end])
    }

    /// Reads more; false at the source's end. What is in the window moves to its start.
    fn more(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start;
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() + self.buffer.len() / 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(!self.at_end);
        }
    }

    /// The next byte that is no white space, not yet taken.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            while self.start < self.end {
                match self.buffer[self.start] {
                    b' ' | b'\n' | b'\t' | b'\r' => self.start += 1,
                    byte => return Ok(Some(byte)),
                }
            }
            if !self.more().map_err(Stop::Io)? {
                return Ok(None);
            }
        }
    }

    /// Takes a byte that must come next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        match self.peek()? {
            Some(it) if it == byte => {
                self.start += 1;
                Ok(())
            }
            Some(_) => Err(Stop::Other),
            None => Err(Stop::End),
        }
    }

    /// Reads over a JSON value, by its quotes and brackets alone, and keeps it in the window if it is not too large.
    pub(super) fn value(&mut self, keep: bool) -> Result<Value, Stop> {
        let first = self.peek()?.ok_or(Stop::End)?;
        if matches!(first, b',' | b':' | b'}' | b']') {
            return Err(Stop::Other);
        }
        let mut scan = Scan::default();
        // How far into the value, where the value starts at the window's start.
        let mut length = 0;
        let mut is_kept = keep;
        loop {
            let ended = scan.run(&self.buffer[self.start + length..self.end], &mut length);
            if ended {
                break;
            }
            if length > MOST {
                is_kept = false;
            }
            if !is_kept {
                self.start += length;
                length = 0;
            }
            if !self.more().map_err(Stop::Io)? {
                // A scalar ends with the source.
                if scan.depth == 0 && !scan.in_text && !matches!(first, b'"' | b'{' | b'[') {
                    break;
                }
                return Err(Stop::End);
            }
        }
        let value = self.start..self.start + length;
        self.start += length;
        Ok(if is_kept || !keep { Value::Kept(value) } else { Value::TooLarge })
    }

    /// Takes the rest of the line; none at the source's end.
    pub(super) fn line(&mut self) -> io::Result<Option<Value>> {
        let mut length = 0;
        let mut is_kept = true;
        let mut is_any = false;
        loop {
            let unread = &self.buffer[self.start + length..self.end];
            is_any |= !unread.is_empty();
            if let Some(at) = memchr::memchr(b'\n', unread) {
                let line = self.start..self.start + length + at;
                self.start = line.end + 1;
                return Ok(Some(if is_kept { Value::Kept(line) } else { Value::TooLarge }));
            }
            length += unread.len();
            if length > MOST {
                is_kept = false;
            }
            if !is_kept {
                self.start += length;
                length = 0;
            }
            if !self.more()? {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok(is_any.then_some(if is_kept {
                    Value::Kept(line)
                } else {
                    Value::TooLarge
                }));
            }
        }
    }
}

/// How far into a value reading has come.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    is_scalar: bool,
}

impl Scan {
    /// Reads on; true where the value ends. `length` grows by what belongs to it.
    fn run(&mut self, bytes: &[u8], length: &mut usize) -> bool {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_text {
                let Some(quote) = closing_quote(&bytes[at..], &mut self.is_escaped) else { break };
                self.in_text = false;
                at += quote + 1;
                if self.depth == 0 {
                    *length += at;
                    return true;
                }
                continue;
            }
            match bytes[at] {
                b'"' if !self.is_scalar => self.in_text = true,
                b'{' | b'[' if !self.is_scalar => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => {
                    *length += at + 1;
                    return true;
                }
                b',' | b':' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r' | b'"' | b'{' | b'['
                    if self.depth == 0 =>
                {
                    *length += at;
                    return true;
                }
                _ => self.is_scalar = self.depth == 0,
            }
            at += 1;
        }
        *length += bytes.len();
        false
    }
}
