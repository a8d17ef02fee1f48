//! Which buckets a caller sees in ListBuckets (A55).

use policy::{Context, Request};

use crate::decide::Judge;

/// Condition keys of a listing that are the client's to choose, and not chosen yet.
const OPEN: [&str; 3] = ["s3:prefix", "s3:delimiter", "s3:max-keys"];

/// Whether the caller may list anything in the bucket, under whatever prefix. `about_signature`:
/// the keys of the request's signature, as a listing signed like this one would have them.
pub(super) fn bucket(judge: &Judge<'_>, about_signature: &Context, bucket: &s3::Bucket) -> bool {
    let principal = judge.caller.principal(&judge.snapshot.live.account_id);
    let layers: Vec<&Context> = judge.contexts.iter().chain([about_signature]).collect();
    let resource = format!("arn:aws:s3:::{bucket}");
    let request = Request {
        action: "s3:ListBucket",
        resource: &resource,
        principal: &principal,
        context: &layers,
    };
    policy::could_allow(&judge.caller.policies(), &request, &OPEN)
}
