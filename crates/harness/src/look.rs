//! Looks through files and folders for leaks, in whatever form they stand there, and names what it cannot look at.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use contract::Unreadable;
use regex::Regex;

use crate::{
    gzip::{GZIP, Unzipped},
    leak::{Leak, leaks},
};

/// The most that is unpacked of a file: a bomb ends here.
const MOST_UNPACKED: u64 = 1024 * 1024 * 1024;

/// What is packed again inside, such as a body of a packed recording, is unpacked too; more often than this it is a trap.
const MOST_LAYERS: usize = 4;

/// How forms of packing begin that are not unpacked here.
const PACKED: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh91AY&SY", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
];

/// What looking through files found.
#[derive(Debug, Default)]
pub struct Looked {
    /// What must not be there.
    pub leaks: Vec<Leak>,
    /// What could not be looked at, or not to its end.
    pub unreadable: Vec<Unreadable>,
}

/// Looks through files, and through every file below folders in order of name, hidden ones and what links lead to
/// included. What git keeps of a folder is left out: it is packed.
pub fn look_through(paths: &[PathBuf]) -> Looked {
    let mut looker = Looker::default();
    paths.iter().for_each(|it| looker.look_at(it));
    looker.looked
}

#[derive(Default)]
struct Looker {
    looked: Looked,
    /// Links may lead in a circle, and to one folder twice.
    folders: BTreeSet<PathBuf>,
}

impl Looker {
    fn look_at(&mut self, path: &Path) {
        if let Err(error) = self.look_behind(path) {
            self.tell(path, format!("{error}; leave it out, or name what can be read"));
        }
    }

    fn tell(&mut self, path: &Path, reason: String) {
        let source = path.display().to_string();
        self.looked.unreadable.push(Unreadable { source, entry: None, byte: None, reason });
    }

    fn look_behind(&mut self, path: &Path) -> io::Result<()> {
        let kind = fs::metadata(path)?.file_type();
        if kind.is_dir() {
            if self.folders.insert(fs::canonicalize(path)?) {
                self.look_below(path)?;
            }
        } else if kind.is_file() {
            self.look_into(path, fs::read(path)?);
        } else {
            return Err(io::Error::other("neither a file nor a folder"));
        }
        Ok(())
    }

    fn look_below(&mut self, folder: &Path) -> io::Result<()> {
        let mut paths = fs::read_dir(folder)?
            .map(|it| it.map(|it| it.path()))
            .collect::<io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        for path in paths.iter().filter(|it| it.file_name() != Some(OsStr::new(".git"))) {
            self.look_at(path);
        }
        Ok(())
    }

    fn look_into(&mut self, path: &Path, bytes: Vec<u8>) {
        let (bytes, why_no_further) = unpacked(bytes);
        if let Some(reason) = why_no_further {
            self.tell(path, reason);
        }
        self.looked.leaks.extend(leaks_in(&path.display().to_string(), &bytes));
    }
}

/// What bytes hold when they are unpacked, and why that is not all.
fn unpacked(mut bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
    for _ in 0..MOST_LAYERS {
        if !bytes.starts_with(GZIP) {
            break;
        }
        let mut inner = Vec::new();
        let read = Unzipped::new(&*bytes).take(MOST_UNPACKED + 1).read_to_end(&mut inner);
        match read {
            Ok(_) if inner.len() as u64 > MOST_UNPACKED => {
                let reason = "unpacks to more than is looked at; unpack it, and name the file";
                return (inner, Some(reason.to_owned()));
            }
            Ok(_) => bytes = inner,
            Err(error) => return (inner, Some(error.to_string())),
        }
    }
    let packed = PACKED.iter().chain(&[(GZIP, "gzip in gzip")]);
    let form = packed.into_iter().find(|it| bytes.starts_with(it.0));
    let reason =
        form.map(|it| format!("{}, which is not unpacked here; unpack it, or leave it out", it.1));
    (bytes, reason)
}

/// The leaks of a text in whatever encoding, each once, in order of line.
fn leaks_in(file: &str, bytes: &[u8]) -> Vec<Leak> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = leaks(file, &text, &[]);
    if let Some(text) = utf_16(bytes) {
        found.extend(leaks(file, &text, &[]));
    }
    for (line, body) in encoded_bodies(&text) {
        let (body, _) = unpacked(body);
        found.extend(leaks_in(file, &body).into_iter().map(|it| Leak { line, ..it }));
    }
    found.sort_by_key(|it| (it.line, it.kind));
    found.dedup();
    found
}

/// The text of bytes that begin as UTF-16 or UTF-32 does, of which the leaks are plain letters. Others may begin so too.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let unit = match bytes {
        [0xff, 0xfe, ..] | [1..=0xff, 0, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] | [0, _, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.as_chunks().0.iter().map(|it| unit(*it));
    let characters = char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(characters.filter(|it| *it != '\0').collect())
}

static BODY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""text"\s*:\s*"([A-Za-z0-9+/\\]{12,}=*)""#).expect("a fixed pattern")
});

/// What a HAR keeps in base64 (HAR 1.2, `content.encoding`), each with its line.
fn encoded_bodies(text: &str) -> Vec<(usize, Vec<u8>)> {
    if !text.contains(r#""base64""#) {
        return Vec::new();
    }
    let (mut line, mut at) = (1, 0);
    let mut bodies = Vec::new();
    for body in BODY.captures_iter(text).filter_map(|it| it.get(1)) {
        line += text[at..body.start()].matches('\n').count();
        at = body.start();
        // A slash may stand with a backslash before it.
        let encoded = body.as_str().trim_end_matches('=').replace('\\', "");
        bodies.extend(STANDARD_NO_PAD.decode(encoded).ok().map(|it| (line, it)));
    }
    bodies
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::engine::general_purpose::STANDARD;
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn leaking() -> String {
        ["fine\nAuthorization: Bear", "er abcdefgh1234\n"].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn told(looked: &Looked, folder: &Path) -> Vec<String> {
        let leaks = looked.leaks.iter().map(ToString::to_string);
        let unreadable = looked.unreadable.iter().map(|it| format!("{}: {}", it.source, it.reason));
        let folder = format!("{}/", folder.display());
        leaks.chain(unreadable).map(|it| it.replace(&folder, "")).collect()
    }

    /// What is told of a file with these bytes.
    fn of_file(bytes: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        told(&look_through(&[path]), folder.path())
    }

    #[test]
    fn a_leak_is_found_in_whatever_form_it_stands() {
        let text = leaking();
        let plain = text.as_bytes();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wide: Vec<u8> = text.chars().flat_map(|it| u32::from(it).to_le_bytes()).collect();
        for bytes in [
            plain.to_vec(),
            [plain, b"\xff"].concat(),
            [b"\x89PNG\r\x1a\0\xff", plain].concat(),
            [b"\xff\xfe", &*little].concat(),
            [b"\xfe\xff", &*big].concat(),
            [b"\xff\xfe\0\0", &*wide].concat(),
            little,
            big,
            gzip(plain),
            gzip(&gzip(plain)),
            [gzip(plain), vec![0; 512]].concat(),
        ] {
            assert_eq!(of_file(&bytes), ["file:2: a bearer token"], "{bytes:?}");
        }
    }

    #[test]
    fn bodies_in_base64_are_looked_into() {
        for body in [leaking().into_bytes(), gzip(leaking().as_bytes())] {
            for text in [STANDARD.encode(&body), STANDARD.encode(&body).replace('/', "\\/")] {
                let har = format!("{{\n\"encoding\": \"base64\",\n\"text\": \"{text}\"\n}}");
                assert_eq!(of_file(har.as_bytes()), ["file:3: a bearer token"], "{har}");
            }
        }
    }

    #[test]
    fn what_is_looked_at_in_part_is_named_beside_what_was_found() {
        let packed = gzip(leaking().repeat(10_000).as_bytes());
        let half = of_file(&packed[..packed.len() / 2]);
        assert!(half[0].ends_with("a bearer token"), "{half:?}");
        assert!(half.last().unwrap().contains("cut short or damaged"), "{half:?}");
        assert_eq!(
            of_file(b"PK\x03\x04 and so on"),
            ["file: zip, which is not unpacked here; unpack it, or leave it out"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn hidden_files_and_what_links_lead_to_are_looked_at_and_the_rest_is_named() {
        use std::os::unix::{fs::symlink, net::UnixListener};

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for sub in ["in/.git", "in/.ssh", "beside/below"] {
            fs::create_dir_all(at(sub)).unwrap();
        }
        for file in ["in/.git/x", "in/.ssh/x", "in/.env", "beside/below/x", "other"] {
            fs::write(at(file), leaking()).unwrap();
        }
        symlink(at("beside"), at("in/folder")).unwrap();
        symlink(at("other"), at("in/link")).unwrap();
        symlink(at("in"), at("beside/circle")).unwrap();
        symlink(at("gone"), at("in/nothing")).unwrap();
        let _socket = UnixListener::bind(at("in/socket")).unwrap();
        let looked = look_through(&[at("missing"), at("in")]);
        assert_eq!(
            told(&looked, folder.path()),
            [
                "in/.env:2: a bearer token",
                "in/.ssh/x:2: a bearer token",
                "in/folder/below/x:2: a bearer token",
                "in/link:2: a bearer token",
                "missing: No such file or directory (os error 2); leave it out, or name what can be read",
                "in/nothing: No such file or directory (os error 2); leave it out, or name what can be read",
                "in/socket: neither a file nor a folder; leave it out, or name what can be read",
            ]
        );
    }
}
