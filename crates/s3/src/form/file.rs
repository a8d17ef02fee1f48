//! The file of a form, while it flows.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;

use super::{Boundary, FormError};

/// Tells the bytes of the file from what follows it. Sans-I/O.
#[derive(Debug)]
pub struct FilePart {
    delimiter: Finder<'static>,
    /// What may be the beginning of the delimiter, or is the delimiter before the two bytes that say
    /// what follows.
    held: BytesMut,
    /// How many bytes of the file were given.
    given: u64,
    /// How many there must be, if that was told to somebody.
    told: Option<u64>,
    place: Place,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    File,
    /// Further fields, which S3 does not read.
    Fields,
    /// Behind the form.
    End,
}

impl FilePart {
    pub(super) fn new(boundary: &Boundary) -> Self {
        Self {
            delimiter: Finder::new(&boundary.delimiter()).into_owned(),
            held: BytesMut::new(),
            given: 0,
            told: None,
            place: Place::File,
        }
    }

    /// The file must have this length, which follows from the body's if the file is the last field and the
    /// form ends as browsers end theirs. S3 passes over whatever stands there; we cannot, where a store was told
    /// the length before that was seen: another field, a line break that is missing or one more, and the object
    /// would be cut short, or lack its end.
    ///
    /// # Errors
    /// [`FormError::AfterFile`] if it has another already.
    pub fn must_be_last(&mut self, length: u64) -> Result<(), FormError> {
        self.told = Some(length);
        self.check()
    }

    /// Whether the file may have, or if it has ended has, the length that was told.
    fn check(&self) -> Result<(), FormError> {
        let holds = match (self.told, &self.place) {
            (None, _) => true,
            (Some(told), Place::File) => self.given <= told,
            (Some(told), Place::End) => self.given == told,
            (Some(_), Place::Fields) => false,
        };
        if holds { Ok(()) } else { Err(FormError::AfterFile) }
    }

    /// Takes bytes of the body, and gives those of the file; empty if there are none among them yet.
    ///
    /// # Errors
    /// [`FormError::Malformed`] when the delimiter is followed by what cannot follow it,
    /// [`FormError::AfterFile`] when the file has not the length of [`must_be_last`](Self::must_be_last).
    pub fn push(&mut self, data: Bytes) -> Result<Bytes, FormError> {
        if self.place != Place::File {
            return Ok(Bytes::new());
        }
        let mut data = match self.held.is_empty() {
            true => data,
            false => {
                self.held.extend_from_slice(&data);
                self.held.split().freeze()
            }
        };
        let delimiter = self.delimiter.needle();
        let Some(at) = self.delimiter.find(&data) else {
            let rest = data.split_off(data.len() - beginning(&data, delimiter));
            self.held.extend_from_slice(&rest);
            return self.give(data);
        };
        let length = delimiter.len();
        let behind = data.split_off(at);
        match behind.get(length..length + 2) {
            None => self.held.extend_from_slice(&behind),
            Some(b"--") => self.place = Place::End,
            Some(b"\r\n") => self.place = Place::Fields,
            Some(_) => return Err(FormError::Malformed),
        }
        self.give(data)
    }

    fn give(&mut self, data: Bytes) -> Result<Bytes, FormError> {
        self.given += data.len() as u64;
        self.check().map(|()| data)
    }

    /// The body has ended.
    ///
    /// # Errors
    /// [`FormError::Malformed`] when the file has not.
    pub fn end(&self) -> Result<(), FormError> {
        if self.place == Place::File { Err(FormError::Malformed) } else { Ok(()) }
    }
}

/// How many bytes at the end of `data` may be the beginning of `delimiter`.
fn beginning(data: &[u8], delimiter: &[u8]) -> usize {
    let most = delimiter.len().saturating_sub(1).min(data.len());
    (1..=most)
        .rev()
        .find(|length| data.ends_with(delimiter.get(..*length).unwrap_or(&[])))
        .unwrap_or(0)
}
