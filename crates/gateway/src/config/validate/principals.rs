//! Whom documents may name: IAM, too, refuses a principal that does not exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::Policy;
use sts::role::Role;

use super::{Check, shown};
use crate::config::error::Place;
use crate::config::users::User;

/// Who there is.
pub(super) struct Known<'a> {
    /// By their ARN; None if they are broken, and then nobody knows who is missing.
    pub(super) roles: Option<&'a BTreeMap<String, Arc<Role>>>,
    /// None if they are broken.
    pub(super) users: Option<&'a [User]>,
}

impl Known<'_> {
    /// What to say about each principal of a document that does not exist: an Allow for it, and a
    /// Deny that spares or meets it, is not what it seems.
    pub(super) fn missing(&self, policy: &Policy) -> Vec<String> {
        let (Some(roles), Some(users)) = (self.roles, self.users) else { return Vec::new() };
        let mut missing = Vec::new();
        for arn in policy.role_principals() {
            if !roles.contains_key(arn) {
                missing.push(format!("names the role `{}`, which there is not", shown(arn)));
            }
        }
        for arn in policy.caller_principals() {
            let of_role = |role: &Role| {
                let session = role.arn().session_arn("x");
                session.strip_suffix('x').is_some_and(|prefix| arn.starts_with(prefix))
            };
            let known = users.iter().any(|user| user.arn == arn)
                || roles.values().any(|role| of_role(role));
            if !known {
                let message = "which is no user and no session of a role here";
                missing.push(format!("names `{}`, {message}", shown(arn)));
            }
        }
        missing
    }
}

/// Trust policies name roles and users that there are. What is in another account cannot call here;
/// a document that comes from AWS may name it all the same.
pub(super) fn judge_trusts(
    known: &Known<'_>,
    account: Option<&policy::AccountId>,
    check: &mut Check<'_>,
) {
    let (Some(roles), Some(account)) = (known.roles, account) else { return };
    for role in roles.values() {
        let place = Place::absent(format!("{}: AssumeRolePolicyDocument", role.arn()));
        for missing in known.missing(role.trust()) {
            if missing.contains(account.as_str()) {
                check.findings.mistake(&place, missing);
            } else {
                check.findings.warn(&place, missing);
            }
        }
    }
}
