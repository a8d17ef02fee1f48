//! The STS endpoint: a request in, an answer with what the log wants to know out.
//!
//! ```text
//! request --form--> query and form --sts::query--> Call
//!   AssumeRoleWithWebIdentity --login-->    Token, KeySet, IdToken, Issued --sts::response--> XML
//!   every other               --signed-->   Claims, Verified, Caller       --sts::response--> XML
//! ```
//!
//! All decisions are in the `sts` crate; this shell reads the body, asks for the provider's keys and
//! for random bytes, and translates what can go wrong with a signature. Nothing is stored and
//! nothing is counted per caller: any number of logins costs the next one nothing (A61).

mod form;
mod login;
mod signature;
mod signed;

use std::fmt::Display;

use bytes::Bytes;
use http::{Request, StatusCode, request};
use http_body::Body;
use policy::{Context, Reason};
use sigv4::Timestamp;
use sts::error::{Code, StsError};
use sts::query::{self, Call};
use sts::response;

use crate::audit::Record;
use crate::denial::Denied;
use crate::oidc::Providers;
use crate::pipeline::{Client, fill_headers};
use crate::snapshot::Snapshot;

/// What a call is decided with, beside the request itself.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The request's snapshot.
    pub snapshot: &'a Snapshot,
    /// The keys of the identity providers.
    pub providers: &'a Providers,
    /// What is known about the other end.
    pub client: &'a Client,
    /// The request's instant.
    pub now: Timestamp,
    /// The request's id, for the answer.
    pub request_id: &'a str,
}

/// An answer that has not been sent, logged or counted yet.
pub struct StsAnswer {
    /// The status.
    pub status: StatusCode,
    /// The media type of `body`.
    pub content_type: &'static str,
    /// The XML document. It may hold new keys: for the client only.
    pub body: Bytes,
    /// For the log.
    pub facts: Facts,
}

impl std::fmt::Debug for StsAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StsAnswer")
            .field("status", &self.status)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// What the access log says about a call. Identities are here only once they are proven; `role` and
/// `session` are what was asked for, from the moment that they are known to be well-formed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The action, if it is one of ours.
    pub operation: Option<&'static str>,
    /// How the call was signed, once that is verified.
    pub auth: Option<&'static str>,
    /// The key that was issued, or that signed the call.
    pub access_key_id: Option<String>,
    /// `sub` of the verified token or of the session, or a user's name.
    pub subject: Option<String>,
    /// `iss` of the same.
    pub issuer: Option<String>,
    /// The role's ARN.
    pub role: Option<String>,
    /// The session's name.
    pub session: Option<String>,
    /// `allow`, once a trust policy said so.
    pub decision: Option<&'static str>,
    /// The statement that decided.
    pub decided_by: Option<String>,
    /// What stood in the way.
    pub denial: Option<Box<Denied>>,
    /// The code of the answer, if it is an error.
    pub error: Option<Code>,
    /// Why, in words that the client does not get.
    pub reason: Option<String>,
}

impl Facts {
    /// Enters them into the request's line of the access log.
    pub fn note(self, record: &mut Record) {
        record.operation = self.operation;
        record.auth = self.auth;
        record.access_key_id = self.access_key_id;
        record.subject = self.subject;
        record.issuer = self.issuer;
        record.role = self.role;
        record.session = self.session;
        record.decision = self.decision;
        record.decided_by = self.decided_by;
        record.denial = self.denial;
        record.error = self.error.map(|code| code.as_str().to_owned());
        record.reason = self.reason;
    }

    /// Whether somebody who runs the gateway should look.
    #[must_use]
    pub fn concerns_operator(&self) -> bool {
        self.error.is_some_and(|code| code.status() >= 500)
    }

    fn allowed_by(&mut self, reason: &Reason) {
        self.decision = Some("allow");
        self.decided_by = Some(reason.to_string());
    }
}

/// Answers one request to the STS. Waits for the request's body (a small form) and, when the token
/// names a key that is not known, for its provider; both have their limits.
pub async fn handle<B>(inputs: Inputs<'_>, request: Request<B>) -> StsAnswer
where
    B: Body<Data = Bytes>,
    B::Error: Display,
{
    let (parts, body) = request.into_parts();
    let mut facts = Facts::default();
    match answer(inputs, &parts, body, &mut facts).await {
        Ok(xml) => StsAnswer {
            status: StatusCode::OK,
            content_type: response::CONTENT_TYPE,
            body: Bytes::from(xml),
            facts,
        },
        Err(error) => StsAnswer::refusal(&error, inputs.request_id, facts),
    }
}

async fn answer<B>(
    inputs: Inputs<'_>,
    parts: &request::Parts,
    body: B,
    facts: &mut Facts,
) -> Result<String, StsError>
where
    B: Body<Data = Bytes>,
    B::Error: Display,
{
    let form = form::read(parts, body).await?;
    let call = query::parse(parts.uri.query().unwrap_or(""), &form)?;
    facts.operation = Some(call.name());
    match call {
        Call::AssumeRoleWithWebIdentity(call) => {
            let environment = environment(inputs, parts);
            login::login(inputs, &call, &environment, facts).await
        }
        signed => answer_signed(inputs, parts, &form, signed, facts),
    }
}

fn answer_signed(
    inputs: Inputs<'_>,
    parts: &request::Parts,
    form: &[u8],
    call: Call,
    facts: &mut Facts,
) -> Result<String, StsError> {
    let (caller, region) = signed::authenticate(inputs, parts, form, facts)?;
    let mut environment = environment(inputs, parts);
    if let Some(region) = region {
        environment.insert("aws:RequestedRegion", region.as_str());
    }
    match call {
        // Not signed: answered before.
        Call::AssumeRoleWithWebIdentity(_) => Err(StsError::internal("a login is not signed")),
        Call::GetCallerIdentity => signed::identify(inputs, &caller),
        Call::AssumeRole(call) => signed::assume_role(inputs, &call, &caller, &environment, facts),
        Call::GetSessionToken(call) => signed::session_token(inputs, call, &caller, facts),
        Call::GetAccessKeyInfo { access_key_id } => {
            signed::access_key_info(inputs, &access_key_id, &caller, &environment, facts)
        }
        Call::DecodeAuthorizationMessage { encoded_message } => {
            signed::decode(inputs, &encoded_message, &caller, &environment, facts)
        }
    }
}

impl StsAnswer {
    /// The answer to a call that was refused before [`handle`] could see it.
    #[must_use]
    pub fn refusal(error: &StsError, request_id: &str, mut facts: Facts) -> Self {
        facts.error = Some(error.code());
        facts.reason = Some(error.detail().to_owned());
        if let Some(denial) = error.denial() {
            facts.decision = Some(denial.decision.as_str());
            facts.decided_by = Some(denial.decision.to_string());
            facts.denial = Some(Box::new(Denied::of(denial)));
        }
        Self {
            status: StatusCode::from_u16(error.code().status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: response::CONTENT_TYPE,
            body: Bytes::from(response::error(error, request_id)),
            facts,
        }
    }
}

/// What policies may ask about the request itself.
fn environment(inputs: Inputs<'_>, parts: &request::Parts) -> Context {
    let mut context = Context::new();
    inputs.client.fill(&mut context);
    context.insert("aws:ViaAWSService", false);
    context.insert("aws:CurrentTime", inputs.now.rfc3339());
    context.insert("aws:EpochTime", inputs.now.unix().to_string());
    context.insert("aws:ResourceAccount", inputs.snapshot.live.account_id.as_str());
    fill_headers(&mut context, &parts.headers);
    context
}

#[cfg(test)]
mod tests;
