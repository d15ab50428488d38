//! Running `paperwire` as a user does.

use std::{path::Path, process::Command};

/// Runs `paperwire` in a folder, and gives its exit code and what it prints.
pub(crate) fn paperwire(folder: &Path, arguments: &[&str]) -> String {
    paperwire_with(folder, arguments, &[])
}

/// As [`paperwire`], with variables.
#[allow(dead_code, reason = "not every test file gives variables")]
pub(crate) fn paperwire_with(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, String)],
) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperwire"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().cloned());
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().unwrap();
    format!("exit {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}
