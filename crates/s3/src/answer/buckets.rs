//! The list of buckets, and where a bucket is.

use crate::xml::{Cursor, Reading, Writer, XmlError};

/// The most buckets that are read: a page of AWS's has 10,000.
const MAX_BUCKETS: usize = 100_000;
const MAX_TEXT: usize = 4096;

/// A list of buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BucketList {
    /// The buckets, in the order of the store.
    pub buckets: Vec<BucketEntry>,
    /// Where the next page begins.
    pub continuation_token: Option<String>,
    /// The prefix that was asked for.
    pub prefix: Option<String>,
}

/// A bucket in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketEntry {
    /// Its name, as the store has it; it may be one that cannot be addressed through us.
    pub name: String,
    /// When it was made, ISO 8601.
    pub creation_date: Option<String>,
}

/// The account that owns the buckets, as a client reads it: the gateway's, not the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Its canonical id.
    pub id: &'a str,
    /// Its name.
    pub display_name: &'a str,
}

impl BucketList {
    /// Reads `ListAllMyBucketsResult`. Owner, region and ARN of the store are left behind.
    ///
    /// # Errors
    /// [`XmlError`] when it is something else.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let mut cursor = Cursor::root(body, Reading::Lenient, "ListAllMyBucketsResult")?;
        let mut list = Self::default();
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "Buckets" => {
                    while let Some(element) = cursor.next()? {
                        match element.as_str() {
                            "Bucket" if list.buckets.len() == MAX_BUCKETS => {
                                return Err(XmlError::TooMany("Bucket"));
                            }
                            "Bucket" => list.buckets.push(entry(&mut cursor)?),
                            _ => cursor.skip()?,
                        }
                    }
                }
                "ContinuationToken" => {
                    cursor.text_once(
                        &mut list.continuation_token,
                        "ContinuationToken",
                        MAX_TEXT,
                    )?;
                }
                "Prefix" => cursor.text_once(&mut list.prefix, "Prefix", MAX_TEXT)?,
                _ => cursor.skip()?,
            }
        }
        cursor.finish()?;
        Ok(list)
    }

    /// The document for the client.
    #[must_use]
    pub fn render(&self, owner: Owner<'_>) -> String {
        let mut writer = Writer::document("ListAllMyBucketsResult");
        writer.open("Owner");
        writer.leaf("ID", owner.id);
        writer.leaf("DisplayName", owner.display_name);
        writer.close("Owner");
        writer.open("Buckets");
        for bucket in &self.buckets {
            writer.open("Bucket");
            writer.leaf("Name", &bucket.name);
            writer.leaf_if("CreationDate", bucket.creation_date.as_deref());
            writer.close("Bucket");
        }
        writer.close("Buckets");
        writer.leaf_if("ContinuationToken", self.continuation_token.as_deref());
        writer.leaf_if("Prefix", self.prefix.as_deref());
        writer.close("ListAllMyBucketsResult");
        writer.finish()
    }
}

fn entry(cursor: &mut Cursor<'_>) -> Result<BucketEntry, XmlError> {
    let (mut name, mut creation_date) = (None, None);
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "Name" => cursor.text_once(&mut name, "Name", MAX_TEXT)?,
            "CreationDate" => cursor.text_once(&mut creation_date, "CreationDate", MAX_TEXT)?,
            _ => cursor.skip()?,
        }
    }
    Ok(BucketEntry { name: name.ok_or(XmlError::Missing("Name"))?, creation_date })
}

/// Reads the answer to GetBucketLocation: the region, or what the store calls it.
///
/// # Errors
/// [`XmlError`] when it is something else.
pub fn parse_location(body: &[u8]) -> Result<String, XmlError> {
    let mut cursor = Cursor::root(body, Reading::Lenient, "LocationConstraint")?;
    let location = cursor.text("LocationConstraint", MAX_TEXT)?;
    cursor.finish()?;
    // No constraint is `us-east-1` at AWS, and `EU` is older than the names of regions.
    Ok(match location.as_str() {
        "" => "us-east-1".to_owned(),
        "EU" => "eu-west-1".to_owned(),
        _ => location,
    })
}

/// The answer to GetBucketLocation. `us-east-1` is, as at AWS, no constraint at all.
#[must_use]
pub fn bucket_location(region: &str) -> String {
    Writer::leaf_document("LocationConstraint", if region == "us-east-1" { "" } else { region })
}
