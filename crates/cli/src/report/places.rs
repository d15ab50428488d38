//! Where reports go: not over each other, nor over what the command reads.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf, absolute},
};

use anyhow::bail;

/// Holds files that are to be written against each other, against files that are read and against a contract's own.
///
/// # Errors
/// The first that would take another's place.
pub(crate) fn hold_against(
    written: &[&Path],
    read: &[PathBuf],
    own: &[PathBuf],
) -> anyhow::Result<()> {
    if written.is_empty() {
        return Ok(());
    }
    let read: BTreeSet<PathBuf> = read.iter().map(|it| place(it)).collect();
    let own: Vec<PathBuf> = own.iter().map(|it| place(it)).collect();
    let mut known = BTreeSet::new();
    for path in written {
        let place = place(path);
        let path = path.display();
        if read.contains(&place) {
            bail!(
                "{path}: this command reads it, and the report would replace it; name another path"
            );
        }
        if own.iter().any(|it| place.starts_with(it)) {
            bail!(
                "{path}: belongs to the contract, and the report would stand among what is promised; name another path"
            );
        }
        if !known.insert(place) {
            bail!(
                "{path}: named for two reports, of which the second would replace the first; name a path for each"
            );
        }
    }
    Ok(())
}

/// A path in one spelling, links followed as far as something is there.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let path = absolute(path).unwrap_or_else(|_| path.to_owned());
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => place(folder).join(name),
        _ => path,
    }
}
