//! A contract as a folder: `documented/`, `quirks/`, `modelled/`, `contract.toml`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use contract::{ContractTexts, Text};

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
    /// A folder of documents without one.
    #[error("{}: holds no OpenAPI document (*.json, *.yaml); put the vendor's there", path.display())]
    NoDocument {
        /// The folder.
        path: PathBuf,
    },
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
        quirks: read_texts(&folder.join("quirks"), "toml")?,
        modelled: text_if_there(&folder.join("modelled").join("openapi.json"))?,
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
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    files_in(folder, extension)?.iter().map(|it| read_text(it)).collect()
}

/// The files that may be of a document; neither hidden ones nor what links lead to beyond the folder.
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
        } else if is_file(&path, kind)
            && path.extension().and_then(|it| it.to_str()).is_some_and(is_document)
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
        if path.extension().is_some_and(|it| it == extension) && is_file(&path, kind) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a folder's entry is a file, or a link to one. Only of a link the system has to be asked again.
fn is_file(path: &Path, kind: fs::FileType) -> bool {
    kind.is_file() || (kind.is_symlink() && path.is_file())
}

fn text_if_there(path: &Path) -> Result<Option<Text>, FolderError> {
    path.exists().then(|| read_text(path)).transpose()
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
