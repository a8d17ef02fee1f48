//! `fakes3pp policy lint`: what does not load, and what loads and is not what it seems.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::Surroundings;
use crate::config::{Disk, Files as _};
use crate::lint::{self, Severity};
use crate::policy_tests;

/// Largest file that is read: far more than any role may have.
const MAX_FILE: usize = 1024 * 1024;

/// Which files.
#[derive(Debug, Args)]
pub struct LintFiles {
    /// Policies, bucket policies or role files, in AWS's own JSON. Tests (`*.test.json`) are passed over.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Answer in JSON lines: {"file", "path", "severity", "code", "message"}.
    #[arg(long)]
    json: bool,
    /// Fail for warnings, too.
    #[arg(long)]
    strict: bool,
}

/// 1 if there is an error, or with `--strict` a warning.
pub(super) fn run(args: &LintFiles, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    // A pattern such as `roles/*.json` names the tests that lie there, too.
    let is_test = |path: &&PathBuf| path.to_string_lossy().ends_with(policy_tests::SUFFIX);
    for path in args.files.iter().filter(|path| !is_test(path)) {
        let name = path.display().to_string();
        let text = Disk.read(path, MAX_FILE).map_err(|error| error.to_string()).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| "is not text in UTF-8".to_owned())
        });
        match text.and_then(|text| lint::file(&text)) {
            Err(message) => {
                code = ExitCode::FAILURE;
                writeln!(surroundings.err, "fakes3pp: {name}: {message}")?;
            }
            Ok(found) => {
                for lint in &found {
                    let least = if args.strict { Severity::Warning } else { Severity::Error };
                    if lint.severity >= least {
                        code = ExitCode::FAILURE;
                    }
                    if args.json {
                        let line = json!({
                            "file": name, "path": lint.path, "severity": lint.severity.as_str(),
                            "code": lint.code, "message": lint.message,
                        });
                        writeln!(surroundings.out, "{line}")?;
                    } else {
                        writeln!(surroundings.out, "{name}: {lint}")?;
                    }
                }
            }
        }
    }
    Ok(code)
}
