//! Standard output and the exit code: what cannot be said there stops nothing, and is not lost.

use std::{
    io::Write,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use anstream::AutoStream;

use crate::terminal;

/// Whether standard output could not be written.
static IS_UNHEARD: AtomicBool = AtomicBool::new(false);

/// Writes to standard output at once, colours stripped where they are not wanted.
pub fn write_out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let mut shown = AutoStream::new(Vec::new(), AutoStream::choice(&stdout));
    let written = shown.write_all(terminal::legible(text).as_bytes()).and_then(|()| {
        stdout.write_all(&shown.into_inner())?;
        stdout.flush()
    });
    match written {
        Ok(()) => {}
        // Nobody reads on: `| head`. The exit code still says what was found.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            if !IS_UNHEARD.swap(true, Ordering::Relaxed) {
                terminal::complain(&format!("standard output could not be written: {error}"));
            }
        }
    }
}

/// Ends a process as a command's result says: an error is printed and is exit code 2, and so is a result that could not be
/// printed, but for the graver news.
pub fn exit(result: anyhow::Result<u8>) -> ExitCode {
    match result {
        Ok(0 | 3) if IS_UNHEARD.load(Ordering::Relaxed) => ExitCode::from(2),
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
