//! `fakes3pp policy validate`: language and grammar, by the rules of IAM for managed policies.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use policy::{Kind, LoadErrors, Policy, Strictness};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cli::Surroundings;
use crate::cli::lines::{self, Line};
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
    /// Policies in AWS's own JSON.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Case {
    id: Option<Json>,
    document: Json,
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
    let mut code = ExitCode::SUCCESS;
    let mut number = 0;
    while let Some(line) = lines::next(input, &mut number)? {
        let case = match line {
            Line::Text(text) => {
                serde_json::from_str::<Case>(&text).map_err(|error| error.to_string())
            }
            Line::TooLong => Err("the line is too long".to_owned()),
            Line::NotText => Err("the line is not UTF-8".to_owned()),
        };
        let answer = match case {
            Ok(case) => answer(&case, number),
            Err(message) => {
                code = ExitCode::FAILURE;
                json!({"line": number, "error": message})
            }
        };
        writeln!(out, "{answer}")?;
    }
    Ok(code)
}

fn answer(case: &Case, line: usize) -> Json {
    let id = case.id.clone().unwrap_or_else(|| json!(line));
    let text = match &case.document {
        Json::String(text) => text.clone(),
        document => document.to_string(),
    };
    match load("document", &text) {
        Ok(_) => json!({"id": id, "valid": true, "error": null, "message": null}),
        Err(errors) => {
            json!({"id": id, "valid": false, "error": MALFORMED, "message": errors.aws_message()})
        }
    }
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
            Ok(policy) => writeln!(out, "{name}: fine, {} statements", policy.statements())?,
            Err(message) => {
                code = ExitCode::FAILURE;
                writeln!(out, "{name}: {message}")?;
            }
        }
    }
    Ok(code)
}
