//! Tags of objects that are there already, which only their store knows.
//!
//! Three things hang on them. A policy may name `s3:ExistingObjectTag/KEY`: the store is asked only if a
//! statement that can match does, and a failure denies. And CopyObject copies the source's tags unless
//! they are replaced; AWS then demands `s3:GetObjectTagging` on the source and `s3:PutObjectTagging` on the
//! destination. The store is asked only for callers who lack one of the two; what cannot be found out is
//! taken for tags. And a store that loses tags of copies (`capabilities.copied_tags`) must not be given one that has some.
//!
//! It is asked by one GetObjectTagging for the same version, with the store's credentials; a store without tags
//! (`capabilities.object_tags`) is not asked.

use bytes::Bytes;
use http::StatusCode;
use policy::Context;
use s3::answer::StoreError;
use s3::operation::OperationKind;
use s3::requirement::Requirement;
use s3::{Document, Operation, TaggedObject, Whose};
use sigv4::Timestamp;

use super::asking::Asking;
use super::authorized::Authorized;
use super::document::{MAX_ERROR, read};
use crate::app::App;
use crate::decide::{EXISTING_TAG, Judge};
use crate::reject::Reject;
use crate::snapshot::{StoreHandle, StoreSigner};

/// The tags of an object; none if there is no such object, or the store has no tags.
async fn tags(asking: &Asking<'_>, object: &TaggedObject) -> Result<Vec<(String, String)>, Reject> {
    if !asking.store.capabilities.object_tags {
        return Ok(Vec::new());
    }
    let request = |addressing| object.tagging_request(addressing);
    let answer = asking.ask(&object.bucket, request).await?;
    let (parts, body) = answer.into_parts();
    let idle = asking.app.limits().store_body_idle_timeout;
    let document = read(body, MAX_ERROR, idle, None).await?;
    said(parts.status, &document.bytes)
}

/// Completes requirements with the tags of their objects, where a decision may hang on them.
///
/// # Errors
/// [`Reject::TagsUnknown`]: then nothing can be decided, and the answer is no.
pub(super) async fn complete<'r>(
    app: &App,
    judge: &Judge<'_>,
    operation: &Operation,
    requirements: impl Iterator<Item = &'r mut Requirement>,
    now: Timestamp,
) -> Result<(), Reject> {
    let (mut target, mut source) = (None, None);
    for requirement in requirements {
        let Some(whose) = requirement.tags_of.filter(|_| judge.needs_tags(requirement)) else {
            continue;
        };
        let known = match whose {
            Whose::Target => &mut target,
            Whose::Source => &mut source,
        };
        let tags = match known {
            Some(tags) => tags,
            None => known.insert(asked(app, judge, operation, whose, now).await?),
        };
        fill(&mut requirement.context, tags);
    }
    Ok(())
}

async fn asked(
    app: &App,
    judge: &Judge<'_>,
    operation: &Operation,
    whose: Whose,
    now: Timestamp,
) -> Result<Vec<(String, String)>, Reject> {
    let Some(object) = operation.tagged(whose) else { return Ok(Vec::new()) };
    let unknown = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "the tags of an object cannot be read");
        Reject::TagsUnknown(error.to_string())
    };
    let asking = Asking::of(app, judge, now).map_err(|error| unknown(&error))?;
    tags(&asking, &object).await.map_err(|error| unknown(&error))
}

fn fill(context: &mut Context, tags: &[(String, String)]) {
    for (key, value) in tags {
        context.insert(format!("{EXISTING_TAG}{key}"), value.as_str());
    }
}

impl Authorized {
    /// Lets a copy go on unless it would carry tags that the caller may not read or write.
    ///
    /// # Errors
    /// [`Reject::Denied`].
    pub(super) async fn copied_tags(
        &mut self,
        app: &App,
        handle: &StoreHandle,
        signer: &StoreSigner,
    ) -> Result<(), Reject> {
        let (Some(denial), Some(source)) =
            (self.unless_untagged.take(), self.operation.copy_source())
        else {
            return Ok(());
        };
        let asking = Asking { app, store: &self.store, handle, signer, now: self.now };
        match tags(&asking, &source.object()).await {
            Ok(tags) if tags.is_empty() => Ok(()),
            Ok(_) => Err(Reject::Denied(denial)),
            Err(error) => {
                tracing::warn!(%error, "the tags of a copy source cannot be read");
                Err(Reject::Denied(denial))
            }
        }
    }
}

/// Whether a copy has to carry tags that some stores lose: its metadata is replaced, and its tags are not.
pub(super) fn may_lose(operation: &Operation) -> bool {
    let replaces = |header| operation.header(header).is_some_and(|value| value == "REPLACE");
    operation.kind() == OperationKind::CopyObject
        && replaces("x-amz-metadata-directive")
        && !replaces("x-amz-tagging-directive")
}

/// Lets such a copy go on to a store that loses tags if there are none.
///
/// # Errors
/// [`Reject::TagsLost`]; [`Reject::StoreAnswer`] when the tags cannot be read.
pub(super) async fn lost(asking: &Asking<'_>, operation: &Operation) -> Result<(), Reject> {
    let Some(source) = operation.copy_source().filter(|_| may_lose(operation)) else {
        return Ok(());
    };
    if tags(asking, &source.object()).await?.is_empty() { Ok(()) } else { Err(Reject::TagsLost) }
}

/// What a store says of an object's tags.
fn said(status: StatusCode, document: &Bytes) -> Result<Vec<(String, String)>, Reject> {
    if status == StatusCode::OK {
        return match Document::parse(OperationKind::PutObjectTagging, document)? {
            Document::Tagging(tagging) => Ok(tagging.tags().to_vec()),
            _ => Err(Reject::StoreAnswer("tags that are none".to_owned())),
        };
    }
    let code = StoreError::parse(document).map(|error| error.code).unwrap_or_default();
    match code.as_str() {
        // A missing object is for the operation to say.
        "NoSuchTagSet" | "NoSuchTagSetError" | "NoSuchKey" | "NoSuchVersion" | "NoSuchBucket" => {
            Ok(Vec::new())
        }
        _ => Err(Reject::StoreAnswer(format!("status {status}, code {code:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a14_what_cannot_be_found_out_is_an_error() {
        let of = |status: u16, body: &str| {
            said(StatusCode::from_u16(status).unwrap(), &Bytes::copy_from_slice(body.as_bytes()))
                .ok()
        };
        let one = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
        assert_eq!(of(200, one), Some(vec![("k".to_owned(), "v".to_owned())]));
        assert_eq!(of(200, "<Tagging><TagSet></TagSet></Tagging>"), Some(vec![]));
        assert_eq!(of(501, "<Error><Code>NotImplemented</Code></Error>"), None);
        assert_eq!(of(404, "<Error><Code>NoSuchKey</Code></Error>"), Some(vec![]));
        assert_eq!(of(403, "<Error><Code>AccessDenied</Code></Error>"), None);
        assert_eq!(of(200, "nonsense"), None);
        assert_eq!(of(503, ""), None);
    }
}
