//! The page.

use std::fmt::Write as _;

use super::examples::every_reject;
use crate::reject::{Reject, Rejection, Severity};

/// The parts of the page, in the order in which a request goes through the pipeline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Head,
    Signature,
    Operation,
    Payload,
    Decision,
    Ours,
}

const SECTIONS: [(Section, &str); 6] = [
    (Section::Head, "The request cannot be read"),
    (Section::Signature, "Who signed"),
    (Section::Operation, "What is asked"),
    (Section::Payload, "The payload"),
    (Section::Decision, "The decision"),
    (Section::Ours, "The gateway and the store"),
];

fn section(reject: &Reject) -> Section {
    match reject {
        Reject::Target | Reject::HttpVersion | Reject::HostCount | Reject::Host(_) => Section::Head,
        Reject::Present(_) | Reject::Lookup(_) | Reject::Verify(_) => Section::Signature,
        Reject::Resolve(_)
        | Reject::Route { .. }
        | Reject::HmacV1Operation(_)
        | Reject::AnonymousOverride
        | Reject::RefusedOperation(_)
        | Reject::IgnoredHeader(_)
        | Reject::KeepsShortUploads
        | Reject::Usage
        | Reject::ContinuationToken(_)
        | Reject::Condition(_)
        | Reject::NoVersions
        | Reject::PartNumberIgnored
        | Reject::HalfOf { .. }
        | Reject::CopyRange
        | Reject::StoredInClear
        | Reject::TagsLost
        | Reject::UploadSize { .. }
        | Reject::CopySourceDenied
        | Reject::CopyConditionValue(_)
        | Reject::PolicyOfGateway
        | Reject::NoBucketPolicy
        | Reject::AclsDisabled
        | Reject::BucketHasPolicy
        | Reject::CopyAcrossStores
        | Reject::TargetInOtherStore
        | Reject::LocationConstraint
        | Reject::KeyRule(_)
        | Reject::Preflight(_)
        | Reject::Document(_) => Section::Operation,
        Reject::Form(_)
        | Reject::FileLength { .. }
        | Reject::ContentLength
        | Reject::DecodedLength
        | Reject::UnexpectedBody
        | Reject::NoLength
        | Reject::TooLarge { .. }
        | Reject::NoChunkSeed
        | Reject::Checksum(_)
        | Reject::Body(_) => Section::Payload,
        Reject::Denied(_)
        | Reject::Hidden
        | Reject::BucketOwner
        | Reject::NoCredential
        | Reject::Cors(_)
        | Reject::PostPolicy(_)
        | Reject::TagsUnknown(_) => Section::Decision,
        Reject::Unproven
        | Reject::Busy
        | Reject::NoStoreHandle
        | Reject::StoreRequest(_)
        | Reject::Upstream(_)
        | Reject::EarlySuccess
        | Reject::Redirect(_)
        | Reject::StoreCredentials(_)
        | Reject::StoreAnswer(_)
        | Reject::Entropy(_) => Section::Ours,
    }
}

/// What a client reads, and everything that makes it read that.
#[derive(PartialEq, Eq)]
struct Row {
    codes: Vec<&'static str>,
    status: u16,
    message: String,
    elements: Vec<&'static str>,
    operator: bool,
    reasons: Vec<String>,
}

impl Row {
    fn new(rejection: &Rejection) -> Self {
        Self {
            codes: vec![rejection.code.as_str()],
            status: rejection.code.status().as_u16(),
            message: rejection.message.to_string(),
            elements: rejection.extra.iter().map(|(name, _)| *name).collect(),
            operator: rejection.severity == Severity::Operator,
            reasons: vec![rejection.reason.clone()],
        }
    }

    fn reads_alike(&self, other: &Self) -> bool {
        (self.status, &self.message, &self.elements, self.operator)
            == (other.status, &other.message, &other.elements, other.operator)
    }
}

/// One thing that has two codes (in the header, in the query) is one row.
fn by_reason(rows: Vec<Row>) -> Vec<Row> {
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        let same =
            merged.iter_mut().find(|old| old.reads_alike(&row) && old.reasons == row.reasons);
        match same {
            Some(old) => {
                let new = row.codes.iter().filter(|code| !old.codes.contains(code));
                let new: Vec<_> = new.copied().collect();
                old.codes.extend(new);
            }
            None => merged.push(row),
        }
    }
    merged
}

/// Things that read the same to a client are one row.
fn by_answer(rows: Vec<Row>) -> Vec<Row> {
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        match merged.iter_mut().find(|old| old.reads_alike(&row) && old.codes == row.codes) {
            Some(old) => old.reasons.extend(row.reasons),
            None => merged.push(row),
        }
    }
    merged
}

fn introduction(command: &str) -> String {
    format!(
        "\
# Errors

<!-- Made from crates/gateway/src/reject.rs and crates/sts/src/error/code.rs: {command} -->

Every error that the gateway answers by itself. Errors of a store pass with the store's own code and message, with our request
id in them; an error of the store about *our* signature is `InternalError`.

- **code** and **status** are AWS's. To a HEAD only the status is sent.
- **the client reads** is the `Message` of the document. *Elements* are those that the document has beside `Code`, `Message`,
  `Resource` and `RequestId`.
- **the log says** is the `reason` in the line of the [access log](logs.md) that has the same request id; names in capitals
  stand for what the request held, numbers are examples. Clients never read it.
- A row marked with **!** is a fault of the installation or the store: it is also a warning in the log.
"
    )
}

/// The whole of `docs/errors.md`.
pub(super) fn page(command: &str) -> String {
    let mut text = introduction(command);
    let rejects = every_reject();
    for (which, title) in SECTIONS {
        let of_section = rejects.iter().filter(|reject| section(reject) == which);
        let rows = of_section.map(|reject| Row::new(&reject.rejection())).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n## {title}\n");
        text.push_str("| code | status | the client reads | the log says |\n|---|---|---|---|\n");
        for row in by_answer(by_reason(rows)) {
            push(&mut text, &row);
        }
    }
    text.push_str(&sts());
    text
}

fn push(text: &mut String, row: &Row) {
    let code = row.codes.join("`, `");
    let mark = if row.operator { " **!**" } else { "" };
    let elements = match row.elements.join("`, `") {
        names if names.is_empty() => names,
        names => format!("<br>*Elements:* `{names}`"),
    };
    let reasons: Vec<String> =
        row.reasons.iter().map(|reason| cell(&unrepeated(reason, &row.message))).collect();
    let _ = writeln!(
        text,
        "| `{code}`{mark} | {} | {}{elements} | {} |",
        row.status,
        cell(&row.message),
        reasons.join("<br>")
    );
}

/// A reason that says no more than the client reads is not written twice.
fn unrepeated(reason: &str, message: &str) -> String {
    let said = message.strip_suffix('.').unwrap_or(message).to_ascii_lowercase();
    match reason.to_ascii_lowercase().strip_suffix(&said) {
        Some(before) => format!("{before}*the same*"),
        None => reason.to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}

/// Where the codes of the STS are given. What only these do not name is kept for later.
const STS_SOURCES: [&str; 8] = [
    include_str!("../../../../sts/src/error.rs"),
    include_str!("../../../../sts/src/mint.rs"),
    include_str!("../../pipeline/sts.rs"),
    include_str!("../../sts_endpoint.rs"),
    include_str!("../../sts_endpoint/form.rs"),
    include_str!("../../sts_endpoint/signed.rs"),
    include_str!("../../sts_endpoint/login.rs"),
    include_str!("../../sts_endpoint/signature.rs"),
];

/// The codes of the STS, with the words of their declaration.
fn sts() -> String {
    let source = include_str!("../../../../sts/src/error/code.rs");
    let (_, variants) = source.split_once("pub enum Code {").unwrap();
    let (variants, _) = variants.split_once("\n}").unwrap();
    let mut text = "\n## STS\n\n\
        The document is STS's: `ErrorResponse` with `Type` (`Sender` or `Receiver`), `Code` and `Message`.\n\n\
        | code | status | when |\n|---|---|---|\n"
        .to_owned();
    let mut meaning = Vec::new();
    let mut found = 0;
    for line in variants.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            meaning.push(words);
        } else if let Some(name) = line.strip_suffix(',') {
            let named = |code: &&sts::error::Code| format!("{code:?}") == name;
            let code = sts::error::Code::ALL.iter().find(named).unwrap();
            let later = match STS_SOURCES.iter().any(|text| text.contains(&format!("Code::{name}")))
            {
                true => "",
                false => " *Not answered yet.*",
            };
            let words = meaning.join(" ");
            let _ = writeln!(text, "| `{}` | {} | {words}{later} |", code.as_str(), code.status());
            meaning.clear();
            found += 1;
        }
    }
    assert_eq!(found, sts::error::Code::ALL.len());
    text
}
