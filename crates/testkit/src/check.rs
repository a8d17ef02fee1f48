//! What must hold for every response, whatever the test is about.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::client::{Ended, Response};
use crate::logs::Secrets;
use crate::wire::values;

/// The headers that a response of the S3 listener may have. Anything else is a leak until somebody
/// has thought about it and adds it here.
pub const S3_HEADERS: &[&str] = &[
    "accept-ranges",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "location",
    "retry-after",
    "server",
    "transfer-encoding",
    "x-amz-abort-date",
    "x-amz-abort-rule-id",
    "x-amz-bucket-region",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-md5",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-sha512",
    "x-amz-checksum-type",
    "x-amz-checksum-xxhash128",
    "x-amz-checksum-xxhash3",
    "x-amz-checksum-xxhash64",
    "x-amz-copy-source-version-id",
    "x-amz-delete-marker",
    "x-amz-expiration",
    "x-amz-id-2",
    "x-amz-missing-meta",
    "x-amz-mp-parts-count",
    "x-amz-replication-status",
    "x-amz-request-charged",
    "x-amz-request-id",
    "x-amz-restore",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-storage-class",
    "x-amz-version-id",
    "x-amz-website-redirect-location",
    "x-rgw-bytes-used",
    "x-rgw-object-count",
    "x-rgw-quota-max-objects",
];

/// The headers that a response of the STS listener may have.
pub const STS_HEADERS: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "retry-after",
    "server",
    "transfer-encoding",
    "x-amz-request-id",
    "x-amzn-requestid",
];

/// Which listener answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// S3: `x-amz-request-id`, `<Error>`.
    S3,
    /// STS: `x-amzn-RequestId`, `<ErrorResponse>`.
    Sts,
}

/// Checks a response and gives its request id.
///
/// - its headers are on the list of the service, besides `x-amz-meta-*` of S3 and those in `extra`,
///   and none but those that HTTP lets repeat comes twice;
/// - the request id is there;
/// - it is no redirect;
/// - an error with a body has a well-formed document with code, message and that request id;
/// - no known secret is in head or body.
///
/// # Panics
///
/// With everything that does not hold, and the response.
pub fn check_response(
    service: Service,
    method: &str,
    response: &Response,
    extra: &[&str],
    secrets: &Secrets,
) -> String {
    let mut wrong = Vec::new();
    headers(service, response, extra, &mut wrong);
    let header = match service {
        Service::S3 => "x-amz-request-id",
        Service::Sts => "x-amzn-requestid",
    };
    let id = values(&response.headers, header).next().unwrap_or_default().to_owned();
    if id.is_empty() {
        wrong.push(format!("no `{header}`"));
    }
    if (300..400).contains(&response.status) && response.status != 304 {
        wrong.push("a redirect".to_owned());
    }
    if response.status >= 400 && method != "HEAD" && response.ended == Ended::Whole {
        error_body(service, &response.body, &id, &mut wrong);
    }
    let text = [response.head.as_slice(), &response.body].concat();
    let text = String::from_utf8_lossy(&text);
    wrong.extend(secrets.known_in(&text).iter().map(|name| format!("shows {name}")));
    assert!(wrong.is_empty(), "{wrong:#?}\nin the answer to {method}:\n{text}");
    id
}

fn headers(service: Service, response: &Response, extra: &[&str], wrong: &mut Vec<String>) {
    let listed = match service {
        Service::S3 => S3_HEADERS,
        Service::Sts => STS_HEADERS,
    };
    for (at, (name, _)) in response.headers.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        let meta = service == Service::S3 && lower.starts_with("x-amz-meta-");
        if !meta && !listed.contains(&lower.as_str()) && !extra.contains(&lower.as_str()) {
            wrong.push(format!("header `{name}` is not on the list"));
        }
        if response.headers[..at].iter().any(|(before, _)| before.eq_ignore_ascii_case(name)) {
            wrong.push(format!("header `{name}` comes twice"));
        }
    }
}

fn error_body(service: Service, body: &[u8], id: &str, wrong: &mut Vec<String>) {
    let root = match service {
        Service::S3 => "Error",
        Service::Sts => "ErrorResponse",
    };
    let elements = match elements(body) {
        Ok(elements) => elements,
        Err(problem) => {
            wrong.push(format!("the error body is not well-formed: {problem}"));
            return;
        }
    };
    let text = |path: &str| {
        elements.iter().find(|(have, _)| have == path).map_or("", |(_, text)| text.as_str())
    };
    let inner = match service {
        Service::S3 => "Error".to_owned(),
        Service::Sts => format!("{root}/Error"),
    };
    if elements.first().is_none_or(|(path, _)| path != root) {
        wrong.push(format!("the error body's root is not `{root}`"));
    }
    for element in ["Code", "Message"] {
        if text(&format!("{inner}/{element}")).is_empty() {
            wrong.push(format!("the error body has no `{element}`"));
        }
    }
    if service == Service::Sts && !matches!(text("ErrorResponse/Error/Type"), "Sender" | "Receiver")
    {
        wrong.push("the error body's `Type` is neither Sender nor Receiver".to_owned());
    }
    if text(&format!("{root}/RequestId")) != id {
        wrong.push("the error body's `RequestId` is not the header's".to_owned());
    }
}

/// Every element of an XML document by its path, with its text, in order of their starts.
///
/// # Errors
///
/// If the document is not well-formed, has a DTD, or has other than one root.
pub fn elements(document: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut found: Vec<(String, String)> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        if open.is_empty()
            && !found.is_empty()
            && matches!(event, Event::Start(_) | Event::Empty(_))
        {
            return Err("a second root".to_owned());
        }
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name().as_ref().to_owned();
                let path =
                    open.last().map_or(name.clone(), |(parent, _)| format!("{parent}/{name}"));
                found.push((path.clone(), String::new()));
                if matches!(event, Event::Start(_)) {
                    open.push((path, found.len() - 1));
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => {
                let text = text.xml10_content();
                match open.last() {
                    Some((_, at)) => found[*at].1.push_str(&text),
                    None if text.trim().is_empty() => {}
                    None => return Err("text outside the root".to_owned()),
                }
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let at = open.last().ok_or("a reference outside the root")?.1;
                found[at].1.push_str(&resolved(&name)?);
            }
            Event::DocType(_) => return Err("a document type".to_owned()),
            Event::Eof if open.is_empty() && !found.is_empty() => return Ok(found),
            Event::Eof => return Err("no end, or no root".to_owned()),
            _ => {}
        }
    }
}

fn resolved(name: &str) -> Result<String, String> {
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#').ok_or_else(|| format!("entity `{name}`"))?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32).ok_or_else(|| format!("reference `{name}`"))?
        }
    };
    Ok(character.to_string())
}

#[cfg(test)]
mod tests;
