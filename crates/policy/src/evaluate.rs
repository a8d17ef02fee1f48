//! The decision.
//!
//! A Deny that matches, in any policy, decides. Otherwise a request is allowed if
//!
//! - the caller's own policies, the boundary and the session policy all allow it; or
//! - the bucket's policy allows it to the session itself, to the user, or to everybody: boundary
//!   and session policy do not limit that, also when a condition on `aws:PrincipalArn` narrows the
//!   `*`; or
//! - the bucket's policy allows it to the session's role, and boundary and session policy allow it.
//!
//! A bucket policy that allows it to the account only grants nothing by itself: caller and bucket
//! are of one account here (IAM User Guide, *Policy evaluation for requests within a single
//! account* and *Permissions boundaries*).

use std::borrow::Cow;
use std::sync::Arc;

use crate::arn::ArnParts;
use crate::context::Lookup;
use crate::decision::{Decision, Denial, Failed, Layer, Nearest, Permit, Reason};
use crate::principal::Reach;
use crate::statement::{Asked, Obstacle};
use crate::{Kind, Policy, PolicySet, Principal, Request};

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod below;
#[cfg(test)]
mod tests;

/// Decides one request.
#[must_use]
pub fn evaluate(set: &PolicySet<'_>, request: &Request<'_>) -> Decision {
    let action = lower(request.action);
    match asked(request, &action) {
        Some(asked) => decide(set, &asked),
        None => invalid_resource(Layer::Identity),
    }
}

/// Decides about everything that begins with a resource, which is written with a `*` behind it, as
/// `arn:aws:s3:::bucket/*`: an Allow must name all of it, and a Deny denies that may name any of it.
#[must_use]
pub fn evaluate_below(set: &PolicySet<'_>, request: &Request<'_>) -> Decision {
    let action = lower(request.action);
    let start = request.resource.strip_suffix('*').unwrap_or(request.resource);
    match asked(&Request { resource: start, ..*request }, &action) {
        Some(asked) => decide(set, &Asked { below: true, ..asked }),
        None => invalid_resource(Layer::Identity),
    }
}

fn decide(set: &PolicySet<'_>, asked: &Asked<'_>) -> Decision {
    if let Some(reason) = explicit_deny(set, asked) {
        return Decision::ExplicitDeny(reason);
    }
    match own_grant(set, asked).or_else(|missing| bucket_grant(set, asked, missing)) {
        Ok(reason) => Decision::Allow(reason),
        Err(missing) => Decision::ImplicitDeny(nearest(set, missing, asked)),
    }
}

/// Decides whether a role may be assumed, by its trust policy and the policies of the caller.
///
/// `request.resource` is the role's ARN. The holder of a provider's token needs the trust policy
/// alone. A caller of the role's own account needs it alone, too, if it names the caller (a session
/// policy and boundary limit a caller that is named by its role), and its own policies as well if
/// it names the account; a caller of another account needs both always (IAM User Guide, *Cross
/// account policy evaluation logic*). A Deny decides, in whichever policy.
#[must_use]
pub fn evaluate_trust(trust: &Policy, caller: &PolicySet<'_>, request: &Request<'_>) -> Decision {
    let action = lower(request.action);
    let Some(asked) = asked(request, &action) else {
        return invalid_resource(Layer::Trust);
    };
    if let Some(reason) =
        deny_in(Layer::Trust, trust, &asked).or_else(|| explicit_deny(caller, &asked))
    {
        return Decision::ExplicitDeny(reason);
    }
    match trust_grant(trust, caller, &asked) {
        Ok(reason) => Decision::Allow(reason),
        Err(Layer::Trust) => {
            Decision::ImplicitDeny(nearest_in(Layer::Trust, std::iter::once(trust), &asked))
        }
        Err(missing) => Decision::ImplicitDeny(nearest(caller, missing, &asked)),
    }
}

/// Decides all requirements of an operation: each must be allowed.
///
/// # Errors
///
/// The first requirement that is explicitly denied, or else the first that is not allowed. No
/// requirements at all are not allowed either.
pub fn authorize<'r>(
    set: &PolicySet<'_>,
    requests: impl IntoIterator<Item = Request<'r>>,
) -> Result<Permit, Denial> {
    all(Layer::Identity, requests, |request| *request, |request| evaluate(set, request))
}

/// Decides all requirements of an operation, each by the policies that have a say about it: source
/// and destination of a copy are in two buckets, each with its own policy.
///
/// # Errors
///
/// As [`authorize`].
pub fn authorize_each<'r>(
    requests: impl IntoIterator<Item = (PolicySet<'r>, Request<'r>)>,
) -> Result<Permit, Denial> {
    all(Layer::Identity, requests, |(_, request)| *request, |(set, request)| evaluate(set, request))
}

/// As [`authorize_each`], about everything that begins with each resource ([`evaluate_below`]).
///
/// # Errors
///
/// As [`authorize`].
pub fn authorize_each_below<'r>(
    requests: impl IntoIterator<Item = (PolicySet<'r>, Request<'r>)>,
) -> Result<Permit, Denial> {
    let decide = |(set, request): &_| evaluate_below(set, request);
    all(Layer::Identity, requests, |(_, request)| *request, decide)
}

/// Decides all requirements of assuming a role with a provider's token.
///
/// # Errors
///
/// As [`authorize`].
pub fn authorize_trust<'r>(
    trust: &Policy,
    requests: impl IntoIterator<Item = Request<'r>>,
) -> Result<Permit, Denial> {
    authorize_trust_for(trust, &PolicySet::default(), requests)
}

/// Decides all requirements of assuming a role as a caller who has policies of its own.
///
/// # Errors
///
/// As [`authorize`].
pub fn authorize_trust_for<'r>(
    trust: &Policy,
    caller: &PolicySet<'_>,
    requests: impl IntoIterator<Item = Request<'r>>,
) -> Result<Permit, Denial> {
    all(
        Layer::Trust,
        requests,
        |request| *request,
        |request| evaluate_trust(trust, caller, request),
    )
}

/// Whether the decision may hang on a condition key that begins with `prefix`, as
/// `s3:ExistingObjectTag/`: some statement whose principal, action and resource match names one.
/// Only then is it worth asking the store for it.
#[must_use]
pub fn needs_key(set: &PolicySet<'_>, request: &Request<'_>, prefix: &str) -> bool {
    let action = lower(request.action);
    let Some(asked) = asked(request, &action) else {
        return false;
    };
    let begins =
        |key: &str| key.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    layers(set).any(|(_, policy)| {
        policy.condition_keys().any(begins)
            && policy.allows.iter().chain(&policy.denies).any(|statement| {
                statement.keys().any(|key| begins(&key.name)) && statement.may_concern(&asked)
            })
    })
}

fn all<'r, T>(
    layer: Layer,
    requests: impl IntoIterator<Item = T>,
    asked: impl Fn(&T) -> Request<'r>,
    decide: impl Fn(&T) -> Decision,
) -> Result<Permit, Denial> {
    let mut reasons = Vec::new();
    let mut first_denial = None;
    for request in requests {
        match decide(&request) {
            Decision::Allow(reason) => reasons.push(reason),
            decision @ Decision::ExplicitDeny(_) => {
                return Err(Denial::new(&asked(&request), decision));
            }
            decision @ Decision::ImplicitDeny(_) => {
                first_denial.get_or_insert_with(|| Denial::new(&asked(&request), decision));
            }
        }
    }
    match first_denial {
        Some(denial) => Err(denial),
        None if reasons.is_empty() => Err(Denial {
            action: String::new(),
            resource: String::new(),
            decision: Box::new(Decision::ImplicitDeny(Nearest {
                layer,
                statement: None,
                failed: Failed::NothingAsked,
            })),
            conditions: Vec::new(),
        }),
        None => Ok(Permit::new(reasons)),
    }
}

fn lower(action: &str) -> Cow<'_, str> {
    if action.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(action.to_ascii_lowercase())
    } else {
        Cow::Borrowed(action)
    }
}

/// `None` if the resource is neither an ARN nor `*`: no pattern has a meaning for it.
pub(crate) fn asked<'a>(request: &Request<'a>, action: &'a str) -> Option<Asked<'a>> {
    let valid = request.resource == "*" || ArnParts::parse(request.resource).is_some();
    valid.then_some(Asked {
        action,
        resource: request.resource,
        principal: request.principal,
        lookup: Lookup(request.context),
        below: false,
    })
}

fn invalid_resource(layer: Layer) -> Decision {
    Decision::ImplicitDeny(Nearest { layer, statement: None, failed: Failed::InvalidResource })
}

/// All policies of a set with the part that each plays, in the order in which they are looked at.
fn layers<'a>(set: &PolicySet<'a>) -> impl Iterator<Item = (Layer, &'a Policy)> {
    let identity = set.identity.iter().map(|policy| (Layer::Identity, &**policy));
    let session = set.session.unwrap_or_default();
    let session = session.iter().map(|policy| (Layer::Session, &**policy));
    identity
        .chain(set.boundary.map(|policy| (Layer::Boundary, policy)))
        .chain(session)
        .chain(set.bucket.map(|policy| (Layer::Bucket, policy)))
}

fn explicit_deny(set: &PolicySet<'_>, asked: &Asked<'_>) -> Option<Reason> {
    layers(set).find_map(|(layer, policy)| deny_in(layer, policy, asked))
}

fn deny_in(layer: Layer, policy: &Policy, asked: &Asked<'_>) -> Option<Reason> {
    let statement = policy.denies.iter().find(|statement| statement.denies(asked))?;
    Some(policy.reason(layer, statement))
}

/// Whether a policy was loaded for the part that it plays. One that was not grants nothing there:
/// an identity policy names no principal, and as a bucket policy it would be open to everybody.
pub(crate) fn fits(layer: Layer, kind: &Kind) -> bool {
    match layer {
        Layer::Identity | Layer::Boundary | Layer::Session => {
            matches!(kind, Kind::Identity | Kind::Boundary | Kind::Session)
        }
        Layer::Bucket => matches!(kind, Kind::Bucket { .. }),
        Layer::Trust => *kind == Kind::Trust,
    }
}

/// The strongest Allow of a policy.
fn allow_in(layer: Layer, policy: &Policy, asked: &Asked<'_>) -> Option<(Reach, Reason)> {
    if !fits(layer, &policy.kind) {
        return None;
    }
    let mut strongest = None;
    for statement in &policy.allows {
        let Some(reach) = statement.allows(asked) else { continue };
        if strongest.is_none_or(|(known, _)| known < reach) {
            strongest = Some((reach, statement));
        }
        if reach == Reach::Direct {
            break;
        }
    }
    strongest.map(|(reach, statement)| (reach, policy.reason(layer, statement)))
}

fn allow_in_any(layer: Layer, policies: &[Arc<Policy>], asked: &Asked<'_>) -> Option<Reason> {
    policies.iter().find_map(|policy| allow_in(layer, policy, asked)).map(|(_, reason)| reason)
}

/// By the caller's own policies, or the layer where an Allow is missing.
fn own_grant(set: &PolicySet<'_>, asked: &Asked<'_>) -> Result<Reason, Layer> {
    // Nobody has no policies of its own, whatever the set says.
    if matches!(asked.principal, Principal::Anonymous) {
        return Err(Layer::Identity);
    }
    let reason = allow_in_any(Layer::Identity, set.identity, asked).ok_or(Layer::Identity)?;
    Ok(Reason { with: limits(set, asked)?, ..reason })
}

/// Whether boundary and session policy, where there are any, allow.
fn limits(set: &PolicySet<'_>, asked: &Asked<'_>) -> Result<Vec<Reason>, Layer> {
    let mut reasons = Vec::new();
    if let Some(boundary) = set.boundary {
        let (_, reason) = allow_in(Layer::Boundary, boundary, asked).ok_or(Layer::Boundary)?;
        reasons.push(reason);
    }
    if let Some(session) = set.session {
        reasons.push(allow_in_any(Layer::Session, session, asked).ok_or(Layer::Session)?);
    }
    Ok(reasons)
}

/// By the bucket's policy, or the layer where an Allow was missing before.
fn bucket_grant(set: &PolicySet<'_>, asked: &Asked<'_>, missing: Layer) -> Result<Reason, Layer> {
    let granted = set.bucket.and_then(|policy| allow_in(Layer::Bucket, policy, asked));
    match granted {
        Some((Reach::Direct, reason)) => Ok(reason),
        Some((Reach::Role, reason)) => Ok(Reason { with: limits(set, asked)?, ..reason }),
        Some((Reach::Account, _)) | None => Err(missing),
    }
}

fn trust_grant(trust: &Policy, caller: &PolicySet<'_>, asked: &Asked<'_>) -> Result<Reason, Layer> {
    let (reach, reason) = allow_in(Layer::Trust, trust, asked).ok_or(Layer::Trust)?;
    let needs_own = match asked.principal {
        Principal::Federated { .. } => return Ok(reason),
        // A role is not given to nobody, whomever its trust policy names.
        Principal::Anonymous => return Err(Layer::Trust),
        Principal::Session { account, .. } | Principal::User { account, .. } => {
            let role = ArnParts::parse(asked.resource);
            let same = role.is_some_and(|ArnParts([_, _, _, owner, _])| owner == account);
            reach == Reach::Account || !same
        }
    };
    let with = if needs_own {
        let own = own_grant(caller, asked)?;
        let Reason { with, .. } = &own;
        with.iter()
            .cloned()
            .chain(std::iter::once(Reason { with: Vec::new(), ..own.clone() }))
            .collect()
    } else if reach == Reach::Role {
        limits(caller, asked)?
    } else {
        Vec::new()
    };
    Ok(Reason { with, ..reason })
}

/// The Allow that came nearest, where it is missing: among the caller's own policies and the
/// bucket's if neither allowed.
fn nearest(set: &PolicySet<'_>, missing: Layer, asked: &Asked<'_>) -> Nearest {
    let alternatives =
        |layer: Layer| layer == missing || (missing == Layer::Identity && layer == Layer::Bucket);
    let policies = layers(set).filter(|(layer, _)| alternatives(*layer));
    nearest_of(missing, policies, asked)
}

fn nearest_in<'a>(
    layer: Layer,
    policies: impl Iterator<Item = &'a Policy>,
    asked: &Asked<'_>,
) -> Nearest {
    nearest_of(layer, policies.map(|policy| (layer, policy)), asked)
}

fn nearest_of<'a>(
    missing: Layer,
    policies: impl Iterator<Item = (Layer, &'a Policy)>,
    asked: &Asked<'_>,
) -> Nearest {
    let mut best = None;
    let mut most = None;
    for (layer, policy) in policies.filter(|(layer, policy)| fits(*layer, &policy.kind)) {
        for statement in &policy.allows {
            let (progress, obstacle) = statement.obstacle(asked);
            if most.is_none_or(|most| most < progress) {
                most = Some(progress);
                best = Some((layer, policy, statement, obstacle));
            }
        }
    }
    match best {
        // It is about something else, and the first of many.
        Some((layer, _, _, Obstacle::Action)) => {
            Nearest { layer, statement: None, failed: Failed::Action }
        }
        Some((layer, policy, statement, obstacle)) => Nearest {
            layer,
            statement: Some(policy.reason(layer, statement)),
            failed: obstacle.describe(asked),
        },
        None => Nearest { layer: missing, statement: None, failed: Failed::NoStatement },
    }
}
