use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::resolve::resolve;
use crate::vectors::Request;

fn asked(query: &str) -> Operation {
    let request = Request::new("GET", "/bucket", &format!("list-type=2{query}"), &[]);
    resolve(&request.raw()).unwrap()
}

fn outgoing(query: &str) -> Result<Outgoing, ContinuationTokenError> {
    as_list_objects(&asked(query), Addressing::Path)
}

#[test]
fn the_request_has_what_list_objects_has() {
    let all = "&delimiter=%2F&encoding-type=url&fetch-owner=true&max-keys=7&prefix=a%20b&start-after=c%2Bd";
    let request = outgoing(all).unwrap();
    assert_eq!(request.path, "/bucket");
    assert_eq!(
        request.query,
        "delimiter=%2F&encoding-type=url&marker=c%2Bd&max-keys=7&prefix=a%20b"
    );
    assert_eq!(outgoing("").unwrap().query, "");
}

#[test]
fn a_token_wins_over_start_after() {
    let token = BASE64.encode("k&y");
    let request = outgoing(&format!("&start-after=a&continuation-token={token}")).unwrap();
    assert_eq!(request.query, "marker=k%26y");
}

#[test]
fn tokens_of_others_are_refused() {
    let (long, nul) = (BASE64.encode("k".repeat(MAX_TEXT + 1)), BASE64.encode("a\0b"));
    for token in ["", "a", "a key", "_w", "YQ%3D%3D", &long, &nul] {
        let request = outgoing(&format!("&continuation-token={token}"));
        assert_eq!(request, Err(ContinuationTokenError), "{token}");
    }
}

const PAGE: &str = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
    <Name>bucket</Name><Prefix>a</Prefix><Marker>a0</Marker><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>\
    <Contents><Key>a&amp;1</Key><ETag>&quot;e&quot;</ETag><Owner><ID>o</ID><DisplayName>n</DisplayName></Owner>\
    <Restore><Owner>kept</Owner></Restore><Newer><Thing>1</Thing></Newer></Contents>\
    <CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListBucketResult>";

#[test]
fn the_answer_has_what_list_objects_v2_has() {
    let answer = as_list_objects_v2(PAGE.as_bytes(), &asked("&start-after=a0")).unwrap();
    let entry = "<Contents><Key>a&amp;1</Key><ETag>&quot;e&quot;</ETag><Restore><Owner>kept</Owner></Restore>\
        <Newer><Thing>1</Thing></Newer></Contents>";
    let token = BASE64.encode("a/");
    let expected = format!(
        "{}<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>\
         <Prefix>a</Prefix><MaxKeys>2</MaxKeys>{entry}<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>\
         <IsTruncated>true</IsTruncated><KeyCount>2</KeyCount><StartAfter>a0</StartAfter>\
         <NextContinuationToken>{token}</NextContinuationToken></ListBucketResult>",
        crate::xml::DECLARATION,
    );
    assert_eq!(answer, expected);
}

#[test]
fn owners_are_shown_to_whom_asks() {
    let answer = as_list_objects_v2(PAGE.as_bytes(), &asked("&fetch-owner=true")).unwrap();
    assert!(answer.contains("<Owner><ID>o</ID><DisplayName>n</DisplayName></Owner>"), "{answer}");
    for not in ["&fetch-owner=false", ""] {
        let answer = as_list_objects_v2(PAGE.as_bytes(), &asked(not)).unwrap();
        assert!(!answer.contains("DisplayName"), "{answer}");
    }
}

#[test]
fn a_page_that_does_not_say_where_the_next_one_begins_is_refused() {
    for (page, why) in [
        ("<IsTruncated>true</IsTruncated>", XmlError::Missing("NextMarker")),
        ("<IsTruncated>perhaps</IsTruncated>", XmlError::Value("IsTruncated")),
        (
            "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextMarker>%</NextMarker>",
            XmlError::Missing("NextMarker"),
        ),
    ] {
        let page = format!("<ListBucketResult>{page}</ListBucketResult>");
        assert_eq!(as_list_objects_v2(page.as_bytes(), &asked("")), Err(why), "{page}");
    }
    assert!(as_list_objects_v2(b"<Error/>", &asked("")).is_err());
}

#[test]
fn the_next_page_begins_where_the_store_says() {
    let next = |says: &str| {
        let key = "<Contents><Key>k</Key></Contents>";
        let page = format!(
            "<ListBucketResult><IsTruncated>true</IsTruncated>{key}{says}</ListBucketResult>"
        );
        as_list_objects_v2(page.as_bytes(), &asked("")).unwrap()
    };
    for (says, after) in [
        ("<NextMarker>z</NextMarker>", "z"),
        ("<NextMarker>a</NextMarker>", "a"),
        ("<NextMarker></NextMarker>", "k"),
        ("", "k"),
    ] {
        let answer = next(says);
        assert_eq!(elements(&answer, "NextContinuationToken"), [BASE64.encode(after)], "{says}");
        assert!(!answer.contains("NextMarker"), "{answer}");
    }
}

#[test]
fn a42_documents_have_limits() {
    let of = |inside: &str| {
        let page = format!("<ListBucketResult>{inside}</ListBucketResult>");
        as_list_objects_v2(page.as_bytes(), &asked("")).map(drop)
    };
    let deep = |depth: usize| of(&("<a>".repeat(depth) + &"</a>".repeat(depth)));
    // The outermost is not below anything.
    assert_eq!(deep(MAX_DEPTH + 1), Ok(()));
    assert_eq!(deep(MAX_DEPTH + 2), Err(XmlError::TooMany(ROOT)));
    // The root, and two parts of each element.
    let most = (MAX_PIECES - 1) / 2;
    assert_eq!(of(&"<a/>".repeat(most)), Ok(()));
    assert_eq!(of(&"<a/>".repeat(most + 1)), Err(XmlError::TooMany(ROOT)));
}

/// ListObjects as its API reference has it, of these keys.
fn list_objects(keys: &BTreeSet<String>, request: &Outgoing, says_next: bool) -> String {
    let parameter = |name: &str| {
        let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(n, _)| *n == name).map(|(_, value)| value).next();
        value.map(|value| decode(value, Plus::Space).unwrap()).unwrap_or_default()
    };
    let url = parameter("encoding-type") == "url";
    let text = |text: &str| {
        let text = if url { encode_query(text).replace("%20", "+") } else { text.to_owned() };
        text.replace('&', "&amp;").replace('<', "&lt;")
    };
    let (prefix, delimiter, marker) =
        (parameter("prefix"), parameter("delimiter"), parameter("marker"));
    let most: usize = parameter("max-keys").parse().unwrap_or(1000);
    let mut entries = BTreeSet::new();
    for key in keys.iter().filter(|key| key.starts_with(&prefix)) {
        let at = (!delimiter.is_empty()).then(|| key[prefix.len()..].find(&delimiter)).flatten();
        let entry = match at {
            Some(at) => (key[..prefix.len() + at + delimiter.len()].to_owned(), true),
            None => (key.clone(), false),
        };
        if entry.0 > marker {
            entries.insert(entry);
        }
    }
    let truncated = entries.len() > most;
    let shown: Vec<_> = entries.into_iter().take(most).collect();
    let mut page = format!("<ListBucketResult><IsTruncated>{truncated}</IsTruncated>");
    if url {
        page.push_str("<EncodingType>url</EncodingType>");
    }
    // The keys first, as AWS has it: the last element need not be the last in order.
    for common in [false, true] {
        for (name, _) in shown.iter().filter(|(_, is_common)| *is_common == common) {
            let name = text(name);
            let _ = if common {
                write!(page, "<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>")
            } else {
                write!(page, "<Contents><Key>{name}</Key></Contents>")
            };
        }
    }
    if let Some((last, _)) = shown.last().filter(|_| says_next && truncated) {
        let _ = write!(page, "<NextMarker>{}</NextMarker>", text(last));
    }
    page + "</ListBucketResult>"
}

fn elements(page: &str, name: &str) -> Vec<String> {
    let open = format!("<{name}>");
    let pieces = page.split(&open).skip(1);
    let texts = pieces.map(|piece| piece.split("</").next().unwrap_or_default());
    texts.map(|text| text.replace("&lt;", "<").replace("&amp;", "&")).collect()
}

proptest! {
    /// Page by page, all of it once.
    #[test]
    fn all_pages_together_are_the_listing(
        keys in prop::collection::btree_set("[a-c/+ &é]{1,6}", 0..40),
        prefix in select(vec!["", "a", "b/", "/", "c+"]),
        delimiter in select(vec!["", "/", "+", "ab"]),
        most in 1_usize..5,
        url: bool,
        says_next: bool,
    ) {
        let mut query = format!("&prefix={}", encode_query(prefix));
        if !delimiter.is_empty() {
            let _ = write!(query, "&delimiter={}", encode_query(delimiter));
        }
        if url {
            query.push_str("&encoding-type=url");
        }
        let whole = outgoing(&query).unwrap();
        let whole = list_objects(&keys, &whole, true);
        let names = |page: &str| {
            let mut names = elements(page, "Key");
            names.extend(elements(page, "Prefix"));
            names
        };
        let mut expected = names(&whole);
        expected.sort();
        let (mut found, mut token) = (Vec::new(), String::new());
        for _ in 0..50 {
            let page = asked(&format!("{query}&max-keys={most}{token}"));
            let request = as_list_objects(&page, Addressing::Path).unwrap();
            let answer = list_objects(&keys, &request, says_next);
            let answer = as_list_objects_v2(answer.as_bytes(), &page).unwrap();
            let here = names(&answer);
            prop_assert_eq!(elements(&answer, "KeyCount"), [here.len().to_string()]);
            found.extend(here);
            match elements(&answer, "NextContinuationToken").first() {
                Some(next) => token = format!("&continuation-token={next}"),
                None => break,
            }
        }
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
