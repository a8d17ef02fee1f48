//! What would become of a request: the steps of the pipeline, without sockets, bodies and stores.
//!
//! It ends where the pipeline would ask a store. What only a store or the wire could tell is not
//! judged: tags of objects that nobody gave, the length and hash of a body.

use std::sync::Arc;

use policy::{Context, Denial, Permit, Reason};
use s3::document::ObjectIdentifier;
use s3::requirement::{Requirement, Requirements};
use s3::{Document, OperationKind, PREFLIGHT};
use sigv4::Timestamp;

use super::authenticated::{Authenticated, Signature};
use super::client::{Client, Connection};
use super::custody::{Custodian, Custody};
use super::received::Received;
use super::resolved::{Resolved, facts, settle};
use super::{payload, preflight};
use crate::caller::Caller;
use crate::decide::{Allowed, Decided, EXISTING_TAG};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// A request that nobody sent, and what is supposed about it.
pub(crate) struct Supposed<'a> {
    /// Its head; a query and a host as on the wire.
    pub(crate) request: http::Request<()>,
    pub(crate) body: &'a [u8],
    pub(crate) connection: Connection,
    pub(crate) now: Timestamp,
    /// None: whoever signed it.
    pub(crate) caller: Option<Caller>,
    /// The tags of the object that it is about.
    pub(crate) tags: &'a [(String, String)],
}

/// What would become of it.
#[derive(Default)]
pub(crate) struct Explanation {
    /// The name of the operation.
    pub(crate) operation: Option<&'static str>,
    /// The ARN of the caller; None of nobody in particular, and of somebody who proved nothing.
    pub(crate) principal: Option<String>,
    pub(crate) store: Option<String>,
    pub(crate) requirements: Option<Requirements>,
    /// What is required besides of everything in the buckets that a document names.
    pub(crate) of_targets: Vec<Requirement>,
    /// What is required besides if the source of a copy has tags.
    pub(crate) if_source_has_tags: Vec<Requirement>,
    /// What policies see beside the requirements' own: of the caller, then of the request.
    pub(crate) contexts: Vec<Context>,
    /// The decision may hang on tags of the object.
    pub(crate) needs_tags: bool,
    pub(crate) verdict: Option<Verdict>,
    /// The name of the store's keys that it is signed with, if it is.
    pub(crate) credential: Option<String>,
    /// Why it does not go to the store, although everything is allowed.
    pub(crate) stopped: Option<Reject>,
}

/// How it ends.
pub(crate) enum Verdict {
    /// It goes to the store.
    Allowed {
        /// The statements that allowed it, each once.
        because: Vec<Reason>,
        /// What stands in its way if the source of a copy has tags.
        unless_untagged: Option<Denial>,
    },
    /// Objects of a DeleteObjects, each for itself.
    Each(Vec<(ObjectIdentifier, Option<Denial>)>),
    /// The store decides.
    LeftToStore,
    /// It is refused.
    Rejected(Reject),
}

/// Goes through the steps.
pub(crate) fn explain(snapshot: &Arc<Snapshot>, supposed: Supposed<'_>) -> Explanation {
    let mut explanation = Explanation::default();
    let verdict = run(snapshot, supposed, &mut explanation);
    explanation.verdict = Some(verdict.unwrap_or_else(Verdict::Rejected));
    explanation
}

fn run(
    snapshot: &Arc<Snapshot>,
    supposed: Supposed<'_>,
    explanation: &mut Explanation,
) -> Result<Verdict, Reject> {
    let Supposed { request, body, connection, now, caller, tags } = supposed;
    let proxies = snapshot.live.trusted_proxies.as_deref().unwrap_or(&[]);
    let client = Client::new(connection, request.headers(), proxies);
    let received = Received::new(request, client, Arc::clone(snapshot), now)?;
    if received.is_preflight() {
        explanation.operation = Some(PREFLIGHT);
        let store = preflight::store(snapshot, &received.preflight()?)?;
        explanation.store = Some(store.name.clone());
        return Ok(Verdict::LeftToStore);
    }
    let given = caller.is_some();
    let authenticated = match caller {
        Some(caller) => received.suppose(caller),
        None => received.authenticate()?,
    };
    explanation.principal = authenticated.principal();
    let identified = authenticated.identify().inspect_err(|reject| {
        if let Reject::Resolve(error) = reject {
            explanation.operation = error.operation.map(OperationKind::name);
        }
    })?;
    explanation.operation = Some(identified.operation().kind().name());
    let identified = if identified.is_form() {
        let signed = identified.suppose_form(body, given)?;
        explanation.principal = signed.request().principal();
        signed.upload()?
    } else {
        identified
    };
    let resolved = identified.route()?;
    explanation.store = Some(resolved.store().name.clone());
    explanation.contexts = resolved.contexts.to_vec();
    resolved.explain(body, tags, explanation)
}

impl Authenticated<()> {
    fn principal(&self) -> Option<String> {
        match self.caller() {
            Caller::Session(caller) => Some(caller.session.arn()),
            Caller::User(caller) => Some(caller.user.arn.clone()),
            Caller::Anonymous => None,
        }
    }
}

impl Resolved<()> {
    fn explain(
        &self,
        body: &[u8],
        tags: &[(String, String)],
        explanation: &mut Explanation,
    ) -> Result<Verdict, Reject> {
        let (judge, operation) = (self.judge(), &self.operation);
        let facts = facts(&self.signature, operation, self.now);
        explanation.requirements = Some(operation.requirements(&facts, None));
        judge.may_anything(operation, &facts)?;
        let document = match operation.body() {
            s3::BodyRule::None | s3::BodyRule::Streamed => None,
            s3::BodyRule::Document { limit } => {
                if !matches!(self.signature, Signature::Supposed(_)) {
                    let length = Some(body.len() as u64);
                    payload::expectations(operation, &self.signature, length, limit as u64)?;
                }
                Some(Document::parse(operation.kind(), body)?)
            }
        };
        let mut question = judge.question(operation, &facts, document.as_ref())?;
        for requirement in question.iter_mut() {
            explanation.needs_tags |= judge.needs_tags(requirement);
            for (key, value) in tags.iter().filter(|_| requirement.tags_of.is_some()) {
                requirement.context.insert(format!("{EXISTING_TAG}{key}"), value.as_str());
            }
        }
        explanation.requirements = Some(question.requirements.clone());
        explanation.of_targets.clone_from(&question.of_targets);
        explanation.if_source_has_tags.clone_from(&question.if_source_has_tags);
        if explanation.needs_tags
            && let Err(error) = judge.credential()
        {
            return Err(Reject::TagsUnknown(error.to_string()));
        }
        let Decided { allowed, denials, unless_untagged } = judge.decide(&question)?;
        explanation.stopped = self.leave(&allowed, document.as_ref(), explanation).err();
        let unless_untagged = unless_untagged.filter(|_| explanation.stopped.is_none());
        Ok(match (allowed, &question.requirements) {
            (Allowed::LeftToStore(_), _) => Verdict::LeftToStore,
            (Allowed::ByPolicy(_), Requirements::PerKey(keys)) => {
                let objects = keys.iter().map(|(object, _)| object.clone());
                Verdict::Each(objects.zip(denials).collect())
            }
            (Allowed::ByPolicy(permits), Requirements::All(_)) => {
                Verdict::Allowed { because: reasons(&permits), unless_untagged }
            }
        })
    }

    /// What comes after the decision and before the store.
    fn leave(
        &self,
        allowed: &Allowed,
        document: Option<&Document>,
        explanation: &mut Explanation,
    ) -> Result<(), Reject> {
        let Self { snapshot, store, operation, .. } = self;
        let custodian = Custodian { snapshot, store, operation, document };
        let stores = &snapshot.live.stores;
        settle(document.cloned(), Vec::new(), stores, store, self.signature.region())?;
        if allowed.is_nothing() || custodian.custody()? == Custody::Ours {
            return Ok(());
        }
        if allowed.is_left_to_store() {
            return Ok(());
        }
        explanation.credential = Some(self.judge().credential()?.name.clone());
        Ok(())
    }
}

fn reasons(permits: &[Permit]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in permits.iter().flat_map(Permit::reasons) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    reasons
}
