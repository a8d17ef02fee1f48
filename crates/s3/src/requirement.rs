//! What a caller must be allowed to do for an operation.
//!
//! AND over all requirements; an explicit deny on any denies. The table is AWS's page *Required
//! permissions for Amazon S3 API operations*, with the Service Authorization Reference where the
//! page is silent.

mod table;
#[cfg(test)]
mod tests;

use policy::Context;

use crate::addressing::Target;
use crate::context::context;
use crate::copy_source::CopySource;
use crate::document::{Document, ObjectIdentifier};
use crate::headers::Protected;
use crate::name::{Bucket, VersionId};
use crate::operation::OperationKind;
use crate::resolve::{Identified, Operation, Parsed};
use crate::tagged::{self, TaggedObject, Whose};
use table::{Check, Pick, Place, When, row};

/// What the gateway knows of the signature of a request, for the condition keys that every S3
/// action has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// `s3:authType`; none for an anonymous caller.
    pub auth_type: Option<AuthType>,
    /// `s3:signatureversion`: `AWS4-HMAC-SHA256`, or `AWS` for HMACv1; none for an anonymous
    /// caller.
    pub signature_version: Option<&'a str>,
    /// `s3:x-amz-content-sha256`, as the client said it; none where it said nothing.
    pub content_sha256: Option<&'a str>,
    /// `s3:signatureAge`, in milliseconds.
    pub signature_age_ms: Option<u64>,
    /// The time of the request in seconds since 1970, for
    /// `s3:object-lock-remaining-retention-days`.
    pub now_unix: Option<i64>,
}

/// Where the signature stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthType {
    /// In the `Authorization` header.
    Header,
    /// In the query string.
    Query,
    /// In a form.
    Post,
}

impl AuthType {
    /// The value of `s3:authType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "REST-HEADER",
            Self::Query => "REST-QUERY-STRING",
            Self::Post => "POST",
        }
    }
}

/// One thing that must be allowed.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// The IAM action, with its prefix.
    pub action: &'static str,
    /// The ARN of the resource, never a pattern (but for ListBuckets, whose resource is the literal
    /// `arn:aws:s3:::*`, and for [`Operation::requirements_of_targets`]).
    pub resource: String,
    /// The `s3:*` keys that the request gives for this action, and the tags of a bucket that is
    /// created. Keys of the caller and the connection are the gateway's to add.
    pub context: Context,
    /// The object whose tags are `s3:ExistingObjectTag/KEY` for this action, which the store knows.
    pub tags_of: Option<Whose>,
}

/// A list that holds at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonEmpty<T> {
    first: T,
    rest: Vec<T>,
}

impl<T> NonEmpty<T> {
    /// A list of one thing and then others.
    pub fn new(first: T, rest: Vec<T>) -> Self {
        Self { first, rest }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// All of them, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        std::iter::once(&mut self.first).chain(&mut self.rest)
    }

    /// The first.
    pub fn first(&self) -> &T {
        &self.first
    }
}

/// What a request requires.
#[derive(Debug, Clone)]
pub enum Requirements {
    /// All of it, or the request is denied.
    All(NonEmpty<Requirement>),
    /// DeleteObjects: each object is decided by itself. Empty if the document was not given, and
    /// then nothing may be sent.
    PerKey(Vec<(ObjectIdentifier, NonEmpty<Requirement>)>),
}

impl Requirements {
    /// Every requirement, in order, to be completed with what only the store knows.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Requirement> {
        let (all, per_key) = match self {
            Self::All(all) => (Some(all), None),
            Self::PerKey(keys) => (None, Some(keys)),
        };
        let per_key =
            per_key.into_iter().flatten().flat_map(|(_, requirements)| requirements.iter_mut());
        all.into_iter().flat_map(NonEmpty::iter_mut).chain(per_key)
    }

    /// Every requirement, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        let (all, per_key) = match self {
            Self::All(all) => (Some(all), None),
            Self::PerKey(keys) => (None, Some(keys)),
        };
        let per_key =
            per_key.into_iter().flatten().flat_map(|(_, requirements)| requirements.iter());
        all.into_iter().flat_map(NonEmpty::iter).chain(per_key)
    }
}

/// What the role of a replication needs on the source (Amazon S3 User Guide, *Setting up permissions for live
/// replication*), and what a reader of every object would.
const REPLICATING_FROM: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
];

/// What logging, inventories and analyses need on the target.
const WRITING_TO: &[&str] = &["s3:PutObject"];

/// What a replication needs on the target, and what a writer would.
const REPLICATING_TO: &[&str] = &[
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ReplicateTags",
    "s3:ObjectOwnerOverrideToBucketOwner",
];

impl Operation {
    /// What must be allowed before the operation is forwarded. `document`: the parsed body, where
    /// the operation has one ([`BodyRule::Document`](crate::operation::BodyRule)); without it the
    /// requirements that depend on it are missing, and DeleteObjects has none.
    #[must_use]
    pub fn requirements(&self, facts: &Facts<'_>, document: Option<&Document>) -> Requirements {
        requirements(self.parsed(), facts, document)
    }

    /// What must be allowed besides because the store will act by itself, and with rights of its own, on
    /// the buckets that the document names: on everything that begins with the resource, less its `*`.
    /// [`requirements`](Self::requirements) are those of AWS, where the policies of the target and
    /// the role of a replication decide that. We have neither, so that the caller must have the rights
    /// that they would need.
    #[must_use]
    pub fn requirements_of_targets(
        &self,
        facts: &Facts<'_>,
        document: Option<&Document>,
    ) -> Vec<Requirement> {
        of_targets(self.parsed(), facts, document)
    }

    /// The object that a requirement's tags are of.
    #[must_use]
    pub fn tagged(&self, whose: Whose) -> Option<TaggedObject> {
        match whose {
            Whose::Source => self.copy_source().map(CopySource::object),
            Whose::Target => Some(TaggedObject {
                bucket: self.bucket()?.clone(),
                key: self.key()?.clone(),
                version: self.version(),
            }),
        }
    }

    /// What must be allowed besides for a header of the answer to be shown. None: it is never shown
    /// for this operation.
    #[must_use]
    pub fn requirement_to_show(&self, class: Protected, facts: &Facts<'_>) -> Option<Requirement> {
        if !matches!(self.kind(), OperationKind::GetObject | OperationKind::HeadObject) {
            return None;
        }
        let pick = match class {
            Protected::Tagging => {
                Pick::ByVersion("s3:GetObjectTagging", "s3:GetObjectVersionTagging")
            }
            Protected::Retention => Pick::One("s3:GetObjectRetention"),
            Protected::LegalHold => Pick::One("s3:GetObjectLegalHold"),
        };
        Some(Asker::new(self.parsed(), facts, None).requirement(pick, Place::Object))
    }

    /// What must be allowed for a missing key to be told from a forbidden one: without it S3
    /// answers 403 where a key that may be read does not exist. None: the operation does not need a
    /// key that is there.
    #[must_use]
    pub fn requirement_to_see_absence(&self, facts: &Facts<'_>) -> Option<Requirement> {
        let asker = Asker::new(self.parsed(), facts, None);
        let list = |on| Some(asker.requirement(Pick::One("s3:ListBucket"), on));
        match self.kind() {
            OperationKind::CopyObject | OperationKind::UploadPartCopy => {
                let source = self.copy_source()?.bucket();
                list(Place::Bucket)
                    .map(|list| Requirement { resource: format!("arn:aws:s3:::{source}"), ..list })
            }
            OperationKind::DeleteObjectAnnotation
            | OperationKind::DeleteObjectTagging
            | OperationKind::GetObject
            | OperationKind::GetObjectAcl
            | OperationKind::GetObjectAnnotation
            | OperationKind::GetObjectAttributes
            | OperationKind::GetObjectLegalHold
            | OperationKind::GetObjectRetention
            | OperationKind::GetObjectTagging
            | OperationKind::GetObjectTorrent
            | OperationKind::HeadObject
            | OperationKind::ListObjectAnnotations
            | OperationKind::PutObjectAcl
            | OperationKind::PutObjectAnnotation
            | OperationKind::PutObjectLegalHold
            | OperationKind::PutObjectRetention
            | OperationKind::PutObjectTagging
            | OperationKind::RestoreObject
            | OperationKind::SelectObjectContent
            | OperationKind::UpdateObjectEncryption => list(Place::Bucket),
            _ => None,
        }
    }

    /// What must be allowed besides if the source of a CopyObject has tags, which the request alone
    /// does not say: unless they are replaced, they are read and written with the object. Empty: no
    /// tags are copied.
    #[must_use]
    pub fn requirements_if_source_has_tags(&self, facts: &Facts<'_>) -> Vec<Requirement> {
        let replaced = self.parsed().text_header("x-amz-tagging-directive") == Some("REPLACE");
        if self.kind() != OperationKind::CopyObject || replaced {
            return Vec::new();
        }
        let asker = Asker::new(self.parsed(), facts, None);
        vec![
            asker.requirement(
                Pick::ByVersion("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
                Place::Source,
            ),
            asker.requirement(Pick::One("s3:PutObjectTagging"), Place::Object),
        ]
    }
}

impl Identified {
    /// As [`Operation::requirements`], also for a request that is not forwarded: what it would
    /// require.
    #[must_use]
    pub fn requirements(&self, facts: &Facts<'_>, document: Option<&Document>) -> Requirements {
        requirements(self.parsed(), facts, document)
    }

    /// As [`Operation::requirements_of_targets`].
    #[must_use]
    pub fn requirements_of_targets(
        &self,
        facts: &Facts<'_>,
        document: Option<&Document>,
    ) -> Vec<Requirement> {
        of_targets(self.parsed(), facts, document)
    }
}

fn of_targets(parsed: &Parsed, facts: &Facts<'_>, document: Option<&Document>) -> Vec<Requirement> {
    let Some(Document::Configuration(configuration)) = document else { return Vec::new() };
    let asker = Asker::new(parsed, facts, document);
    let below = |action, bucket: &Bucket| Requirement {
        resource: format!("arn:aws:s3:::{bucket}/*"),
        ..asker.requirement(Pick::One(action), Place::Bucket)
    };
    let replicates = parsed.spec.kind == OperationKind::PutBucketReplication;
    let mut all = Vec::new();
    // Without a bucket of its own a destination is another zone of the store.
    if let Some(source) = parsed.target.bucket().filter(|_| replicates) {
        all.extend(REPLICATING_FROM.iter().map(|action| below(action, source)));
    }
    let to = if replicates { REPLICATING_TO } else { WRITING_TO };
    for target in configuration.written() {
        all.extend(to.iter().map(|action| below(action, target)));
    }
    all
}

fn requirements(parsed: &Parsed, facts: &Facts<'_>, document: Option<&Document>) -> Requirements {
    if parsed.spec.kind != OperationKind::DeleteObjects {
        return Requirements::All(Asker::new(parsed, facts, document).all());
    }
    let objects = match document {
        Some(Document::Delete(request)) => request.objects(),
        _ => &[],
    };
    let decide = |object: &ObjectIdentifier| {
        let asker = Asker { object: Some(object), ..Asker::new(parsed, facts, document) };
        (object.clone(), asker.all())
    };
    Requirements::PerKey(objects.iter().map(decide).collect())
}

/// Makes requirements of one request, for one object.
struct Asker<'a> {
    parsed: &'a Parsed,
    facts: &'a Facts<'a>,
    document: Option<&'a Document>,
    /// The object of a DeleteObjects; for the other operations it is in the path.
    object: Option<&'a ObjectIdentifier>,
}

impl<'a> Asker<'a> {
    fn new(parsed: &'a Parsed, facts: &'a Facts<'a>, document: Option<&'a Document>) -> Self {
        Self { parsed, facts, document, object: None }
    }

    fn all(&self) -> NonEmpty<Requirement> {
        let row = row(self.parsed.spec.kind);
        let rest = row.rest.iter().filter(|Check(when, ..)| self.holds(*when));
        let rest = rest.map(|Check(_, pick, on)| self.requirement(*pick, *on)).collect();
        NonEmpty::new(self.requirement(row.first.0, row.first.1), rest)
    }

    fn requirement(&self, pick: Pick, on: Place) -> Requirement {
        let version = self.version(on);
        let (action, version) = match (pick, version) {
            (Pick::One(action), _) | (Pick::ByVersion(action, _), None) => (action, None),
            (Pick::ByVersion(_, action), Some(version)) => (action, Some(version)),
        };
        Requirement {
            action,
            resource: self.resource(on),
            context: context(action, version, self.parsed, self.facts, self.document),
            tags_of: whose_tags(action, on),
        }
    }

    fn version(&self, on: Place) -> Option<&str> {
        match (on, self.object) {
            (Place::Source, _) => self
                .parsed
                .copy_source
                .as_ref()
                .and_then(|source| source.version())
                .map(VersionId::as_str),
            (_, Some(object)) => object.version.as_ref().map(VersionId::as_str),
            (_, None) => self.parsed.query("versionId"),
        }
    }

    fn resource(&self, on: Place) -> String {
        const ARN: &str = "arn:aws:s3:::";
        let of_target = || match &self.parsed.target {
            Target::Service => format!("{ARN}*"),
            Target::Bucket(bucket) => format!("{ARN}{bucket}"),
            Target::Object(bucket, key) => format!("{ARN}{bucket}/{key}"),
        };
        match (on, self.object, &self.parsed.copy_source) {
            (Place::Everything, ..) => "*".to_owned(),
            (Place::Bucket, ..) => match self.parsed.target.bucket() {
                Some(bucket) => format!("{ARN}{bucket}"),
                None => of_target(),
            },
            (Place::Object, Some(object), _) => match self.parsed.target.bucket() {
                Some(bucket) => format!("{ARN}{bucket}/{}", object.key),
                None => of_target(),
            },
            (Place::Source, _, Some(source)) => format!("{ARN}{}", source.bucket_and_key()),
            (Place::Object, None, _) | (Place::Source, _, None) => of_target(),
        }
    }

    fn holds(&self, when: When) -> bool {
        let header = |name: &str| self.parsed.headers.get(name);
        let any =
            |prefix: &str| self.parsed.headers.keys().any(|name| name.as_str().starts_with(prefix));
        match when {
            When::Always => true,
            When::Acl => header("x-amz-acl").is_some() || any("x-amz-grant-"),
            When::AclNotPrivate => {
                header("x-amz-acl").is_some_and(|acl| acl != "private") || any("x-amz-grant-")
            }
            When::Tagging => header("x-amz-tagging").is_some(),
            When::Retention => {
                header("x-amz-object-lock-mode").is_some()
                    || header("x-amz-object-lock-retain-until-date").is_some()
                    || any("x-amz-object-lock-event-hold")
            }
            When::LegalHold => header("x-amz-object-lock-legal-hold").is_some(),
            // Anything that is not plainly false counts; `resolve` lets only `true` and `false`
            // through.
            When::Bypass => is_set(header("x-amz-bypass-governance-retention")),
            When::ObjectLock => is_set(header("x-amz-bucket-object-lock-enabled")),
            When::Ownership => header("x-amz-object-ownership").is_some(),
            When::BucketTags => {
                matches!(self.document, Some(Document::CreateBucket(request)) if !request.tags().is_empty())
            }
        }
    }
}

fn whose_tags(action: &str, on: Place) -> Option<Whose> {
    let whose = match on {
        Place::Object => Whose::Target,
        Place::Source => Whose::Source,
        Place::Bucket | Place::Everything => return None,
    };
    tagged::ACTIONS.contains(&action).then_some(whose)
}

fn is_set(flag: Option<&http::HeaderValue>) -> bool {
    flag.is_some_and(|flag| flag != "false")
}
