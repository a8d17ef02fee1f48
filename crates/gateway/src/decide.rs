//! What a caller may do: the one place that asks the policies about S3.
//!
//! It needs no socket and no body, so that `fakes3pp explain` decides with the same code.

use std::collections::BTreeMap;

use policy::{Context, Denial, Permit, Policy, PolicySet, Principal, Request, Value};
use s3::requirement::{Facts, Requirement, Requirements};
use s3::{Document, Operation};

use crate::caller::Caller;
use crate::config::{Authorization, Credential, Store};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// What the condition keys for the tags of an object begin with.
pub(crate) const EXISTING_TAG: &str = "s3:ExistingObjectTag/";

/// Whether a condition key is for a tag of the object.
pub(crate) fn is_existing_tag(key: &str) -> bool {
    key.get(..EXISTING_TAG.len()).is_some_and(|head| head.eq_ignore_ascii_case(EXISTING_TAG))
}

/// Asks the policies.
pub(crate) struct Judge<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) store: &'a Store,
    /// About the caller, then about the request: the more trustworthy first.
    pub(crate) contexts: &'a [Context; 2],
}

/// Why a request may go to its store. It cannot be made but by a decision.
#[derive(Debug)]
pub(crate) enum Allowed {
    /// Every requirement is allowed: for DeleteObjects, of each object that is left, and so of none
    /// if every one was denied.
    ByPolicy(Vec<Permit>),
    /// The store itself decides, about a request that is nobody's and goes to it unsigned.
    LeftToStore(LeftToStore),
}

/// The proof that somebody anonymous asks a store that decides by itself.
#[derive(Debug)]
pub(crate) struct LeftToStore(());

impl Allowed {
    /// The permits; none if the store decides.
    pub(crate) fn permits(&self) -> &[Permit] {
        match self {
            Self::ByPolicy(permits) => permits,
            Self::LeftToStore(_) => &[],
        }
    }

    /// Whether every key of a DeleteObjects was denied: then there is nothing to ask the store for.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::ByPolicy(permits) if permits.is_empty())
    }

    /// Whether the store decides.
    pub(crate) fn is_left_to_store(&self) -> bool {
        matches!(self, Self::LeftToStore(_))
    }
}

/// Everything that is asked about one request, once a document that says what is wanted is read.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) requirements: Requirements,
    /// What is required besides because of the buckets that a document names, of everything in them.
    pub(crate) of_targets: Vec<Requirement>,
    /// What a copy requires besides, if its source has tags.
    pub(crate) if_source_has_tags: Vec<Requirement>,
}

impl Question {
    /// All that may have to be completed before it is asked.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Requirement> {
        self.requirements.iter_mut().chain(&mut self.if_source_has_tags)
    }
}

/// What the policies say to a [`Question`].
#[derive(Debug)]
pub(crate) struct Decided {
    /// Why the request may go.
    pub(crate) allowed: Allowed,
    /// For DeleteObjects what stands in the way of each key, in order.
    pub(crate) denials: Vec<Option<Denial>>,
    /// What is missing if the source of a copy has tags.
    pub(crate) unless_untagged: Option<Denial>,
}

impl<'a> Judge<'a> {
    /// The keys of the store that are for the caller.
    ///
    /// # Errors
    /// [`Reject::NoCredential`].
    pub(crate) fn credential(&self) -> Result<&'a Credential, Reject> {
        let [about_caller, about_request] = self.contexts;
        self.store
            .credentials_for(&[about_caller, about_request], self.caller.is_anonymous())
            .ok_or(Reject::NoCredential)
    }

    /// What has to be asked about an operation.
    ///
    /// # Errors
    /// When the store could not keep a key that the request names.
    pub(crate) fn question(
        &self,
        operation: &Operation,
        facts: &Facts<'_>,
        document: Option<&Document>,
    ) -> Result<Question, Reject> {
        self.store.key_rules.check_operation(operation, document)?;
        Ok(Question {
            requirements: operation.requirements(facts, document),
            of_targets: operation.requirements_of_targets(facts, document),
            if_source_has_tags: operation.requirements_if_source_has_tags(facts),
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Reject::Denied`].
    pub(crate) fn decide(&self, question: &Question) -> Result<Decided, Reject> {
        let (mut allowed, denials) = self.all(&question.requirements)?;
        if let Allowed::ByPolicy(permits) = &mut allowed
            && !question.of_targets.is_empty()
        {
            permits.push(self.everything_below(&question.of_targets).map_err(Reject::Denied)?);
        }
        let unless_untagged = match question.if_source_has_tags.as_slice() {
            [] => None,
            _ if allowed.is_left_to_store() => None,
            requirements => self.every(requirements.iter()).err(),
        };
        Ok(Decided { allowed, denials, unless_untagged })
    }

    /// Whether the store decides: for anonymous callers, where the operator gave it the say.
    fn left_to_store(&self) -> Option<LeftToStore> {
        let stores = self.store.authorization == Authorization::Store;
        (stores && self.caller.is_anonymous()).then_some(LeftToStore(()))
    }

    /// Refuses a caller to whom no policy gives anything, before a byte of the body is read: what
    /// the gateway does for people whom nobody knows is to say no.
    pub(crate) fn may_anything(
        &self,
        operation: &Operation,
        facts: &Facts<'_>,
    ) -> Result<(), Reject> {
        let bucket = operation.bucket().and_then(|bucket| self.bucket_policy(bucket.as_str()));
        let known = !self.caller.policies().identity.is_empty() || bucket.is_some();
        if known || self.left_to_store().is_some() {
            return Ok(());
        }
        let requirements = operation.requirements(facts, None);
        // DeleteObjects requires nothing before its document is read, and nothing is not allowed.
        self.every(requirements.iter()).map(drop).map_err(Reject::Denied)
    }

    /// Why the request may go, and for DeleteObjects what stands in the way of each key, in order.
    fn all(&self, requirements: &Requirements) -> Result<(Allowed, Vec<Option<Denial>>), Reject> {
        if let Some(left) = self.left_to_store() {
            let none = match requirements {
                Requirements::All(_) => Vec::new(),
                Requirements::PerKey(keys) => keys.iter().map(|_| None).collect(),
            };
            return Ok((Allowed::LeftToStore(left), none));
        }
        match requirements {
            Requirements::All(all) => {
                let permit = self
                    .every(all.iter())
                    .map_err(|denial| Reject::Denied(self.noted(denial, all.iter())))?;
                Ok((Allowed::ByPolicy(vec![permit]), Vec::new()))
            }
            Requirements::PerKey(keys) => {
                let mut permits = Vec::new();
                let mut denials = Vec::with_capacity(keys.len());
                for (_, requirements) in keys {
                    match self.every(requirements.iter()) {
                        Ok(permit) => {
                            permits.push(permit);
                            denials.push(None);
                        }
                        Err(denial) => denials.push(Some(denial)),
                    }
                }
                Ok((Allowed::ByPolicy(permits), denials))
            }
        }
    }

    /// Every requirement must be allowed.
    pub(crate) fn every<'r>(
        &self,
        requirements: impl Iterator<Item = &'r Requirement>,
    ) -> Result<Permit, Denial> {
        let principal = self.caller.principal(&self.snapshot.live.account_id);
        let layers: Vec<(&Requirement, [&Context; 3])> =
            requirements.map(|requirement| (requirement, self.layers(requirement))).collect();
        let asked = layers.iter().flat_map(|(requirement, context)| {
            let request = Request {
                action: requirement.action,
                resource: &requirement.resource,
                principal: &principal,
                context,
            };
            // A bucket that is to be made has no policy yet on AWS. What is here for its name may
            // forbid to make it, and gives nobody the right to.
            let creates = requirement.action == "s3:CreateBucket";
            let own = creates.then(|| (self.caller.policies(), request));
            own.into_iter().chain([(self.set(&requirement.resource), request)])
        });
        policy::authorize_each(asked)
    }

    /// Everything that begins with the resource of each requirement must be allowed. What policies ask of a
    /// single object or request (its tags, its version, how it is encrypted) is not known of everything.
    fn everything_below(&self, requirements: &[Requirement]) -> Result<Permit, Denial> {
        let principal = self.caller.principal(&self.snapshot.live.account_id);
        let unknown: Vec<Context> =
            requirements.iter().map(|one| unknown_keys(&self.set(&one.resource))).collect();
        let layers: Vec<(&Requirement, [&Context; 4])> = requirements
            .iter()
            .zip(&unknown)
            .map(|(requirement, unknown)| {
                let [caller, request, own] = self.layers(requirement);
                (requirement, [caller, request, own, unknown])
            })
            .collect();
        policy::authorize_each_below(layers.iter().map(|(requirement, context)| {
            let request = Request {
                action: requirement.action,
                resource: &requirement.resource,
                principal: &principal,
                context,
            };
            (self.set(&requirement.resource), request)
        }))
        .map_err(|denial| self.noted(denial, requirements.iter()))
    }

    /// With what was known about the requirement that was denied, for those who may have it decoded.
    fn noted<'r>(
        &self,
        denial: Denial,
        mut requirements: impl Iterator<Item = &'r Requirement>,
    ) -> Denial {
        let is_it =
            |one: &&Requirement| one.action == denial.action && one.resource == denial.resource;
        let Some(requirement) = requirements.find(is_it) else { return denial };
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for (key, value) in self.layers(requirement).iter().flat_map(|layer| layer.iter()) {
            // Those of the object are there whether or not the reader may see its tags.
            if !is_existing_tag(key) {
                known.entry(key.to_owned()).or_insert_with(|| value.clone());
            }
        }
        Denial { conditions: known.into_iter().collect(), ..denial }
    }

    /// What is known about a requirement.
    fn layers<'r>(&'r self, requirement: &'r Requirement) -> [&'r Context; 3] {
        let [about_caller, about_request] = self.contexts;
        [about_caller, about_request, &requirement.context]
    }

    /// Whether the decision may hang on the tags of the object, which the store has to be asked for.
    pub(crate) fn needs_tags(&self, requirement: &Requirement) -> bool {
        if requirement.tags_of.is_none() {
            return false;
        }
        let principal = self.caller.principal(&self.snapshot.live.account_id);
        let layers = self.layers(requirement);
        let request = Request {
            action: requirement.action,
            resource: &requirement.resource,
            principal: &principal,
            context: &layers,
        };
        policy::needs_key(&self.set(&requirement.resource), &request, EXISTING_TAG)
    }

    /// Whether there could be prefixes and the like with which the caller may list a bucket.
    pub(crate) fn could_list(&self, bucket: &s3::Bucket, about_signature: &Context) -> bool {
        /// Condition keys of a listing that are the client's to choose, and not chosen yet.
        const OPEN: [&str; 3] = ["s3:prefix", "s3:delimiter", "s3:max-keys"];
        let principal: Principal = self.caller.principal(&self.snapshot.live.account_id);
        let layers: Vec<&Context> = self.contexts.iter().chain([about_signature]).collect();
        let resource = format!("arn:aws:s3:::{bucket}");
        let request = Request {
            action: "s3:ListBucket",
            resource: &resource,
            principal: &principal,
            context: &layers,
        };
        policy::could_allow(&self.set(&resource), &request, &OPEN)
    }

    /// The policies that have a say about a resource: those of the caller, and of its bucket.
    pub(crate) fn set(&self, resource: &str) -> PolicySet<'_> {
        let bucket = resource.strip_prefix("arn:aws:s3:::").and_then(|path| path.split('/').next());
        PolicySet {
            bucket: bucket.and_then(|bucket| self.bucket_policy(bucket)),
            ..self.caller.policies()
        }
    }

    /// The policy that the gateway holds for a bucket of the store.
    pub(crate) fn bucket_policy(&self, bucket: &str) -> Option<&Policy> {
        self.snapshot.live.bucket_policies.get(&self.store.name, bucket).map(AsRef::as_ref)
    }
}

/// All policies of a set.
fn policies<'a>(set: &PolicySet<'a>) -> impl Iterator<Item = &'a Policy> {
    let identity = set.identity.iter().chain(set.session.unwrap_or_default()).map(AsRef::as_ref);
    identity.chain(set.boundary).chain(set.bucket)
}

fn is_of_s3(key: &str) -> bool {
    key.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("s3:"))
}

/// The keys of S3 that some policy names, without a value.
fn unknown_keys(set: &PolicySet<'_>) -> Context {
    let keys = policies(set).flat_map(Policy::condition_keys).filter(|key| is_of_s3(key));
    keys.map(|key| (key.to_owned(), Value::Unknown)).collect()
}
