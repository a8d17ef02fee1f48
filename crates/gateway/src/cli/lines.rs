//! Reading standard input line by line, none longer than it has to be.

use std::io::{self, BufRead, Read as _};

/// Longest line. A request of the largest document that the gateway reads (8 MiB) in base64, with
/// its head and its expected checks, stays below.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// A line of the input.
pub(super) enum Line {
    /// Its text.
    Text(String),
    /// More than [`MAX_LINE`] bytes.
    TooLong,
    /// Not UTF-8.
    NotText,
}

/// The next line that is not empty, and its number from 1.
pub(super) fn next(input: &mut dyn BufRead, number: &mut usize) -> io::Result<Option<Line>> {
    loop {
        let mut bytes = Vec::new();
        let read = (&mut *input).take(MAX_LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        if bytes.last() != Some(&b'\n') && bytes.len() as u64 == MAX_LINE {
            skip_rest(input)?;
            return Ok(Some(Line::TooLong));
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => return Ok(Some(Line::Text(text))),
            Err(_) => return Ok(Some(Line::NotText)),
        }
    }
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
