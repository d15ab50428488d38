//! Writes a file whole or not at all: a temporary file beside it, then a rename.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// A file that could not be written. What stood there before still does.
#[derive(Debug, thiserror::Error)]
#[error("{}: could not be written: {error}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

/// Replaces a file's content, or makes the file, its folder included.
///
/// # Errors
/// Where the system refuses.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    write(path, content).map_err(|error| WriteError { path: path.to_owned(), error })
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let permissions = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    // Without this only the owner could read the file; the umask still applies.
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.prefix(".paperwire").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|it| it.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("report.json");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write_whole(&file, b"x").unwrap();
        let error = write_whole(&file.join("below"), b"x").unwrap_err();
        assert!(error.to_string().contains("below"), "{error}");
    }
}
