use std::collections::BTreeSet;

use super::*;

#[test]
fn codes_are_distinct_and_have_a_status() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!([400, 403, 500, 503].contains(&code.status()), "{code:?}");
        assert_eq!(code.fault() == "Receiver", code.status() >= 500);
    }
}

/// AWS's wording, as far as it is known.
#[test]
fn tokens_fail_in_the_words_of_aws() {
    for (error, code, message) in [
        (
            TokenError::NotCompact,
            Code::InvalidIdentityToken,
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        (TokenError::Missing("aud"), Code::InvalidIdentityToken, "Missing a required claim: aud"),
        (TokenError::EmptySubject, Code::InvalidIdentityToken, "Missing a required claim: sub"),
        (
            TokenError::Audience("`x`".into()),
            Code::InvalidIdentityToken,
            "Incorrect token audience",
        ),
        (
            TokenError::UnknownKey("`x`".into()),
            Code::InvalidIdentityToken,
            "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
        ),
        (
            TokenError::Expired { expired: 5, now: 9 },
            Code::ExpiredTokenException,
            "Token expired: current date/time 9 must be before the expiration date/time 5",
        ),
    ] {
        let sts = StsError::from(error);
        assert_eq!((sts.code(), sts.client_message()), (code, message));
    }
    let unknown = StsError::unknown_issuer("https://evil.example/\n");
    assert_eq!(
        unknown.client_message(),
        "No OpenIDConnect provider found in your account for https://evil.example/\\n"
    );
    assert_eq!(StsError::idp_communication("down").code().as_str(), "IDPCommunicationError");
}

#[test]
fn session_tokens_fail_with_one_answer() {
    let answers: BTreeSet<String> = [
        OpenError::Malformed,
        OpenError::Version(9),
        OpenError::UnknownKey("`k`".into()),
        OpenError::Forged,
        OpenError::Content,
    ]
    .into_iter()
    .map(StsError::from)
    .map(|error| format!("{} {}", error.code().as_str(), error.client_message()))
    .collect();
    let expected = "InvalidClientTokenId The security token included in the request is invalid";
    assert_eq!(answers, BTreeSet::from([expected.to_owned()]));
    assert_eq!(StsError::expired_session("x").code().as_str(), "ExpiredToken");
    assert_eq!(StsError::missing_authentication_token().code().status(), 403);
}
