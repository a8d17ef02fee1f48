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
    is_last: bool,
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
            is_last: false,
            place: Place::File,
        }
    }

    /// Another field behind the file is an error, and not passed over.
    ///
    /// # Errors
    /// [`FormError::AfterFile`] if there is one already.
    pub fn must_be_last(&mut self) -> Result<(), FormError> {
        self.is_last = true;
        if self.place == Place::Fields { Err(FormError::AfterFile) } else { Ok(()) }
    }

    /// Takes bytes of the body, and gives those of the file; empty if there are none among them yet.
    ///
    /// # Errors
    /// [`FormError::Malformed`] when the delimiter is followed by what cannot follow it,
    /// [`FormError::AfterFile`] after [`must_be_last`](Self::must_be_last).
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
            return Ok(data);
        };
        let length = delimiter.len();
        let behind = data.split_off(at);
        match behind.get(length..length + 2) {
            None => self.held.extend_from_slice(&behind),
            Some(b"--") => self.place = Place::End,
            Some(b"\r\n") if self.is_last => return Err(FormError::AfterFile),
            Some(b"\r\n") => self.place = Place::Fields,
            Some(_) => return Err(FormError::Malformed),
        }
        Ok(data)
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
