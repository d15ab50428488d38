//! Which files a vendor's document is made of: the file that was named and what its references lead to, or those of a
//! folder.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Component, Path, PathBuf},
};

use anyhow::bail;
use contract::{Text, is_document, referred_files};

/// The files of a document.
#[derive(Debug)]
pub(super) struct Documents {
    /// The folder that holds all of them.
    pub(super) folder: PathBuf,
    /// By their paths in the folder.
    pub(super) texts: BTreeMap<PathBuf, String>,
}

impl Documents {
    /// Names a file of the contract that is not made, if it is one, as the one that it would be a copy of.
    pub(super) fn name(&self, file: &mut String, out: &Path) {
        if let Ok(name) = Path::new(&*file).strip_prefix(out.join("documented")) {
            *file = self.folder.join(name).display().to_string();
        }
    }
}

/// Collects the files of a document.
///
/// # Errors
/// Where one cannot be read, or lies where it would not be found again.
pub(super) fn collect(path: &Path) -> anyhow::Result<Documents> {
    if !path.is_dir() {
        if path.exists() && !is_read(path) {
            bail!(
                "{}: promised an OpenAPI document, called *.json, *.yaml or *.yml and not hidden (.name); call it so, or name \
                 another",
                path.display()
            );
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        return reached(folder, harness::read_text(path)?, path);
    }
    let mut texts = harness::read_documents(path)?;
    let roots: Vec<usize> = (0..texts.len()).filter(|it| is_document(&texts[*it])).collect();
    if let [root] = roots.as_slice() {
        let root = texts.swap_remove(*root);
        let at = PathBuf::from(&root.name);
        return reached(path.to_owned(), root, &at);
    }
    // Several may need each other, and of none the loader says what is missing.
    let within = |it: Text| {
        let name = Path::new(&it.name);
        (name.strip_prefix(path).unwrap_or(name).to_owned(), it.text)
    };
    Ok(Documents { folder: path.to_owned(), texts: texts.into_iter().map(within).collect() })
}

/// A root and the files of its folder that it needs.
fn reached(folder: PathBuf, root: Text, path: &Path) -> anyhow::Result<Documents> {
    let name = path.strip_prefix(&folder).unwrap_or(path).to_owned();
    let mut texts = BTreeMap::new();
    let mut open = VecDeque::from([(name.clone(), root)]);
    let mut begun = BTreeSet::from([name]);
    while let Some((name, text)) = open.pop_front() {
        let beside = name.parent().unwrap_or(Path::new(""));
        for reference in referred_files(&text) {
            let Some(other) = normal(&beside.join(&reference)) else {
                if folder.join(beside).join(&reference).is_file() {
                    bail!(
                        "{}: `$ref` {reference} leads to a file outside of the document's folder; name the folder that \
                         holds both instead of the file",
                        text.name
                    );
                }
                continue;
            };
            // What is not there, or would not be read, is told as a fault of the document.
            let at = folder.join(&other);
            if at.is_file() && is_read(&other) && begun.insert(other.clone()) {
                open.push_back((other, harness::read_text(&at)?));
            }
        }
        texts.insert(name, text.text);
    }
    Ok(Documents { folder, texts })
}

/// Whether a contract folder's file of that name is read as of a document.
pub(super) fn is_read(path: &Path) -> bool {
    if path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.')) {
        return false;
    }
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    ["json", "yaml", "yml"].contains(&extension.to_ascii_lowercase().as_str())
}

/// A path inside of a folder without `.` and `..`; none where it leads out.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(it) => normal.push(it),
            Component::CurDir => {}
            Component::ParentDir => normal.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}
