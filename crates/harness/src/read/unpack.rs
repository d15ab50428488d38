//! Unpacks a body that a recorder kept as it came over the wire, compressed.

use std::{borrow::Cow, io::Read};

use contract::{Body, Origin};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::MAX_BODY;

/// RFC 1952, section 2.3.1.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// RFC 8878, section 3.1.1.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// What an answer's headers say of its body; empty where they say nothing.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Headers<'h> {
    pub(super) content_type: &'h str,
    pub(super) content_encoding: &'h str,
}

/// A body of decoded bytes. What the headers say is held against the bytes: most recorders unpack a body and keep the
/// headers, and what is JSON does not begin as gzip does.
pub(super) fn body<'a>(bytes: Vec<u8>, headers: Headers<'_>, origin: Origin<'a>) -> Body<'a> {
    let Headers { content_type, content_encoding } = headers;
    let is_json = content_type.to_ascii_lowercase().contains("json");
    let says = |name: &str| {
        content_encoding.split(',').any(|it| {
            let it = it.trim();
            it.strip_prefix("x-").unwrap_or(it).eq_ignore_ascii_case(name)
        })
    };
    let is_text = || std::str::from_utf8(&bytes).is_ok();
    let unpacked = if bytes.starts_with(GZIP) && (is_json || says("gzip")) {
        unpacked(MultiGzDecoder::new(&*bytes))
    } else if bytes.starts_with(ZSTD) && (is_json || says("zstd")) {
        return Body::Packed { why: "compressed with zstd, which is not unpacked here" };
    } else if is_text() {
        Unpacked::Not
    } else if says("deflate") {
        // RFC 9110 means zlib's wrapping; some servers leave it out.
        match unpacked(ZlibDecoder::new(&*bytes)) {
            Unpacked::Broken => unpacked(DeflateDecoder::new(&*bytes)),
            read => read,
        }
    } else if says("br") {
        return Body::Packed { why: "compressed with br, which is not unpacked here" };
    } else {
        Unpacked::Not
    };
    match unpacked {
        Unpacked::Whole(bytes) => Body::Bytes { bytes: Cow::Owned(bytes), origin },
        Unpacked::TooLarge => Body::TooLarge,
        Unpacked::Broken => Body::Packed { why: "compressed, and cut short or damaged" },
        Unpacked::Not => Body::Bytes { bytes: Cow::Owned(bytes), origin },
    }
}

enum Unpacked {
    Whole(Vec<u8>),
    /// More than what is looked at: a bomb ends here.
    TooLarge,
    Broken,
    /// There was nothing to unpack.
    Not,
}

fn unpacked(packed: impl Read) -> Unpacked {
    let mut bytes = Vec::new();
    match packed.take(MAX_BODY as u64 + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > MAX_BODY => Unpacked::TooLarge,
        Ok(_) => Unpacked::Whole(bytes),
        Err(_) => Unpacked::Broken,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn told(bytes: Vec<u8>, content_encoding: &str, content_type: &str) -> String {
        match body(bytes, Headers { content_type, content_encoding }, Origin::Unknown) {
            Body::Bytes { bytes, .. } => String::from_utf8_lossy(&bytes).into_owned(),
            Body::TooLarge => "too large".into(),
            Body::Packed { why } => why.into(),
            Body::Absent { .. } => "absent".into(),
        }
    }

    #[test]
    fn what_is_compressed_is_unpacked_whatever_the_header_says() {
        let text = br#"{"a": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;
        let plain = String::from_utf8_lossy(text).into_owned();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(text).unwrap();
        let half = gzip[..gzip.len() / 2].to_vec();
        let cases = [
            (gzip.clone(), "gzip", &*plain),
            (gzip.clone(), "X-GZip", &*plain),
            (gzip, "", &*plain),
            (zlib.finish().unwrap(), "deflate", &*plain),
            (deflate.finish().unwrap(), "deflate", &*plain),
            (text.to_vec(), "gzip", &*plain),
            (text.to_vec(), "br", &*plain),
            (half, "gzip", "compressed, and cut short or damaged"),
            (vec![0x8b, 0x03, 0x80, 0xff], "br", "compressed with br, which is not unpacked here"),
            ([ZSTD, &[1]].concat(), "", "compressed with zstd, which is not unpacked here"),
        ];
        for (bytes, content_encoding, expected) in cases {
            let found = told(bytes, content_encoding, "application/json");
            assert_eq!(found, expected, "{content_encoding}");
        }
        // An archive is what it is.
        assert_eq!(told(GZIP.to_vec(), "", "application/gzip").len(), 4);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![b' '; MAX_BODY + 1]).unwrap();
        assert_eq!(told(bomb.finish().unwrap(), "gzip", "text/plain"), "too large");
    }
}
