//! Running `cargo xtask` as a user does, with only the variables that a test gives.

use std::{collections::BTreeMap, path::Path, process::Command};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Runs `cargo xtask` at the repository's root, and gives its exit code and what it prints.
pub(crate) fn xtask(arguments: &[&str], variables: &BTreeMap<&str, String>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    for name in ["BASE_URL", "TOKEN", "BRAND", "OTHER_BRAND", "CHATROOM_IDS", "MASK_KEY"] {
        command.env_remove(format!("POPSELL_{name}"));
    }
    let output = command.current_dir(root()).args(arguments).envs(variables).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "exit {}\n{}{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Compares a screen, or a file that a command wrote, with its snapshot.
#[allow(dead_code, reason = "not every test file keeps screens")]
pub(crate) fn compare(name: &str, screen: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("command__{name}"), screen));
}
