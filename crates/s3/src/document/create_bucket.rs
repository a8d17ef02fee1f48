//! The body of CreateBucket, which may be empty.

use super::DocumentError;
use super::object_settings::tag;
use crate::tagging::MAX_BUCKET_TAGS;
use crate::xml::{Cursor, Reading, Writer, unexpected};

/// What CreateBucket asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateBucketRequest {
    /// The region that the client names. Policies see it (`s3:locationconstraint`); the store has a
    /// name of its own for its region, so that whoever forwards sets this to that.
    pub location: Option<String>,
    tags: Vec<(String, String)>,
}

impl CreateBucketRequest {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let mut cursor = Cursor::root(body, Reading::Strict, "CreateBucketConfiguration")?;
        let (mut location, mut tags) = (None, None);
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "LocationConstraint" => {
                    cursor.text_once(&mut location, "LocationConstraint", 64)?
                }
                "Tags" if tags.is_none() => {
                    let mut set = Vec::new();
                    while let Some(element) = cursor.next()? {
                        match element.as_str() {
                            "Tag" => tag(&mut cursor, &mut set, MAX_BUCKET_TAGS)?,
                            other => return Err(unexpected(other).into()),
                        }
                    }
                    tags = Some(set);
                }
                // Directory buckets, in one availability zone.
                "Location" => return Err(DocumentError::NotImplemented("Location")),
                "Bucket" => return Err(DocumentError::NotImplemented("Bucket")),
                other => return Err(unexpected(other).into()),
            }
        }
        cursor.finish()?;
        let location = location.filter(|location| !location.is_empty());
        Ok(Self { location, tags: tags.unwrap_or_default() })
    }

    /// Tags for the bucket.
    #[must_use]
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    pub(super) fn render(&self) -> String {
        if self.location.is_none() && self.tags.is_empty() {
            return String::new();
        }
        let mut writer = Writer::document("CreateBucketConfiguration");
        writer.leaf_if("LocationConstraint", self.location.as_deref());
        if !self.tags.is_empty() {
            writer.open("Tags");
            for (key, value) in &self.tags {
                writer.open("Tag");
                writer.leaf("Key", key);
                writer.leaf("Value", value);
                writer.close("Tag");
            }
            writer.close("Tags");
        }
        writer.close("CreateBucketConfiguration");
        writer.finish()
    }
}
