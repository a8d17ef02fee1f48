//! `fakes3pp config list` and `fakes3pp config condition-keys`.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::{docs, filled};

pub(super) fn run(markdown: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let text = if markdown { docs::markdown() } else { docs::list() };
    out.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The table as SEMANTICS.md has it.
pub(super) fn condition_keys(out: &mut dyn Write) -> io::Result<ExitCode> {
    out.write_all(filled::markdown().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
