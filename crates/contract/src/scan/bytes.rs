//! Bytes compared eight at a time.

pub(super) const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// How many of a word's bytes, from the lowest, stand before one that is zero.
pub(super) fn first_zero(word: u64) -> usize {
    let found = word.wrapping_sub(ONES) & !word & HIGH;
    found.trailing_zeros() as usize / 8
}

/// The high bits of a word's bytes that are zero, and of no others.
fn zeros(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word) & HIGH
}

/// Where in the rest of a text the quote stands that closes it. `is_escaped` says whether the first byte is, and then,
/// where there is no such quote, whether what comes next is.
pub fn closing_quote(bytes: &[u8], is_escaped: &mut bool) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, bytes) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let escaped = (backslashes << 8) | (u64::from(*is_escaped) << 7);
        let found = if backslashes & escaped == 0 {
            *is_escaped = backslashes >> 63 == 1;
            let quotes = zeros(word ^ (ONES * u64::from(b'"'))) & !escaped;
            (quotes != 0).then(|| quotes.trailing_zeros() as usize / 8)
        } else {
            // A backslash that is escaped escapes nothing.
            closing_quote_among(bytes, is_escaped)
        };
        if let Some(found) = found {
            *is_escaped = false;
            return Some(number * 8 + found);
        }
    }
    closing_quote_among(rest, is_escaped).map(|it| words.len() * 8 + it)
}

pub(super) fn closing_quote_among(bytes: &[u8], is_escaped: &mut bool) -> Option<usize> {
    bytes.iter().position(|byte| {
        let closes = *byte == b'"' && !*is_escaped;
        *is_escaped = *byte == b'\\' && !*is_escaped;
        closes
    })
}

/// How many bytes stand before the first quote, backslash or control character: eight at a time.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for eight in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*eight);
        // A byte becomes negative where it is zero: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
        let zero = |it: u64| it.wrapping_sub(ONES) & !it;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let ends = |it: &u8| matches!(it, b'"' | b'\\' | 0..0x20);
    length + bytes[length..].iter().position(ends).unwrap_or(bytes.len() - length)
}

/// Eight at a time: names are too short for what the standard library does.
#[inline]
pub(super) fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    let Some(bytes) = bytes.get(..start.len()) else { return false };
    let (ours, our_rest) = bytes.as_chunks::<8>();
    let (theirs, their_rest) = start.as_chunks::<8>();
    ours.iter().zip(theirs).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && our_rest.iter().zip(their_rest).all(|(a, b)| a == b)
}
