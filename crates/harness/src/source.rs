//! Files, folders and streams of exchanges.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use contract::{Exchange, Unreadable, printable};

use crate::{
    gzip::{GZIP, Unzipped},
    read::{self, Answered, Kind, Raw},
};

/// Why no recording could be found at a path.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing there, or not to be read.
    #[error("{}: {error}", printable(path.display()))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A folder without a recording.
    #[error("{}: this folder holds no recording (*.har, *.ndjson, *.jsonl, or those with .gz); name a HAR file or a folder of them", printable(path.display()))]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Something in a folder that is called as recordings are.
    #[error("{}: promised a file, and this is a pipe, a folder's link or one that leads nowhere; remove it, or name what is meant", printable(path.display()))]
    NoFile {
        /// What is there.
        path: PathBuf,
    },
    /// A pattern that names nothing.
    #[error("{}: no file has such a name", printable(path.display()))]
    EmptyPattern {
        /// The pattern.
        path: PathBuf,
    },
}

impl SourceError {
    /// What could not be read.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::EmptyFolder { path }
            | Self::NoFile { path }
            | Self::EmptyPattern { path } => path,
        }
    }
}

/// The name of standard input.
const STREAM: &str = "-";

/// What exchanges of standard input are from, in reports.
pub const STANDARD_INPUT: &str = "(standard input)";

/// The recordings that a path names: the file itself (`-` is standard input), every file that a pattern (`*`, `?`, `**`)
/// matches, or every recording below a folder, in order of name; or why there is none. Plain JSON files are recordings
/// where `bodies` says so.
pub fn recordings(path: &Path, bodies: bool) -> Vec<Result<PathBuf, SourceError>> {
    if path == Path::new(STREAM) {
        return vec![Ok(path.to_owned())];
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => below(path, bodies),
        Ok(_) => vec![Ok(path.to_owned())],
        Err(error) => matching(path, bodies)
            .unwrap_or_else(|| vec![Err(SourceError::Io { path: path.to_owned(), error })]),
    }
}

/// The recordings below a folder.
fn below(folder: &Path, bodies: bool) -> Vec<Result<PathBuf, SourceError>> {
    let mut found = Vec::new();
    collect(folder, bodies, &mut found);
    if found.is_empty() {
        return vec![Err(SourceError::EmptyFolder { path: folder.to_owned() })];
    }
    let path = |it: &Result<PathBuf, SourceError>| match it {
        Ok(path) => path.clone(),
        Err(error) => error.path().to_owned(),
    };
    found.sort_by_cached_key(path);
    found
}

/// The recordings that a pattern names; none where it is no pattern.
fn matching(path: &Path, bodies: bool) -> Option<Vec<Result<PathBuf, SourceError>>> {
    let pattern = path.to_str().filter(|it| it.contains(['*', '?', '[']))?;
    let mut found = Vec::new();
    for matched in glob::glob(pattern).ok()? {
        match matched {
            Ok(path) => found.extend(recordings(&path, bodies)),
            Err(error) => {
                let path = error.path().to_owned();
                found.push(Err(SourceError::Io { path, error: error.into() }));
            }
        }
    }
    if found.is_empty() {
        return Some(vec![Err(SourceError::EmptyPattern { path: path.to_owned() })]);
    }
    // A pattern promises a recording, and not one in every folder that it matches.
    let is_empty_folder = |it: &_| matches!(it, Err(SourceError::EmptyFolder { .. }));
    if !found.iter().all(is_empty_folder) {
        found.retain(|it| !is_empty_folder(it));
    }
    Some(found)
}

fn collect(folder: &Path, bodies: bool, found: &mut Vec<Result<PathBuf, SourceError>>) {
    let io = |error| SourceError::Io { path: folder.to_owned(), error };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return found.push(Err(io(error))),
    };
    for entry in entries {
        let read = entry.and_then(|it| Ok((it.path(), it.file_type()?)));
        let (path, kind) = match read {
            Ok(read) => read,
            Err(error) => {
                found.push(Err(io(error)));
                continue;
            }
        };
        // A link to a folder could lead back up.
        if kind.is_dir() {
            collect(&path, bodies, found);
        } else if is_called_recording(&path, bodies) {
            match path.is_file() {
                true => found.push(Ok(path)),
                // Editors keep such links beside what they edit.
                false if is_hidden(&path) => {}
                false => found.push(Err(SourceError::NoFile { path })),
            }
        }
    }
}

pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'))
}

/// The name's ending, `.gz` apart, in lower case.
fn ending(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or_else(String::new, |it| it.1.to_owned())
}

/// Whether a file is called as recorded traffic is.
pub fn is_recording(path: &Path) -> bool {
    is_called_recording(path, false)
}

fn is_called_recording(path: &Path, bodies: bool) -> bool {
    match ending(path).as_str() {
        "har" | "ndjson" | "jsonl" => true,
        "json" => bodies,
        _ => false,
    }
}

/// Gives every exchange of a recording as it stands there, or what is wrong with it, to `each`. A plain JSON file is the
/// body of what is `answered`.
pub(crate) fn each_raw(
    path: &Path,
    answered: Option<&Answered>,
    each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
) {
    let is_stream = path == Path::new(STREAM);
    let source = if is_stream { STANDARD_INPUT.to_owned() } else { path.display().to_string() };
    let kind = match (ending(path).as_str(), answered) {
        ("har", _) => Kind::Har,
        ("ndjson" | "jsonl", _) => Kind::Lines,
        (_, Some(answered)) => Kind::Body(answered.clone()),
        (_, None) => Kind::Unknown,
    };
    let open = || -> io::Result<Box<dyn Read>> {
        let reader: Box<dyn Read> =
            if is_stream { Box::new(io::stdin().lock()) } else { Box::new(File::open(path)?) };
        let (is_gzip, whole) = peek(reader)?;
        if !is_gzip {
            return Ok(Box::new(whole));
        }
        match peek(Unzipped::new(BufReader::new(whole)))? {
            (false, unpacked) => Ok(Box::new(unpacked)),
            (true, _) => {
                Err(io::Error::other("gzip in gzip; unpack it once, and name what comes out"))
            }
        }
    };
    let again = || (!is_read_once(path) && ends_with_meta(path)).then(|| open().ok()).flatten();
    match open() {
        Ok(reader) => read::split(reader, &source, &kind, &again, each),
        Err(error) => {
            each(Err(Unreadable { source, entry: None, byte: None, reason: error.to_string() }));
        }
    }
}

/// Whether gzip comes, and all that comes.
fn peek<R: Read>(mut reader: R) -> io::Result<(bool, impl Read)> {
    let mut start = Vec::with_capacity(GZIP.len());
    reader.by_ref().take(GZIP.len() as u64).read_to_end(&mut start)?;
    Ok((start == GZIP, io::Cursor::new(start).chain(reader)))
}

/// Whether what a path names is gone when it is read: standard input, a pipe. Opening it again could wait for ever.
pub fn is_read_once(path: &Path) -> bool {
    path == Path::new(STREAM) || fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

/// Whether the last bytes of a file speak of our own recordings: a HAR may say after its entries what they are.
fn ends_with_meta(path: &Path) -> bool {
    const LAST: u64 = 1024 * 1024;
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LAST)))?;
        let mut last = Vec::new();
        file.take(LAST).read_to_end(&mut last)?;
        Ok(last)
    };
    read().is_ok_and(|it| memchr::memmem::find(&it, b"\"_paperwire\"").is_some())
}

/// Gives every exchange of a recording, or what is wrong with it, to `each`. A plain JSON file is the body of what is
/// `answered`.
pub fn each_exchange(
    path: &Path,
    answered: Option<&Answered>,
    mut each: impl FnMut(Result<Exchange<'_>, Unreadable>),
) {
    each_raw(path, answered, &mut |raw| each(raw.and_then(|it| it.read())));
}

/// The lines, counted from one, in which bytes of a file stand, as far as it can be read. A compressed file has none, and
/// neither has a pipe.
pub fn lines_of(path: &Path, bytes: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
    let mut lines = BTreeMap::new();
    if is_read_once(path) {
        return lines;
    }
    let Ok(file) = File::open(path) else { return lines };
    let mut reader = BufReader::new(file);
    let (mut line, mut before, mut wanted) = (1, 0, bytes.iter().copied().peekable());
    while wanted.peek().is_some() {
        let Ok(chunk) = reader.fill_buf() else { return lines };
        if chunk.is_empty() || (before == 0 && chunk.starts_with(GZIP)) {
            return lines;
        }
        let mut counted = 0;
        while let Some(byte) = wanted.next_if(|it| *it < before + chunk.len()) {
            line += chunk[counted..byte - before].iter().filter(|it| **it == b'\n').count();
            counted = byte - before;
            lines.insert(byte, line);
        }
        line += chunk[counted..].iter().filter(|it| **it == b'\n').count();
        let length = chunk.len();
        before += length;
        reader.consume(length);
    }
    lines
}

/// Gives the text of a file, or of every file below a folder in order of name, to `each`. Hidden folders and what is no
/// text are left out.
///
/// # Errors
/// Where something cannot be read.
pub fn each_text(path: &Path, each: &mut impl FnMut(&Path, &str)) -> Result<(), SourceError> {
    let io = |error| SourceError::Io { path: path.to_owned(), error };
    if fs::metadata(path).map_err(io)?.is_file() {
        if let Ok(text) = String::from_utf8(fs::read(path).map_err(io)?) {
            each(path, &text);
        }
        return Ok(());
    }
    let mut entries = fs::read_dir(path).map_err(io)?.collect::<Result<Vec<_>, _>>().map_err(io)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_link = entry.file_type().map_err(io)?.is_symlink();
        if !is_hidden && !is_link {
            each_text(&entry.path(), each)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_once() {
        let gzip = |bytes: &[u8]| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(bytes).unwrap();
            gzip.finish().unwrap()
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("day.ndjson.gz");
        let told = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let mut told = Vec::new();
            each_exchange(&path, None, |it| {
                told.push(it.map_or_else(|it| it.reason, |it| it.url.into_owned()));
            });
            told.join("; ")
        };
        let packed = gzip(br#"{"url":"https://v.test/x","status":200,"body":{}}"#);
        assert_eq!(told(&packed), "https://v.test/x");
        assert_eq!(told(&[&*packed, &[0; 512]].concat()), "https://v.test/x");
        assert!(told(&gzip(&packed)).starts_with("gzip in gzip; unpack it once"));
        let half = told(&packed[..packed.len() / 2]);
        assert!(half.contains("cut short or damaged"), "{half}");
    }

    #[test]
    fn bytes_are_found_in_their_lines_also_beyond_a_buffer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.har");
        let text = "0123456789abcde\n".repeat(10_000);
        fs::write(&path, &text).unwrap();
        let bytes: BTreeSet<usize> = [0, 15, 16, 8_191, 8_192, 100_007, 159_999, 160_000].into();
        let expected = |it: &usize| (*it, text[..*it].matches('\n').count() + 1);
        let found: Vec<_> = bytes.iter().filter(|it| **it < text.len()).map(expected).collect();
        assert_eq!(lines_of(&path, &bytes).into_iter().collect::<Vec<_>>(), found);
        assert_eq!(lines_of(&folder.path().join("none"), &bytes), BTreeMap::new());
    }

    #[cfg(unix)]
    fn pipe(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Nobody writes into it a second time, so whoever opened it again would wait for ever.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.har");
        pipe(&path);
        let har = r#"{"log": {"entries": [{"request": {"url": "u"}}], "_paperwire": {}}}"#;
        let mut told = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&path, har).unwrap());
            each_exchange(&path, None, |it| {
                told.push(it.map_or_else(|it| it.reason, |it| it.url.into_owned()))
            });
        });
        assert_eq!(told[0], "u");
        assert!(told[1].contains("stands after the entries"), "{told:?}");
        assert_eq!(lines_of(&path, &[0].into()), BTreeMap::new());
    }

    /// A folder with a recording, and what else may be called as recordings are.
    #[cfg(unix)]
    fn folder_of_all_kinds() -> tempfile::TempDir {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("good.har"), "").unwrap();
        fs::write(at("notes.txt"), "").unwrap();
        symlink("good.har", at("link.har")).unwrap();
        symlink("nowhere", at("dangling.har")).unwrap();
        symlink("nowhere", at("dangling.txt")).unwrap();
        symlink("nowhere", at(".#good.har")).unwrap();
        symlink("empty", at("folder.har")).unwrap();
        pipe(&at("pipe.har"));
        folder
    }

    #[cfg(unix)]
    fn found(folder: &Path, path: &str) -> Vec<String> {
        let told = |it: Result<PathBuf, SourceError>| match it {
            Ok(path) => path.display().to_string(),
            Err(error) => error.to_string(),
        };
        let found = recordings(&folder.join(path), false).into_iter().map(told);
        found.map(|it| it.replace(&format!("{}/", folder.display()), "")).collect()
    }

    #[cfg(unix)]
    #[test]
    fn what_is_called_as_recordings_are_is_found_or_named() {
        let folder = folder_of_all_kinds();
        let is_no_file = "promised a file, and this is a pipe, a folder's link or one that leads nowhere; \
                          remove it, or name what is meant";
        let no_files = ["dangling.har", "folder.har"].map(|it| format!("{it}: {is_no_file}"));
        let pipe = format!("pipe.har: {is_no_file}");
        let expected = [&no_files[0], &no_files[1], "good.har", "link.har", &pipe];
        assert_eq!(found(folder.path(), ""), expected);
        assert_eq!(found(folder.path(), "good.*"), ["good.har"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pattern_promises_no_recording_in_every_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("empty")).unwrap();
        fs::create_dir(folder.path().join("full")).unwrap();
        let empty = "empty: this folder holds no recording";
        assert!(found(folder.path(), "e*")[0].starts_with(empty));
        fs::write(folder.path().join("full/a.har"), "").unwrap();
        fs::write(folder.path().join("b.har"), "").unwrap();
        assert_eq!(found(folder.path(), "*"), ["b.har", "full/a.har"]);
        assert!(found(folder.path(), "empty")[0].starts_with(empty));
    }
}
