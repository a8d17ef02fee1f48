//! What a configuration decides about a request that nobody sent.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, header};
use policy::{Decision, Denial};
use s3::requirement::Requirement;
use serde_json::{Map, Value as Json, json};
use sigv4::Timestamp;
use sts::role::Role;
use sts::session::{Origin, Session, SessionPolicies};
use sts::web_identity::WebIdentity;

use super::{Request, context_json, rejection};
use crate::caller::{self, Caller, UserCaller};
use crate::config::{Config, Provider};
use crate::pipeline::Connection;
use crate::pipeline::explained::{Explanation, Supposed, Verdict, explain};
use crate::reject::Reject;
use crate::simulation::{because, described, statement};
use crate::snapshot::{Snapshot, StoreTlsError};

/// A configuration to ask.
pub(crate) struct Deciding {
    snapshot: Arc<Snapshot>,
}

/// What is supposed about requests that the requests themselves do not say.
#[derive(Debug, Default)]
pub(crate) struct Suppositions {
    /// Who asks; None: whoever signed.
    pub(crate) caller: Option<SupposedCaller>,
    /// None: now.
    pub(crate) at: Option<Timestamp>,
    pub(crate) source_ip: Option<IpAddr>,
    /// Whether over TLS.
    pub(crate) tls: bool,
    /// Tags of the object.
    pub(crate) tags: Vec<(String, String)>,
}

/// Somebody who does not sign.
#[derive(Debug)]
pub(crate) enum SupposedCaller {
    /// Nobody in particular.
    Anonymous,
    /// A service account, by name.
    User(String),
    /// Somebody with a role.
    Role(SupposedSession),
}

/// A session that nobody has.
#[derive(Debug)]
pub(crate) struct SupposedSession {
    /// ARN of the role.
    pub(crate) role: String,
    /// The service account that assumed it, by name; None: somebody with a token of these claims.
    pub(crate) user: Option<String>,
    pub(crate) claims: Map<String, Json>,
    pub(crate) session_name: String,
    pub(crate) policies: SessionPolicies,
}

/// A caller who cannot be supposed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuppositionError {
    #[error("there is no role `{0}` in the configuration; there are: {1}")]
    Role(String, String),
    #[error("there is no user `{0}` in the configuration")]
    User(String),
    #[error("no provider has the issuer `{0}`")]
    Issuer(String),
    #[error("there are several providers: say which with `--claim iss=URL`")]
    SeveralIssuers,
    #[error("a login needs its subject: `--claim sub=NAME`")]
    Subject,
    #[error("the provider's audiences do not have `{0}`")]
    Audience(String),
    #[error(
        "sessions do not keep the claim `{0}`, and policies do not see it: the provider's `claims` would have to list it"
    )]
    Claim(String),
    #[error("the claims: {0}")]
    Claims(#[from] sts::web_identity::WebIdentityError),
    #[error(transparent)]
    Session(#[from] caller::LookupError),
}

/// Claims that decide at the login whether they are kept or not.
const READ_AT_LOGIN: [&str; 8] = ["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti"];

impl Deciding {
    /// By a configuration.
    ///
    /// # Errors
    /// When a store's certificates cannot be used.
    pub(crate) fn by(config: Config) -> Result<Self, StoreTlsError> {
        let snapshot = Snapshot::at_rest(config.live, &config.startup.limits)?;
        Ok(Self { snapshot: Arc::new(snapshot) })
    }

    /// What would become of a request.
    ///
    /// # Errors
    /// When its caller cannot be supposed.
    pub(crate) fn decide(
        &self,
        request: &Request,
        suppositions: &Suppositions,
        now: Timestamp,
    ) -> Result<Explanation, SuppositionError> {
        let now = suppositions.at.unwrap_or(now);
        let caller = suppositions.caller.as_ref().map(|caller| self.caller(caller, now));
        let tls = suppositions.tls.then_some(rustls::ProtocolVersion::TLSv1_3);
        let Some(sent) = sent(request) else {
            return Ok(Explanation {
                verdict: Some(Verdict::Rejected(Reject::Target)),
                ..Explanation::default()
            });
        };
        let supposed = Supposed {
            request: sent,
            body: &request.body,
            connection: Connection { peer: suppositions.source_ip, tls },
            now,
            caller: caller.transpose()?,
            tags: &suppositions.tags,
        };
        Ok(explain(&self.snapshot, supposed))
    }

    fn caller(&self, caller: &SupposedCaller, now: Timestamp) -> Result<Caller, SuppositionError> {
        match caller {
            SupposedCaller::Anonymous => Ok(Caller::Anonymous),
            SupposedCaller::User(name) => Ok(Caller::User(UserCaller {
                user: Arc::new(self.user(name)?.clone()),
                session: None,
            })),
            SupposedCaller::Role(session) => {
                let session = self.session(session, now)?;
                Ok(caller::suppose(&self.snapshot, session)?)
            }
        }
    }

    fn user(&self, name: &str) -> Result<&crate::config::User, SuppositionError> {
        let users = &self.snapshot.live.users;
        let found = users.iter().find(|user| user.name == name || user.arn == name);
        found.ok_or_else(|| SuppositionError::User(name.to_owned()))
    }

    fn role(&self, arn: &str) -> Result<&Arc<Role>, SuppositionError> {
        let roles = &self.snapshot.live.roles;
        roles.get(arn).ok_or_else(|| {
            let known: Vec<&str> = roles.keys().map(String::as_str).take(10).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            SuppositionError::Role(arn.to_owned(), known)
        })
    }

    fn session(
        &self,
        supposed: &SupposedSession,
        now: Timestamp,
    ) -> Result<Session, SuppositionError> {
        let role = self.role(&supposed.role)?;
        let mut session = Session {
            role: role.arn().clone(),
            role_id: role.id().to_owned(),
            session_name: supposed.session_name.clone(),
            issued_at: now,
            expires_at: now.plus_seconds(i64::from(role.max_session_duration())),
            origin: Origin::User(String::new()),
            began: now,
            chained: false,
            policies: supposed.policies.clone(),
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
        };
        if let Some(user) = &supposed.user {
            session.origin = Origin::User(self.user(user)?.arn.clone());
            return Ok(session);
        }
        let identity = self.identity(&supposed.claims)?;
        session.origin = Origin::WebIdentity(identity.subject);
        session.tags = identity.tags;
        session.transitive_tag_keys = identity.transitive_tag_keys;
        session.source_identity = identity.source_identity;
        Ok(session)
    }

    fn identity(&self, claims: &Map<String, Json>) -> Result<WebIdentity, SuppositionError> {
        let text = |name: &str| claims.get(name).and_then(Json::as_str);
        let provider = self.provider(text("iss"))?;
        let subject = text("sub").filter(|sub| !sub.is_empty()).ok_or(SuppositionError::Subject)?;
        let audiences = provider.rules.audiences();
        let audience = match text("aud") {
            Some(named) => audiences.iter().find(|audience| *audience == named),
            None => audiences.first(),
        };
        let is_seen = |name: &str| {
            READ_AT_LOGIN.contains(&name)
                || name.starts_with("https://aws.amazon.com/")
                || provider.rules.keeps(name)
        };
        if let Some(unseen) = claims.keys().find(|name| !is_seen(name)) {
            return Err(SuppositionError::Claim(unseen.clone()));
        }
        let audience = audience
            .ok_or_else(|| SuppositionError::Audience(text("aud").unwrap_or("").to_owned()))?;
        Ok(WebIdentity::supposed(subject, audience, claims, &provider.rules)?)
    }

    fn provider(&self, issuer: Option<&str>) -> Result<&Provider, SuppositionError> {
        let providers = &self.snapshot.live.providers;
        match (issuer, providers.as_slice()) {
            (Some(issuer), _) => providers
                .iter()
                .find(|provider| provider.issuer == issuer)
                .ok_or_else(|| SuppositionError::Issuer(issuer.to_owned())),
            (None, [only]) => Ok(only),
            (None, []) => Err(SuppositionError::Issuer(String::new())),
            (None, _) => Err(SuppositionError::SeveralIssuers),
        }
    }
}

/// The head as hyper would hand it over; None if its target is none.
fn sent(request: &Request) -> Option<http::Request<()>> {
    let target = match request.query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{query}", request.path),
    };
    let mut sent = http::Request::new(());
    *sent.method_mut() = request.method.clone();
    *sent.uri_mut() = target.parse().ok()?;
    *sent.headers_mut() = request.headers.clone();
    if request.names_host() || !sent.headers().contains_key(header::HOST) {
        sent.headers_mut().insert(header::HOST, HeaderValue::from_str(request.host()).ok()?);
    }
    Some(sent)
}

impl Explanation {
    /// `{operation, principal, store, checks, context, decision, because, nearest, ...}`, without what
    /// there is not.
    pub(crate) fn to_json(&self) -> Map<String, Json> {
        let mut answer = Map::new();
        let mut put = |name: &str, value: Json| answer.insert(name.to_owned(), value);
        if let Some(operation) = self.operation {
            put("operation", json!(operation));
        }
        if let Some(principal) = &self.principal {
            put("principal", json!(principal));
        }
        if let Some(store) = &self.store {
            put("store", json!(store));
        }
        if let Some(requirements) = &self.requirements {
            put("checks", requirements.iter().map(check_json).collect());
        }
        for (name, more) in [
            ("checks_below", &self.of_targets),
            ("checks_if_source_has_tags", &self.if_source_has_tags),
        ] {
            if !more.is_empty() {
                put(name, more.iter().map(check_json).collect());
            }
        }
        if !self.contexts.is_empty() {
            let all = self.contexts.iter().rev().map(context_json);
            let mut merged = Map::new();
            for context in all {
                merged.extend(context.as_object().cloned().unwrap_or_default());
            }
            put("context", Json::Object(merged));
        }
        if self.needs_tags {
            put("needs_tags", json!(true));
        }
        if let Some(verdict) = &self.verdict {
            answer.extend(verdict.to_json());
        }
        if let Some(credential) = &self.credential {
            answer.insert("credential".to_owned(), json!(credential));
        }
        if let Some(reject) = &self.stopped {
            answer.insert("reject".to_owned(), rejection_json(reject));
        }
        answer
    }
}

/// `{action, resource, context}`.
pub(super) fn check_json(check: &Requirement) -> Json {
    json!({
        "action": check.action,
        "resource": check.resource,
        "context": context_json(&check.context),
    })
}

impl Verdict {
    fn to_json(&self) -> Map<String, Json> {
        let mut answer = Map::new();
        let mut put = |name: &str, value: Json| answer.insert(name.to_owned(), value);
        match self {
            Self::Allowed { because, unless_untagged } => {
                put("decision", json!("allow"));
                let all =
                    because.iter().flat_map(|reason| std::iter::once(reason).chain(&reason.with));
                put("because", all.map(statement).collect());
                if let Some(denial) = unless_untagged {
                    put("if_source_has_tags", Json::Object(denied_json(denial)));
                }
            }
            Self::Each(objects) => {
                let each = objects.iter().map(|(object, denial)| {
                    let mut answer = match denial {
                        Some(denial) => denied_json(denial),
                        None => Map::from_iter([("decision".to_owned(), json!("allow"))]),
                    };
                    answer.insert("key".to_owned(), json!(object.key.as_str()));
                    Json::Object(answer)
                });
                put("objects", each.collect());
            }
            Self::LeftToStore => {
                put("decision", json!("leftToStore"));
            }
            Self::Rejected(Reject::Denied(denial)) => answer = denied_json(denial),
            Self::Rejected(reject) => {
                put("reject", rejection_json(reject));
            }
        }
        answer
    }
}

fn rejection_json(reject: &Reject) -> Json {
    let said = reject.rejection();
    json!(rejection(said.code, &said.reason))
}

fn denied_json(denial: &Denial) -> Map<String, Json> {
    let mut answer = Map::from_iter([
        ("decision".to_owned(), json!(denial.decision.as_str())),
        ("denied".to_owned(), json!({ "action": denial.action, "resource": denial.resource })),
        ("because".to_owned(), Json::Array(because(&denial.decision))),
    ]);
    if let Decision::ImplicitDeny(nearest) = &*denial.decision {
        answer.insert("nearest".to_owned(), described(nearest));
    }
    answer
}
