//! Files and folders of recordings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use contract::{Exchange, Run, Unreadable};

use crate::har::read_har;

/// Why no recording could be found at a path.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing there, or not to be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A folder without a recording.
    #[error("{}: this folder holds no recording (*.har); name a HAR file or a folder of them", path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
}

/// The recordings that a path names: the file itself, or every `*.har` below the folder, in order of name.
///
/// # Errors
/// Where there is nothing to read.
pub fn recordings(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let io = |error| SourceError::Io { path: path.to_owned(), error };
    if fs::metadata(path).map_err(io)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, &mut found).map_err(io)?;
    if found.is_empty() {
        return Err(SourceError::EmptyFolder { path: path.to_owned() });
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // A link to a folder could lead back up.
        if entry.file_type()?.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("har"))
            && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Checks every exchange of a recording; what cannot be read of it is told to the run.
pub fn check_file(run: &mut Run<'_>, path: &Path) {
    each_exchange(path, |entry| match entry {
        Ok(exchange) => run.check(&exchange),
        Err(unreadable) => run.unreadable(unreadable),
    });
}

/// Gives every exchange of a recording, or what is wrong with it, to `each`.
pub fn each_exchange(path: &Path, mut each: impl FnMut(Result<Exchange<'_>, Unreadable>)) {
    let source = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => read_har(&source, &bytes, each),
        Err(error) => {
            each(Err(Unreadable { source, entry: None, byte: None, reason: error.to_string() }))
        }
    }
}

/// The lines, counted from one, in which bytes of a file stand, as far as it can be read. A compressed file has none.
pub fn lines_of(path: &Path, bytes: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
    let mut lines = BTreeMap::new();
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

const GZIP: &[u8] = b"\x1f\x8b";

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
    use super::*;

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
}
