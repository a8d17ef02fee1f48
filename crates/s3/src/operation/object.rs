//! Operations on keys.

use super::Level::{Object, ObjectLambda};
use super::Verb::{Delete, Get, Head, Post, Put};
use super::names::{
    ACL, BYPASS, CHECKSUM_ALGORITHM, COMPLETE, CONFIGURATION, CONTENT, DIGESTS, LOCK, METADATA,
    MFA, OBJECT_DIGESTS, OVERRIDES, OWNER, PAYER, READ_CONDITIONS, SOURCE_CONDITIONS, SOURCE_SSE_C,
    SSE, SSE_C, STORED_WITH, VERSION, WRITE_CONDITIONS,
};
use super::{AnswerClass as A, OperationKind as K, Spec};

pub(super) const SPECS: &[Spec] = &[
    Spec::new(K::AbortMultipartUpload, Delete, Object)
        .required(&["uploadId"])
        .headers(&[OWNER, PAYER, &["x-amz-if-match-initiated-time"]])
        .answers(A::Empty),
    Spec::new(K::CompleteMultipartUpload, Post, Object)
        .required(&["uploadId"])
        // Of SSE as of the parts.
        .headers(&[OWNER, PAYER, SSE, SSE_C, WRITE_CONDITIONS, OBJECT_DIGESTS])
        .document(COMPLETE)
        .whole_object_digest()
        .answers(A::Complete),
    Spec::new(K::CopyObject, Put, Object)
        .copies()
        .headers(&[
            OWNER,
            PAYER,
            CONTENT,
            METADATA,
            ACL,
            SSE,
            SSE_C,
            SOURCE_SSE_C,
            SOURCE_CONDITIONS,
            LOCK,
            STORED_WITH,
            WRITE_CONDITIONS,
            &[
                "x-amz-checksum-algorithm",
                "x-amz-metadata-directive",
                "x-amz-object-annotation-directive",
                "x-amz-tagging-directive",
            ],
        ])
        .answers(A::Copy),
    Spec::new(K::CreateMultipartUpload, Post, Object)
        .sub("uploads")
        .headers(&[
            OWNER,
            PAYER,
            CONTENT,
            METADATA,
            ACL,
            SSE,
            SSE_C,
            LOCK,
            STORED_WITH,
            &["x-amz-checksum-algorithm", "x-amz-checksum-type"],
        ])
        .answers(A::Listing),
    Spec::new(K::DeleteObject, Delete, Object)
        .optional(VERSION)
        .headers(&[
            OWNER,
            PAYER,
            MFA,
            BYPASS,
            &["if-match", "x-amz-if-match-last-modified-time", "x-amz-if-match-size"],
        ])
        .answers(A::Written),
    Spec::new(K::GetObject, Get, Object)
        .optional(OVERRIDES)
        .headers(&[OWNER, PAYER, SSE_C, READ_CONDITIONS, &["x-amz-checksum-mode"]])
        .answers(A::Object),
    Spec::new(K::HeadObject, Head, Object)
        .optional(OVERRIDES)
        .headers(&[OWNER, PAYER, SSE_C, READ_CONDITIONS, &["x-amz-checksum-mode"]])
        .answers(A::Head),
    Spec::new(K::ListParts, Get, Object)
        .required(&["uploadId"])
        .optional(&["max-parts", "part-number-marker"])
        .headers(&[OWNER, PAYER, SSE_C])
        .answers(A::Listing),
    Spec::new(K::PutObject, Put, Object)
        .headers(&[
            OWNER,
            PAYER,
            CONTENT,
            METADATA,
            ACL,
            SSE,
            SSE_C,
            LOCK,
            STORED_WITH,
            WRITE_CONDITIONS,
            CHECKSUM_ALGORITHM,
            DIGESTS,
        ])
        .streamed()
        .answers(A::Written),
    Spec::new(K::UploadPart, Put, Object)
        .required(&["partNumber", "uploadId"])
        // How it is encrypted was said with the upload; Ceph RGW takes it again.
        .headers(&[OWNER, PAYER, SSE, SSE_C, CHECKSUM_ALGORITHM, DIGESTS])
        .streamed()
        .answers(A::Written),
    Spec::new(K::UploadPartCopy, Put, Object)
        .required(&["partNumber", "uploadId"])
        .copies()
        .headers(&[
            OWNER,
            PAYER,
            SSE_C,
            SOURCE_SSE_C,
            SOURCE_CONDITIONS,
            &["x-amz-copy-source-range"],
        ])
        .answers(A::Copy),
    Spec::new(K::DeleteObjectAnnotation, Delete, Object)
        .sub("annotation")
        .required(&["annotationName"])
        .optional(VERSION)
        .headers(&[OWNER, PAYER, &["x-amz-object-if-match"]]),
    Spec::new(K::DeleteObjectTagging, Delete, Object)
        .sub("tagging")
        .optional(VERSION)
        .headers(&[OWNER]),
    Spec::new(K::GetObjectAcl, Get, Object).sub("acl").optional(VERSION).headers(&[OWNER, PAYER]).answers(A::Acl),
    Spec::new(K::GetObjectAnnotation, Get, Object)
        .sub("annotation")
        .required(&["annotationName"])
        .optional(VERSION)
        .headers(&[OWNER, PAYER, &["x-amz-checksum-mode"]]).answers(A::Object),
    Spec::new(K::GetObjectAttributes, Get, Object).sub("attributes").optional(VERSION).headers(&[
        OWNER,
        PAYER,
        SSE_C,
        &["x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"],
    ]),
    Spec::new(K::GetObjectLegalHold, Get, Object)
        .sub("legal-hold")
        .optional(VERSION)
        .headers(&[OWNER, PAYER]),
    Spec::new(K::GetObjectRetention, Get, Object)
        .sub("retention")
        .optional(VERSION)
        .headers(&[OWNER, PAYER]),
    Spec::new(K::GetObjectTagging, Get, Object)
        .sub("tagging")
        .optional(VERSION)
        .headers(&[OWNER, PAYER]),
    Spec::new(K::GetObjectTorrent, Get, Object).sub("torrent").headers(&[OWNER, PAYER]).answers(A::Object),
    Spec::new(K::ListObjectAnnotations, Get, Object)
        .sub("annotation")
        .optional(&[
            "annotation-prefix",
            "continuation-token",
            "max-annotation-results",
            "versionId",
        ])
        .headers(&[OWNER, PAYER]),
    Spec::new(K::PutObjectAcl, Put, Object)
        .sub("acl")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, ACL, DIGESTS])
        .acl_document(),
    Spec::new(K::PutObjectAnnotation, Put, Object)
        .sub("annotation")
        .required(&["annotationName"])
        .optional(VERSION)
        .headers(&[OWNER, PAYER, DIGESTS, &["x-amz-object-if-match"]])
        .streamed().answers(A::Written),
    Spec::new(K::PutObjectLegalHold, Put, Object)
        .sub("legal-hold")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, DIGESTS])
        .document(CONFIGURATION),
    Spec::new(K::PutObjectRetention, Put, Object)
        .sub("retention")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, BYPASS, DIGESTS])
        .document(CONFIGURATION),
    Spec::new(K::PutObjectTagging, Put, Object)
        .sub("tagging")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, DIGESTS])
        .document(CONFIGURATION),
    Spec::new(K::RenameObject, Put, Object).sub("renameObject").headers(&[
        WRITE_CONDITIONS,
        &[
            "if-modified-since",
            "if-unmodified-since",
            "x-amz-client-token",
            "x-amz-rename-source",
            "x-amz-rename-source-if-match",
            "x-amz-rename-source-if-modified-since",
            "x-amz-rename-source-if-none-match",
            "x-amz-rename-source-if-unmodified-since",
        ],
    ]).unsupported("only directory buckets rename objects, and no store behind this gateway has them"),
    Spec::new(K::RestoreObject, Post, Object)
        .sub("restore")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, DIGESTS])
        .configuration("RestoreRequest"),
    Spec::new(K::SelectObjectContent, Post, Object)
        .sub("select")
        .fixed("select-type", "2")
        .headers(&[OWNER, SSE_C, DIGESTS])
        .configuration("SelectObjectContentRequest").answers(A::Object),
    Spec::new(K::UpdateObjectEncryption, Put, Object)
        .sub("encryption")
        .optional(VERSION)
        .headers(&[OWNER, PAYER, DIGESTS])
        .configuration("ObjectEncryption"),
    Spec::new(K::WriteGetObjectResponse, Post, ObjectLambda)
        .headers(&[METADATA, &["x-amz-fwd-", "x-amz-request-route", "x-amz-request-token"]])
        .streamed().unsupported("S3 Object Lambda is AWS's own: there is no function behind this gateway that could answer"),
];
