//! `fakes3pp policy`: looking at policies before they are put to use.

mod lint;
mod test;
mod validate;

use std::io;
use std::process::ExitCode;

use clap::Subcommand;

use super::Surroundings;

/// Looks at policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say whether identity policies load, by the rules of IAM's CreatePolicy.
    ///
    /// Roles and bucket policies are read by `check` and `policy lint`.
    Validate(validate::Validate),
    /// Say what loads and is not what it seems: actions that do nothing, shadowed statements, wide trust.
    Lint(lint::LintFiles),
    /// Run the tests of a folder: what must be decided by the policies there.
    Test(test::TestFolder),
}

pub(super) fn run(command: &PolicyCommand, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    match command {
        PolicyCommand::Validate(validate) => validate::run(validate, surroundings),
        PolicyCommand::Lint(files) => lint::run(files, surroundings),
        PolicyCommand::Test(folder) => test::run(folder, surroundings),
    }
}
