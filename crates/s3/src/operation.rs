//! The closed set of S3 operations, and for each of them what a request of it looks like.
//!
//! One table (`Spec`, in `bucket` and `object`) decides how an operation is recognised, what
//! may be forwarded for it, how its body is treated and what kind of answer it has. Routing,
//! authorisation and the rebuilt request all read the same row, so that they cannot disagree.
//!
//! The facts are those of the S3 service model (botocore 1.44.5): 116 operations. Four of them are
//! deprecated names for requests that are identical byte for byte to another operation; such a
//! request has the newer name and the older one is not in the set.

mod bucket;
mod names;
mod object;
#[cfg(test)]
mod tests;

pub(crate) use names::{PARAMETERS, SUBRESOURCES};

use http::Method;

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// An S3 operation, by its AWS name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OperationKind {
            $(
                #[doc = concat!("The operation `", stringify!($name), "`.")]
                $name,
            )*
        }

        impl OperationKind {
            /// Every operation that can be identified.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name that AWS gives it, as in `x-id` and in audit logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

operations! {
    AbortMultipartUpload, CompleteMultipartUpload, CopyObject, CreateBucket,
    CreateBucketMetadataConfiguration, CreateBucketMetadataTableConfiguration, CreateMultipartUpload,
    CreateSession, DeleteBucket, DeleteBucketAnalyticsConfiguration, DeleteBucketCors,
    DeleteBucketEncryption, DeleteBucketIntelligentTieringConfiguration,
    DeleteBucketInventoryConfiguration, DeleteBucketLifecycle, DeleteBucketMetadataConfiguration,
    DeleteBucketMetadataTableConfiguration, DeleteBucketMetricsConfiguration,
    DeleteBucketOwnershipControls, DeleteBucketPolicy, DeleteBucketReplication, DeleteBucketTagging,
    DeleteBucketWebsite, DeleteObject, DeleteObjectAnnotation, DeleteObjectTagging, DeleteObjects,
    DeletePublicAccessBlock, GetBucketAbac, GetBucketAccelerateConfiguration, GetBucketAcl,
    GetBucketAnalyticsConfiguration, GetBucketCors, GetBucketEncryption,
    GetBucketIntelligentTieringConfiguration, GetBucketInventoryConfiguration,
    GetBucketLifecycleConfiguration, GetBucketLocation, GetBucketLogging,
    GetBucketMetadataConfiguration, GetBucketMetadataTableConfiguration,
    GetBucketMetricsConfiguration, GetBucketNotificationConfiguration, GetBucketOwnershipControls,
    GetBucketPolicy, GetBucketPolicyStatus, GetBucketReplication, GetBucketRequestPayment,
    GetBucketTagging, GetBucketVersioning, GetBucketWebsite, GetObject, GetObjectAcl,
    GetObjectAnnotation, GetObjectAttributes, GetObjectLegalHold, GetObjectLockConfiguration,
    GetObjectRetention, GetObjectTagging, GetObjectTorrent, GetPublicAccessBlock, HeadBucket,
    HeadObject, ListBucketAnalyticsConfigurations, ListBucketIntelligentTieringConfigurations,
    ListBucketInventoryConfigurations, ListBucketMetricsConfigurations, ListBuckets,
    ListDirectoryBuckets, ListMultipartUploads, ListObjectAnnotations, ListObjectVersions,
    ListObjects, ListObjectsV2, ListParts, PostObject, PutBucketAbac,
    PutBucketAccelerateConfiguration, PutBucketAcl, PutBucketAnalyticsConfiguration, PutBucketCors,
    PutBucketEncryption, PutBucketIntelligentTieringConfiguration, PutBucketInventoryConfiguration,
    PutBucketLifecycleConfiguration, PutBucketLogging, PutBucketMetricsConfiguration,
    PutBucketNotificationConfiguration, PutBucketOwnershipControls, PutBucketPolicy,
    PutBucketReplication, PutBucketRequestPayment, PutBucketTagging, PutBucketVersioning,
    PutBucketWebsite, PutObject, PutObjectAcl, PutObjectAnnotation, PutObjectLegalHold,
    PutObjectLockConfiguration, PutObjectRetention, PutObjectTagging, PutPublicAccessBlock,
    RenameObject, RestoreObject, SelectObjectContent,
    UpdateBucketMetadataAnnotationTableConfiguration,
    UpdateBucketMetadataInventoryTableConfiguration, UpdateBucketMetadataJournalTableConfiguration,
    UpdateObjectEncryption, UploadPart, UploadPartCopy, WriteGetObjectResponse,
}

impl OperationKind {
    /// The row of the table for this operation.
    pub(crate) fn spec(self) -> Option<&'static Spec> {
        specs().find(|spec| spec.kind == self)
    }

    /// Why no store behind a gateway can do this operation; None for those that are forwarded.
    #[must_use]
    pub fn unsupported(self) -> Option<&'static str> {
        self.spec().and_then(|spec| spec.unsupported)
    }

    /// The operation of this AWS name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether a request header of this name, lower case, belongs to the operation.
    #[must_use]
    pub fn takes_header(self, name: &str) -> bool {
        self.spec().is_some_and(|spec| spec.knows_header(name))
    }

    /// How the body of a request of this operation is treated.
    #[must_use]
    pub fn body(self) -> BodyRule {
        self.spec().map_or(BodyRule::None, |spec| spec.body)
    }

    /// What kind of answer the store gives on success.
    #[must_use]
    pub fn answer(self) -> AnswerClass {
        self.spec().map_or(AnswerClass::Xml, |spec| spec.answer)
    }

    /// How long the store may think before the first byte of its answer.
    #[must_use]
    pub fn patience(self) -> Patience {
        match self.answer() {
            AnswerClass::Copy | AnswerClass::Complete => Patience::Copy,
            AnswerClass::Listing | AnswerClass::Buckets | AnswerClass::Deleted => Patience::Listing,
            AnswerClass::Object
            | AnswerClass::Head
            | AnswerClass::Written
            | AnswerClass::Created
            | AnswerClass::Location
            | AnswerClass::Acl
            | AnswerClass::Xml
            | AnswerClass::Empty => Patience::Short,
        }
    }
}

/// How the body of a request is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRule {
    /// The operation has no body. One that is sent all the same is not forwarded.
    None,
    /// Object bytes: streamed, never held whole.
    Streamed,
    /// XML that decides what is asked: read whole, verified, parsed, authorised and rebuilt.
    Document {
        /// The most bytes that are read (a longer body is refused before anything else is looked
        /// at).
        limit: usize,
    },
}

/// What the answer of an operation is, as far as the gateway has to treat it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerClass {
    /// The bytes of an object, and its headers.
    Object,
    /// The headers of an object or bucket, and no body.
    Head,
    /// No body that matters; headers describe what was written or removed.
    Written,
    /// As `Written`, and a `Location` header that must be ours.
    Created,
    /// `CopyObjectResult` or `CopyPartResult`: may begin with white space and may be a 200 with
    /// `<Error>` inside.
    Copy,
    /// `CompleteMultipartUploadResult`: as `Copy`, and its `Location` must be ours.
    Complete,
    /// A listing or another document without a name of the store's own in it: passes unchanged.
    Listing,
    /// `ListAllMyBucketsResult`: filtered by what the caller may list, and rebuilt.
    Buckets,
    /// `DeleteResult`: merged with the entries that we denied.
    Deleted,
    /// `LocationConstraint`: answered with the region that the client signs for.
    Location,
    /// An access control list: it may name what the store knows and we do not.
    Acl,
    /// Any other document of the store.
    Xml,
    /// Nothing but a status.
    Empty,
}

/// The class of time limit for the first byte of the store's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// An ordinary request.
    Short,
    /// The store walks an index or deletes up to a thousand keys.
    Listing,
    /// The store may move up to 5 GiB (or assemble 10,000 parts) before it answers.
    Copy,
}

/// What a request addresses, by its path and host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The service itself: `/` in path style.
    Service,
    /// A bucket.
    Bucket,
    /// A key in a bucket.
    Object,
    /// The fixed path of S3 Object Lambda, which is neither bucket nor key.
    ObjectLambda,
}

/// The methods that S3 has. Anything else is refused before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Head,
    Put,
    Post,
    Delete,
}

impl Verb {
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match method.as_str() {
            "GET" => Some(Self::Get),
            "HEAD" => Some(Self::Head),
            "PUT" => Some(Self::Put),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Head => Method::HEAD,
            Self::Put => Method::PUT,
            Self::Post => Method::POST,
            Self::Delete => Method::DELETE,
        }
    }
}

/// How an operation is recognised and what it may carry. A row of the table.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) kind: OperationKind,
    pub(crate) verb: Verb,
    pub(crate) level: Level,
    /// The query name whose presence selects the operation (`acl`, `uploads`, `list-type` ...).
    pub(crate) subresource: Option<&'static str>,
    /// A query name that must have exactly this value (`list-type=2`, `select-type=2`).
    pub(crate) fixed: Option<(&'static str, &'static str)>,
    /// Query names that must be there; they tell operations of one shape apart.
    pub(crate) required: &'static [&'static str],
    /// Query names that may be there.
    pub(crate) optional: &'static [&'static str],
    /// Whether `x-amz-copy-source` makes it this operation.
    pub(crate) copies: bool,
    /// Request headers that may be forwarded, lower case; a name that ends in `-` is a prefix.
    pub(crate) headers: &'static [&'static [&'static str]],
    /// What the checksum headers of a request speak of.
    pub(crate) digest: Digest,
    pub(crate) body: BodyRule,
    pub(crate) answer: AnswerClass,
    /// The root element of a document whose inside decides nothing here.
    pub(crate) root: Option<&'static str>,
    /// Why it is not forwarded.
    pub(crate) unsupported: Option<&'static str>,
}

/// What `x-amz-checksum-*` and `Content-MD5` of a request are a checksum of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    /// They are not known here.
    None,
    /// Of the body, which is forwarded as it is: they go on to the store.
    Forwarded,
    /// Of a document that we rebuild: verified by us, and not forwarded.
    Consumed,
    /// Of the whole object that a multipart upload makes: they go on, and say nothing of the body.
    WholeObject,
}

impl Spec {
    const fn new(kind: OperationKind, verb: Verb, level: Level) -> Self {
        Self {
            kind,
            verb,
            level,
            subresource: None,
            fixed: None,
            required: &[],
            optional: &[],
            copies: false,
            headers: &[],
            digest: Digest::None,
            body: BodyRule::None,
            answer: AnswerClass::Xml,
            root: None,
            unsupported: None,
        }
    }

    const fn sub(mut self, name: &'static str) -> Self {
        self.subresource = Some(name);
        self
    }

    const fn fixed(mut self, name: &'static str, value: &'static str) -> Self {
        self.fixed = Some((name, value));
        self
    }

    const fn required(mut self, names: &'static [&'static str]) -> Self {
        self.required = names;
        self
    }

    const fn optional(mut self, names: &'static [&'static str]) -> Self {
        self.optional = names;
        self
    }

    const fn copies(mut self) -> Self {
        self.copies = true;
        self
    }

    const fn headers(mut self, groups: &'static [&'static [&'static str]]) -> Self {
        self.headers = groups;
        self
    }

    const fn streamed(mut self) -> Self {
        self.body = BodyRule::Streamed;
        self.digest = Digest::Forwarded;
        self
    }

    const fn document(mut self, limit: usize) -> Self {
        self.body = BodyRule::Document { limit };
        self.digest = Digest::Consumed;
        self
    }

    const fn whole_object_digest(mut self) -> Self {
        self.digest = Digest::WholeObject;
        self
    }

    const fn answers(mut self, class: AnswerClass) -> Self {
        self.answer = class;
        self
    }

    /// A document that is the store's to understand.
    const fn configuration(mut self, root: &'static str) -> Self {
        self.root = Some(root);
        self.document(names::CONFIGURATION)
    }

    /// An access control list, in the body or in headers.
    const fn acl_document(self) -> Self {
        self.configuration("AccessControlPolicy")
    }

    const fn unsupported(mut self, reason: &'static str) -> Self {
        self.unsupported = Some(reason);
        self
    }

    /// Whether a request header of this (lower-case) name belongs to the operation.
    pub(crate) fn knows_header(&self, name: &str) -> bool {
        let matches = |known: &&str| {
            if known.ends_with('-') { name.starts_with(*known) } else { name == *known }
        };
        self.headers.iter().any(|group| group.iter().any(matches))
            || (self.copies && name == "x-amz-copy-source")
            // For the store's CORS configuration.
            || matches!(name, "access-control-request-method" | "origin")
    }

    /// Whether a query name belongs to the operation.
    pub(crate) fn knows_query(&self, name: &str) -> bool {
        self.subresource == Some(name)
            || self.fixed.is_some_and(|(fixed, _)| fixed == name)
            || self.required.contains(&name)
            || self.optional.contains(&name)
    }
}

/// The whole table.
pub(crate) fn specs() -> impl Iterator<Item = &'static Spec> {
    bucket::SPECS.iter().chain(object::SPECS)
}
