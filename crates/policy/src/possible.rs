//! What could be allowed under circumstances that are still open.
//!
//! ListBuckets shows the buckets in which a caller may list *something*. Whether a prefix will be
//! among those is not known yet, so a condition on `s3:prefix` must neither hide the bucket (in an
//! Allow) nor be taken for fulfilled (in a Deny). This answers that question and no other: nothing
//! is authorised by it, and it gives no [`crate::Permit`].

use crate::condition::{Test, Verdict};
use crate::decision::Layer;
use crate::evaluate::{asked, fits};
use crate::principal::Reach;
use crate::statement::{Asked, Statement};
use crate::{Context, Policy, PolicySet, Principal, Request, Value};

#[cfg(test)]
mod tests;

/// Whether there could be values of the `open` condition keys with which the request would be
/// allowed. Everything else is as in [`crate::evaluate`]: what is merely unknown does not count as
/// open.
#[must_use]
pub fn could_allow(set: &PolicySet<'_>, request: &Request<'_>, open: &[&str]) -> bool {
    let unknown: Context = open.iter().map(|key| ((*key).to_owned(), Value::Unknown)).collect();
    let layers: Vec<&Context> =
        std::iter::once(&unknown).chain(request.context.iter().copied()).collect();
    let request = Request { context: &layers, ..*request };
    let action = request.action.to_ascii_lowercase();
    let Some(asked) = asked(&request, &action) else { return false };
    let view = View { asked, open };
    let surely_denied = view.policies(set).any(|policy| view.surely_denies(policy));
    !surely_denied && (view.own_grant(set) || view.bucket_grant(set))
}

struct View<'a> {
    asked: Asked<'a>,
    open: &'a [&'a str],
}

impl View<'_> {
    fn policies<'p>(&self, set: &PolicySet<'p>) -> impl Iterator<Item = &'p Policy> {
        let identity = set.identity.iter().map(AsRef::as_ref);
        let session = set.session.unwrap_or_default().iter().map(AsRef::as_ref);
        identity.chain(set.boundary).chain(session).chain(set.bucket)
    }

    /// Whether the outcome of a test hangs on an open key.
    fn is_open(&self, test: &Test) -> bool {
        test.verdict(self.asked.lookup) == Verdict::Undecidable
            && self.open.iter().any(|key| key.eq_ignore_ascii_case(&test.key.name))
    }

    fn surely_denies(&self, policy: &Policy) -> bool {
        policy.denies.iter().any(|statement| {
            statement.denies(&self.asked) && !statement.tests.iter().any(|test| self.is_open(test))
        })
    }

    fn allows(&self, statement: &Statement) -> Option<Reach> {
        let reach = statement.reach(&self.asked)?;
        let matches = statement.names_action(&self.asked)
            && statement.names_resource(&self.asked) == Verdict::Holds
            && statement.tests.iter().all(|test| {
                test.verdict(self.asked.lookup) == Verdict::Holds || self.is_open(test)
            });
        matches.then_some(reach)
    }

    fn strongest(&self, layer: Layer, policy: &Policy) -> Option<Reach> {
        if !fits(layer, &policy.kind) {
            return None;
        }
        policy.allows.iter().filter_map(|statement| self.allows(statement)).max()
    }

    fn own_grant(&self, set: &PolicySet<'_>) -> bool {
        !matches!(self.asked.principal, Principal::Anonymous)
            && set.identity.iter().any(|policy| self.strongest(Layer::Identity, policy).is_some())
            && self.limits(set)
    }

    fn limits(&self, set: &PolicySet<'_>) -> bool {
        set.boundary.is_none_or(|boundary| self.strongest(Layer::Boundary, boundary).is_some())
            && set.session.is_none_or(|session| {
                session.iter().any(|policy| self.strongest(Layer::Session, policy).is_some())
            })
    }

    fn bucket_grant(&self, set: &PolicySet<'_>) -> bool {
        match set.bucket.and_then(|policy| self.strongest(Layer::Bucket, policy)) {
            Some(Reach::Direct) => true,
            Some(Reach::Role) => self.limits(set),
            Some(Reach::Account) | None => false,
        }
    }
}
