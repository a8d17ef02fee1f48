//! `fakes3pp explain`: what a request is and needs.

use std::io::{self, BufRead, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use s3::Domains;
use serde_json::{Map, Value as Json, json};

use super::Surroundings;
use super::lines::{self, Line};
use crate::explain::{Explained, Request};

/// Largest raw request: the largest document that the gateway reads, with its head.
const MAX_RAW: u64 = 16 * 1024 * 1024;

/// Which request, and what it is explained with.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A file holds one raw HTTP request, or JSON lines {\"id\", \"method\", \"host\", \"path\", \"query\",\n\
\"headers\": [[NAME, VALUE], ...], \"body_base64\"}. Each line is answered by one:\n\
  {\"id\" or \"line\", \"operation\", \"checks\": [{\"action\", \"resource\", \"context\"}], \"reject\": \"CODE, why\"}\n\
Signature, time and hash of the body are not judged."
)]
pub struct Explain {
    /// The file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Answer in JSON lines, as for requests that are JSON lines.
    #[arg(long)]
    json: bool,
    /// A domain of the gateway, with buckets in front of it in virtual-host style; several times
    /// for several. A host that is none of them counts as path style.
    #[arg(long = "domain", value_name = "HOST")]
    domains: Vec<String>,
}

/// 0 if every line was a request, whether refused or not.
pub(super) fn run(explain: &Explain, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { out, err, input, .. } = surroundings;
    let mut file;
    let input: &mut dyn BufRead = if explain.request == Path::new("-") {
        input
    } else {
        match std::fs::File::open(&explain.request) {
            Ok(opened) => {
                file = io::BufReader::new(opened);
                &mut file
            }
            Err(error) => {
                writeln!(err, "fakes3pp: {}: {error}", explain.request.display())?;
                return Ok(ExitCode::FAILURE);
            }
        }
    };
    let domains = Domains::new(explain.domains.iter().cloned());
    let starts_json = input.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    if starts_json.is_none_or(|byte| *byte == b'{') {
        return of_lines(&domains, input, out);
    }
    let mut raw = Vec::new();
    input.take(MAX_RAW).read_to_end(&mut raw)?;
    match Request::of_http(&raw) {
        Ok(request) => {
            let explained = Explained::of(&request, &domains);
            if explain.json {
                writeln!(out, "{}", labelled(&request, 1, explained.to_json()))?;
            } else {
                in_words(&explained, out)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(err, "fakes3pp: {}: {error}", explain.request.display())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn of_lines(
    domains: &Domains,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut number = 0;
    while let Some(line) = lines::next(input, &mut number)? {
        let request = match &line {
            Line::Text(text) => Request::of_line(text).map_err(|error| error.to_string()),
            Line::TooLong => Err("the line is too long".to_owned()),
            Line::NotText => Err("the line is not UTF-8".to_owned()),
        };
        let answer = match request {
            Ok(request) => labelled(&request, number, Explained::of(&request, domains).to_json()),
            Err(message) => {
                code = ExitCode::FAILURE;
                json!({"line": number, "error": message})
            }
        };
        writeln!(out, "{answer}")?;
    }
    Ok(code)
}

/// The answer under the name of its request.
fn labelled(request: &Request, line: usize, mut answer: Map<String, Json>) -> Json {
    match &request.id {
        Some(id) => answer.insert("id".to_owned(), id.clone()),
        None => answer.insert("line".to_owned(), json!(line)),
    };
    Json::Object(answer)
}

fn in_words(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    match explained.operation {
        Some(operation) => writeln!(out, "operation  {}", operation.name())?,
        None => writeln!(out, "operation  none that is known")?,
    }
    if let Some(reject) = &explained.reject {
        writeln!(out, "refused    {reject}")?;
    }
    for check in explained.requirements.iter().flat_map(|all| all.iter()) {
        writeln!(out, "needs      {} on {}", check.action, check.resource)?;
        let mut keys: Vec<_> = check.context.iter().collect();
        keys.sort_by_key(|(key, _)| key.to_owned());
        for (key, value) in keys {
            writeln!(out, "             {key} = {value:?}")?;
        }
    }
    Ok(())
}
