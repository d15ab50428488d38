//! Files and folders of recordings.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use contract::{Run, Unreadable};

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
    let source = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => read_har(&source, &bytes, |entry| match entry {
            Ok(exchange) => run.check(&exchange),
            Err(unreadable) => run.unreadable(unreadable),
        }),
        Err(error) => run.unreadable(Unreadable {
            source,
            entry: None,
            byte: None,
            reason: error.to_string(),
        }),
    }
}
