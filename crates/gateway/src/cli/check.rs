//! `fakes3pp check`.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{ConfigFile, Surroundings};
use crate::config::{self, Finding};

/// Prints every mistake and warning; 1 if there is a mistake.
pub(super) fn run(file: &ConfigFile, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { environment, out, .. } = surroundings;
    let name = file.config.display();
    match config::load_file(&file.config, environment) {
        Ok(config) => {
            write_findings(out, "warning", &config.warnings)?;
            let live = &config.live;
            writeln!(
                out,
                "{name}: fine, with {}: {}, {}, {}, {}",
                count(config.warnings.len(), "warning"),
                count(live.stores.all().len(), "store"),
                count(live.providers.len(), "identity provider"),
                count(live.roles.len(), "role"),
                count(live.users.len(), "user"),
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            write_findings(out, "mistake", errors.mistakes())?;
            write_findings(out, "warning", errors.warnings())?;
            writeln!(
                out,
                "{name}: {}, {}",
                count(errors.mistakes().len(), "mistake"),
                count(errors.warnings().len(), "warning"),
            )?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn write_findings(out: &mut dyn Write, kind: &str, findings: &[Finding]) -> io::Result<()> {
    findings.iter().try_for_each(|finding| writeln!(out, "{kind}: {finding}"))
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
