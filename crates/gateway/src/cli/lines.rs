//! Answering standard input line by line, none longer than it has to be: one line of output each, in
//! order.

use std::io::{self, BufRead, Read as _, Write};
use std::process::ExitCode;

use serde_json::{Map, Value as Json, json};

/// Longest line. A request of the largest document that the gateway reads (8 MiB) in base64, with
/// its head and its expected checks, stays below.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// Answers every line, an empty one included; 1 if some could not be answered. What is put beside the name
/// of such a line is the error of `answer`, or what `fault` makes of a line that is no text.
pub(super) fn answer(
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    answer: impl Fn(&str, usize) -> Result<Json, Json>,
    fault: impl Fn(String) -> Json,
) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut number = 0;
    while let Some(line) = next(input)? {
        number += 1;
        let said = match &line {
            Line::Text(text) if text.trim().is_empty() => {
                Err(fault("the line is empty".to_owned()))
            }
            Line::Text(text) => answer(text, number),
            Line::TooLong => Err(fault("the line is too long".to_owned())),
            Line::NotText => Err(fault("the line is not UTF-8".to_owned())),
        };
        let said = said.unwrap_or_else(|beside| {
            code = ExitCode::FAILURE;
            let mut said = name(&line, number);
            said.extend(beside.as_object().cloned().unwrap_or_default());
            Json::Object(said)
        });
        writeln!(out, "{said}")?;
    }
    Ok(code)
}

/// The `id` of a line, or its number where it says none.
fn name(line: &Line, number: usize) -> Map<String, Json> {
    let id = match line {
        Line::Text(text) => serde_json::from_str::<Json>(text).ok(),
        Line::TooLong | Line::NotText => None,
    };
    let id = id.and_then(|json| json.get("id").cloned()).filter(|id| !id.is_null());
    let (name, value) = id.map_or(("line", json!(number)), |id| ("id", id));
    Map::from_iter([(name.to_owned(), value)])
}

/// A line of the input.
enum Line {
    /// Its text.
    Text(String),
    /// More than [`MAX_LINE`] bytes.
    TooLong,
    /// Not UTF-8.
    NotText,
}

fn next(input: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let read = (&mut *input).take(MAX_LINE).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && bytes.len() as u64 == MAX_LINE {
        skip_rest(input)?;
        return Ok(Some(Line::TooLong));
    }
    Ok(Some(String::from_utf8(bytes).map_or(Line::NotText, Line::Text)))
}

fn skip_rest(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}
