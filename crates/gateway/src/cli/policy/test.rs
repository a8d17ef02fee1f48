//! `fakes3pp policy test`: expectations beside the policies.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Surroundings;
use crate::config::{Disk, Files as _};
use crate::policy_tests::{self, SUFFIX};

/// Which folder.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A file NAME.test.json holds {\"tests\": [{\"name\", \"role\": FILE, \"policies\": [FILE ...], \"boundary\",\n\
\"sessionPolicy\", \"bucketPolicy\", \"trustPolicy\", \"kind\", \"request\": {\"action\", \"resource\", \"principal\",\n\
\"context\"}, \"expected\": \"allow|explicitDeny|implicitDeny\"}], \"managedPolicies\": DIR}; files are named from its\n\
folder, and DIR has the managed policies of the roles."
)]
pub struct TestFolder {
    /// The folder with policies or roles and their tests.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// 1 if a test fails, or if there is none.
pub(super) fn run(args: &TestFolder, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { out, err, .. } = surroundings;
    let mut names = match Disk.list(&args.folder) {
        Ok(names) => names,
        Err(error) => {
            writeln!(err, "fakes3pp: {}: {error}", args.folder.display())?;
            return Ok(ExitCode::FAILURE);
        }
    };
    names.retain(|name| name.ends_with(SUFFIX) && !name.starts_with('.'));
    names.sort();
    let (mut tests, mut failures) = (0, 0);
    for name in &names {
        match policy_tests::run(&Disk, &args.folder, name) {
            Ok(outcome) => {
                tests += outcome.tests;
                failures += outcome.failures.len();
                for (test, why) in outcome.failures {
                    writeln!(out, "{name}: {test}: {why}")?;
                }
            }
            Err(why) => {
                failures += 1;
                writeln!(out, "{name}: is no file of tests: {why}")?;
            }
        }
    }
    if names.is_empty() {
        writeln!(err, "fakes3pp: {} has no file that ends in `{SUFFIX}`", args.folder.display())?;
        return Ok(ExitCode::FAILURE);
    }
    let plural = if tests == 1 { "" } else { "s" };
    writeln!(out, "{tests} test{plural}, {failures} failed")?;
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
