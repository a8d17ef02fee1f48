//! Captures a log and finds secrets in it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use tracing_subscriber::fmt::MakeWriter;

use crate::PATIENCE;
use crate::signed::encode;

/// A log that is kept in memory: a writer for `tracing_subscriber`, or for the output of a process.
///
/// ```
/// let log = testkit::logs::Log::default();
/// let _subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
/// assert_eq!(log.text(), "");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The lines so far that hold a text, e.g. a request id.
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// Waits for a line that holds a text: the log may come after the response.
    ///
    /// # Panics
    ///
    /// After [`PATIENCE`].
    pub async fn wait_for(&self, text: &str) -> String {
        let found = async {
            loop {
                if let Some(line) = self.lines_with(text).into_iter().next() {
                    return line;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(line) => line,
            Err(_) => panic!("no log line with `{text}` in:\n{}", self.text()),
        }
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What must never be seen outside: known values, and shapes that only secrets have.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    known: Vec<(String, String)>,
}

impl Secrets {
    /// None known; shapes are looked for all the same.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, by a name to report. It is also looked for in base64, hex and percent-encoded; of
    /// a long one a stretch from its middle is enough to be found.
    pub fn add(&mut self, name: &str, value: &str) {
        // A short value would be found everywhere by chance.
        assert!(value.len() >= 12, "`{name}` is too short to be looked for");
        let mut forms = vec![
            value.to_owned(),
            encode(value.as_bytes()),
            hex::encode(value),
            BASE64_STANDARD.encode(value),
            BASE64_URL_SAFE_NO_PAD.encode(value),
        ];
        if value.len() > 60 && value.is_ascii() {
            let middle = value.len() / 2;
            forms.push(value[middle - 12..middle + 12].to_owned());
        }
        for form in forms {
            if !self.known.iter().any(|(_, have)| *have == form) {
                self.known.push((name.to_owned(), form));
            }
        }
    }

    /// With another value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.add(name, value);
        self
    }

    /// The names of the known secrets that a text shows.
    pub fn known_in(&self, text: &str) -> Vec<String> {
        let shown = self.known.iter().filter(|(_, value)| text.contains(value.as_str()));
        let mut found: Vec<_> = shown.map(|(name, _)| name.clone()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// The names of the known secrets that a text shows, and the shapes of others: for logs. (A
    /// response may show a client what that client sent: AWS's `SignatureDoesNotMatch` does.)
    pub fn found_in(&self, text: &str) -> Vec<String> {
        let mut found = self.known_in(text);
        found.extend(shapes(text));
        found.sort();
        found.dedup();
        found
    }

    /// Fails if a text shows a secret.
    ///
    /// # Panics
    ///
    /// With the names of the secrets and the lines that show them.
    pub fn assert_absent(&self, place: &str, text: &str) {
        let found = self.found_in(text);
        if !found.is_empty() {
            let lines: Vec<_> =
                text.lines().filter(|line| !self.found_in(line).is_empty()).take(5).collect();
            panic!("{place} shows {found:?}:\n{}", lines.join("\n"));
        }
    }
}

/// Shapes of secrets that no test registered: a signature in a query, a token, a private key.
fn shapes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["X-Amz-Signature=", "Signature=", "X-Amz-Security-Token=", "x-amz-security-token="]
    {
        for (at, _) in text.match_indices(name) {
            let value: String = text[at + name.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "+/%-_".contains(*c))
                .collect();
            if value.len() >= 20 {
                found.push(format!("a value of `{name}`"));
            }
        }
    }
    for (at, _) in text.match_indices("eyJ") {
        let token: String = text[at..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .collect();
        let parts: Vec<_> = token.split('.').collect();
        if parts.len() >= 3 && parts[1].len() > 10 && parts[2].len() > 10 {
            found.push("a JSON web token".to_owned());
        }
    }
    if text.contains("PRIVATE KEY-----") {
        found.push("a private key".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_every_form() {
        let value = "s3cr3t/with+signs=and more";
        let secrets = Secrets::new().with("key", value);
        for text in [
            value.to_owned(),
            format!("x={}&", encode(value.as_bytes())),
            format!("\"{}\"", hex::encode(value)),
            BASE64_STANDARD.encode(value),
        ] {
            assert_eq!(secrets.found_in(&text), ["key"], "{text}");
        }
        assert!(secrets.found_in("s3cr3t").is_empty());
    }

    #[test]
    fn shapes_of_secrets_are_found() {
        let secrets = Secrets::new();
        let signature = "a".repeat(64);
        for text in [
            format!("GET /b/k?X-Amz-Signature={signature}"),
            format!("Credential=AK/x, Signature={signature}"),
            "GET /b/k?Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1".to_owned(),
            "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0 end".to_owned(),
        ] {
            assert!(!secrets.found_in(&text).is_empty(), "{text}");
        }
        for text in
            ["X-Amz-Signature=REDACTED", "Signature=...&x", "eyJhbGciOiJSUzI1NiJ9", "eyJ..."]
        {
            assert!(secrets.found_in(text).is_empty(), "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "the log shows [\"key\"]")]
    fn a_log_with_a_secret_fails() {
        Secrets::new()
            .with("key", "abcdefghijklmnop")
            .assert_absent("the log", "x abcdefghijklmnop");
    }
}
