//! The body of CompleteMultipartUpload.

use super::DocumentError;
use crate::checksum::{Algorithm, Checksum};
use crate::xml::{Cursor, Reading, Writer, XmlError, unexpected};

/// The most parts of an upload, as AWS has it.
const MAX_PARTS: usize = 10_000;
/// The longest ETag or checksum that is read. Real ones are below 128 bytes.
const MAX_VALUE: usize = 1024;
/// A part of the upload.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// Its number, 1 to 10,000.
    number: u16,
    /// Its ETag, as UploadPart answered it.
    etag: Option<String>,
    /// Its checksums: element name and value.
    checksums: Vec<(&'static str, String)>,
}

/// What CompleteMultipartUpload asks for. Whether the parts are those that were uploaded is for the store to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteRequest {
    parts: Vec<Part>,
}

impl CompleteRequest {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "CompleteMultipartUpload")?;
        let mut parts = Vec::new();
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Part" if parts.len() == MAX_PARTS => return Err(XmlError::TooMany("Part").into()),
                "Part" => parts.push(part(&mut cursor)?),
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        if parts.is_empty() {
            return Err(XmlError::Missing("Part").into());
        }
        if !parts.is_sorted_by(|one: &Part, next| one.number <= next.number) {
            return Err(DocumentError::PartOrder);
        }
        Ok(Self { parts })
    }

    /// The numbers of its parts, in ascending order; one that is named twice comes twice.
    pub fn numbers(&self) -> impl Iterator<Item = u16> {
        self.parts.iter().map(|part| part.number)
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("CompleteMultipartUpload");
        for part in &self.parts {
            writer.open("Part");
            writer.leaf_if("ETag", part.etag.as_deref());
            for (name, value) in &part.checksums {
                writer.leaf(name, value);
            }
            writer.leaf("PartNumber", &part.number.to_string());
            writer.close("Part");
        }
        writer.close("CompleteMultipartUpload");
        writer.finish()
    }
}

fn part(cursor: &mut Cursor<'_>) -> Result<Part, DocumentError> {
    let (mut number, mut etag, mut checksums) = (None, None, Vec::<(&'static str, String)>::new());
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "PartNumber" => cursor.text_once(&mut number, "PartNumber", 16)?,
            "ETag" => cursor.text_once(&mut etag, "ETag", MAX_VALUE)?,
            other => {
                let mut all = Algorithm::ALL.into_iter();
                let algorithm = all.find(|algorithm| algorithm.element_name() == other);
                let algorithm = algorithm.ok_or_else(|| unexpected(other))?;
                let name = algorithm.element_name();
                if checksums.iter().any(|(seen, _)| *seen == name) {
                    return Err(unexpected(other).into());
                }
                let value = cursor.text(name, MAX_VALUE)?;
                Checksum::parse(algorithm, &value).map_err(|_| XmlError::Value(name))?;
                checksums.push((name, value));
            }
        }
    }
    let number = number.ok_or(XmlError::Missing("PartNumber"))?;
    let number = number
        .trim()
        .parse()
        .ok()
        .filter(|number| (1..=10_000).contains(number))
        .ok_or(XmlError::Value("PartNumber"))?;
    Ok(Part { number, etag, checksums })
}
