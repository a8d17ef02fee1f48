//! Query names, groups of header names, and limits: the vocabulary of the table.

/// Query names that select an operation (AWS calls them subresources). Two of them on one request
/// conflict.
pub(crate) const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataAnnotationTable",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Query names that describe a request further. With [`SUBRESOURCES`], and those of the signature,
/// these are all the names there are: an unknown one may be a subresource that is newer than this
/// table, so that a request which carries it is refused.
pub(crate) const PARAMETERS: &[&str] = &[
    "allow-unordered",
    "annotation-prefix",
    "annotationName",
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "id",
    "key-marker",
    "marker",
    "max-annotation-results",
    "max-buckets",
    "max-directory-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "read-stats",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "select-type",
    "start-after",
    "upload-id-marker",
    "uploadId",
    "usage",
    "version-id-marker",
    "versionId",
];

// Groups of request headers that several operations share.
pub(super) const OWNER: &[&str] = &["x-amz-expected-bucket-owner"];
pub(super) const PAYER: &[&str] = &["x-amz-request-payer"];
pub(super) const MFA: &[&str] = &["x-amz-mfa"];
pub(super) const BYPASS: &[&str] = &["x-amz-bypass-governance-retention"];
pub(super) const CONTENT: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
pub(super) const METADATA: &[&str] = &["x-amz-meta-"];
pub(super) const ACL: &[&str] = &[
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    // Of buckets, at AWS. Ceph RGW keeps it with objects.
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];
pub(super) const SSE: &[&str] = &[
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
];
pub(super) const SSE_C: &[&str] = &[
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];
pub(super) const SOURCE_SSE_C: &[&str] = &[
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];
pub(super) const SOURCE_CONDITIONS: &[&str] = &[
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-source-expected-bucket-owner",
];
pub(super) const LOCK: &[&str] = &[
    "x-amz-object-lock-event-hold",
    "x-amz-object-lock-event-hold-duration-days",
    "x-amz-object-lock-event-hold-duration-years",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
];
/// What else an object may be stored with.
pub(super) const STORED_WITH: &[&str] =
    &["x-amz-storage-class", "x-amz-tagging", "x-amz-website-redirect-location"];
pub(super) const READ_CONDITIONS: &[&str] = &[
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "if-range",
    "range",
    // The store may hold the object compressed and choose; the answer goes on untouched either way.
    "accept-encoding",
];
pub(super) const WRITE_CONDITIONS: &[&str] = &["if-match", "if-none-match"];
pub(super) const CHECKSUM_ALGORITHM: &[&str] = &["x-amz-checksum-algorithm"];
/// `Content-MD5` and the checksums of a body.
pub(super) const DIGESTS: &[&str] = &[
    "content-md5",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-md5",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-sha512",
    "x-amz-checksum-xxhash128",
    "x-amz-checksum-xxhash3",
    "x-amz-checksum-xxhash64",
    "x-amz-sdk-checksum-algorithm",
];
pub(super) const OBJECT_DIGESTS: &[&str] = &[
    "content-md5",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-md5",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-sha512",
    "x-amz-checksum-xxhash128",
    "x-amz-checksum-xxhash3",
    "x-amz-checksum-xxhash64",
    "x-amz-checksum-type",
    "x-amz-mp-object-size",
];
pub(super) const OVERRIDES: &[&str] = &[
    "partNumber",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "versionId",
];
pub(super) const VERSION: &[&str] = &["versionId"];
pub(super) const LISTED_WITH: &[&str] = &["x-amz-optional-object-attributes"];

/// A configuration document, 1 MiB: the largest that AWS takes are lifecycle and replication rules,
/// 1,000 of them, well below.
pub(super) const CONFIGURATION: usize = 1 << 20;
/// DeleteObjects, 8 MiB: 1,000 keys of 1,024 bytes, each escaped, with version ids.
pub(super) const DELETE: usize = 8 << 20;
/// CompleteMultipartUpload, 4 MiB: 10,000 parts with ETag and checksums.
pub(super) const COMPLETE: usize = 4 << 20;
