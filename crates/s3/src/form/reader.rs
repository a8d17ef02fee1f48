//! The form up to its file.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

use super::disposition::PartHead;
use super::{Field, FilePart, Form, FormError};

/// Most bytes before the file. AWS takes 20 KB; a session token of ours, which stands in the form and
/// again in its policy, may take half of that alone.
pub const MAX_HEAD: usize = 32 * 1024;

/// What stands between the parts of a form (RFC 2046, section 5.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

impl Boundary {
    /// The boundary in a `Content-Type` of `multipart/form-data`.
    ///
    /// # Errors
    /// [`FormError::Boundary`] when it is another type, or has no boundary, several, or one that is
    /// not 1 to 70 of the characters that RFC 2046 allows.
    pub fn of(content_type: &str) -> Result<Self, FormError> {
        let (kind, parameters) = content_type.split_once(';').ok_or(FormError::Boundary)?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return Err(FormError::Boundary);
        }
        let mut found = None;
        for parameter in parameters.split(';') {
            let (name, value) = parameter.split_once('=').ok_or(FormError::Boundary)?;
            if name.trim().eq_ignore_ascii_case("boundary")
                && found.replace(unquoted(value.trim())).is_some()
            {
                return Err(FormError::Boundary);
            }
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
        found
            .filter(|it| (1..=70).contains(&it.len()) && it.bytes().all(allowed))
            .filter(|it| !it.ends_with(' '))
            .map(|it| Self(it.to_owned()))
            .ok_or(FormError::Boundary)
    }

    /// The line break and the boundary that end a part.
    pub(super) fn delimiter(&self) -> Vec<u8> {
        format!("\r\n--{}", self.0).into_bytes()
    }

    /// Bytes behind the file of a form whose last field it is.
    pub(super) fn closing_length(&self) -> u64 {
        // `\r\n--BOUNDARY--\r\n`
        self.0.len() as u64 + 8
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// Reads a form up to its file. Sans-I/O: bytes in, a [`Head`] out.
pub struct FormReader {
    boundary: Boundary,
    delimiter: Vec<u8>,
    buffer: BytesMut,
    /// Where in the buffer a search goes on.
    searched: usize,
    /// Bytes that were read and are gone from the buffer.
    consumed: usize,
    expects: Expects,
    fields: Vec<Field>,
}

enum Expects {
    Opening,
    AfterDelimiter,
    PartHead,
    Value(String),
}

/// A form whose file begins.
pub struct Head {
    /// What stood before it.
    pub form: Form,
    /// What takes the bytes that come.
    pub file: FilePart,
    /// Those that have come already.
    pub rest: Bytes,
    /// How many bytes of the body came before the file.
    pub consumed: u64,
    boundary: Boundary,
}

impl Head {
    /// How long the file is if nothing follows it, in a body of so many bytes.
    #[must_use]
    pub fn file_length(&self, body_length: u64) -> u64 {
        body_length.saturating_sub(self.consumed).saturating_sub(self.boundary.closing_length())
    }
}

impl FormReader {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(boundary: Boundary) -> Self {
        Self {
            delimiter: boundary.delimiter(),
            boundary,
            buffer: BytesMut::new(),
            searched: 0,
            consumed: 0,
            expects: Expects::Opening,
            fields: Vec::new(),
        }
    }

    /// Takes bytes of the body; gives the form as soon as its file begins, and must not be given more
    /// then.
    ///
    /// # Errors
    /// When it is no form, is too large, or has two fields of one name.
    pub fn push(&mut self, data: &[u8]) -> Result<Option<Head>, FormError> {
        self.buffer.extend_from_slice(data);
        while let Some(next) = self.step()? {
            if let Step::File(filename) = next {
                let form = Form { fields: std::mem::take(&mut self.fields), filename };
                return Ok(Some(Head {
                    form,
                    file: FilePart::new(&self.boundary),
                    rest: self.buffer.split().freeze(),
                    consumed: self.consumed as u64,
                    boundary: self.boundary.clone(),
                }));
            }
        }
        if self.consumed + self.buffer.len() > MAX_HEAD {
            return Err(FormError::TooLarge);
        }
        Ok(None)
    }

    /// One step on, or `None` if that needs more bytes.
    fn step(&mut self) -> Result<Option<Step>, FormError> {
        let opening = self.delimiter.get(2..).unwrap_or_default();
        self.expects = match std::mem::replace(&mut self.expects, Expects::Opening) {
            Expects::Opening => {
                let most = opening.len().min(self.buffer.len());
                if self.buffer.get(..most) != opening.get(..most) {
                    return Err(FormError::Malformed);
                }
                if most < opening.len() {
                    return Ok(None);
                }
                self.consume(most)?;
                Expects::AfterDelimiter
            }
            Expects::AfterDelimiter => match self.buffer.get(..2) {
                None => {
                    self.expects = Expects::AfterDelimiter;
                    return Ok(None);
                }
                Some(b"\r\n") => {
                    self.consume(2)?;
                    Expects::PartHead
                }
                Some(b"--") => return Err(FormError::Files),
                Some(_) => return Err(FormError::Malformed),
            },
            Expects::PartHead => {
                let Some(end) = self.find(b"\r\n\r\n") else {
                    self.expects = Expects::PartHead;
                    return Ok(None);
                };
                let head = self.consume(end + 4)?;
                let PartHead { name, filename } = PartHead::parse(&head)?;
                if name == "file" {
                    let path = filename.unwrap_or_default();
                    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
                    return Ok(Some(Step::File(last.to_owned())));
                }
                // Whatever else has a file name is a field: Python's `requests` gives one to every part.
                if self.fields.iter().any(|field| field.name == name) {
                    return Err(FormError::Repeated(crate::resolve::shown(&name)));
                }
                Expects::Value(name)
            }
            Expects::Value(name) => {
                let delimiter = self.delimiter.clone();
                let Some(end) = self.find(&delimiter) else {
                    self.expects = Expects::Value(name);
                    return Ok(None);
                };
                let value = self.consume(end)?;
                self.consume(delimiter.len())?;
                let value = String::from_utf8(value.to_vec())
                    .map_err(|_| FormError::Value(crate::resolve::shown(&name)))?;
                self.fields.push(Field { name, value });
                Expects::AfterDelimiter
            }
        };
        Ok(Some(Step::On))
    }

    /// Where `what` stands in the buffer; what was searched is not searched again.
    fn find(&mut self, what: &[u8]) -> Option<usize> {
        let from = self.searched.min(self.buffer.len());
        let found = memmem::find(self.buffer.get(from..)?, what).map(|at| from + at);
        self.searched = match found {
            Some(_) => 0,
            None => self.buffer.len().saturating_sub(what.len()),
        };
        found
    }

    fn consume(&mut self, length: usize) -> Result<BytesMut, FormError> {
        self.consumed += length;
        if self.consumed > MAX_HEAD {
            return Err(FormError::TooLarge);
        }
        Ok(self.buffer.split_to(length))
    }
}

enum Step {
    On,
    File(String),
}
