use super::*;
use proptest::prelude::*;

fn leaf(document: &str) -> Result<String, XmlError> {
    let mut cursor = Cursor::root(document.as_bytes(), Reading::Strict, "a")?;
    let text = cursor.text("a", 100)?;
    cursor.finish()?;
    Ok(text)
}

#[test]
fn text_is_resolved() {
    for (document, text) in [
        ("<a/>", ""),
        ("<a></a>", ""),
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- x --><a>b</a>\n", "b"),
        ("\u{feff}<a>b</a>", "b"),
        ("  \n<?xml version='1.0'?><a>b</a>", "b"),
        ("<a> b  c </a>", " b  c "),
        ("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>", "<>&\"'AB"),
        ("<a>x<![CDATA[<&]]>y</a>", "x<&y"),
        ("<a>b<!-- no -->c</a>", "bc"),
        ("<a>b\r\nc\rd&#13;</a>", "b\nc\nd\r"),
        ("<s3:a xmlns:s3=\"urn:x\" xmlns='y' xsi:type='z'>b</s3:a>", "b"),
    ] {
        assert_eq!(leaf(document).as_deref(), Ok(text), "{document}");
    }
}

#[test]
fn a15_dtd_entities_and_instructions_are_refused() {
    for forbidden in [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<?xml-stylesheet href='x'?><a/>",
        "<a>&x;</a>",
        "<a>&nbsp;</a>",
        "<a><?php x?></a>",
        "<a/><?x y?>",
    ] {
        assert_eq!(leaf(forbidden), Err(XmlError::Forbidden), "{forbidden}");
    }
}

#[test]
fn a15_what_is_not_well_formed_is_refused() {
    for malformed in [
        "",
        " ",
        "a",
        "<a",
        "<a>",
        "<a>b",
        "<a></b>",
        "</a>",
        "<a/>x",
        "x<a/>",
        "<a>&</a>",
        "<a>&#0;</a>",
        "<a>&#1;</a>",
        "<a>&#xD800;</a>",
        "<a>\u{1}</a>",
        "<a>\u{ffff}</a>",
        "<a xmlns='x' xmlns='y'/>",
        "<?xml version='1.0' encoding='utf-16'?><a/>",
        "<a/><?xml version='1.0'?>",
        "<a>&#99999999999;</a>",
    ] {
        assert_eq!(leaf(malformed), Err(XmlError::Malformed), "{malformed}");
    }
    assert!(Cursor::open(b"<a>\xff</a>", Reading::Strict).is_err());
    assert_eq!(leaf("<b/>"), Err(XmlError::Root("a")));
    assert_eq!(leaf("<a><b/></a>"), Err(XmlError::Unexpected("b".into())));
    assert_eq!(leaf("<a/><a/>"), Err(XmlError::Unexpected("a".into())));
    assert_eq!(leaf("<a id='1'/>"), Err(XmlError::Unexpected("id".into())));
    assert_eq!(leaf(&format!("<a>{}</a>", "x".repeat(101))), Err(XmlError::TooMany("a")));
    assert!(Cursor::root(b"<a id='1'/>", Reading::Lenient, "a").is_ok());
}

#[test]
fn a15_a_flood_of_attributes_is_refused_at_once() {
    let attributes: String = (0..300_000).map(|n| format!(" xmlns:a{n}='x'")).collect();
    assert_eq!(leaf(&format!("<a{attributes}/>")), Err(XmlError::Malformed));
}

#[test]
fn deep_nesting_is_passed_over_without_recursion() {
    let document =
        format!("<a><b>{}{}</b><c>x</c></a>", "<d>".repeat(50_000), "</d>".repeat(50_000));
    let mut cursor = Cursor::root(document.as_bytes(), Reading::Strict, "a").unwrap();
    assert_eq!(cursor.next().unwrap().as_deref(), Some("b"));
    cursor.skip().unwrap();
    assert_eq!(cursor.next().unwrap().as_deref(), Some("c"));
    assert_eq!(cursor.text("c", 1).unwrap(), "x");
    assert_eq!(cursor.next().unwrap(), None);
    cursor.finish().unwrap();
}

#[test]
fn texts_of_unknown_elements_are_bounded() {
    let piece = |text: &str, most| {
        let document = format!("<a>{text}</a>");
        Cursor::root(document.as_bytes(), Reading::Strict, "a").unwrap().piece(most)
    };
    assert_eq!(piece("12345", 5), Ok(Piece::Text("12345".into())));
    assert_eq!(piece("<![CDATA[12]]>&#51;", 3), Ok(Piece::Text("123".into())));
    assert_eq!(piece("12345", 4), Err(XmlError::TooMany("text")));
    assert_eq!(piece("1<![CDATA[23]]>&#52;", 2), Err(XmlError::TooMany("text")));
}

#[test]
fn what_readers_could_take_for_something_else_is_escaped() {
    assert!(
        Writer::leaf_document("a", "&<>\"'\t\n\r\0")
            .ends_with(">&amp;&lt;&gt;&quot;&#39;&#9;&#10;&#13;\u{fffd}</a>")
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_back(text in any::<String>()) {
        let mut writer = Writer::without_namespace();
        writer.leaf("a", &text);
        let clean: String =
            text.chars().map(|c| if is_xml_char(c) { c } else { '\u{fffd}' }).collect();
        let document = writer.finish();
        let mut cursor = Cursor::root(document.as_bytes(), Reading::Strict, "a").unwrap();
        prop_assert_eq!(cursor.text("a", usize::MAX).unwrap(), clean);
    }

    #[test]
    fn reading_never_panics(document in any::<Vec<u8>>(), tags in "[<>/a!?&;x\\[\\]#0-9 \"=-]{0,80}") {
        for bytes in [document.as_slice(), tags.as_bytes()] {
            if let Ok((mut cursor, _)) = Cursor::open(bytes, Reading::Strict) {
                while let Ok(Some(_)) = cursor.next() {
                    let _ = cursor.skip();
                }
            }
        }
    }
}
