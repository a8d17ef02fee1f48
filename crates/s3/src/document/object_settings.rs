//! The small documents that set something of an object: tags, retention, legal hold.

use super::DocumentError;
use crate::date::parse_iso8601;
use crate::tagging::{MAX_OBJECT_TAGS, push};
use crate::xml::{Cursor, Reading, Writer, XmlError, unexpected};

/// Longer than any tag may be (256 characters).
const MAX_TAG_TEXT: usize = 2048;

/// The body of PutObjectTagging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    tags: Vec<(String, String)>,
}

impl Tagging {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "Tagging")?;
        let mut tags = None;
        while let Some(element) = cursor.next()? {
            if element != "TagSet" || tags.is_some() {
                return Err(unexpected(&element).into());
            }
            let mut set = Vec::new();
            while let Some(element) = cursor.next()? {
                match element.as_str() {
                    "Tag" => tag(&mut cursor, &mut set, MAX_OBJECT_TAGS)?,
                    other => return Err(unexpected(other).into()),
                }
            }
            tags = Some(set);
        }
        cursor.finish()?;
        Ok(Self { tags: tags.ok_or(XmlError::Missing("TagSet"))? })
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("Tagging");
        writer.open("TagSet");
        for (key, value) in &self.tags {
            writer.open("Tag");
            writer.leaf("Key", key);
            writer.leaf("Value", value);
            writer.close("Tag");
        }
        writer.close("TagSet");
        writer.close("Tagging");
        writer.finish()
    }
}

/// Reads the inside of a `<Tag>`.
pub(super) fn tag(
    cursor: &mut Cursor<'_>,
    tags: &mut Vec<(String, String)>,
    most: usize,
) -> Result<(), DocumentError> {
    let (mut key, mut value) = (None, None);
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "Key" => cursor.text_once(&mut key, "Key", MAX_TAG_TEXT)?,
            "Value" => cursor.text_once(&mut value, "Value", MAX_TAG_TEXT)?,
            other => return Err(unexpected(other).into()),
        }
    }
    let key = key.ok_or(XmlError::Missing("Key"))?;
    push(tags, key, value.ok_or(XmlError::Missing("Value"))?, most)?;
    Ok(())
}

/// The body of PutObjectRetention. Without a mode it lifts the retention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    mode: Option<String>,
    retain_until: Option<String>,
}

impl Retention {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "Retention")?;
        let (mut mode, mut retain_until) = (None, None);
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Mode" => cursor.text_once(&mut mode, "Mode", 32)?,
                "RetainUntilDate" => cursor.text_once(&mut retain_until, "RetainUntilDate", 64)?,
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        // Policies compare the date, so that the store must not read another one in it.
        if retain_until.as_deref().is_some_and(|date| parse_iso8601(date).is_none()) {
            return Err(XmlError::Value("RetainUntilDate").into());
        }
        Ok(Self { mode, retain_until })
    }

    /// `GOVERNANCE` or `COMPLIANCE`.
    #[must_use]
    pub fn mode(&self) -> Option<&str> {
        self.mode.as_deref()
    }

    /// Until when, ISO 8601.
    #[must_use]
    pub fn retain_until(&self) -> Option<&str> {
        self.retain_until.as_deref()
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("Retention");
        writer.leaf_if("Mode", self.mode.as_deref());
        writer.leaf_if("RetainUntilDate", self.retain_until.as_deref());
        writer.close("Retention");
        writer.finish()
    }
}

/// The body of PutObjectLegalHold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    status: Option<String>,
}

impl LegalHold {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "LegalHold")?;
        let mut status = None;
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Status" => cursor.text_once(&mut status, "Status", 16)?,
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        Ok(Self { status })
    }

    /// `ON` or `OFF`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("LegalHold");
        writer.leaf_if("Status", self.status.as_deref());
        writer.close("LegalHold");
        writer.finish()
    }
}
