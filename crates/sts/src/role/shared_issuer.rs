//! Trust policies for issuers that serve everybody.
//!
//! A token of `token.actions.githubusercontent.com` proves that some workflow of some customer of
//! GitHub asked for it. A trust policy that does not say which one lets everybody in, so it is refused
//! when it is loaded, as IAM does since 2025 (IAM User Guide, *Identity-provider controls for shared
//! OIDC providers*).

use policy::{FederatedGrant, Policy};
use serde_json::Value;

use super::RoleError;
use crate::json;
use crate::text::glob;

/// Deepest nesting of a policy document is about 6.
const MAX_DEPTH: u8 = 16;

/// What a grant for a shared issuer must restrict: one of these keys.
struct Shared {
    issuer: &'static str,
    /// Claims of the issuer, or a whole key where there is a colon.
    keys: &'static [&'static str],
    /// What every value of the claim begins with: a pattern must go on behind it.
    common: &'static [&'static str],
}

const fn sub(issuer: &'static str, common: &'static [&'static str]) -> Shared {
    Shared { issuer, keys: &["sub"], common }
}

const fn aud(issuer: &'static str, common: &'static [&'static str]) -> Shared {
    Shared { issuer, keys: &["aud"], common }
}

/// Everybody can have an account, and each application has an audience of its own.
const fn either(issuer: &'static str) -> Shared {
    Shared { issuer, keys: &["sub", "aud"], common: &[] }
}

/// AWS's table, then issuers of the same kind that AWS knows by name or does not list.
const SHARED: [Shared; 27] = [
    Shared {
        issuer: "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d",
        keys: &["sts:RoleSessionName"],
        common: &["MicrosoftSentinel_"],
    },
    aud("api.pulumi.com/oidc", &["aws:"]),
    aud("cognito-identity.amazonaws.com", &[]),
    aud("oidc.vercel.com", &["https://vercel.com/"]),
    aud("sandboxes.cloud", &[]),
    sub("agent.buildkite.com", &["organization:"]),
    sub("app.terraform.io", &["organization:"]),
    sub("gitlab.com", &["project_path:"]),
    sub("oidc-configuration.audit-log.githubusercontent.com", &[]),
    sub("oidc.codefresh.io", &["account:"]),
    sub("oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb", &[]),
    sub("proidc.upbound.io", &["mcp:", "org:"]),
    sub("scalr.io", &["account:"]),
    sub("studio.datachain.ai/api", &["credentials:"]),
    sub("token.actions.githubusercontent.com", &["repo:"]),
    sub("tokens.cloud.shisho.dev", &[]),
    sub("vstoken.actions.githubusercontent.com", &["repo:"]),
    sub("oauth2.sigstore.dev/auth", &[]),
    sub("oidc.modal.com", &["modal:workspace_id:", "modal:"]),
    either("accounts.google.com"),
    either("appleid.apple.com"),
    either("graph.facebook.com"),
    either("login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
    either("login.microsoftonline.com/common/v2.0"),
    either("oauth.id.jumpcloud.com/"),
    either("slack.com"),
    either("www.amazon.com"),
];

/// Every Allow that lets in whoever has a token of a shared issuer.
pub(super) fn check(trust: &Policy) -> Vec<RoleError> {
    trust
        .federated_grants()
        .filter_map(|grant| {
            let shared = SHARED.iter().find(|shared| shared.issuer == grant.issuer())?;
            let statement = statement(trust, grant.statement());
            if !logs_in(&statement) || shared.is_restricted(&grant, &statement) {
                return None;
            }
            let keys: Vec<String> = shared.keys.iter().map(|key| grant_key(&grant, key)).collect();
            Some(RoleError {
                path: format!("Statement[{}].Condition", grant.statement()),
                message: format!(
                    "`{}` serves everybody: a condition must restrict `{}` to values that are \
                     yours (StringEquals, or StringLike without a wildcard where your name stands)",
                    grant.issuer(),
                    keys.join("` or `")
                ),
            })
        })
        .collect()
}

fn grant_key(grant: &FederatedGrant<'_>, key: &str) -> String {
    if key.contains(':') { key.to_owned() } else { format!("{}:{key}", grant.issuer()) }
}

impl Shared {
    fn is_restricted(&self, grant: &FederatedGrant<'_>, statement: &Value) -> bool {
        self.keys.iter().any(|key| {
            let mut names = vec![grant_key(grant, key)];
            if !key.contains(':') {
                names.push(format!("claims:{key}"));
            }
            names.iter().any(|name| grant.restricts(name) && self.names_a_tenant(statement, name))
        })
    }

    /// Whether a test of the key goes beyond what all customers of the issuer have in common:
    /// `repo:*` does not.
    fn names_a_tenant(&self, statement: &Value, key: &str) -> bool {
        let tests = statement.get("Condition").and_then(Value::as_object);
        let restricting = tests.into_iter().flatten().filter(|(operator, _)| {
            let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
            matches!(operator, "StringEquals" | "StringEqualsIgnoreCase" | "StringLike")
        });
        restricting
            .filter_map(|(_, block)| block.as_object())
            .flatten()
            .filter(|(name, _)| name.eq_ignore_ascii_case(key))
            .any(|(_, values)| {
                let mut values = one_or_many(values).peekable();
                values.peek().is_some() && values.all(|value| self.is_specific(value))
            })
    }

    fn is_specific(&self, pattern: &str) -> bool {
        // A variable may stand for anything that the caller brings.
        let literal = pattern.split(['*', '?', '$']).next().unwrap_or_default();
        !literal.is_empty() && !self.common.iter().any(|common| common.starts_with(literal))
    }
}

/// The statement as it is written; the policy has compiled, so this cannot fail.
fn statement(trust: &Policy, index: usize) -> Value {
    let document = json::object(trust.text().as_bytes(), MAX_DEPTH).unwrap_or_default();
    match document.get("Statement") {
        Some(Value::Array(list)) => list.get(index).cloned().unwrap_or_default(),
        Some(single) => single.clone(),
        None => Value::Null,
    }
}

/// Whether the statement is about logins at all: one that only allows `sts:TagSession` lets nobody in.
fn logs_in(statement: &Value) -> bool {
    match statement.get("Action") {
        Some(actions) => one_or_many(actions)
            .any(|action| glob(&action.to_lowercase(), "sts:assumerolewithwebidentity")),
        None => true,
    }
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &str> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        other => std::slice::from_ref(other),
    };
    list.iter().filter_map(Value::as_str)
}
