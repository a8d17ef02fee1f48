//! Which actions an operation needs, and on what.

use crate::operation::OperationKind as K;
use Pick::{ByVersion, One};
use Place::{Bucket, Everything, Object, Source};
use When::{
    Acl, AclNotPrivate, Always, BucketTags, Bypass, LegalHold, ObjectLock, Ownership, Retention,
    Tagging,
};

/// Which action it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    /// This one.
    One(&'static str),
    /// The first, or the second instead where a version is named (`null` counts).
    ByVersion(&'static str, &'static str),
}

/// What the action is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The bucket, or all buckets where the request names none.
    Bucket,
    /// The key.
    Object,
    /// The key that is copied.
    Source,
    /// `*`, for actions that have no resource.
    Everything,
}

/// When the action is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// In any case.
    Always,
    /// `x-amz-acl` or any `x-amz-grant-*`.
    Acl,
    /// `x-amz-acl` other than `private`, or any `x-amz-grant-*`.
    AclNotPrivate,
    /// `x-amz-tagging`.
    Tagging,
    /// `x-amz-object-lock-mode`, `-retain-until-date` or `-event-hold*`.
    Retention,
    /// `x-amz-object-lock-legal-hold`.
    LegalHold,
    /// `x-amz-bypass-governance-retention: true`.
    Bypass,
    /// `x-amz-bucket-object-lock-enabled: true`.
    ObjectLock,
    /// `x-amz-object-ownership`.
    Ownership,
    /// Tags in the document of CreateBucket.
    BucketTags,
}

/// An action that may be needed besides.
#[derive(Debug)]
pub(super) struct Check(pub(super) When, pub(super) Pick, pub(super) Place);

/// All actions of an operation: one that is always needed, and others.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) first: (Pick, Place),
    pub(super) rest: &'static [Check],
}

impl Row {
    const fn new(pick: Pick, on: Place, rest: &'static [Check]) -> Self {
        Self { first: (pick, on), rest }
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) const fn row(operation: K) -> Row {
    match operation {
        K::AbortMultipartUpload => Row::new(One("s3:AbortMultipartUpload"), Object, &[]),
        K::CompleteMultipartUpload | K::UploadPart => Row::new(One("s3:PutObject"), Object, &[]),
        K::CopyObject => Row::new(
            ByVersion("s3:GetObject", "s3:GetObjectVersion"),
            Source,
            &[
                Check(Always, One("s3:PutObject"), Object),
                Check(Acl, One("s3:PutObjectAcl"), Object),
                Check(Tagging, One("s3:PutObjectTagging"), Object),
                Check(Retention, One("s3:PutObjectRetention"), Object),
                Check(LegalHold, One("s3:PutObjectLegalHold"), Object),
            ],
        ),
        K::CreateBucket => Row::new(
            One("s3:CreateBucket"),
            Bucket,
            &[
                Check(AclNotPrivate, One("s3:PutBucketAcl"), Bucket),
                Check(ObjectLock, One("s3:PutBucketObjectLockConfiguration"), Bucket),
                Check(ObjectLock, One("s3:PutBucketVersioning"), Bucket),
                Check(Ownership, One("s3:PutBucketOwnershipControls"), Bucket),
                Check(BucketTags, One("s3:TagResource"), Bucket),
            ],
        ),
        K::CreateBucketMetadataConfiguration | K::CreateBucketMetadataTableConfiguration => {
            Row::new(One("s3:CreateBucketMetadataTableConfiguration"), Bucket, &[])
        }
        K::CreateMultipartUpload | K::PostObject | K::PutObject => Row::new(
            One("s3:PutObject"),
            Object,
            &[
                Check(Acl, One("s3:PutObjectAcl"), Object),
                Check(Tagging, One("s3:PutObjectTagging"), Object),
                Check(Retention, One("s3:PutObjectRetention"), Object),
                Check(LegalHold, One("s3:PutObjectLegalHold"), Object),
            ],
        ),
        K::CreateSession | K::RenameObject => {
            Row::new(One("s3express:CreateSession"), Everything, &[])
        }
        K::DeleteBucket => Row::new(One("s3:DeleteBucket"), Bucket, &[]),
        K::DeleteBucketAnalyticsConfiguration | K::PutBucketAnalyticsConfiguration => {
            Row::new(One("s3:PutAnalyticsConfiguration"), Bucket, &[])
        }
        K::DeleteBucketCors | K::PutBucketCors => Row::new(One("s3:PutBucketCORS"), Bucket, &[]),
        K::DeleteBucketEncryption | K::PutBucketEncryption => {
            Row::new(One("s3:PutEncryptionConfiguration"), Bucket, &[])
        }
        K::DeleteBucketIntelligentTieringConfiguration
        | K::PutBucketIntelligentTieringConfiguration => {
            Row::new(One("s3:PutIntelligentTieringConfiguration"), Bucket, &[])
        }
        K::DeleteBucketInventoryConfiguration | K::PutBucketInventoryConfiguration => {
            Row::new(One("s3:PutInventoryConfiguration"), Bucket, &[])
        }
        K::DeleteBucketLifecycle | K::PutBucketLifecycleConfiguration => {
            Row::new(One("s3:PutLifecycleConfiguration"), Bucket, &[])
        }
        K::DeleteBucketMetadataConfiguration | K::DeleteBucketMetadataTableConfiguration => {
            Row::new(One("s3:DeleteBucketMetadataTableConfiguration"), Bucket, &[])
        }
        K::DeleteBucketMetricsConfiguration | K::PutBucketMetricsConfiguration => {
            Row::new(One("s3:PutMetricsConfiguration"), Bucket, &[])
        }
        K::DeleteBucketOwnershipControls | K::PutBucketOwnershipControls => {
            Row::new(One("s3:PutBucketOwnershipControls"), Bucket, &[])
        }
        K::DeleteBucketPolicy => Row::new(One("s3:DeleteBucketPolicy"), Bucket, &[]),
        K::DeleteBucketReplication | K::PutBucketReplication => {
            Row::new(One("s3:PutReplicationConfiguration"), Bucket, &[])
        }
        K::DeleteBucketTagging | K::PutBucketTagging => {
            Row::new(One("s3:PutBucketTagging"), Bucket, &[])
        }
        K::DeleteBucketWebsite => Row::new(One("s3:DeleteBucketWebsite"), Bucket, &[]),
        K::DeleteObject | K::DeleteObjects => Row::new(
            ByVersion("s3:DeleteObject", "s3:DeleteObjectVersion"),
            Object,
            &[Check(Bypass, One("s3:BypassGovernanceRetention"), Object)],
        ),
        K::DeleteObjectAnnotation => Row::new(
            ByVersion("s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation"),
            Object,
            &[Check(Bypass, One("s3:BypassGovernanceRetention"), Object)],
        ),
        K::DeleteObjectTagging => Row::new(
            ByVersion("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
            Object,
            &[],
        ),
        K::DeletePublicAccessBlock | K::PutPublicAccessBlock => {
            Row::new(One("s3:PutBucketPublicAccessBlock"), Bucket, &[])
        }
        K::GetBucketAbac => Row::new(One("s3:GetBucketAbac"), Bucket, &[]),
        K::GetBucketAccelerateConfiguration => {
            Row::new(One("s3:GetAccelerateConfiguration"), Bucket, &[])
        }
        K::GetBucketAcl => Row::new(One("s3:GetBucketAcl"), Bucket, &[]),
        K::GetBucketAnalyticsConfiguration | K::ListBucketAnalyticsConfigurations => {
            Row::new(One("s3:GetAnalyticsConfiguration"), Bucket, &[])
        }
        K::GetBucketCors => Row::new(One("s3:GetBucketCORS"), Bucket, &[]),
        K::GetBucketEncryption => Row::new(One("s3:GetEncryptionConfiguration"), Bucket, &[]),
        K::GetBucketIntelligentTieringConfiguration
        | K::ListBucketIntelligentTieringConfigurations => {
            Row::new(One("s3:GetIntelligentTieringConfiguration"), Bucket, &[])
        }
        K::GetBucketInventoryConfiguration | K::ListBucketInventoryConfigurations => {
            Row::new(One("s3:GetInventoryConfiguration"), Bucket, &[])
        }
        K::GetBucketLifecycleConfiguration => {
            Row::new(One("s3:GetLifecycleConfiguration"), Bucket, &[])
        }
        K::GetBucketLocation => Row::new(One("s3:GetBucketLocation"), Bucket, &[]),
        K::GetBucketLogging => Row::new(One("s3:GetBucketLogging"), Bucket, &[]),
        K::GetBucketMetadataConfiguration | K::GetBucketMetadataTableConfiguration => {
            Row::new(One("s3:GetBucketMetadataTableConfiguration"), Bucket, &[])
        }
        K::GetBucketMetricsConfiguration | K::ListBucketMetricsConfigurations => {
            Row::new(One("s3:GetMetricsConfiguration"), Bucket, &[])
        }
        K::GetBucketNotificationConfiguration => {
            Row::new(One("s3:GetBucketNotification"), Bucket, &[])
        }
        K::GetBucketOwnershipControls => {
            Row::new(One("s3:GetBucketOwnershipControls"), Bucket, &[])
        }
        K::GetBucketPolicy => Row::new(One("s3:GetBucketPolicy"), Bucket, &[]),
        K::GetBucketPolicyStatus => Row::new(One("s3:GetBucketPolicyStatus"), Bucket, &[]),
        K::GetBucketReplication => Row::new(One("s3:GetReplicationConfiguration"), Bucket, &[]),
        K::GetBucketRequestPayment => Row::new(One("s3:GetBucketRequestPayment"), Bucket, &[]),
        K::GetBucketTagging => Row::new(One("s3:GetBucketTagging"), Bucket, &[]),
        K::GetBucketVersioning => Row::new(One("s3:GetBucketVersioning"), Bucket, &[]),
        K::GetBucketWebsite => Row::new(One("s3:GetBucketWebsite"), Bucket, &[]),
        K::GetObject | K::HeadObject => {
            Row::new(ByVersion("s3:GetObject", "s3:GetObjectVersion"), Object, &[])
        }
        K::GetObjectAcl => {
            Row::new(ByVersion("s3:GetObjectAcl", "s3:GetObjectVersionAcl"), Object, &[])
        }
        K::GetObjectAnnotation => Row::new(
            ByVersion("s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation"),
            Object,
            &[],
        ),
        K::GetObjectAttributes => Row::new(
            ByVersion("s3:GetObject", "s3:GetObjectVersion"),
            Object,
            &[Check(
                Always,
                ByVersion("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
                Object,
            )],
        ),
        K::GetObjectLegalHold => Row::new(One("s3:GetObjectLegalHold"), Object, &[]),
        K::GetObjectLockConfiguration => {
            Row::new(One("s3:GetBucketObjectLockConfiguration"), Bucket, &[])
        }
        K::GetObjectRetention => Row::new(One("s3:GetObjectRetention"), Object, &[]),
        K::GetObjectTagging => {
            Row::new(ByVersion("s3:GetObjectTagging", "s3:GetObjectVersionTagging"), Object, &[])
        }
        K::GetObjectTorrent => Row::new(
            // It has no version, for all that there is `s3:GetObjectVersionTorrent`.
            One("s3:GetObjectTorrent"),
            Object,
            &[Check(Always, One("s3:GetObject"), Object)],
        ),
        K::GetPublicAccessBlock => Row::new(One("s3:GetBucketPublicAccessBlock"), Bucket, &[]),
        K::HeadBucket | K::ListObjects | K::ListObjectsV2 => {
            Row::new(One("s3:ListBucket"), Bucket, &[])
        }
        K::ListBuckets => Row::new(One("s3:ListAllMyBuckets"), Bucket, &[]),
        K::ListDirectoryBuckets => {
            Row::new(One("s3express:ListAllMyDirectoryBuckets"), Everything, &[])
        }
        K::ListMultipartUploads => Row::new(One("s3:ListBucketMultipartUploads"), Bucket, &[]),
        K::ListObjectAnnotations => Row::new(
            ByVersion("s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations"),
            Object,
            &[],
        ),
        K::ListObjectVersions => Row::new(One("s3:ListBucketVersions"), Bucket, &[]),
        K::ListParts => Row::new(One("s3:ListMultipartUploadParts"), Object, &[]),
        K::PutBucketAbac => Row::new(One("s3:PutBucketAbac"), Bucket, &[]),
        K::PutBucketAccelerateConfiguration => {
            Row::new(One("s3:PutAccelerateConfiguration"), Bucket, &[])
        }
        K::PutBucketAcl => Row::new(One("s3:PutBucketAcl"), Bucket, &[]),
        K::PutBucketLogging => Row::new(One("s3:PutBucketLogging"), Bucket, &[]),
        K::PutBucketNotificationConfiguration => {
            Row::new(One("s3:PutBucketNotification"), Bucket, &[])
        }
        K::PutBucketPolicy => Row::new(One("s3:PutBucketPolicy"), Bucket, &[]),
        K::PutBucketRequestPayment => Row::new(One("s3:PutBucketRequestPayment"), Bucket, &[]),
        K::PutBucketVersioning => Row::new(One("s3:PutBucketVersioning"), Bucket, &[]),
        K::PutBucketWebsite => Row::new(One("s3:PutBucketWebsite"), Bucket, &[]),
        K::PutObjectAcl => {
            Row::new(ByVersion("s3:PutObjectAcl", "s3:PutObjectVersionAcl"), Object, &[])
        }
        K::PutObjectAnnotation => Row::new(
            ByVersion("s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation"),
            Object,
            &[],
        ),
        K::PutObjectLegalHold => Row::new(One("s3:PutObjectLegalHold"), Object, &[]),
        K::PutObjectLockConfiguration => {
            Row::new(One("s3:PutBucketObjectLockConfiguration"), Bucket, &[])
        }
        K::PutObjectRetention => Row::new(
            One("s3:PutObjectRetention"),
            Object,
            &[Check(Bypass, One("s3:BypassGovernanceRetention"), Object)],
        ),
        K::PutObjectTagging => {
            Row::new(ByVersion("s3:PutObjectTagging", "s3:PutObjectVersionTagging"), Object, &[])
        }
        K::RestoreObject => Row::new(One("s3:RestoreObject"), Object, &[]),
        K::SelectObjectContent => Row::new(One("s3:GetObject"), Object, &[]),
        K::UpdateBucketMetadataAnnotationTableConfiguration => {
            Row::new(One("s3:UpdateBucketMetadataAnnotationTableConfiguration"), Bucket, &[])
        }
        K::UpdateBucketMetadataInventoryTableConfiguration => {
            Row::new(One("s3:UpdateBucketMetadataInventoryTableConfiguration"), Bucket, &[])
        }
        K::UpdateBucketMetadataJournalTableConfiguration => {
            Row::new(One("s3:UpdateBucketMetadataJournalTableConfiguration"), Bucket, &[])
        }
        K::UpdateObjectEncryption => Row::new(
            One("s3:UpdateObjectEncryption"),
            Object,
            &[Check(Always, One("s3:PutObject"), Object)],
        ),
        K::UploadPartCopy => Row::new(
            ByVersion("s3:GetObject", "s3:GetObjectVersion"),
            Source,
            &[Check(Always, One("s3:PutObject"), Object)],
        ),
        K::WriteGetObjectResponse => {
            Row::new(One("s3-object-lambda:WriteGetObjectResponse"), Everything, &[])
        }
    }
}
