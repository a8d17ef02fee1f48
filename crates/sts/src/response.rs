//! Answers in AWS's XML: element names and order as in the examples of the STS API Reference.

use quick_xml::escape::escape;
use sigv4::Timestamp;

use crate::error::StsError;
use crate::mint::{CallerIdentity, Issued};
use crate::role::RoleArn;
use crate::session::Session;

/// The namespace of STS's documents.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The media type of all answers.
pub const CONTENT_TYPE: &str = "text/xml";

/// The answer to AssumeRoleWithWebIdentity. It holds the new secret: not for a log.
///
/// `Provider` is the token's issuer, as the API Reference says. `SessionTokenSize` and
/// `SessionTokenUtilization` came with the single token limit of 2026; `PackedPolicySize` equals the
/// latter since.
#[must_use]
pub fn assume_role_with_web_identity(issued: &Issued, request_id: &str) -> String {
    let Session { subject, role, session_name, source_identity, expires_at, .. } = &issued.session;
    let mut xml = Xml::open("AssumeRoleWithWebIdentity");
    xml.text("SubjectFromWebIdentityToken", &subject.subject);
    xml.text("Audience", &subject.audience);
    assumed_role_user(&mut xml, role, session_name, &issued.session.user_id());
    credentials(&mut xml, issued, *expires_at);
    if let Some(identity) = source_identity {
        xml.text("SourceIdentity", identity);
    }
    xml.text("Provider", &subject.issuer);
    let utilization = issued.utilization().to_string();
    xml.text("PackedPolicySize", &utilization);
    xml.text("SessionTokenUtilization", &utilization);
    xml.text("SessionTokenSize", &issued.token.as_str().len().to_string());
    xml.close("AssumeRoleWithWebIdentity", request_id)
}

fn assumed_role_user(xml: &mut Xml, role: &RoleArn, session_name: &str, user_id: &str) {
    xml.start("AssumedRoleUser");
    xml.text("Arn", &role.session_arn(session_name));
    xml.text("AssumedRoleId", user_id);
    xml.end("AssumedRoleUser");
}

fn credentials(xml: &mut Xml, issued: &Issued, expires_at: Timestamp) {
    xml.start("Credentials");
    xml.text("SessionToken", issued.token.as_str());
    xml.text("SecretAccessKey", issued.secret.expose());
    xml.text("Expiration", &expires_at.rfc3339());
    xml.text("AccessKeyId", issued.access_key_id.as_str());
    xml.end("Credentials");
}

/// The answer to GetCallerIdentity.
#[must_use]
pub fn get_caller_identity(identity: &CallerIdentity, request_id: &str) -> String {
    let mut xml = Xml::open("GetCallerIdentity");
    xml.text("Arn", &identity.arn);
    xml.text("UserId", &identity.user_id);
    xml.text("Account", &identity.account);
    xml.close("GetCallerIdentity", request_id)
}

/// A refusal, with the client's text; the status is [`crate::error::Code::status`].
#[must_use]
pub fn error(error: &StsError, request_id: &str) -> String {
    let mut xml = Xml(String::new());
    xml.0.push_str(&format!("<ErrorResponse xmlns=\"{NAMESPACE}\">"));
    xml.start("Error");
    xml.text("Type", error.code().fault());
    xml.text("Code", error.code().as_str());
    xml.text("Message", error.client_message());
    xml.end("Error");
    xml.text("RequestId", request_id);
    xml.end("ErrorResponse");
    xml.0
}

/// A document under construction; element names are ours, text is anybody's.
struct Xml(String);

impl Xml {
    fn open(action: &str) -> Self {
        Self(format!("<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>"))
    }

    fn close(mut self, action: &str, request_id: &str) -> String {
        self.0.push_str(&format!("</{action}Result>"));
        self.start("ResponseMetadata");
        self.text("RequestId", request_id);
        self.end("ResponseMetadata");
        self.0.push_str(&format!("</{action}Response>"));
        self.0
    }

    fn start(&mut self, name: &str) {
        self.0.push_str(&format!("<{name}>"));
    }

    fn end(&mut self, name: &str) {
        self.0.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.start(name);
        let allowed: String =
            text.chars().map(|c| if is_xml_character(c) { c } else { '\u{fffd}' }).collect();
        self.0.push_str(&escape(allowed.as_str()));
        self.end(name);
    }
}

/// XML 1.0, production 2: other characters cannot be written at all, not even escaped.
fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}'
        | '\u{10000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests;
