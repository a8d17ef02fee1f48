//! The body of DeleteObjects.

use super::DocumentError;
use crate::name::{Key, VersionId};
use crate::xml::{Cursor, Reading, Writer, XmlError, unexpected};

/// The most keys in one request, as AWS has it: each of them is a decision and a line of the
/// answer.
const MAX_OBJECTS: usize = 1000;
/// The longest ETag, date or size that is read. Real ones are below 64 bytes.
const MAX_CONDITION: usize = 1024;

/// An object that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectIdentifier {
    /// The key.
    pub key: Key,
    /// The version; without one a delete marker is made where the bucket is versioned.
    pub version: Option<VersionId>,
    /// Delete only if the object has this ETag.
    pub etag: Option<String>,
    /// Delete only if the object is of this date.
    pub last_modified_time: Option<String>,
    /// Delete only if the object is of this size.
    pub size: Option<String>,
}

/// What DeleteObjects asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteRequest {
    objects: Vec<ObjectIdentifier>,
    quiet: bool,
}

impl DeleteRequest {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "Delete")?;
        let mut objects = Vec::new();
        let mut quiet = None;
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Object" if objects.len() == MAX_OBJECTS => {
                    return Err(XmlError::TooMany("Object").into());
                }
                "Object" => objects.push(object(&mut cursor)?),
                "Quiet" => cursor.text_once(&mut quiet, "Quiet", 16)?,
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        let quiet = match quiet.as_deref().map(str::trim) {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(_) => return Err(XmlError::Value("Quiet").into()),
        };
        if objects.is_empty() {
            return Err(XmlError::Missing("Object").into());
        }
        Ok(Self { objects, quiet })
    }

    /// The objects, in the order of the request.
    #[must_use]
    pub fn objects(&self) -> &[ObjectIdentifier] {
        &self.objects
    }

    /// Whether the client wants to hear of failures only.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether objects are to be deleted only if they are what the client thinks.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        self.objects.iter().any(|object| {
            object.etag.is_some() || object.last_modified_time.is_some() || object.size.is_some()
        })
    }

    /// Splits off the objects that are not to be deleted. What is left over is what the store may
    /// see: nothing at all if there are none left ([`None`]).
    #[must_use]
    pub fn partition(
        self,
        mut allowed: impl FnMut(&ObjectIdentifier) -> bool,
    ) -> (Option<Self>, Vec<ObjectIdentifier>) {
        let (kept, denied): (Vec<_>, Vec<_>) =
            self.objects.into_iter().partition(|object| allowed(object));
        let kept = (!kept.is_empty()).then_some(Self { objects: kept, quiet: self.quiet });
        (kept, denied)
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("Delete");
        for object in &self.objects {
            writer.open("Object");
            writer.leaf("Key", object.key.as_str());
            writer.leaf_if("VersionId", object.version.as_ref().map(VersionId::as_str));
            writer.leaf_if("ETag", object.etag.as_deref());
            writer.leaf_if("LastModifiedTime", object.last_modified_time.as_deref());
            writer.leaf_if("Size", object.size.as_deref());
            writer.close("Object");
        }
        if self.quiet {
            writer.leaf("Quiet", "true");
        }
        writer.close("Delete");
        writer.finish()
    }
}

fn object(cursor: &mut Cursor<'_>) -> Result<ObjectIdentifier, DocumentError> {
    let (mut key, mut version, mut etag, mut modified, mut size) = (None, None, None, None, None);
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            // Longer than a key may be, so that a long key is told from a long document.
            "Key" => cursor.text_once(&mut key, "Key", Key::MAX_BYTES * 4)?,
            "VersionId" => cursor.text_once(&mut version, "VersionId", MAX_CONDITION)?,
            "ETag" => cursor.text_once(&mut etag, "ETag", MAX_CONDITION)?,
            "LastModifiedTime" => {
                cursor.text_once(&mut modified, "LastModifiedTime", MAX_CONDITION)?
            }
            "Size" => cursor.text_once(&mut size, "Size", MAX_CONDITION)?,
            other => return Err(unexpected(other).into()),
        }
    }
    Ok(ObjectIdentifier {
        key: Key::parse(key.ok_or(XmlError::Missing("Key"))?)?,
        version: version.map(VersionId::parse).transpose()?,
        etag,
        last_modified_time: modified,
        size,
    })
}
