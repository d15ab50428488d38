//! Writes a file whole or not at all: a temporary file beside it, then a rename. A device or a pipe is written to as it is.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file that could not be written. What stood there before still does, unless it is no file: what a pipe got, it has.
#[derive(Debug, thiserror::Error)]
#[error("{}: could not be written: {error}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

/// Replaces a file's content, or makes the file, its folder included. A link stays, and what it leads to is written; what is
/// neither file nor folder gets the content.
///
/// # Errors
/// Where the system refuses.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    write(path, content).map_err(|error| WriteError { path: path.to_owned(), error })
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(it) if !it.is_file() && !it.is_dir() => {
            OpenOptions::new().write(true).open(path)?.write_all(content)
        }
        // A circle of links leads nowhere.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => replace(&behind_links(path), content),
    }
}

/// Where a path leads, whether or not something is there.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    while let Ok(to) = fs::read_link(&path) {
        path = path.parent().unwrap_or(Path::new("")).join(to);
    }
    path
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("reports")).unwrap();
        fs::write(at("reports/today.json"), "old").unwrap();
        for (link, to) in [
            ("latest", "reports/today.json"),
            ("latest-of-all", "latest"),
            ("next", "reports/tomorrow.json"),
            ("circle", "circle"),
        ] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        write_whole(&at("latest-of-all"), b"new").unwrap();
        write_whole(&at("next"), b"newer").unwrap();
        assert_eq!(fs::read(at("reports/today.json")).unwrap(), b"new");
        assert_eq!(fs::read(at("reports/tomorrow.json")).unwrap(), b"newer");
        assert!(["latest", "latest-of-all", "next"].iter().all(|it| at(it).is_symlink()));
        assert!(write_whole(&at("circle"), b"x").is_err());
        assert!(write_whole(&at("reports"), b"x").is_err());
        assert_eq!(fs::read_dir(at("reports")).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_gets_the_content_and_stays() {
        use std::os::fd::AsRawFd;

        let (mut reader, writer) = io::pipe().unwrap();
        let path = PathBuf::from(format!("/proc/self/fd/{}", writer.as_raw_fd()));
        if !path.exists() {
            return;
        }
        write_whole(&path, b"one").unwrap();
        drop(writer);
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text, "one");
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
