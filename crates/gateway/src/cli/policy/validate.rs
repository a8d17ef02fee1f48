//! `fakes3pp policy validate`: language and grammar, by the rules of IAM for managed policies.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use policy::{Kind, LoadErrors, Policy, Strictness};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::cli::Surroundings;
use crate::cli::lines;
use crate::config::{Disk, Files as _};

/// IAM's code for a document that it does not take.
const MALFORMED: &str = "MalformedPolicyDocument";

/// Largest file that is read: far more than any policy may have.
const MAX_FILE: usize = 1024 * 1024;

/// Which documents.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Without files, lines {\"id\", \"document\": \"...\"} are read from standard input, and for each a\n\
line {\"id\", \"valid\", \"error\", \"message\"} is written, in IAM's own words."
)]
pub struct Validate {
    /// Identity policies in AWS's own JSON.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Case {
    id: Option<Json>,
    /// A string that holds it, or itself, as it stands there: a member that comes twice must stay so.
    document: Box<RawValue>,
}

/// 0 if everything loads; with lines, 0 if every line is one.
pub(super) fn run(validate: &Validate, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { out, input, .. } = surroundings;
    if validate.files.is_empty() { of_lines(out, input) } else { of_files(&validate.files, out) }
}

fn load(name: &str, document: &str) -> Result<Policy, LoadErrors> {
    Policy::load_with(Kind::Identity, name, document, Strictness::Managed)
}

fn of_lines(out: &mut dyn Write, input: &mut dyn BufRead) -> io::Result<ExitCode> {
    let fault = |why| json!({"valid": false, "error": MALFORMED, "message": why});
    lines::answer(input, out, |line, number| answer(line, number).map_err(fault), fault)
}

fn answer(line: &str, number: usize) -> Result<Json, String> {
    let case: Case = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = case.id.unwrap_or_else(|| json!(number));
    let text = match serde_json::from_str(case.document.get()) {
        Ok(Json::String(text)) => text,
        _ => case.document.get().to_owned(),
    };
    Ok(match load("document", &text) {
        Ok(_) => json!({"id": id, "valid": true, "error": null, "message": null}),
        Err(errors) => {
            json!({"id": id, "valid": false, "error": MALFORMED, "message": errors.aws_message()})
        }
    })
}

fn of_files(files: &[PathBuf], out: &mut dyn Write) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for path in files {
        let name = path.display();
        let text = Disk.read(path, MAX_FILE).map_err(|error| error.to_string()).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| "is not text in UTF-8".to_owned())
        });
        let loaded = text.and_then(|text| {
            load(&name.to_string(), &text).map_err(|errors| {
                let lines = errors.errors().iter().map(|error| format!("\n  {error}"));
                format!("{}{}", errors.aws_message(), lines.collect::<String>())
            })
        });
        match loaded {
            Ok(policy) => {
                let plural = if policy.statements() == 1 { "" } else { "s" };
                writeln!(out, "{name}: fine, {} statement{plural}", policy.statements())?;
            }
            Err(message) => {
                code = ExitCode::FAILURE;
                writeln!(out, "{name}: {message}")?;
            }
        }
    }
    Ok(code)
}
