//! What AWS writes in the policy of a form, and JSON does not have ("POST policy", S3 API reference).

/// JSON that means the same as the text of a policy.
///
/// It has two more escapes ("Character Escaping": `\$`, `\v`), and a comma behind the last condition, as in the
/// first example of that page. Whatever else is no JSON stays none.
pub(super) fn to_json(text: &[u8]) -> Vec<u8> {
    let mut json = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    let mut in_string = false;
    // The last byte that is no blank, and where it is written if it is a comma that may be too many.
    let (mut last, mut comma) = (b'[', None);
    while let Some(byte) = bytes.next() {
        if in_string && byte == b'\\' {
            match bytes.next() {
                Some(b'$') => json.push(b'$'),
                Some(b'v') => json.extend_from_slice(br"\u000b"),
                escaped => json.extend([Some(byte), escaped].into_iter().flatten()),
            }
            continue;
        }
        if !in_string && !byte.is_ascii_whitespace() {
            match (byte, comma.take()) {
                (b']', Some(at)) => json.truncate(at),
                (b',', None) if !matches!(last, b'[' | b'{') => comma = Some(json.len()),
                _ => {}
            }
            last = byte;
        }
        if byte == b'"' {
            in_string = !in_string;
        }
        json.push(byte);
    }
    json
}
