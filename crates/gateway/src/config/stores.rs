//! The stores behind the gateway: which one a bucket is in, and which keys a caller gets there.
//!
//! A bucket is the pair (store, name): the same name may exist in several stores.

use std::collections::HashMap;
use std::sync::Arc;

use super::glob::Glob;
use super::http_url::HttpUrl;
use super::ignored::IgnoredHeader;
use super::pem::CaBundle;

/// Where a store is reached: scheme, host and port, no path.
pub type Endpoint = HttpUrl;

/// One store.
#[derive(Debug)]
pub struct Store {
    /// Its name in logs, metrics and messages.
    pub name: String,
    /// Where it is reached.
    pub endpoint: Endpoint,
    /// The region that requests to it are signed for.
    pub region: sigv4::Region,
    /// The regions that mean it when a client signs for them, at least one. No two stores share one.
    pub regions: Vec<sigv4::Region>,
    /// The buckets that live here.
    pub buckets: Vec<BucketPattern>,
    /// Whether buckets that nothing else decides are here.
    pub default: bool,
    /// Its keys, the one without a condition last.
    pub credentials: Vec<Credential>,
    /// The CAs that its certificate may come from; None: the system's.
    pub ca: Option<CaBundle>,
    /// Whether any certificate of it is taken.
    pub insecure: bool,
    /// Where the bucket stands in requests to it.
    pub addressing: Addressing,
    /// The keys that it takes for another object's, and that are refused therefore.
    pub key_rules: s3::KeyRules,
    /// Who decides beside the policies of the caller.
    pub authorization: Authorization,
    /// The operations on which it breaks, or that it takes for others.
    pub refused_operations: Vec<s3::OperationKind>,
    /// The headers that it ignores although they are promises, each with its operation.
    pub ignored_headers: Vec<IgnoredHeader>,
    /// What it understands beyond the basics.
    pub capabilities: Capabilities,
}

/// Who decides about a store's buckets beside the policies of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The gateway, with the bucket policies that it holds.
    Gateway,
    /// The store as well, with its own bucket policies and access control lists.
    Store,
}

/// Where the bucket stands in a request to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// In the path.
    Path,
    /// In the host name.
    Virtual,
}

/// What a store understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It takes `x-amz-checksum-*` headers.
    pub checksum_headers: bool,
    /// It takes `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: `aws-chunked` bodies with a checksum behind the payload.
    pub trailers: bool,
    /// A PutObject whose body is cut short leaves what was there before.
    pub discards_short_objects: bool,
    /// So does an UploadPart.
    pub discards_short_parts: bool,
    /// It compares the `If-Match` of a PutObject with its quotes, as HTTP has it.
    pub quoted_if_match: bool,
    /// It has ListObjectsV2.
    pub list_objects_v2: bool,
    /// It looks at `x-amz-copy-source-if-*`.
    pub copy_source_conditions: bool,
    /// It has tags of objects.
    pub object_tags: bool,
    /// It compares the owner that a client expects with the bucket's.
    pub bucket_owner: bool,
    /// Whether it looks at `versionId`. One that does not would read or delete the object for any version of it.
    pub versions: bool,
    /// Whether it encodes names in listings when it is asked to (`encoding-type=url`).
    pub encoded_listings: bool,
    /// It compares `x-amz-mp-object-size` of CompleteMultipartUpload with the size of the object.
    pub object_size: bool,
    /// A copy keeps the tags of its source where its metadata is replaced.
    pub copied_tags: bool,
}

/// Headers that say whose bucket a client expects ("Verifying bucket ownership with bucket owner condition", S3
/// user guide).
pub static OWNER_HEADERS: [http::HeaderName; 2] = [
    http::HeaderName::from_static("x-amz-expected-bucket-owner"),
    http::HeaderName::from_static("x-amz-source-expected-bucket-owner"),
];

/// A rule for bucket names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketPattern {
    /// This name.
    Exact(String),
    /// Names of this form.
    Glob(Glob),
}

impl BucketPattern {
    /// What `text` means: a pattern if it has a `*` or `?`.
    pub fn new(text: &str) -> Self {
        let glob = Glob::new(text);
        if glob.is_literal() { Self::Exact(text.to_owned()) } else { Self::Glob(glob) }
    }

    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exact(name) => name,
            Self::Glob(glob) => glob.as_str(),
        }
    }
}

/// One pair of keys of a store, for the callers that its condition names.
#[derive(Debug)]
pub struct Credential {
    /// Its name in logs.
    pub name: String,
    /// The access key id.
    pub access_key: sigv4::AccessKeyId,
    /// The secret access key.
    pub secret_key: sigv4::SecretKey,
    /// The session token that belongs to temporary keys.
    pub session_token: Option<sigv4::SessionToken>,
    /// The condition on the caller; None: every caller that is not anonymous.
    pub when: Option<policy::Condition>,
}

impl Store {
    /// The first header of a request that the store would silently not keep its promise about.
    pub fn ignored_header(&self, operation: &s3::Operation) -> Option<&http::HeaderName> {
        let ignored = self.ignored_headers.iter().filter(|ignored| ignored.is_in(operation));
        // The owner in a store that decides by itself is known to that store alone.
        let unknown = self.authorization == Authorization::Store && !self.capabilities.bucket_owner;
        let mut owners = OWNER_HEADERS.iter().filter(|_| unknown);
        let owner = owners.find(|name| operation.header(name.as_str()).is_some());
        ignored.map(|ignored| &ignored.name).next().or(owner)
    }

    /// The same of conditions that stand in a document: of DeleteObjects, where DeleteObject has them as headers.
    pub fn ignored_condition(&self, document: Option<&s3::Document>) -> Option<&http::HeaderName> {
        let Some(s3::Document::Delete(request)) = document else { return None };
        let mut ignored = self.ignored_headers.iter().filter(|_| request.has_conditions());
        let condition = IgnoredHeader::known(s3::OperationKind::DeleteObject, "if-match");
        ignored.find(|known| **known == condition).map(|known| &known.name)
    }

    /// Whether a version is named that the store would not look for.
    pub fn passes_over_version(
        &self,
        operation: &s3::Operation,
        document: Option<&s3::Document>,
    ) -> bool {
        let in_query = || operation.query("versionId").is_some();
        let in_source = || operation.copy_source().is_some_and(|source| source.version().is_some());
        let in_document = || match document {
            Some(s3::Document::Delete(request)) => {
                request.objects().iter().any(|object| object.version.is_some())
            }
            _ => false,
        };
        !self.capabilities.versions && (in_query() || in_source() || in_document())
    }

    /// The keys for a caller: the first whose condition holds, else the one without a condition.
    /// An anonymous caller never falls to the latter. None: the caller has no business here
    /// (`AccessDenied`).
    ///
    /// `context`: what is known of the caller and the request, in layers.
    pub fn credentials_for(
        &self,
        context: &[&policy::Context],
        anonymous: bool,
    ) -> Option<&Credential> {
        self.credentials.iter().find(|credential| match &credential.when {
            Some(condition) => condition.matches(context),
            None => !anonymous,
        })
    }
}

/// All stores, ready to be chosen from. Immutable.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    all: Vec<Arc<Store>>,
    exact: HashMap<String, Arc<Store>>,
    /// The longest first.
    globs: Vec<(Glob, Arc<Store>)>,
    regions: HashMap<String, Arc<Store>>,
    default: Option<Arc<Store>>,
}

/// Why no store was chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The bucket's store is not the one that the signed region means. The client is told the
    /// region to sign for (`AuthorizationHeaderMalformed` with `<Region>`).
    #[error("the bucket is in the store `{store}`, which region `{}` means", expected.as_str())]
    RegionMismatch {
        /// The region that means the bucket's store.
        expected: sigv4::Region,
        /// The name of the bucket's store, for the log.
        store: String,
    },
    /// No store is configured: only a gateway without `listen.s3` has none.
    #[error("no store is configured")]
    NoStore,
}

impl Stores {
    /// Takes stores in the order of the configuration. Of two that claim the same bucket or
    /// region, or to be the default, the first wins: validation refuses such a configuration.
    pub fn new(all: Vec<Arc<Store>>) -> Self {
        let mut stores = Self::default();
        for store in &all {
            for pattern in &store.buckets {
                match pattern {
                    BucketPattern::Exact(name) => {
                        stores.exact.entry(name.clone()).or_insert_with(|| Arc::clone(store));
                    }
                    BucketPattern::Glob(glob) => {
                        stores.globs.push((glob.clone(), Arc::clone(store)));
                    }
                }
            }
            for region in &store.regions {
                let region = region.as_str().to_owned();
                stores.regions.entry(region).or_insert_with(|| Arc::clone(store));
            }
        }
        stores.globs.sort_by_key(|(glob, _)| std::cmp::Reverse(glob.length()));
        let default = all.iter().find(|store| store.default).or(all.first());
        stores.default = default.map(Arc::clone);
        stores.all = all;
        stores
    }

    /// All stores, in the order of the configuration.
    pub fn all(&self) -> &[Arc<Store>] {
        &self.all
    }

    /// The store that a request is about. An exact bucket rule beats the longest pattern, that
    /// beats the signed region, and that the default store.
    ///
    /// `region` is the one that was signed for; None without one (HMACv1, anonymous).
    ///
    /// # Errors
    /// [`RouteError::RegionMismatch`] if a bucket rule and a region that means a store disagree.
    pub fn route(
        &self,
        bucket: Option<&s3::Bucket>,
        region: Option<&sigv4::Region>,
    ) -> Result<&Arc<Store>, RouteError> {
        let by_region = region.and_then(|region| self.regions.get(region.as_str()));
        let Some(by_rule) = bucket.and_then(|bucket| self.by_rule(bucket.as_str())) else {
            return by_region.or(self.default.as_ref()).ok_or(RouteError::NoStore);
        };
        match by_region {
            Some(other) if !Arc::ptr_eq(other, by_rule) => Err(RouteError::RegionMismatch {
                expected: by_rule.regions.first().unwrap_or(&by_rule.region).clone(),
                store: by_rule.name.clone(),
            }),
            Some(_) | None => Ok(by_rule),
        }
    }

    /// Whether a request to `store`, signed for `region`, may name `bucket` beside its own: in another store
    /// the name would be another bucket's.
    #[must_use]
    pub fn has(
        &self,
        store: &Arc<Store>,
        bucket: &s3::Bucket,
        region: Option<&sigv4::Region>,
    ) -> bool {
        self.route(Some(bucket), region).is_ok_and(|other| Arc::ptr_eq(other, store))
    }

    fn by_rule(&self, bucket: &str) -> Option<&Arc<Store>> {
        let by_pattern = || self.globs.iter().find(|(glob, _)| glob.matches(bucket));
        self.exact.get(bucket).or_else(|| by_pattern().map(|(_, store)| store))
    }
}

#[cfg(test)]
mod tests;
