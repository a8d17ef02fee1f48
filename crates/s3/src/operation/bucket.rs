//! Operations on the service and on buckets.

use super::Level::{Bucket, Service};
use super::Verb::{Delete, Get, Head, Post, Put};
use super::names::{
    ACL, BYPASS, CONFIGURATION, DELETE, DIGESTS, LISTED_WITH, MFA, OWNER, PAYER, SSE,
};
use super::{AnswerClass as A, OperationKind as K, Spec};

pub(super) const SPECS: &[Spec] = &[
    Spec::new(K::CreateBucket, Put, Bucket)
        .headers(&[
            ACL,
            DIGESTS,
            &[
                "x-amz-bucket-namespace",
                "x-amz-bucket-object-lock-enabled",
                "x-amz-object-ownership",
            ],
        ])
        .document(CONFIGURATION)
        .answers(A::Created),
    Spec::new(K::DeleteBucket, Delete, Bucket).headers(&[OWNER]).answers(A::Empty),
    Spec::new(K::DeleteObjects, Post, Bucket)
        .sub("delete")
        .headers(&[OWNER, PAYER, MFA, BYPASS, DIGESTS])
        .document(DELETE)
        .answers(A::Deleted),
    Spec::new(K::GetBucketLocation, Get, Bucket)
        .sub("location")
        .headers(&[OWNER])
        .answers(A::Location),
    Spec::new(K::HeadBucket, Head, Bucket)
        // Ceph RGW's: how much is in it.
        .optional(&["read-stats"])
        .headers(&[OWNER])
        .answers(A::Head),
    Spec::new(K::ListBuckets, Get, Service)
        // `usage` is Ceph RGW's: what the account has, instead of the list.
        .optional(&["bucket-region", "continuation-token", "max-buckets", "prefix", "usage"])
        .answers(A::Buckets),
    Spec::new(K::ListMultipartUploads, Get, Bucket)
        .sub("uploads")
        .optional(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-uploads",
            "prefix",
            "upload-id-marker",
        ])
        .headers(&[OWNER, PAYER])
        .answers(A::Listing),
    Spec::new(K::ListObjectVersions, Get, Bucket)
        .sub("versions")
        .optional(&[
            "allow-unordered",
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-keys",
            "prefix",
            "version-id-marker",
        ])
        .headers(&[OWNER, PAYER, LISTED_WITH])
        .answers(A::Listing),
    Spec::new(K::ListObjects, Get, Bucket)
        // Ceph RGW's: the keys as they come.
        .optional(&[
            "allow-unordered",
            "delimiter",
            "encoding-type",
            "marker",
            "max-keys",
            "prefix",
        ])
        .headers(&[OWNER, PAYER, LISTED_WITH])
        .answers(A::Listing),
    Spec::new(K::ListObjectsV2, Get, Bucket)
        .sub("list-type")
        .fixed("list-type", "2")
        .optional(&[
            "allow-unordered",
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "max-keys",
            "prefix",
            "start-after",
        ])
        .headers(&[OWNER, PAYER, LISTED_WITH])
        .answers(A::Listing),
    Spec::new(K::CreateBucketMetadataConfiguration, Post, Bucket)
        .sub("metadataConfiguration")
        .headers(&[OWNER, DIGESTS])
        .configuration("MetadataConfiguration"),
    Spec::new(K::CreateBucketMetadataTableConfiguration, Post, Bucket)
        .sub("metadataTable")
        .headers(&[OWNER, DIGESTS])
        .configuration("MetadataTableConfiguration"),
    Spec::new(K::CreateSession, Get, Bucket)
        .sub("session")
        .headers(&[SSE, &["x-amz-create-session-mode"]])
        .unsupported("directory buckets are AWS's own: no store behind this gateway has them"),
    Spec::new(K::DeleteBucketAnalyticsConfiguration, Delete, Bucket)
        .sub("analytics")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketCors, Delete, Bucket).sub("cors").headers(&[OWNER]),
    Spec::new(K::DeleteBucketEncryption, Delete, Bucket).sub("encryption").headers(&[OWNER]),
    Spec::new(K::DeleteBucketIntelligentTieringConfiguration, Delete, Bucket)
        .sub("intelligent-tiering")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketInventoryConfiguration, Delete, Bucket)
        .sub("inventory")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketLifecycle, Delete, Bucket).sub("lifecycle").headers(&[OWNER]),
    Spec::new(K::DeleteBucketMetadataConfiguration, Delete, Bucket)
        .sub("metadataConfiguration")
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketMetadataTableConfiguration, Delete, Bucket)
        .sub("metadataTable")
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketMetricsConfiguration, Delete, Bucket)
        .sub("metrics")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketOwnershipControls, Delete, Bucket)
        .sub("ownershipControls")
        .headers(&[OWNER]),
    Spec::new(K::DeleteBucketPolicy, Delete, Bucket).sub("policy").headers(&[OWNER]),
    Spec::new(K::DeleteBucketReplication, Delete, Bucket).sub("replication").headers(&[OWNER]),
    Spec::new(K::DeleteBucketTagging, Delete, Bucket).sub("tagging").headers(&[OWNER]),
    Spec::new(K::DeleteBucketWebsite, Delete, Bucket).sub("website").headers(&[OWNER]),
    Spec::new(K::DeletePublicAccessBlock, Delete, Bucket)
        .sub("publicAccessBlock")
        .headers(&[OWNER]),
    Spec::new(K::GetBucketAbac, Get, Bucket).sub("abac").headers(&[OWNER]),
    Spec::new(K::GetBucketAccelerateConfiguration, Get, Bucket)
        .sub("accelerate")
        .headers(&[OWNER, PAYER]),
    Spec::new(K::GetBucketAcl, Get, Bucket).sub("acl").headers(&[OWNER]).answers(A::Acl),
    Spec::new(K::GetBucketAnalyticsConfiguration, Get, Bucket)
        .sub("analytics")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::GetBucketCors, Get, Bucket).sub("cors").headers(&[OWNER]),
    Spec::new(K::GetBucketEncryption, Get, Bucket).sub("encryption").headers(&[OWNER]),
    Spec::new(K::GetBucketIntelligentTieringConfiguration, Get, Bucket)
        .sub("intelligent-tiering")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::GetBucketInventoryConfiguration, Get, Bucket)
        .sub("inventory")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::GetBucketLifecycleConfiguration, Get, Bucket).sub("lifecycle").headers(&[OWNER]),
    Spec::new(K::GetBucketLogging, Get, Bucket).sub("logging").headers(&[OWNER]),
    Spec::new(K::GetBucketMetadataConfiguration, Get, Bucket)
        .sub("metadataConfiguration")
        .headers(&[OWNER]),
    Spec::new(K::GetBucketMetadataTableConfiguration, Get, Bucket)
        .sub("metadataTable")
        .headers(&[OWNER]),
    Spec::new(K::GetBucketMetricsConfiguration, Get, Bucket)
        .sub("metrics")
        .required(&["id"])
        .headers(&[OWNER]),
    Spec::new(K::GetBucketNotificationConfiguration, Get, Bucket)
        .sub("notification")
        .headers(&[OWNER]),
    Spec::new(K::GetBucketOwnershipControls, Get, Bucket)
        .sub("ownershipControls")
        .headers(&[OWNER]),
    Spec::new(K::GetBucketPolicy, Get, Bucket).sub("policy").headers(&[OWNER]),
    Spec::new(K::GetBucketPolicyStatus, Get, Bucket).sub("policyStatus").headers(&[OWNER]),
    Spec::new(K::GetBucketReplication, Get, Bucket).sub("replication").headers(&[OWNER]),
    Spec::new(K::GetBucketRequestPayment, Get, Bucket).sub("requestPayment").headers(&[OWNER]),
    Spec::new(K::GetBucketTagging, Get, Bucket).sub("tagging").headers(&[OWNER]),
    Spec::new(K::GetBucketVersioning, Get, Bucket).sub("versioning").headers(&[OWNER]),
    Spec::new(K::GetBucketWebsite, Get, Bucket).sub("website").headers(&[OWNER]),
    Spec::new(K::GetObjectLockConfiguration, Get, Bucket).sub("object-lock").headers(&[OWNER]),
    Spec::new(K::GetPublicAccessBlock, Get, Bucket).sub("publicAccessBlock").headers(&[OWNER]),
    Spec::new(K::ListBucketAnalyticsConfigurations, Get, Bucket)
        .sub("analytics")
        .optional(&["continuation-token"])
        .headers(&[OWNER]),
    Spec::new(K::ListBucketIntelligentTieringConfigurations, Get, Bucket)
        .sub("intelligent-tiering")
        .optional(&["continuation-token"])
        .headers(&[OWNER]),
    Spec::new(K::ListBucketInventoryConfigurations, Get, Bucket)
        .sub("inventory")
        .optional(&["continuation-token"])
        .headers(&[OWNER]),
    Spec::new(K::ListBucketMetricsConfigurations, Get, Bucket)
        .sub("metrics")
        .optional(&["continuation-token"])
        .headers(&[OWNER]),
    Spec::new(K::ListDirectoryBuckets, Get, Service)
        .required(&["max-directory-buckets"])
        .optional(&["continuation-token"])
        .unsupported("directory buckets are AWS's own: no store behind this gateway has them"),
    Spec::new(K::PostObject, Post, Bucket).streamed().answers(A::Written),
    Spec::new(K::PutBucketAbac, Put, Bucket)
        .sub("abac")
        .headers(&[OWNER, DIGESTS])
        .configuration("AbacStatus"),
    Spec::new(K::PutBucketAccelerateConfiguration, Put, Bucket)
        .sub("accelerate")
        .headers(&[OWNER, DIGESTS])
        .configuration("AccelerateConfiguration"),
    Spec::new(K::PutBucketAcl, Put, Bucket)
        .sub("acl")
        .headers(&[OWNER, ACL, DIGESTS])
        .acl_document(),
    Spec::new(K::PutBucketAnalyticsConfiguration, Put, Bucket)
        .sub("analytics")
        .required(&["id"])
        .headers(&[OWNER, DIGESTS])
        .configuration("AnalyticsConfiguration"),
    Spec::new(K::PutBucketCors, Put, Bucket)
        .sub("cors")
        .headers(&[OWNER, DIGESTS])
        .configuration("CORSConfiguration"),
    Spec::new(K::PutBucketEncryption, Put, Bucket)
        .sub("encryption")
        .headers(&[OWNER, DIGESTS])
        .configuration("ServerSideEncryptionConfiguration"),
    Spec::new(K::PutBucketIntelligentTieringConfiguration, Put, Bucket)
        .sub("intelligent-tiering")
        .required(&["id"])
        .headers(&[OWNER, DIGESTS])
        .configuration("IntelligentTieringConfiguration"),
    Spec::new(K::PutBucketInventoryConfiguration, Put, Bucket)
        .sub("inventory")
        .required(&["id"])
        .headers(&[OWNER, DIGESTS])
        .configuration("InventoryConfiguration"),
    Spec::new(K::PutBucketLifecycleConfiguration, Put, Bucket)
        .sub("lifecycle")
        .headers(&[OWNER, DIGESTS, &["x-amz-transition-default-minimum-object-size"]])
        .configuration("LifecycleConfiguration"),
    Spec::new(K::PutBucketLogging, Put, Bucket)
        .sub("logging")
        .headers(&[OWNER, DIGESTS])
        .configuration("BucketLoggingStatus"),
    Spec::new(K::PutBucketMetricsConfiguration, Put, Bucket)
        .sub("metrics")
        .required(&["id"])
        .headers(&[OWNER, DIGESTS])
        .configuration("MetricsConfiguration"),
    Spec::new(K::PutBucketNotificationConfiguration, Put, Bucket)
        .sub("notification")
        .headers(&[OWNER, DIGESTS, &["x-amz-skip-destination-validation"]])
        .configuration("NotificationConfiguration"),
    Spec::new(K::PutBucketOwnershipControls, Put, Bucket)
        .sub("ownershipControls")
        .headers(&[OWNER, DIGESTS])
        .configuration("OwnershipControls"),
    Spec::new(K::PutBucketPolicy, Put, Bucket)
        .sub("policy")
        .headers(&[OWNER, DIGESTS, &["x-amz-confirm-remove-self-bucket-access"]])
        .document(CONFIGURATION),
    Spec::new(K::PutBucketReplication, Put, Bucket)
        .sub("replication")
        .headers(&[OWNER, DIGESTS, &["x-amz-bucket-object-lock-token"]])
        .configuration("ReplicationConfiguration"),
    Spec::new(K::PutBucketRequestPayment, Put, Bucket)
        .sub("requestPayment")
        .headers(&[OWNER, DIGESTS])
        .configuration("RequestPaymentConfiguration"),
    Spec::new(K::PutBucketTagging, Put, Bucket)
        .sub("tagging")
        .headers(&[OWNER, DIGESTS])
        .configuration("Tagging"),
    Spec::new(K::PutBucketVersioning, Put, Bucket)
        .sub("versioning")
        .headers(&[OWNER, MFA, DIGESTS])
        .configuration("VersioningConfiguration"),
    Spec::new(K::PutBucketWebsite, Put, Bucket)
        .sub("website")
        .headers(&[OWNER, DIGESTS])
        .configuration("WebsiteConfiguration"),
    Spec::new(K::PutObjectLockConfiguration, Put, Bucket)
        .sub("object-lock")
        .headers(&[OWNER, PAYER, DIGESTS, &["x-amz-bucket-object-lock-token"]])
        .configuration("ObjectLockConfiguration"),
    Spec::new(K::PutPublicAccessBlock, Put, Bucket)
        .sub("publicAccessBlock")
        .headers(&[OWNER, DIGESTS])
        .configuration("PublicAccessBlockConfiguration"),
    Spec::new(K::UpdateBucketMetadataAnnotationTableConfiguration, Put, Bucket)
        .sub("metadataAnnotationTable")
        .headers(&[OWNER, DIGESTS])
        .configuration("AnnotationTableConfiguration"),
    Spec::new(K::UpdateBucketMetadataInventoryTableConfiguration, Put, Bucket)
        .sub("metadataInventoryTable")
        .headers(&[OWNER, DIGESTS])
        .configuration("InventoryTableConfiguration"),
    Spec::new(K::UpdateBucketMetadataJournalTableConfiguration, Put, Bucket)
        .sub("metadataJournalTable")
        .headers(&[OWNER, DIGESTS])
        .configuration("JournalTableConfiguration"),
];
