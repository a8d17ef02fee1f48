//! `docs/errors.md` is made of the translation itself: an example of everything that can go wrong
//! goes through [`Reject::rejection`], and what comes out is the page.

mod document;
mod examples;
mod payload;
mod request;
mod signature;

use super::{BodyError, Reject, Severity};
use examples::every_reject;

/// Where the page is.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");

/// How the page is made anew.
const COMMAND: &str = "FAKES3PP_WRITE_DOCS=1 cargo test -p gateway --lib reject::";

#[test]
fn errors_md_is_what_the_translation_says() {
    let page = document::page(COMMAND);
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    if std::env::var_os("FAKES3PP_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "docs/errors.md is not what the code says: {COMMAND}");
}

/// What the operator has to look at is never told as the client's mistake, nor the other way round.
#[test]
fn the_operators_faults_are_5xx_and_no_others_but_two() {
    for reject in every_reject() {
        let rejection = reject.rejection();
        let fault_of_ours = rejection.code.status().is_server_error();
        let told_apart = match rejection.severity {
            Severity::Operator => fault_of_ours,
            Severity::Client => {
                !fault_of_ours
                    || rejection.code == s3::AwsCode::NotImplemented
                    || matches!(reject, Reject::Busy | Reject::Body(BodyError::NoMemory))
            }
        };
        assert!(told_apart, "{reject:?}: {rejection:?}");
    }
}

/// The reason names policies, roles, stores and credentials; the client's text does not.
#[test]
fn a51_the_client_reads_nothing_of_the_decision() {
    for reject in every_reject() {
        let rejection = reject.rejection();
        let inner = matches!(
            reject,
            Reject::Denied(_)
                | Reject::Lookup(_)
                | Reject::NoCredential
                | Reject::StoreRequest(_)
                | Reject::Upstream(_)
                | Reject::StoreCredentials(_)
                | Reject::StoreAnswer(_)
        );
        if inner {
            assert_eq!(rejection.message, rejection.code.default_message(), "{reject:?}");
            assert!(rejection.extra.is_empty(), "{reject:?}");
        }
        assert!(!rejection.reason.is_empty(), "{reject:?}");
    }
}
