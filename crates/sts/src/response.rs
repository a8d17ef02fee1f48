//! Answers in AWS's XML: element names and order as in the examples of the STS API Reference.

use quick_xml::escape::escape;
use sigv4::{AccessKeyId, SecretKey, SessionToken, Timestamp};

use crate::error::StsError;
use crate::mint::{CallerIdentity, Issued, IssuedToUser};
use crate::role::RoleArn;
use crate::session::Origin;

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
    let mut xml = Xml::open("AssumeRoleWithWebIdentity");
    if let Origin::WebIdentity(subject) = &issued.session.origin {
        xml.text("SubjectFromWebIdentityToken", &subject.subject);
        xml.text("Audience", &subject.audience);
    }
    of_role(&mut xml, issued);
    if let Origin::WebIdentity(subject) = &issued.session.origin {
        xml.text("Provider", &subject.issuer);
    }
    sizes(&mut xml, &issued.token, issued.utilization());
    xml.close("AssumeRoleWithWebIdentity", request_id)
}

/// The answer to AssumeRole. It holds the new secret: not for a log.
#[must_use]
pub fn assume_role(issued: &Issued, request_id: &str) -> String {
    let mut xml = Xml::open("AssumeRole");
    of_role(&mut xml, issued);
    sizes(&mut xml, &issued.token, issued.utilization());
    xml.close("AssumeRole", request_id)
}

/// The answer to GetSessionToken. It holds the new secret: not for a log.
#[must_use]
pub fn get_session_token(issued: &IssuedToUser, request_id: &str) -> String {
    let IssuedToUser { access_key_id, secret, token, session } = issued;
    let mut xml = Xml::open("GetSessionToken");
    credentials(&mut xml, (access_key_id, secret, token), session.expires_at);
    xml.close("GetSessionToken", request_id)
}

/// The answer to GetAccessKeyInfo.
#[must_use]
pub fn get_access_key_info(account: &str, request_id: &str) -> String {
    let mut xml = Xml::open("GetAccessKeyInfo");
    xml.text("Account", account);
    xml.close("GetAccessKeyInfo", request_id)
}

/// The answer to DecodeAuthorizationMessage.
#[must_use]
pub fn decode_authorization_message(decoded: &str, request_id: &str) -> String {
    let mut xml = Xml::open("DecodeAuthorizationMessage");
    xml.text("DecodedMessage", decoded);
    xml.close("DecodeAuthorizationMessage", request_id)
}

fn of_role(xml: &mut Xml, issued: &Issued) {
    let Issued { access_key_id, secret, token, session, .. } = issued;
    assumed_role_user(xml, &session.role, &session.session_name, &session.user_id());
    credentials(xml, (access_key_id, secret, token), session.expires_at);
    if let Some(identity) = &session.source_identity {
        xml.text("SourceIdentity", identity);
    }
}

fn sizes(xml: &mut Xml, token: &SessionToken, utilization: u8) {
    let utilization = utilization.to_string();
    xml.text("PackedPolicySize", &utilization);
    xml.text("SessionTokenUtilization", &utilization);
    xml.text("SessionTokenSize", &token.as_str().len().to_string());
}

fn assumed_role_user(xml: &mut Xml, role: &RoleArn, session_name: &str, user_id: &str) {
    xml.start("AssumedRoleUser");
    xml.text("Arn", &role.session_arn(session_name));
    xml.text("AssumedRoleId", user_id);
    xml.end("AssumedRoleUser");
}

fn credentials(
    xml: &mut Xml,
    (access_key_id, secret, token): (&AccessKeyId, &SecretKey, &SessionToken),
    expires_at: Timestamp,
) {
    xml.start("Credentials");
    xml.text("SessionToken", token.as_str());
    xml.text("SecretAccessKey", secret.expose());
    xml.text("Expiration", &expires_at.rfc3339());
    xml.text("AccessKeyId", access_key_id.as_str());
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
