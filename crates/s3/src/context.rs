//! The condition keys that a request gives, action by action.
//!
//! A key exists only for the actions that the Service Authorization Reference lists it for, and
//! only if the request says something: an absent parameter is an absent key. The one exception is
//! `s3:max-keys`, which AWS documents as always present in a listing.

use http::HeaderValue;
use policy::{Context, Value};

use crate::date::parse_iso8601;
use crate::document::{Configuration, Document, HoldDuration};
use crate::operation::OperationKind;
use crate::requirement::Facts;
use crate::resolve::Parsed;

/// The keys for one action. `version`: the version that the action is about, if it is one of a
/// version.
pub(crate) fn context(
    action: &str,
    version: Option<&str>,
    parsed: &Parsed,
    facts: &Facts<'_>,
    document: Option<&Document>,
) -> Context {
    let mut context = Context::new();
    of_signature(&mut context, facts);
    set(&mut context, "s3:versionid", version);
    of_query(&mut context, action, parsed);
    of_headers(&mut context, action, parsed, facts);
    if TAGGING.contains(&action) {
        of_tags(&mut context, &parsed.tags);
    }
    if let Some(document) = document {
        of_document(&mut context, action, document, facts);
    }
    context
}

fn set(context: &mut Context, key: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        context.insert(key, Value::One(value.to_owned()));
    }
}

fn of_signature(context: &mut Context, facts: &Facts<'_>) {
    set(context, "s3:authType", facts.auth_type.map(|kind| kind.as_str()));
    set(context, "s3:signatureversion", facts.signature_version);
    set(context, "s3:x-amz-content-sha256", facts.content_sha256);
    if let Some(age) = facts.signature_age_ms {
        context.insert("s3:signatureAge", Value::One(age.to_string()));
    }
}

fn of_query(context: &mut Context, action: &str, parsed: &Parsed) {
    // HeadBucket needs `s3:ListBucket` too, and lists nothing.
    let lists = matches!(
        parsed.spec.kind,
        OperationKind::ListObjects
            | OperationKind::ListObjectsV2
            | OperationKind::ListObjectVersions
    );
    if lists && matches!(action, "s3:ListBucket" | "s3:ListBucketVersions") {
        set(context, "s3:prefix", parsed.query("prefix"));
        set(context, "s3:delimiter", parsed.query("delimiter"));
        set(context, "s3:max-keys", parsed.query("max-keys").or(Some("1000")));
    }
}

const ACL: &[&str] = &[
    "s3:BypassGovernanceRetention",
    "s3:CreateBucket",
    "s3:PutBucketAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];
const STORING: &[&str] = &["s3:BypassGovernanceRetention", "s3:PutObject"];
const ENCRYPTING: &[&str] =
    &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:UpdateObjectEncryption"];
const CLASSED: &[&str] =
    &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"];
const TAGGING: &[&str] = &[
    "s3:BypassGovernanceRetention",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
];
const RETAINING: &[&str] = &["s3:PutObject", "s3:PutObjectRetention"];
const HOLDING: &[&str] = &["s3:PutObject", "s3:PutObjectLegalHold"];
const ANNOTATING: &[&str] = &[
    "s3:DeleteObjectAnnotation",
    "s3:DeleteObjectVersionAnnotation",
    "s3:PutObjectAnnotation",
    "s3:PutObjectVersionAnnotation",
];

/// The condition key that a request header is the value of, and the actions that have the key.
fn key_of_header(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match name {
        "x-amz-acl" => ("s3:x-amz-acl", ACL),
        "x-amz-grant-full-control" => ("s3:x-amz-grant-full-control", ACL),
        "x-amz-grant-read" => ("s3:x-amz-grant-read", ACL),
        "x-amz-grant-read-acp" => ("s3:x-amz-grant-read-acp", ACL),
        "x-amz-grant-write" => ("s3:x-amz-grant-write", ACL),
        "x-amz-grant-write-acp" => ("s3:x-amz-grant-write-acp", ACL),
        "x-amz-metadata-directive" => ("s3:x-amz-metadata-directive", STORING),
        "x-amz-server-side-encryption" => ("s3:x-amz-server-side-encryption", ENCRYPTING),
        "x-amz-server-side-encryption-aws-kms-key-id" => {
            ("s3:x-amz-server-side-encryption-aws-kms-key-id", ENCRYPTING)
        }
        "x-amz-server-side-encryption-customer-algorithm" => {
            ("s3:x-amz-server-side-encryption-customer-algorithm", STORING)
        }
        "x-amz-storage-class" => ("s3:x-amz-storage-class", CLASSED),
        "x-amz-website-redirect-location" => ("s3:x-amz-website-redirect-location", STORING),
        "x-amz-object-ownership" => ("s3:x-amz-object-ownership", &["s3:CreateBucket"]),
        "x-amz-bucket-namespace" => ("s3:x-amz-bucket-namespace", &["s3:CreateBucket"]),
        "x-amz-object-annotation-directive" => {
            ("s3:x-amz-object-annotation-directive", &["s3:PutObject"])
        }
        "x-amz-object-if-match" => ("s3:x-amz-object-if-match", ANNOTATING),
        "if-match" => ("s3:if-match", &["s3:DeleteObject", "s3:PutObject"]),
        "if-none-match" => ("s3:if-none-match", &["s3:PutObject"]),
        "x-amz-object-lock-mode" => ("s3:object-lock-mode", RETAINING),
        "x-amz-object-lock-legal-hold" => ("s3:object-lock-legal-hold", HOLDING),
        "x-amz-object-lock-event-hold" => ("s3:object-lock-event-hold", RETAINING),
        "x-amz-object-lock-event-hold-duration-days" => (HOLD_DAYS, RETAINING),
        _ => return None,
    })
}

/// How long an object is kept once its event hold is released. How many days a year has says AWS
/// nowhere: asked for in years it is unknown, which meets every Deny and no Allow.
const HOLD_DAYS: &str = "s3:object-lock-event-hold-duration-days";

fn of_headers(context: &mut Context, action: &str, parsed: &Parsed, facts: &Facts<'_>) {
    for (name, value) in &parsed.headers {
        if let Some((key, actions)) = key_of_header(name.as_str())
            && actions.contains(&action)
        {
            // A value that is no text makes the request be refused.
            context.insert(key, value.to_str().map_or(Value::Unknown, Value::from));
        }
    }
    if RETAINING.contains(&action) {
        let date = parsed.headers.get("x-amz-object-lock-retain-until-date");
        of_retention_date(context, date.map(HeaderValue::to_str).and_then(Result::ok), facts);
        if parsed.headers.contains_key("x-amz-object-lock-event-hold-duration-years") {
            context.insert(HOLD_DAYS, Value::Unknown);
        }
    }
    if action == "s3:PutObject" {
        let creation = match parsed.spec.kind {
            OperationKind::PutObject
            | OperationKind::CopyObject
            | OperationKind::CompleteMultipartUpload
            | OperationKind::PostObject => Some("true"),
            OperationKind::CreateMultipartUpload
            | OperationKind::UploadPart
            | OperationKind::UploadPartCopy => Some("false"),
            _ => None,
        };
        set(context, "s3:ObjectCreationOperation", creation);
    }
    if STORING.contains(&action)
        && let Some(source) = &parsed.copy_source
    {
        context.insert("s3:x-amz-copy-source", Value::One(source.bucket_and_key()));
    }
}

fn of_retention_date(context: &mut Context, date: Option<&str>, facts: &Facts<'_>) {
    set(context, "s3:object-lock-retain-until-date", date);
    if let (Some(until), Some(now)) = (date.and_then(parse_iso8601), facts.now_unix) {
        // Days begun count: "retain for at most 30 days" then means what a client adds to its
        // clock.
        let days = until.saturating_sub(now).saturating_add(86_399).div_euclid(86_400);
        context.insert("s3:object-lock-remaining-retention-days", Value::One(days.to_string()));
    }
}

fn of_tags(context: &mut Context, tags: &[(String, String)]) {
    if tags.is_empty() {
        return;
    }
    for (key, value) in tags {
        context.insert(format!("s3:RequestObjectTag/{key}"), Value::One(value.clone()));
    }
    let keys = tags.iter().map(|(key, _)| key.clone()).collect();
    context.insert("s3:RequestObjectTagKeys", Value::Many(keys));
}

fn of_document(context: &mut Context, action: &str, document: &Document, facts: &Facts<'_>) {
    match (document, action) {
        (Document::Tagging(tagging), "s3:PutObjectTagging" | "s3:PutObjectVersionTagging") => {
            of_tags(context, tagging.tags());
        }
        (Document::Retention(retention), "s3:PutObjectRetention") => {
            set(context, "s3:object-lock-mode", retention.mode());
            set(context, "s3:object-lock-event-hold", retention.event_hold());
            if let Some(duration) = retention.duration() {
                let days = match duration {
                    HoldDuration::Days(days) => Value::One(days.to_string()),
                    HoldDuration::Years(_) => Value::Unknown,
                };
                context.insert(HOLD_DAYS, days);
            }
            of_retention_date(context, retention.retain_until(), facts);
        }
        (Document::LegalHold(hold), "s3:PutObjectLegalHold") => {
            set(context, "s3:object-lock-legal-hold", hold.status());
        }
        (Document::CreateBucket(request), "s3:CreateBucket" | "s3:TagResource") => {
            if action == "s3:CreateBucket" {
                set(context, "s3:locationconstraint", request.location.as_deref());
            }
            for (key, value) in request.tags() {
                context.insert(format!("aws:RequestTag/{key}"), Value::One(value.clone()));
            }
            if !request.tags().is_empty() {
                let keys = request.tags().iter().map(|(key, _)| key.clone()).collect();
                context.insert("aws:TagKeys", Value::Many(keys));
            }
        }
        (Document::Configuration(configuration), "s3:PutInventoryConfiguration") => {
            let fields: Vec<String> = configuration.texts("Field").map(str::to_owned).collect();
            if !fields.is_empty() {
                context.insert("s3:InventoryAccessibleOptionalFields", Value::Many(fields));
            }
        }
        (Document::Configuration(configuration), _) if ENCRYPTING.contains(&action) => {
            of_encryption(context, configuration);
        }
        _ => {}
    }
}

/// UpdateObjectEncryption says in its document what others say in headers (S3 API Reference, *ObjectEncryption*).
fn of_encryption(context: &mut Context, configuration: &Configuration) {
    let asked = match (configuration.has("SSE-KMS"), configuration.has("SSE-S3")) {
        (true, false) => Some(Value::from("aws:kms")),
        (false, true) => Some(Value::from("AES256")),
        (true, true) => Some(Value::Unknown),
        (false, false) => None,
    };
    if let Some(asked) = asked {
        context.insert("s3:x-amz-server-side-encryption", asked);
    }
    let mut keys = configuration.texts("KMSKeyArn");
    if let Some(key) = keys.next() {
        let one = keys.next().is_none();
        let value = if one { Value::One(key.to_owned()) } else { Value::Unknown };
        context.insert("s3:x-amz-server-side-encryption-aws-kms-key-id", value);
    }
}
