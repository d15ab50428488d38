//! One line on a terminal that says how far long work is; nothing in CI.

use std::{
    env,
    fmt::Arguments,
    io::{IsTerminal, Write, stderr},
};

/// The line, which is gone when this is dropped.
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_shown: stderr().is_terminal() && env::var_os("CI").is_none() }
    }

    pub(crate) fn tell(&self, how_far: Arguments<'_>) {
        if self.is_shown {
            let _ = write!(stderr(), "\r{how_far}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
