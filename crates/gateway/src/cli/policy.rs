//! `fakes3pp policy`: looking at policies before they are put to use.

mod validate;

use std::io;
use std::process::ExitCode;

use clap::Subcommand;

use super::Surroundings;

/// Looks at policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say whether documents load, by the rules of IAM for new managed policies.
    Validate(validate::Validate),
}

pub(super) fn run(command: &PolicyCommand, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    match command {
        PolicyCommand::Validate(validate) => validate::run(validate, surroundings),
    }
}
