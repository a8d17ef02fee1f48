//! What is known of stores by their names: each a set of defaults for the keys of a store, which may all be
//! written out instead. What we know and how is in docs/stores.md; `fakes3pp probe` finds out about others.

use s3::{KeyRules, OperationKind};

use super::ignored::IgnoredHeader;
use super::stores::Capabilities;

/// Defaults of a store.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) key_rules: KeyRules,
    pub(crate) refused_operations: &'static [&'static [OperationKind]],
    pub(crate) ignored_headers: &'static [&'static [Header]],
    pub(crate) capabilities: Capabilities,
}

/// Every preset.
static PRESETS: [Preset; 7] = [GENERIC, AWS, CEPH_RGW, GARAGE, MINIO, SWIFT, S3S_FS];

/// A header of an operation, with `=` and the value if it is ignored with that one alone.
type Header = (OperationKind, &'static str);

/// What only AWS has, as far as we know: each store that was asked ignores all of it. Namespaces of buckets (elsewhere
/// the bucket would be anybody's who knows its name), and conditions on what is overwritten by a copy, deleted or
/// aborted.
const ONLY_AWS: &[Header] = &[
    (OperationKind::AbortMultipartUpload, "x-amz-if-match-initiated-time"),
    (OperationKind::CopyObject, "if-match"),
    (OperationKind::CopyObject, "if-none-match"),
    (OperationKind::CopyObject, "x-amz-object-lock-event-hold"),
    (OperationKind::CreateBucket, "x-amz-bucket-namespace"),
    (OperationKind::CreateMultipartUpload, "x-amz-object-lock-event-hold"),
    (OperationKind::DeleteObject, "x-amz-if-match-last-modified-time"),
    (OperationKind::DeleteObject, "x-amz-if-match-size"),
    (OperationKind::PutObject, "x-amz-object-lock-event-hold"),
];

/// Conditions on objects that CompleteMultipartUpload makes.
const COMPLETE: &[Header] = &[
    (OperationKind::CompleteMultipartUpload, "if-match"),
    (OperationKind::CompleteMultipartUpload, "if-none-match"),
];

/// Checksums of the whole object, when it is put together.
const CHECKSUMS_OF_OBJECTS: &[Header] = &[
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-crc32"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-crc32c"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-crc64nvme"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-md5"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-sha1"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-sha256"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-sha512"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-xxhash128"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-xxhash3"),
    (OperationKind::CompleteMultipartUpload, "x-amz-checksum-xxhash64"),
];

/// What only AWS has, of operations. Another store does not look at such a subresource and does what the request is
/// without it: it reads, overwrites or deletes the object, lists or deletes the bucket, whatever the caller's policies say
/// of that. (All but `aws` were asked.)
const AWS_OPERATIONS: &[OperationKind] = &[
    OperationKind::CreateBucketMetadataConfiguration,
    OperationKind::CreateBucketMetadataTableConfiguration,
    OperationKind::CreateSession,
    OperationKind::DeleteBucketAnalyticsConfiguration,
    OperationKind::DeleteBucketIntelligentTieringConfiguration,
    OperationKind::DeleteBucketInventoryConfiguration,
    OperationKind::DeleteBucketMetadataConfiguration,
    OperationKind::DeleteBucketMetadataTableConfiguration,
    OperationKind::DeleteBucketMetricsConfiguration,
    OperationKind::DeleteBucketOwnershipControls,
    OperationKind::DeleteObjectAnnotation,
    OperationKind::GetBucketAbac,
    OperationKind::GetBucketAnalyticsConfiguration,
    OperationKind::GetBucketIntelligentTieringConfiguration,
    OperationKind::GetBucketInventoryConfiguration,
    OperationKind::GetBucketMetadataConfiguration,
    OperationKind::GetBucketMetadataTableConfiguration,
    OperationKind::GetBucketMetricsConfiguration,
    OperationKind::GetObjectAnnotation,
    OperationKind::ListBucketAnalyticsConfigurations,
    OperationKind::ListBucketIntelligentTieringConfigurations,
    OperationKind::ListBucketInventoryConfigurations,
    OperationKind::ListBucketMetricsConfigurations,
    OperationKind::ListObjectAnnotations,
    OperationKind::PutBucketAbac,
    OperationKind::PutBucketAnalyticsConfiguration,
    OperationKind::PutBucketIntelligentTieringConfiguration,
    OperationKind::PutBucketInventoryConfiguration,
    OperationKind::PutBucketMetricsConfiguration,
    OperationKind::PutObjectAnnotation,
    OperationKind::RenameObject,
    OperationKind::UpdateBucketMetadataAnnotationTableConfiguration,
    OperationKind::UpdateBucketMetadataInventoryTableConfiguration,
    OperationKind::UpdateBucketMetadataJournalTableConfiguration,
    OperationKind::UpdateObjectEncryption,
];

/// What Ceph RGW takes for the operation without the subresource, and Swift as well.
const NEITHER_CEPH_NOR_SWIFT: &[OperationKind] = &[
    OperationKind::DeleteBucketEncryption,
    OperationKind::GetBucketAccelerateConfiguration,
    OperationKind::GetBucketEncryption,
    OperationKind::GetBucketOwnershipControls,
    OperationKind::GetObjectAttributes,
    OperationKind::PutBucketAccelerateConfiguration,
    OperationKind::PutBucketEncryption,
    OperationKind::PutBucketOwnershipControls,
];

/// What Swift takes for the operation without the subresource, beside those.
const NOT_SWIFT: &[OperationKind] = &[
    OperationKind::DeleteBucketLifecycle,
    OperationKind::DeleteBucketReplication,
    OperationKind::DeletePublicAccessBlock,
    OperationKind::GetBucketLifecycleConfiguration,
    OperationKind::GetBucketPolicyStatus,
    OperationKind::GetBucketReplication,
    OperationKind::GetObjectLegalHold,
    OperationKind::GetObjectLockConfiguration,
    OperationKind::GetObjectRetention,
    OperationKind::GetPublicAccessBlock,
    OperationKind::PutBucketLifecycleConfiguration,
    OperationKind::PutBucketReplication,
    OperationKind::PutObjectLegalHold,
    OperationKind::PutObjectLockConfiguration,
    OperationKind::PutObjectRetention,
    OperationKind::PutPublicAccessBlock,
];

const DELETE: &[Header] = &[(OperationKind::DeleteObject, "if-match")];

/// Encryption with keys that the store has.
const KEYS_OF_STORES: &[Header] = &[
    (OperationKind::CopyObject, "x-amz-server-side-encryption"),
    (OperationKind::CreateMultipartUpload, "x-amz-server-side-encryption"),
    (OperationKind::PutObject, "x-amz-server-side-encryption"),
];

/// Encryption with a key that the client sends along (SSE-C).
const KEYS_OF_CLIENTS: &[Header] = &[
    (OperationKind::CopyObject, "x-amz-server-side-encryption-customer-algorithm"),
    (OperationKind::CreateMultipartUpload, "x-amz-server-side-encryption-customer-algorithm"),
    (OperationKind::PutObject, "x-amz-server-side-encryption-customer-algorithm"),
    (OperationKind::UploadPart, "x-amz-server-side-encryption-customer-algorithm"),
    (OperationKind::UploadPartCopy, "x-amz-server-side-encryption-customer-algorithm"),
];

/// What must not be deleted yet.
const LOCKS: &[Header] = &[
    (OperationKind::CopyObject, "x-amz-object-lock-legal-hold"),
    (OperationKind::CopyObject, "x-amz-object-lock-mode"),
    (OperationKind::CreateBucket, "x-amz-bucket-object-lock-enabled"),
    (OperationKind::CreateMultipartUpload, "x-amz-object-lock-legal-hold"),
    (OperationKind::CreateMultipartUpload, "x-amz-object-lock-mode"),
    (OperationKind::PutObject, "x-amz-object-lock-legal-hold"),
    (OperationKind::PutObject, "x-amz-object-lock-mode"),
];

/// Tags of what is written.
const TAGS: &[Header] = &[
    (OperationKind::CopyObject, "x-amz-tagging"),
    (OperationKind::CreateMultipartUpload, "x-amz-tagging"),
    (OperationKind::PutObject, "x-amz-tagging"),
];

/// A store of which we know that it speaks S3. The common mistake about keys is the dangerous one.
const GENERIC: Preset = Preset {
    name: "generic",
    key_rules: KeyRules { folds_dot_segments: true, ..KeyRules::EXACT },
    refused_operations: &[AWS_OPERATIONS, NEITHER_CEPH_NOR_SWIFT, NOT_SWIFT],
    ignored_headers: &[ONLY_AWS],
    capabilities: Capabilities {
        checksum_headers: true,
        trailers: false,
        discards_short_objects: true,
        discards_short_parts: true,
        quoted_if_match: true,
        list_objects_v2: true,
        copy_source_conditions: true,
        object_tags: true,
        bucket_owner: true,
        versions: true,
        encoded_listings: true,
        object_size: false,
        copied_tags: true,
    },
};

/// Amazon S3.
const AWS: Preset = Preset {
    name: "aws",
    key_rules: KeyRules::EXACT,
    refused_operations: &[],
    ignored_headers: &[],
    capabilities: Capabilities { trailers: true, object_size: true, ..GENERIC.capabilities },
};

/// Ceph RADOS Gateway, measured with 16.2.15. One Select, and that process takes no forms any more. It encrypts with keys
/// of a KMS, or says that it cannot; with keys of its own, which it does not have, it only seems to. Of what a copy or an
/// upload in parts is to be kept with, it keeps less than of what a PutObject is.
const CEPH_RGW: Preset = Preset {
    name: "ceph-rgw",
    key_rules: KeyRules::RGW,
    refused_operations: &[
        AWS_OPERATIONS,
        NEITHER_CEPH_NOR_SWIFT,
        &[OperationKind::SelectObjectContent],
    ],
    ignored_headers: &[
        ONLY_AWS,
        COMPLETE,
        CHECKSUMS_OF_OBJECTS,
        DELETE,
        &[
            (OperationKind::CopyObject, "x-amz-object-lock-legal-hold"),
            (OperationKind::CopyObject, "x-amz-object-lock-mode"),
            (OperationKind::CopyObject, "x-amz-server-side-encryption"),
            (OperationKind::CopyObject, "x-amz-server-side-encryption-customer-algorithm"),
            (OperationKind::CopyObject, "x-amz-tagging"),
            (OperationKind::CopyObject, "x-amz-tagging-directive=REPLACE"),
            (OperationKind::CopyObject, "x-amz-website-redirect-location"),
            (OperationKind::CreateMultipartUpload, "x-amz-object-lock-legal-hold"),
            (OperationKind::CreateMultipartUpload, "x-amz-object-lock-mode"),
            (OperationKind::CreateMultipartUpload, "x-amz-server-side-encryption=AES256"),
            (OperationKind::CreateMultipartUpload, "x-amz-tagging"),
            (OperationKind::PutObject, "x-amz-server-side-encryption=AES256"),
            (OperationKind::UploadPartCopy, "x-amz-server-side-encryption-customer-algorithm"),
        ],
    ],
    capabilities: Capabilities {
        quoted_if_match: false,
        copy_source_conditions: false,
        bucket_owner: false,
        copied_tags: false,
        ..GENERIC.capabilities
    },
};

/// Garage, measured with 2.5.
const GARAGE: Preset = Preset {
    name: "garage",
    key_rules: KeyRules { folds_leading_slash: true, ..KeyRules::EXACT },
    refused_operations: &[
        AWS_OPERATIONS,
        &[OperationKind::GetObjectAttributes, OperationKind::SelectObjectContent],
    ],
    ignored_headers: &[
        ONLY_AWS,
        COMPLETE,
        DELETE,
        KEYS_OF_STORES,
        TAGS,
        LOCKS,
        &[(OperationKind::PutObject, "if-match"), (OperationKind::PutObject, "if-none-match")],
    ],
    capabilities: Capabilities {
        trailers: true,
        object_tags: false,
        bucket_owner: false,
        versions: false,
        ..GENERIC.capabilities
    },
};

/// MinIO, measured with the last version that its Go module has.
const MINIO: Preset = Preset {
    name: "minio",
    key_rules: KeyRules::MINIO,
    refused_operations: &[AWS_OPERATIONS, &[OperationKind::DeletePublicAccessBlock]],
    ignored_headers: &[ONLY_AWS, DELETE],
    capabilities: Capabilities { trailers: true, bucket_owner: false, ..GENERIC.capabilities },
};

/// OpenStack Swift with s3api, measured with 2.30. It takes the client's key, and stores in the clear.
const SWIFT: Preset = Preset {
    name: "swift",
    key_rules: KeyRules::EXACT,
    refused_operations: &[AWS_OPERATIONS, NEITHER_CEPH_NOR_SWIFT, NOT_SWIFT],
    ignored_headers: &[
        ONLY_AWS,
        KEYS_OF_CLIENTS,
        &[
            (OperationKind::GetObject, "x-amz-server-side-encryption-customer-algorithm"),
            (OperationKind::HeadObject, "x-amz-server-side-encryption-customer-algorithm"),
        ],
    ],
    capabilities: Capabilities { object_tags: false, bucket_owner: false, ..GENERIC.capabilities },
};

/// The embedded store of the demo, measured with 0.14: objects are files, and what is to be kept with an object
/// beside metadata is not.
const S3S_FS: Preset = Preset {
    name: "s3s-fs",
    key_rules: KeyRules::FILES,
    refused_operations: &[AWS_OPERATIONS],
    ignored_headers: &[
        ONLY_AWS,
        CHECKSUMS_OF_OBJECTS,
        DELETE,
        KEYS_OF_CLIENTS,
        KEYS_OF_STORES,
        TAGS,
        LOCKS,
    ],
    capabilities: Capabilities {
        trailers: true,
        copy_source_conditions: false,
        object_tags: false,
        bucket_owner: false,
        versions: false,
        encoded_listings: false,
        ..GENERIC.capabilities
    },
};

impl Preset {
    /// The preset of this name.
    pub(crate) fn parse(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The operations that it is not asked for.
    pub(crate) fn refused_operations(&self) -> impl Iterator<Item = OperationKind> {
        self.refused_operations.iter().copied().flatten().copied()
    }

    /// The headers that it ignores.
    pub(crate) fn ignored_headers(&self) -> impl Iterator<Item = IgnoredHeader> {
        let all = self.ignored_headers.iter().copied().flatten();
        all.map(|(kind, header)| IgnoredHeader::known(*kind, header))
    }

    /// The names of all presets.
    pub(crate) fn names() -> Vec<&'static str> {
        PRESETS.iter().map(|preset| preset.name).collect()
    }

    /// Of a store of which nothing is said.
    pub(crate) fn unsaid() -> &'static Self {
        static UNSAID: Preset = GENERIC;
        &UNSAID
    }
}
