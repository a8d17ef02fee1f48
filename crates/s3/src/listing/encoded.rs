//! Listings of a store that does not encode names, whatever `encoding-type` asks for.

use super::{MAX_DEPTH, MAX_TEXT, push};
use crate::encoding::encode_path;
use crate::operation::OperationKind;
use crate::resolve::Operation;
use crate::xml::{Cursor, Piece, Reading, Writer, XmlError};

/// The elements that hold names, or parts of names (API reference of ListObjects, ListObjectsV2, ListObjectVersions and
/// ListMultipartUploads, `EncodingType`).
const NAMES: [&str; 8] = [
    "Delimiter",
    "Key",
    "KeyMarker",
    "Marker",
    "NextKeyMarker",
    "NextMarker",
    "Prefix",
    "StartAfter",
];

/// The document of a listing with its names encoded, for one in which they stand as they are. It says so, too, where the
/// store's does not.
///
/// `asked`: the request, which has `encoding-type=url`.
///
/// # Errors
/// [`XmlError`] when it is something else.
pub fn with_encoded_names(body: &[u8], asked: &Operation) -> Result<String, XmlError> {
    let root = match asked.kind() {
        OperationKind::ListObjectVersions => "ListVersionsResult",
        OperationKind::ListMultipartUploads => "ListMultipartUploadsResult",
        _ => "ListBucketResult",
    };
    let mut cursor = Cursor::root(body, Reading::Lenient, root)?;
    let mut pieces = vec![Piece::Open(root.to_owned(), None)];
    let mut path: Vec<String> = Vec::new();
    let mut says_so = false;
    loop {
        let piece = match cursor.piece(MAX_TEXT)? {
            Piece::Open(element, kind) => {
                says_so |= path.is_empty() && element == ENCODING;
                path.push(element.clone());
                Piece::Open(element, kind)
            }
            Piece::Text(text) => {
                let names = path.last().is_some_and(|element| NAMES.contains(&element.as_str()));
                Piece::Text(if names { encode_path(&text) } else { text })
            }
            Piece::Close if path.pop().is_none() => break,
            Piece::Close => Piece::Close,
        };
        if path.len() > MAX_DEPTH {
            return Err(XmlError::TooMany(root));
        }
        push(&mut pieces, piece)?;
    }
    cursor.finish()?;
    if !says_so {
        let url = Piece::Text("url".to_owned());
        pieces.extend([Piece::Open(ENCODING.to_owned(), None), url, Piece::Close]);
    }
    pieces.push(Piece::Close);
    Ok(Writer::pieces(root, &pieces))
}

const ENCODING: &str = "EncodingType";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::{Plus, decode};
    use crate::resolve::resolve;
    use crate::vectors::Request;

    fn asked(query: &str) -> Operation {
        let query = format!("{query}&encoding-type=url");
        resolve(&Request::new("GET", "/bucket", &query, &[]).raw()).unwrap()
    }

    fn encoded(query: &str, inner: &str) -> Result<String, XmlError> {
        let root = match query {
            "versions" => "ListVersionsResult",
            "uploads" => "ListMultipartUploadsResult",
            _ => "ListBucketResult",
        };
        let document = format!("<{root}>{inner}</{root}>");
        let answer = with_encoded_names(document.as_bytes(), &asked(query))?;
        let inner = answer.split_once("2006-03-01/\">").unwrap().1;
        Ok(inner.strip_suffix(&format!("</{root}>")).unwrap().to_owned())
    }

    #[test]
    fn names_are_encoded_and_nothing_else() {
        for (query, given, expected) in [
            (
                "list-type=2",
                "<Prefix>a b</Prefix><Delimiter>/</Delimiter><StartAfter>+</StartAfter>\
                 <EncodingType>url</EncodingType><NextContinuationToken>a+b</NextContinuationToken>\
                 <Contents><Key>a+b/c%41&amp;</Key><ETag>&quot;e+f&quot;</ETag>\
                 <Owner><ID>o+p</ID></Owner></Contents>\
                 <CommonPrefixes><Prefix>é/</Prefix></CommonPrefixes>",
                "<Prefix>a%20b</Prefix><Delimiter>/</Delimiter><StartAfter>%2B</StartAfter>\
                 <EncodingType>url</EncodingType><NextContinuationToken>a+b</NextContinuationToken>\
                 <Contents><Key>a%2Bb/c%2541%26</Key><ETag>&quot;e+f&quot;</ETag>\
                 <Owner><ID>o+p</ID></Owner></Contents>\
                 <CommonPrefixes><Prefix>%C3%A9/</Prefix></CommonPrefixes>",
            ),
            (
                "",
                "<Marker>+</Marker><NextMarker>a&#10;</NextMarker>",
                "<Marker>%2B</Marker><NextMarker>a%0A</NextMarker><EncodingType>url</EncodingType>",
            ),
            (
                "versions",
                "<KeyMarker>+</KeyMarker><NextKeyMarker>-+</NextKeyMarker><VersionIdMarker>v+</VersionIdMarker>\
                 <EncodingType>url</EncodingType><Version><Key>+</Key><VersionId>+</VersionId></Version>",
                "<KeyMarker>%2B</KeyMarker><NextKeyMarker>-%2B</NextKeyMarker><VersionIdMarker>v+</VersionIdMarker>\
                 <EncodingType>url</EncodingType><Version><Key>%2B</Key><VersionId>+</VersionId></Version>",
            ),
            (
                "uploads",
                "<EncodingType>url</EncodingType><Upload><Key>+</Key><UploadId>+</UploadId></Upload>",
                "<EncodingType>url</EncodingType><Upload><Key>%2B</Key><UploadId>+</UploadId></Upload>",
            ),
        ] {
            assert_eq!(encoded(query, given).as_deref(), Ok(expected), "{query}");
        }
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        let listing = asked("list-type=2");
        for body in ["", "<Error/>", "<ListVersionsResult/>", "<ListBucketResult>"] {
            assert!(with_encoded_names(body.as_bytes(), &listing).is_err(), "{body}");
        }
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(encoded("", &deep(MAX_DEPTH)).is_ok());
        assert_eq!(encoded("", &deep(MAX_DEPTH + 1)), Err(XmlError::TooMany("ListBucketResult")));
    }

    proptest! {
        #[test]
        fn a_client_reads_the_name_that_the_store_has(name in "[\u{20}-\u{d7ff}]{1,40}") {
            let mut shown = Writer::without_namespace();
            shown.leaf("Key", &name);
            let shown = shown.finish();
            let leaf = shown.strip_prefix(crate::xml::DECLARATION).unwrap();
            let answer = encoded("", &format!("<Contents>{leaf}</Contents>")).unwrap();
            let key = answer.split_once("<Key>").unwrap().1.split_once("</Key>").unwrap().0;
            // As botocore does (`unquote`), and as the SDKs do that take a plus for a space.
            for plus in [Plus::Literal, Plus::Space] {
                prop_assert_eq!(decode(key, plus), Ok(name.clone()));
            }
        }
    }
}
