//! The answer to DeleteObjects: what the store did, and what we did not let it do.

use crate::code::AwsCode;
use crate::document::ObjectIdentifier;
use crate::name::{Key, VersionId};
use crate::xml::{Cursor, Reading, Writer, XmlError};

/// More entries than a request can have asked for.
const MAX_ENTRIES: usize = 10_000;
const MAX_TEXT: usize = 8192;

/// The document of DeleteObjects. The order of entries is no part of the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteResult {
    /// What was deleted.
    pub deleted: Vec<Deleted>,
    /// What was not.
    pub errors: Vec<DeleteFailure>,
}

/// An object that was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The key.
    pub key: String,
    /// The version that was named.
    pub version_id: Option<String>,
    /// Whether it was, or became, a delete marker.
    pub delete_marker: Option<String>,
    /// The version of that marker.
    pub delete_marker_version_id: Option<String>,
}

/// An object that was not deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteFailure {
    /// The key.
    pub key: String,
    /// The version that was named.
    pub version_id: Option<String>,
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}

impl DeleteResult {
    /// Reads `DeleteResult`.
    ///
    /// # Errors
    /// [`XmlError`] when it is something else.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let mut cursor = Cursor::root(body, Reading::Lenient, "DeleteResult")?;
        let mut result = Self::default();
        while let Some(element) = cursor.next()? {
            if result.deleted.len() + result.errors.len() == MAX_ENTRIES {
                return Err(XmlError::TooMany("Deleted"));
            }
            match element.as_str() {
                "Deleted" => result.deleted.push(deleted(&mut cursor)?),
                "Error" => result.errors.push(failure(&mut cursor)?),
                _ => cursor.skip()?,
            }
        }
        cursor.finish()?;
        Ok(result)
    }

    /// Adds an object that the caller may not delete, as AWS reports it.
    pub fn deny(&mut self, object: &ObjectIdentifier) {
        let code = AwsCode::AccessDenied;
        self.errors.push(DeleteFailure {
            key: object.key.as_str().to_owned(),
            version_id: object.version.as_ref().map(|version| version.as_str().to_owned()),
            code: code.as_str().to_owned(),
            message: code.default_message().to_owned(),
        });
    }

    /// The document for the client. `quiet` leaves out what was deleted, and never a failure.
    #[must_use]
    pub fn render(&self, quiet: bool) -> String {
        let mut writer = Writer::document("DeleteResult");
        for deleted in self.deleted.iter().filter(|_| !quiet) {
            writer.open("Deleted");
            writer.leaf("Key", &deleted.key);
            writer.leaf_if("VersionId", deleted.version_id.as_deref());
            writer.leaf_if("DeleteMarker", deleted.delete_marker.as_deref());
            writer.leaf_if("DeleteMarkerVersionId", deleted.delete_marker_version_id.as_deref());
            writer.close("Deleted");
        }
        for failure in &self.errors {
            writer.open("Error");
            writer.leaf("Key", &failure.key);
            writer.leaf_if("VersionId", failure.version_id.as_deref());
            writer.leaf("Code", &failure.code);
            writer.leaf("Message", &failure.message);
            writer.close("Error");
        }
        writer.close("DeleteResult");
        writer.finish()
    }
}

/// The key and version of an entry that must be of the request: a Key or VersionId that is none is
/// not ours.
fn names(
    key: Option<String>,
    version: Option<String>,
) -> Result<(String, Option<String>), XmlError> {
    let key = key.ok_or(XmlError::Missing("Key"))?;
    let key = Key::parse(key).map_err(|_| XmlError::Value("Key"))?;
    // Some stores write an empty element where there is no version.
    let version = version.filter(|version| VersionId::parse(version.as_str()).is_ok());
    Ok((key.as_str().to_owned(), version))
}

fn deleted(cursor: &mut Cursor<'_>) -> Result<Deleted, XmlError> {
    let (mut key, mut version) = (None, None);
    let mut entry = Deleted::default();
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "Key" => cursor.text_once(&mut key, "Key", MAX_TEXT)?,
            "VersionId" => cursor.text_once(&mut version, "VersionId", MAX_TEXT)?,
            "DeleteMarker" => {
                cursor.text_once(&mut entry.delete_marker, "DeleteMarker", MAX_TEXT)?
            }
            "DeleteMarkerVersionId" => {
                let slot = &mut entry.delete_marker_version_id;
                cursor.text_once(slot, "DeleteMarkerVersionId", MAX_TEXT)?;
            }
            _ => cursor.skip()?,
        }
    }
    (entry.key, entry.version_id) = names(key, version)?;
    Ok(entry)
}

fn failure(cursor: &mut Cursor<'_>) -> Result<DeleteFailure, XmlError> {
    let (mut key, mut version, mut code, mut message) = (None, None, None, None);
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "Key" => cursor.text_once(&mut key, "Key", MAX_TEXT)?,
            "VersionId" => cursor.text_once(&mut version, "VersionId", MAX_TEXT)?,
            "Code" => cursor.text_once(&mut code, "Code", MAX_TEXT)?,
            "Message" => cursor.text_once(&mut message, "Message", MAX_TEXT)?,
            _ => cursor.skip()?,
        }
    }
    let (key, version_id) = names(key, version)?;
    Ok(DeleteFailure {
        key,
        version_id,
        code: code.unwrap_or_default(),
        message: message.unwrap_or_default(),
    })
}
