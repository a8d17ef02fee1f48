//! The small documents that set something of an object: tags, retention, legal hold.

use super::DocumentError;
use crate::date::parse_iso8601;
use crate::tagging::{MAX_OBJECT_TAGS, push};
use crate::words::{LOCK_MODES, MAX_HOLD_DAYS, MAX_HOLD_YEARS, ON_OFF, number_to};
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
    event_hold: Option<String>,
    duration: Option<HoldDuration>,
}

/// How long an object is kept once its event hold is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldDuration {
    /// In days.
    Days(u32),
    /// In years.
    Years(u32),
}

impl HoldDuration {
    /// Reads the inside of an `<EventHoldDuration>`.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, DocumentError> {
        let mut duration = None;
        while let Some(element) = cursor.next()? {
            let (name, most, of): (_, _, fn(u32) -> Self) = match element.as_str() {
                "Days" => ("Days", MAX_HOLD_DAYS, Self::Days),
                "Years" => ("Years", MAX_HOLD_YEARS, Self::Years),
                other => return Err(unexpected(other).into()),
            };
            let number = number_to(most, &cursor.text(name, 16)?).ok_or(XmlError::Value(name))?;
            if duration.replace(of(number)).is_some() {
                return Err(unexpected(&element).into());
            }
        }
        Ok(duration.ok_or(XmlError::Missing("Days"))?)
    }
}

/// One of a closed set of words; policies compare it.
fn closed(value: Option<&str>, words: &[&str], name: &'static str) -> Result<(), XmlError> {
    match value {
        Some(value) if !words.contains(&value) => Err(XmlError::Value(name)),
        _ => Ok(()),
    }
}

impl Retention {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        let mut cursor = Cursor::root(body, Reading::Strict, "Retention")?;
        let (mut mode, mut retain_until, mut event_hold, mut duration) = (None, None, None, None);
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Mode" => cursor.text_once(&mut mode, "Mode", 32)?,
                "RetainUntilDate" => cursor.text_once(&mut retain_until, "RetainUntilDate", 64)?,
                "EventHold" => cursor.text_once(&mut event_hold, "EventHold", 16)?,
                "EventHoldDuration" => {
                    if duration.replace(HoldDuration::parse(&mut cursor)?).is_some() {
                        return Err(unexpected(&element).into());
                    }
                }
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        closed(mode.as_deref(), LOCK_MODES, "Mode")?;
        closed(event_hold.as_deref(), ON_OFF, "EventHold")?;
        // Policies compare the date, so that the store must not read another one in it.
        if retain_until.as_deref().is_some_and(|date| parse_iso8601(date).is_none()) {
            return Err(XmlError::Value("RetainUntilDate").into());
        }
        Ok(Self { mode, retain_until, event_hold, duration })
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

    /// `ON` or `OFF`: whether it is held until an event.
    #[must_use]
    pub fn event_hold(&self) -> Option<&str> {
        self.event_hold.as_deref()
    }

    /// How long it is kept after that event.
    #[must_use]
    pub fn duration(&self) -> Option<HoldDuration> {
        self.duration
    }

    pub(super) fn render(&self) -> String {
        let mut writer = Writer::document("Retention");
        writer.leaf_if("Mode", self.mode.as_deref());
        writer.leaf_if("RetainUntilDate", self.retain_until.as_deref());
        writer.leaf_if("EventHold", self.event_hold.as_deref());
        if let Some(duration) = self.duration {
            writer.open("EventHoldDuration");
            match duration {
                HoldDuration::Days(days) => writer.leaf("Days", &days.to_string()),
                HoldDuration::Years(years) => writer.leaf("Years", &years.to_string()),
            }
            writer.close("EventHoldDuration");
        }
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
        closed(status.as_deref(), ON_OFF, "Status")?;
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
