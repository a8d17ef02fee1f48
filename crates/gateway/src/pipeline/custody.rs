//! What belongs to the gateway and not to the store: with `authorization: gateway` the bucket policies
//! are the gateway's, and access control lists do not exist (S3 *Controlling ownership of objects and
//! disabling ACLs for your bucket*).

use http::{HeaderMap, Response, StatusCode, header};
use s3::{Document, Operation, OperationKind};

use super::Exchange;
use super::answer::Answer;
use super::authorized::Authorized;
use super::forwarded::Delivered;
use crate::config::{Authorization, ListBuckets, OWNER_HEADERS, Store};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// Who answers a request that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Custody {
    /// The gateway, from what it holds.
    Ours,
    /// The store.
    Stores,
}

/// What is allowed, as far as custody hangs on it.
pub(super) struct Custodian<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) store: &'a Store,
    pub(super) operation: &'a Operation,
    pub(super) document: Option<&'a Document>,
}

impl Authorized {
    /// See [`Custodian::custody`].
    ///
    /// # Errors
    /// The same.
    pub(super) fn custody(&self) -> Result<Custody, Reject> {
        let (snapshot, store, operation) = (&self.snapshot, &self.store, &self.operation);
        Custodian { snapshot, store, operation, document: self.document.as_ref() }.custody()
    }
}

impl Custodian<'_> {
    /// Who answers, after everything is allowed: AWS, too, asks the policies first.
    ///
    /// # Errors
    /// [`Reject::Usage`], [`Reject::PolicyOfGateway`], [`Reject::AclsDisabled`], [`Reject::BucketOwner`] and [`Reject::BucketHasPolicy`]: what the
    /// gateway holds for a bucket must not outlive it, for whoever makes a bucket of that name would
    /// get it (A57).
    pub(super) fn custody(&self) -> Result<Custody, Reject> {
        let by_store = self.store.authorization == Authorization::Store;
        let all = self.snapshot.live.list_buckets == ListBuckets::All;
        if self.operation.asks_for_usage() && !(by_store && all) {
            return Err(Reject::Usage);
        }
        if by_store {
            return Ok(Custody::Stores);
        }
        let answers_itself = matches!(
            self.operation.kind(),
            OperationKind::GetBucketPolicy | OperationKind::GetBucketPolicyStatus
        );
        if answers_itself || !self.store.capabilities.bucket_owner {
            self.owner_is_ours()?;
        }
        if answers_itself {
            return Ok(Custody::Ours);
        }
        match self.operation.kind() {
            OperationKind::PutBucketPolicy | OperationKind::DeleteBucketPolicy => {
                return Err(Reject::PolicyOfGateway);
            }
            OperationKind::DeleteBucket if self.bucket_policy().is_some() => {
                return Err(Reject::BucketHasPolicy);
            }
            _ => {}
        }
        if self.sets_acl() { Err(Reject::AclsDisabled) } else { Ok(Custody::Stores) }
    }

    /// Where no store compares the owner that is expected, we do, with the account that GetBucketAcl shows.
    fn owner_is_ours(&self) -> Result<(), Reject> {
        let ours = self.snapshot.live.account_id.as_str();
        let mut expected =
            OWNER_HEADERS.iter().filter_map(|name| self.operation.header(name.as_str()));
        if expected.all(|owner| owner == ours) { Ok(()) } else { Err(Reject::BucketOwner) }
    }

    /// Whether it asks for more than what holds without access control lists anyhow.
    fn sets_acl(&self) -> bool {
        let headers = self.operation.headers();
        let canned = headers.get("x-amz-acl");
        let changes =
            canned.is_some_and(|acl| acl != "private" && acl != "bucket-owner-full-control");
        let grants = headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
        let listed = matches!(
            self.operation.kind(),
            OperationKind::PutBucketAcl | OperationKind::PutObjectAcl
        ) && match self.document {
            Some(Document::Configuration(list)) => !list.is_empty() || canned.is_none(),
            _ => true,
        };
        changes || grants || listed
    }

    fn bucket_policy(&self) -> Option<&policy::Policy> {
        let bucket = self.operation.bucket()?;
        self.snapshot.live.bucket_policies.get(&self.store.name, bucket.as_str()).map(AsRef::as_ref)
    }
}

impl Delivered {
    /// Answers GetBucketPolicy and GetBucketPolicyStatus.
    pub(super) fn bucket_policy(self, mut exchange: Exchange, resource: &str) -> Response<Answer> {
        let bucket = self.operation.bucket().map(s3::Bucket::as_str).unwrap_or_default();
        let policy = self.snapshot.live.bucket_policies.get(&self.store.name, bucket);
        let Some(policy) = policy else {
            return exchange.reject(&Reject::NoBucketPolicy, resource);
        };
        if self.operation.kind() == OperationKind::GetBucketPolicyStatus {
            let xml = s3::answer::policy_status(policy.is_public());
            return self.own(exchange, HeaderMap::new(), xml);
        }
        exchange.finish.record.status = StatusCode::OK.as_u16();
        let mut response = exchange.document(StatusCode::OK, policy.text().to_owned());
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}
