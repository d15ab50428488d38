//! A contract as a folder: `documented/`, `quirks/`, `modelled/`, `contract.toml`.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use contract::{ContractTexts, Text};

use crate::source::is_hidden;

/// Why a contract folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder that could not be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// No folder of documents.
    #[error("{}: no such folder; a contract folder holds `documented/` with one OpenAPI document (*.json, *.yaml)", path.display())]
    NoDocuments {
        /// The folder.
        path: PathBuf,
    },
    /// Something that is called as a folder of a contract is.
    #[error("{}: promised a folder, and this is none, or a link that leads nowhere; remove it, or put the folder there", path.display())]
    NoFolder {
        /// What is there.
        path: PathBuf,
    },
    /// Something that is called as files of a contract are.
    #[error("{}: promised a file, and this is a folder, a pipe or a link that leads nowhere; remove it, or put the file there", path.display())]
    NoFile {
        /// What is there.
        path: PathBuf,
    },
    /// Things among the quirks that are none, and would not be read.
    #[error(
        "{}: promised quirk files (*.toml) and nothing else in this folder; rename or remove what is none, or hide it (.name)",
        named(paths)
    )]
    NoQuirks {
        /// What is there, in order of name.
        paths: Vec<PathBuf>,
    },
    /// A folder of documents without one.
    #[error("{}: holds no OpenAPI document (*.json, *.yaml); put the vendor's there", path.display())]
    NoDocument {
        /// The folder.
        path: PathBuf,
    },
}

fn named(paths: &[PathBuf]) -> String {
    paths.iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Reads the texts of a contract folder: every JSON and YAML file below `documented/`, and what else there is of
/// `quirks/`, `modelled/openapi.json` and `contract.toml`.
///
/// # Errors
/// Where the document is missing or a file cannot be read.
pub fn read_contract(folder: &Path) -> Result<ContractTexts, FolderError> {
    let documented = folder.join("documented");
    if !documented.is_dir() {
        return Err(FolderError::NoDocuments { path: documented });
    }
    Ok(ContractTexts {
        documented: read_documents(&documented)?,
        quirks: read_quirks(&folder.join("quirks"))?,
        modelled: match is_folder_there(&folder.join("modelled"))? {
            true => text_if_there(&folder.join("modelled").join("openapi.json"))?,
            false => None,
        },
        settings: text_if_there(&folder.join("contract.toml"))?,
    })
}

/// The texts of a document: the file itself, or every JSON and YAML file below the folder, in order of name.
///
/// # Errors
/// Where there is none, or a file cannot be read.
pub fn read_documents(path: &Path) -> Result<Vec<Text>, FolderError> {
    if !path.is_dir() {
        return Ok(vec![read_text(path)?]);
    }
    let mut documents = Vec::new();
    documents_below(path, &mut documents)?;
    if documents.is_empty() {
        return Err(FolderError::NoDocument { path: path.to_owned() });
    }
    documents.sort();
    documents.iter().map(|it| read_text(it)).collect()
}

/// The texts of a folder's files with that extension, in order of name; none where there is no folder.
///
/// # Errors
/// Where a file cannot be read.
pub fn read_texts(folder: &Path, extension: &str) -> Result<Vec<Text>, FolderError> {
    if !is_folder_there(folder)? {
        return Ok(Vec::new());
    }
    files_in(folder, extension)?.iter().map(|it| read_text(it)).collect()
}

/// The texts of the quirk files; what else there is would be passed over in silence.
fn read_quirks(folder: &Path) -> Result<Vec<Text>, FolderError> {
    let texts = read_texts(folder, "toml")?;
    let read: BTreeSet<&str> = texts.iter().map(|it| it.name.as_str()).collect();
    let io = |error| FolderError::Io { path: folder.to_owned(), error };
    let mut paths = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if !is_hidden(&path) && !read.contains(path.display().to_string().as_str()) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    if paths.is_empty() { Ok(texts) } else { Err(FolderError::NoQuirks { paths }) }
}

/// The files that may be of a document, links to files included; neither hidden ones nor folders that are links, which could
/// lead back up.
fn documents_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    let io = |error| FolderError::Io { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(io)?);
        let is_document =
            |it: &str| ["json", "yaml", "yml"].contains(&it.to_ascii_lowercase().as_str());
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            documents_below(&path, found)?;
        } else if path.extension().and_then(|it| it.to_str()).is_some_and(is_document)
            && is_file(&path, kind)?
        {
            found.push(path);
        }
    }
    Ok(())
}

fn files_in(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FolderError> {
    let io = |error| FolderError::Io { path: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(io)?);
        if path.extension().is_some_and(|it| it == extension) && is_file(&path, kind)? {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a folder's entry is a file, or a link to one; hidden ones need not be, as editors keep such links beside what
/// they edit. Only of a link the system has to be asked again.
fn is_file(path: &Path, kind: fs::FileType) -> Result<bool, FolderError> {
    match kind.is_file() || (kind.is_symlink() && path.is_file()) {
        false if !is_hidden(path) => Err(FolderError::NoFile { path: path.to_owned() }),
        is_file => Ok(is_file),
    }
}

/// Whether there is anything of that name, a link that leads nowhere included.
fn is_there(path: &Path) -> Result<bool, FolderError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FolderError::Io { path: path.to_owned(), error }),
    }
}

fn is_folder_there(path: &Path) -> Result<bool, FolderError> {
    match is_there(path)? {
        true if !path.is_dir() => Err(FolderError::NoFolder { path: path.to_owned() }),
        is_there => Ok(is_there),
    }
}

fn text_if_there(path: &Path) -> Result<Option<Text>, FolderError> {
    match is_there(path)? {
        true if !path.is_file() => Err(FolderError::NoFile { path: path.to_owned() }),
        true => read_text(path).map(Some),
        false => Ok(None),
    }
}

/// The text of a file.
///
/// # Errors
/// Where it cannot be read, or is no UTF-8.
pub fn read_text(path: &Path) -> Result<Text, FolderError> {
    let text = fs::read_to_string(path)
        .map_err(|error| FolderError::Io { path: path.to_owned(), error })?;
    Ok(Text { name: path.display().to_string(), text })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// What is said of a contract folder that is changed before it is read.
    fn told(change: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["documented", "quirks", "modelled"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("documented/openapi.json"), "{}").unwrap();
        fs::write(at("quirks/a.toml"), "").unwrap();
        change(folder.path());
        match read_contract(folder.path()) {
            Ok(texts) => format!("{} quirks, {:?}", texts.quirks.len(), texts.modelled),
            Err(error) => error.to_string().replace(&format!("{}/", folder.path().display()), ""),
        }
    }

    #[test]
    fn what_is_there_and_cannot_be_read_is_named() {
        let no_file = "promised a file, and this is a folder, a pipe or a link that leads nowhere";
        let no_folder = "promised a folder, and this is none, or a link that leads nowhere";
        let dangling =
            |name: &'static str| move |it: &Path| symlink("nowhere", it.join(name)).unwrap();
        assert_eq!(told(|_| {}), "1 quirks, None");
        assert_eq!(told(|it| fs::remove_dir_all(it.join("quirks")).unwrap()), "0 quirks, None");
        assert_eq!(told(dangling("quirks/.#a.toml")), "1 quirks, None");
        let no_quirks = "promised quirk files (*.toml) and nothing else in this folder";
        let cases = [
            (
                told(|it| {
                    fs::write(it.join("quirks/price.tml"), "").unwrap();
                    fs::create_dir(it.join("quirks/.hidden")).unwrap();
                    fs::create_dir(it.join("quirks/sub")).unwrap();
                }),
                &format!("quirks/price.tml, quirks/sub: {no_quirks}"),
            ),
            (told(dangling("modelled/openapi.json")), &format!("modelled/openapi.json: {no_file}")),
            (told(dangling("contract.toml")), &format!("contract.toml: {no_file}")),
            (told(dangling("quirks/zz.toml")), &format!("quirks/zz.toml: {no_file}")),
            (told(dangling("documented/b.yaml")), &format!("documented/b.yaml: {no_file}")),
            (
                told(|it| fs::create_dir(it.join("quirks/zz.toml")).unwrap()),
                &format!("quirks/zz.toml: {no_file}"),
            ),
            (
                told(|it| {
                    fs::remove_dir_all(it.join("quirks")).unwrap();
                    fs::write(it.join("quirks"), "").unwrap();
                }),
                &format!("quirks: {no_folder}"),
            ),
            (
                told(|it| {
                    fs::remove_dir(it.join("modelled")).unwrap();
                    symlink("nowhere", it.join("modelled")).unwrap();
                }),
                &format!("modelled: {no_folder}"),
            ),
        ];
        for (told, expected) in cases {
            assert!(told.starts_with(expected), "{told}");
        }
    }
}
