//! Tags that a copy carries along.
//!
//! CopyObject copies the source's tags unless they are replaced, and AWS then demands
//! `s3:GetObjectTagging` on the source and `s3:PutObjectTagging` on the destination. Whether there
//! are tags is the store's to know. It is asked only for callers who lack one of the two: one
//! GetObjectTagging for the same version, with the store's credentials. What cannot be found out
//! is taken for tags.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use s3::answer::StoreError;
use s3::operation::OperationKind;
use s3::{CopySource, Document};
use sigv4::Payload;

use super::authorized::{Authorized, patience};
use super::document::{MAX_ERROR, read};
use crate::app::App;
use crate::reject::Reject;
use crate::snapshot::{StoreHandle, StoreSigner, store_host};
use crate::upstream::body::OutgoingBody;

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
        match self.tags(app, handle, signer, source).await {
            Ok(Tags::None) => Ok(()),
            Ok(Tags::Some) => Err(Reject::Denied(denial)),
            Err(error) => {
                tracing::warn!(%error, "the tags of a copy source cannot be read");
                Err(Reject::Denied(denial))
            }
        }
    }

    async fn tags(
        &self,
        app: &App,
        handle: &StoreHandle,
        signer: &StoreSigner,
        source: &CopySource,
    ) -> Result<Tags, Reject> {
        let (host, virtual_host) = store_host(&self.store, Some(source.bucket()));
        let addressing = if virtual_host { s3::Addressing::Virtual } else { s3::Addressing::Path };
        let mut outgoing = source.tagging_request(addressing);
        let host = HeaderValue::try_from(host).map_err(|_| Reject::NoStoreHandle)?;
        outgoing.headers.insert(header::HOST, host);
        let payload = Payload::Hash(sigv4::EMPTY_SHA256);
        let request = signer.request(outgoing, OutgoingBody::empty(), &payload, self.now)?;
        let answer = handle.pool.send(request, patience(app, s3::Patience::Short)).await?;
        let (parts, body) = answer.into_parts();
        let document = read(body, MAX_ERROR, app.limits().store_body_idle_timeout, None).await?;
        Tags::of(parts.status, &document.bytes)
    }
}

/// What a store says of an object's tags.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    None,
    Some,
}

impl Tags {
    fn of(status: StatusCode, document: &Bytes) -> Result<Self, Reject> {
        if status == StatusCode::OK {
            return match Document::parse(OperationKind::PutObjectTagging, document)? {
                Document::Tagging(tagging) if tagging.tags().is_empty() => Ok(Self::None),
                _ => Ok(Self::Some),
            };
        }
        let code = StoreError::parse(document).map(|error| error.code).unwrap_or_default();
        match code.as_str() {
            // The last two are stores without tags at all; a missing source is the copy's to say.
            "NoSuchTagSet" | "NoSuchTagSetError" | "NoSuchKey" | "NoSuchVersion"
            | "NoSuchBucket" | "NotImplemented" | "MethodNotAllowed" => Ok(Self::None),
            _ => Err(Reject::StoreAnswer(format!("status {status}, code {code:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a14_what_cannot_be_found_out_is_taken_for_tags() {
        let of = |status: u16, body: &str| {
            Tags::of(
                StatusCode::from_u16(status).unwrap(),
                &Bytes::copy_from_slice(body.as_bytes()),
            )
            .ok()
        };
        let one = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
        assert_eq!(of(200, one), Some(Tags::Some));
        assert_eq!(of(200, "<Tagging><TagSet></TagSet></Tagging>"), Some(Tags::None));
        assert_eq!(of(501, "<Error><Code>NotImplemented</Code></Error>"), Some(Tags::None));
        assert_eq!(of(404, "<Error><Code>NoSuchKey</Code></Error>"), Some(Tags::None));
        assert_eq!(of(403, "<Error><Code>AccessDenied</Code></Error>"), None);
        assert_eq!(of(200, "nonsense"), None);
        assert_eq!(of(503, ""), None);
    }
}
