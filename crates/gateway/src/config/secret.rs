//! Secrets by reference: `{ file: F }` or `{ env: A }`, never in the configuration itself.

use std::fmt;

use zeroize::Zeroizing;

use super::error::{Findings, Place};
use super::files::Sources;
use super::node::{Content, Node};
use super::shape::{Raw, Shape, Value, section};

/// The largest file that is read for a secret: a ring of a thousand keys has 64 KiB.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// The text of a secret: wiped when it is dropped, not shown by `Debug`, not comparable.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes a secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one who has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(redacted)")
    }
}

section! {
    /// Where a secret is.
    SecretRef or_text("", plain_secret) {
        /// File that holds the secret; a relative path starts at the folder of the configuration.
        /// White space at its end is not part of it.
        file: String as "path" = "one of `file` and `env`";
        /// Name of the environment variable that holds the secret.
        env: String as "variable" = "one of `file` and `env`";
    }
}

/// Text that is no secret but often lives beside one: itself, or where it is.
#[derive(Clone, Debug)]
pub(crate) enum TextOrRef {
    /// The text itself.
    Text(String),
    /// Where it is.
    Ref(SecretRef),
}

impl Raw for TextOrRef {
    const SHAPE: &'static Shape = &Shape::Section { keys: SecretRef::KEYS, or_text: Some("text") };

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        match &node.content {
            Content::Text(text) => Some(Self::Text(text.clone())),
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::List(_)
            | Content::Map(_) => SecretRef::read(node, path, findings).map(Self::Ref),
        }
    }
}

/// Refuses a secret that stands in the configuration. It is not repeated.
fn plain_secret(_: &str, place: Place, findings: &mut Findings) -> Option<SecretRef> {
    findings.mistake(
        &place,
        "must not hold the secret itself, for configurations get copied, logged and committed: \
         write `{ file: PATH }` or `{ env: VARIABLE }`",
    );
    None
}

impl SecretRef {
    /// Reads the secret.
    pub(crate) fn load(
        &self,
        place: &Place,
        sources: &Sources<'_>,
        findings: &mut Findings,
    ) -> Option<SecretText> {
        match (self.file.get(), self.env.get()) {
            (Some(file), None) => from_file(file, sources, findings),
            (None, Some(name)) => from_variable(name, sources, findings),
            (Some(_), Some(_)) => {
                findings.mistake(place, "has both `file` and `env`: keep one of them");
                None
            }
            (None, None) => {
                if !self.file.is_written() && !self.env.is_written() {
                    findings.mistake(place, "needs `file` or `env`");
                }
                None
            }
        }
    }
}

impl TextOrRef {
    /// Reads the text.
    pub(crate) fn load(
        &self,
        place: &Place,
        sources: &Sources<'_>,
        findings: &mut Findings,
    ) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Ref(reference) => {
                Some(reference.load(place, sources, findings)?.expose().to_owned())
            }
        }
    }
}

pub(crate) fn from_file(
    file: &Value<String>,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Option<SecretText> {
    let bytes = Zeroizing::new(sources.read(file, MAX_SECRET_BYTES, findings)?.bytes);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        findings.mistake(&file.place, format!("`{}` is not text in UTF-8", file.value));
        return None;
    };
    not_empty(text.trim_end(), &file.place, &format!("the file `{}`", file.value), findings)
}

fn from_variable(
    name: &Value<String>,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Option<SecretText> {
    let Some(text) = sources.environment.get(&name.value) else {
        // It may be a secret that was put here by mistake: shown only if it looks like a name.
        let message = if is_variable_name(&name.value) {
            format!("the environment has no variable `{}`", name.value)
        } else {
            "the environment has no variable of this name, which is not shown: it may be a secret \
             that belongs elsewhere"
                .to_owned()
        };
        findings.mistake(&name.place, message);
        return None;
    };
    not_empty(text.trim_end(), &name.place, &format!("the variable `{}`", name.value), findings)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn not_empty(text: &str, place: &Place, what: &str, findings: &mut Findings) -> Option<SecretText> {
    if text.is_empty() {
        findings.mistake(place, format!("{what} is empty"));
        return None;
    }
    Some(SecretText::new(text.to_owned()))
}
