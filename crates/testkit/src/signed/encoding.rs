//! AWS's percent-encoding.

/// Encodes everything but `A-Z a-z 0-9 - . _ ~`.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Like [`encode`], but keeps `/`.
pub fn encode_path(path: &str) -> String {
    path.split('/').map(|segment| encode(segment.as_bytes())).collect::<Vec<_>>().join("/")
}

/// S3's canonical path: each segment decoded once and encoded again, nothing normalised.
pub(super) fn canonical_path(path: &str) -> String {
    path.split('/').map(|segment| encode(&decode(segment))).collect::<Vec<_>>().join("/")
}

/// Names and values encoded, sorted by name and value; a name without `=` gets one.
pub(super) fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(&decode(name)), encode(&decode(value)))
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-decodes; a `%` that begins no escape stays.
pub(super) fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|digits| hex::decode(digits).ok()) {
            Some(decoded) => {
                out.extend(decoded);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
