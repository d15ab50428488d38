//! Makes a folder whole or not at all: beside its place, then a rename.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::write::WriteError;

/// A folder in the making. Dropped unfinished, nothing of it is left.
#[derive(Debug)]
pub struct NewFolder {
    made: TempDir,
    to: PathBuf,
}

impl NewFolder {
    /// Begins a folder that is to stand at a path.
    ///
    /// # Errors
    /// Where something stands there that is not an empty folder, or the system refuses.
    pub fn begin(to: &Path) -> Result<Self, WriteError> {
        let begin = || -> io::Result<TempDir> {
            if to.exists() && !is_empty_folder(to) {
                return Err(io::Error::other("there already, and not empty; name another folder"));
            }
            let is_here =
                |it: PathBuf| env::current_dir().and_then(|it| it.canonicalize()).ok() == Some(it);
            if to.canonicalize().is_ok_and(is_here) {
                return Err(io::Error::other(
                    "this runs in that folder, which would be replaced; name one in it, such as ./contract",
                ));
            }
            let beside = match to.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            fs::create_dir_all(beside)?;
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            let permissions =
                <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
            // Without this only the owner could read it; the umask still applies.
            #[cfg(unix)]
            builder.permissions(permissions);
            builder.prefix(".paperwire").tempdir_in(beside)
        };
        let made = begin().map_err(|error| WriteError { path: to.to_owned(), error })?;
        Ok(Self { made, to: to.to_owned() })
    }

    /// Where the folder stands while it is made.
    pub fn path(&self) -> &Path {
        self.made.path()
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// Where the system refuses; nothing is left then.
    pub fn finish(self) -> Result<(), WriteError> {
        let finish = || -> io::Result<()> {
            if self.to.exists() {
                // An empty one; anything else refuses to go.
                fs::remove_dir(&self.to)?;
            }
            fs::rename(self.made.path(), &self.to)
        };
        finish().map_err(|error| WriteError { path: self.to.clone(), error })
    }
}

fn is_empty_folder(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut it| it.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("below").join("new");
        let begun = NewFolder::begin(&to).unwrap();
        fs::write(begun.path().join("file"), "x").unwrap();
        assert!(!to.exists());
        drop(begun);
        assert_eq!(fs::read_dir(folder.path().join("below")).unwrap().count(), 0);
        fs::create_dir(&to).unwrap();
        let begun = NewFolder::begin(&to).unwrap();
        fs::write(begun.path().join("file"), "x").unwrap();
        begun.finish().unwrap();
        assert_eq!(fs::read_to_string(to.join("file")).unwrap(), "x");
        let error = NewFolder::begin(&to).unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
    }
}
