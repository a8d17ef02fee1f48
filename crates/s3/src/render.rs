//! The error document.

use crate::xml::Writer;

/// The body of an error: code, message, what is said besides, the resource and the request id.
///
/// `extra` comes between message and resource, as at AWS (`<Key>`, `<BucketName>`, `<Region>` ...).
/// Its names must be element names; one that is not is left out. Characters that XML does not have
/// become U+FFFD.
#[must_use]
pub fn render_error(
    code: &str,
    message: &str,
    resource: &str,
    request_id: &str,
    extra: &[(&str, &str)],
) -> String {
    let mut writer = Writer::without_namespace();
    writer.open("Error");
    writer.leaf("Code", code);
    writer.leaf("Message", message);
    for (name, value) in extra {
        if is_element_name(name) {
            writer.leaf(name, value);
        }
    }
    writer.leaf("Resource", resource);
    writer.leaf("RequestId", request_id);
    writer.close("Error");
    writer.finish()
}

fn is_element_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_escaped() {
        let body = render_error(
            "NoSuchKey",
            "no <key>",
            "/b/a&b\u{1}",
            "ID",
            &[("Key", "a&b"), ("x y", "z"), ("", "z")],
        );
        assert_eq!(
            body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>no &lt;key&gt;\
             </Message><Key>a&amp;b</Key><Resource>/b/a&amp;b\u{fffd}</Resource><RequestId>ID</RequestId></Error>"
        );
    }
}
