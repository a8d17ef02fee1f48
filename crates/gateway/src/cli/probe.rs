//! `fakes3pp probe`.

use std::io;
use std::process::ExitCode;

use clap::Args;

use super::{ConfigFile, Surroundings};
use crate::config;
use crate::probe::{Where, probe};

/// Which store to ask, and how.
#[derive(Debug, Args)]
pub struct Probe {
    #[command(flatten)]
    file: ConfigFile,
    /// The store, by its name in the configuration.
    #[arg(long, value_name = "NAME")]
    store: String,
    /// The credential of the store to ask with, by its name; without it the one that has no `when`.
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// A bucket of the store to ask in; objects are made below a prefix of their own and deleted. Without it
    /// a bucket is made and deleted.
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
}

/// Asks, and prints what was found out; 1 if the store cannot be asked.
pub(super) fn run(args: &Probe, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { environment, out, err, .. } = surroundings;
    let config = match config::load_file(&args.file.config, environment) {
        Ok(config) => config,
        Err(errors) => {
            writeln!(err, "{errors}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let at = Where {
        store: args.store.clone(),
        credential: args.credential.clone(),
        bucket: args.bucket.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(probe(config, &at)) {
        Ok(report) => {
            write!(out, "{report}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(err, "fakes3pp: the store `{}` cannot be asked: {error}", at.store)?;
            Ok(ExitCode::FAILURE)
        }
    }
}
