//! The size that CompleteMultipartUpload says that its object will have (`x-amz-mp-object-size`), for stores that do not
//! compare it: the store is asked for the parts first (ListParts), and an upload that would have another size is never
//! completed. A part that is written again between the two requests is not seen.

use std::collections::BTreeMap;

use http::{HeaderName, StatusCode};
use s3::checksum::{OBJECT_SIZE, OfObject};
use s3::parts::{PartList, list_parts};
use s3::{Bucket, Document, Operation};

use super::asking::Asking;
use super::document::{MAX_DOCUMENT, read};
use crate::reject::Reject;

/// The most pages that are read: of 10,000 parts, from a store whose pages have a hundred.
const MAX_PAGES: usize = 100;

/// Lets an upload be completed whose object has the size that is said.
///
/// # Errors
/// [`Reject::UploadSize`]; [`Reject::StoreAnswer`] and [`Reject::Busy`] when the parts cannot be looked at.
pub(super) async fn check(
    asking: &Asking<'_>,
    operation: &Operation,
    document: Option<&Document>,
) -> Result<(), Reject> {
    let Some(Document::Complete(request)) = document else { return Ok(()) };
    let Some(said) = OfObject::read(operation.headers())?.size else { return Ok(()) };
    let Some(bucket) = operation.bucket() else { return Ok(()) };
    let Some(sizes) = sizes(asking, operation, bucket).await? else { return Ok(()) };
    let mut numbers: Vec<u16> = request.numbers().collect();
    numbers.dedup();
    let mut found = 0_u64;
    for number in numbers {
        // Of one that is not there, the store says so itself.
        let Some(size) = sizes.get(&number) else { return Ok(()) };
        found = found.saturating_add(*size);
    }
    if found == said { Ok(()) } else { Err(Reject::UploadSize { said, found }) }
}

/// The sizes of all parts; None: the store knows no such upload, and completing it fails in its words.
async fn sizes(
    asking: &Asking<'_>,
    operation: &Operation,
    bucket: &Bucket,
) -> Result<Option<BTreeMap<u16, u64>>, Reject> {
    let broken = |why: String| Reject::StoreAnswer(format!("the parts of an upload: {why}"));
    let (mut sizes, mut after) = (BTreeMap::new(), 0);
    for _ in 0..MAX_PAGES {
        let page = |addressing| list_parts(operation, after, addressing);
        let (parts, body) = asking.ask(bucket, page).await?.into_parts();
        match parts.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::SERVICE_UNAVAILABLE => return Err(Reject::Busy),
            status => return Err(broken(format!("status {status}"))),
        }
        let idle = asking.app.limits().store_body_idle_timeout;
        let document = read(body, MAX_DOCUMENT, idle, Some(&asking.app.answers)).await?;
        let page = PartList::parse(&document.bytes).map_err(|error| broken(error.to_string()))?;
        sizes.extend(page.sizes);
        match page.next {
            None => return Ok(Some(sizes)),
            Some(next) if next > after => after = next,
            Some(_) => return Err(broken("its pages do not advance".to_owned())),
        }
    }
    Err(broken("too many pages".to_owned()))
}

/// What the store alone decides about goes to it unsigned, and nobody asks it for parts.
///
/// # Errors
/// [`Reject::IgnoredHeader`]
pub(super) fn refuse(operation: &Operation) -> Result<(), Reject> {
    match operation.header(OBJECT_SIZE) {
        None => Ok(()),
        Some(_) => Err(Reject::IgnoredHeader(HeaderName::from_static(OBJECT_SIZE))),
    }
}
