//! Keys of every kind, and how they are written.

/// Keys that somebody on the way could spell, or read, otherwise.
const KINDS: &[&str] = &[
    "a b",
    " a ",
    "a  b",
    "a+b",
    "+",
    "a%41b",
    "100%",
    "%",
    "a%2Fb",
    "a%252Fb",
    "a%2525",
    "%zz%",
    "%00",
    "a?b=c",
    "a?versionId=v",
    "?acl",
    "a#b",
    "a&b=c",
    "a&amp;b",
    "a;b",
    "a'b\"c",
    "(a)[b]{c}<d>",
    "]]><Key>b</Key>",
    "a*b",
    "~a",
    "$a",
    "${aws:username}",
    "a:b@c,d",
    "a=b",
    "a\\b",
    "a|b^c`d",
    "a!b",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\u{7f}",
    "\u{fc}n\u{ef}c\u{f6}d\u{e9}",
    "e\u{301}",
    "\u{e9}",
    "\u{65e5}\u{672c}\u{8a9e}",
    "\u{1f600}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{202e}txt",
    "\u{200b}a",
    "\u{feff}a",
    "/",
    "//",
    "/a",
    "//a",
    "a/",
    "a//",
    "a//b",
    ".",
    "..",
    "./a",
    "../a",
    "a/./b",
    "a/../b",
    "a/..",
    "...",
    "a.",
    "-_.!*'()",
];

/// Those, and the longest that there are, of one, three and four bytes a character.
pub(crate) fn kinds() -> Vec<String> {
    let long = ["x".repeat(1024), "%".repeat(1024), "/".repeat(1024), "\u{1f600}".repeat(256)];
    let wide = format!("{}x", "\u{65e5}".repeat(341));
    KINDS.iter().map(|key| (*key).to_owned()).chain(long).chain([wide]).collect()
}

/// Percent-decoded, every byte of it.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Text in XML, as references alone.
pub(crate) fn referred(text: &str) -> String {
    text.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect()
}

/// Text in XML, as writers make it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

/// What a reader takes from the text of the first element of that name.
pub(crate) fn text_of(xml: &str, element: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{element}>"))?;
    let (text, _) = rest.split_once(&format!("</{element}>"))?;
    assert!(!text.contains('\r'), "a reader would make a line feed of it: {text:?}");
    let mut pieces = text.split('&');
    let mut read = pieces.next()?.to_owned();
    for piece in pieces {
        let (reference, rest) = piece.split_once(';').unwrap();
        read.push(match reference {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#').unwrap();
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
                    None => number.parse().unwrap(),
                };
                char::from_u32(code).unwrap()
            }
        });
        read.push_str(rest);
    }
    Some(read)
}
