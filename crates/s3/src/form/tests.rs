mod policies;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::name::{Bucket, Key};
use crate::operation::OperationKind;
use crate::resolve::{Operation, resolve_form};

const TYPE: &str = "multipart/form-data; boundary=----b0undary";
const NOW: i64 = 1_767_323_045; // 2026-01-02T03:04:05Z

/// A form as browsers write it.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!(
                "------b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    body.extend_from_slice(
        b"------b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"up load.txt\"\r\n\
          Content-Type: text/plain\r\n\r\n",
    );
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n------b0undary--\r\n");
    body
}

/// What was read of a form, in pieces of these sizes.
struct Read {
    form: Form,
    file: Vec<u8>,
    announced: u64,
}

fn read_in(body: &[u8], mut size: impl FnMut() -> usize) -> Result<Read, FormError> {
    let mut reader = FormReader::new(Boundary::of(TYPE)?);
    let mut rest = Bytes::copy_from_slice(body);
    let mut head = None;
    while !rest.is_empty() && head.is_none() {
        let piece = rest.split_to(size().clamp(1, rest.len()));
        head = reader.push(&piece)?;
    }
    let mut head = head.ok_or(FormError::Malformed)?;
    let mut file = head.file.push(head.rest.clone())?.to_vec();
    while !rest.is_empty() {
        let piece = rest.split_to(size().clamp(1, rest.len()));
        file.extend_from_slice(&head.file.push(piece)?);
    }
    head.file.end()?;
    let announced = head.file_length(body.len() as u64);
    Ok(Read { form: head.form, file, announced })
}

fn read(body: &[u8]) -> Result<Read, FormError> {
    read_in(body, || usize::MAX)
}

fn refused(body: &[u8]) -> FormError {
    read(body).err().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(body)))
}

fn bucket() -> Bucket {
    Bucket::parse("examplebucket").unwrap()
}

fn checked(form: &Form, bucket: &Bucket, now: i64) -> Result<LengthRange, PostPolicyError> {
    let policy = PostPolicy::parse(form.field("policy").unwrap())?;
    policy.check(form, bucket, &form.key(bucket).unwrap(), now)
}

#[test]
fn the_vectors_are_read_and_held_against_their_policies() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/sigv4/post-policy.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut outcomes = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(body) = row["body_base64"].as_str() else {
            PostPolicy::parse(row["policy_base64"].as_str().unwrap()).unwrap();
            continue;
        };
        let body = STANDARD.decode(body).unwrap();
        let read = read(&body).unwrap();
        for (name, value) in row["fields"].as_object().unwrap() {
            assert_eq!(read.form.field(name), value.as_str(), "{name}");
        }
        assert_eq!(read.announced, read.file.len() as u64);
        let outcome = match read.form.field("policy") {
            None => "no policy".to_owned(),
            Some(_) => match checked(&read.form, &bucket(), NOW) {
                Ok(range) => format!("{:?}", range.check(read.file.len() as u64)),
                Err(error) => error.aws_message().unwrap(),
            },
        };
        outcomes.push((row["name"].as_str().unwrap().to_owned(), outcome));
    }
    let expected = [
        ("post-range-too-small", "Err(Below(100))"),
        ("post-meta", "Ok(())"),
        (
            "post-bad-key",
            "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", \"user/x\"]",
        ),
        ("post-bad-extra-field", "Invalid according to Policy: Extra input fields: acl"),
        ("post-bad-no-policy", "no policy"),
    ];
    let seen: Vec<(&str, &str)> =
        outcomes.iter().map(|(name, outcome)| (name.as_str(), outcome.as_str())).collect();
    assert_eq!(seen, expected);
}

#[test]
fn boundaries_are_those_of_rfc_2046() {
    for good in [
        "multipart/form-data; boundary=x",
        "Multipart/Form-Data;BOUNDARY=\"a b:c\"",
        "multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
    ] {
        Boundary::of(good).unwrap();
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    for bad in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=ä",
        "multipart/form-data; boundary=a\"b",
        "multipart/form-data; nonsense",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencoded; boundary=x",
        &long,
    ] {
        assert_eq!(Boundary::of(bad), Err(FormError::Boundary), "{bad}");
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let part = |disposition: &str| {
        format!("------b0undary\r\n{disposition}\r\n\r\nvalue\r\n------b0undary--\r\n").into_bytes()
    };
    for bad in [
        &b""[..],
        b"preamble\r\n------b0undary\r\n",
        b"------b0undaryX\r\n",
        b"------b0undary \r\n",
        b"------b0undary\r\n\r\n\r\nvalue\r\n------b0undary--\r\n",
    ] {
        assert_eq!(refused(bad), FormError::Malformed, "{}", String::from_utf8_lossy(bad));
    }
    for disposition in [
        "Content-Type: text/plain",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; filename=\"x\"",
        "Content-Disposition: attachment; name=\"key\"",
        "Content-Disposition: form-data; name=\"key",
        "Content-Disposition: form-data; name=\"key\" x",
        "Content-Disposition: form-data; name=\"key\"; name=\"acl\"",
        "Content-Disposition: form-data; =\"key\"",
        "Content-Disposition: form-data; \"name\"=\"key\"",
        "Content-Disposition: form-data; name=\"key\"; size=1",
        "Content-Disposition: form-data; name=\"key\"; filename*=UTF-8''file",
        "Content-Disposition: form-data; name=\"key\"\r\nContent-Disposition: form-data; name=\"acl\"",
        "Content-Disposition: form-data; name=\"key\"\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=\"k\0ey\"",
        "no header",
    ] {
        assert_eq!(refused(&part(disposition)), FormError::Malformed, "{disposition}");
    }
    assert_eq!(refused(&part("Content-Disposition: form-data; name=\"key\"")), FormError::Files);
    assert_eq!(
        refused(&part("Content-Disposition: form-data; name=\"other\"; filename=\"x\"")),
        FormError::Files,
        "the file is the part of that name"
    );
    assert_eq!(
        refused(&form(&[("key", "a"), ("KEY", "b")], b"")),
        FormError::Repeated("key".to_owned()),
        "names have no case"
    );
    let mut cut = form(&[("key", "a")], b"content");
    cut.truncate(cut.len() - 6);
    assert_eq!(refused(&cut), FormError::Malformed, "the file has no end");
    let mut not_text = form(&[("key", "?")], b"");
    let at = not_text.iter().position(|b| *b == b'?').unwrap();
    not_text[at] = 0xff;
    assert_eq!(refused(&not_text), FormError::Value("key".to_owned()));
}

#[test]
fn a42_what_stands_before_the_file_is_bounded() {
    let fitting = "x".repeat(MAX_HEAD - 200);
    assert!(read(&form(&[("x-ignore-a", &fitting)], b"file")).is_ok());
    let long = "x".repeat(MAX_HEAD);
    for size in [1000, usize::MAX] {
        let read = read_in(&form(&[("x-ignore-a", &long)], b"file"), || size);
        assert_eq!(read.err(), Some(FormError::TooLarge));
    }
    // Where the file begins exactly at the bound, and a byte behind it.
    let length_of = |value: &str| {
        let reader = &mut FormReader::new(Boundary::of(TYPE).unwrap());
        reader.push(&form(&[("x-ignore-a", value)], b"")).map(|head| head.unwrap().consumed)
    };
    let fitting = "x".repeat(MAX_HEAD - usize::try_from(length_of("").unwrap()).unwrap());
    assert_eq!(length_of(&fitting), Ok(MAX_HEAD as u64));
    assert_eq!(length_of(&format!("{fitting}x")), Err(FormError::TooLarge));
    let unfinished = form(&[("x-ignore-a", &long)], b"");
    for pieces in [&[MAX_HEAD][..], &[1000, MAX_HEAD - 1000]] {
        let mut reader = FormReader::new(Boundary::of(TYPE).unwrap());
        let mut at = 0;
        for length in pieces {
            assert!(matches!(reader.push(&unfinished[at..at + length]), Ok(None)));
            at += length;
        }
        assert!(matches!(reader.push(&unfinished[at..=at]), Err(FormError::TooLarge)));
    }
    let endless = [b"------b0undary\r\nA: ".to_vec(), vec![b'a'; MAX_HEAD]].concat();
    assert_eq!(refused(&endless), FormError::TooLarge);
    let large_file = vec![b'\n'; 4 * MAX_HEAD];
    assert_eq!(read(&form(&[("key", "k")], &large_file)).unwrap().file, large_file);
}

#[test]
fn names_of_files_are_what_their_client_wrote() {
    for (written, key) in [
        ("\"up load.txt\"", "up load.txt"),
        ("\"C:\\\\dir\\file.txt\"", "file.txt"),
        ("\"/home/a/file.txt\"", "file.txt"),
        ("\"a\\\"b\"", "a\"b"),
        ("plain.txt", "plain.txt"),
        ("\"grün;=.txt\"", "grün;=.txt"),
    ] {
        let body = String::from_utf8(form(&[("key", "in/${filename}")], b"x")).unwrap();
        let body = body.replace("\"up load.txt\"", written);
        let read = read(body.as_bytes()).unwrap();
        assert_eq!(read.form.key(&bucket()).unwrap().as_str(), format!("in/{key}"), "{written}");
    }
    let unnamed = String::from_utf8(form(&[("key", "in/${filename}")], b"x")).unwrap();
    let unnamed = unnamed.replace("; filename=\"up load.txt\"", "");
    assert_eq!(read(unnamed.as_bytes()).unwrap().form.key(&bucket()).unwrap().as_str(), "in/");
}

/// A form of the file `content` that ends so.
fn ending(end: &str) -> Vec<u8> {
    let mut body = form(&[("key", "k")], b"content");
    body.truncate(body.len() - b"--\r\n".len());
    body.extend_from_slice(end.as_bytes());
    body
}

/// Ends of a form from which its file's length does not follow.
const OTHER_ENDS: &[&str] = &[
    "\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nUpload\r\n------b0undary--\r\n",
    "\r\n",
    "--",
    "--\r\n\r\n",
    "--\r\nepilogue",
    "--------b0undary--\r\n",
];

#[test]
fn what_stands_behind_the_file_is_passed_over() {
    for end in OTHER_ENDS {
        let read = read(&ending(end)).unwrap();
        assert_eq!((read.file.as_slice(), read.form.field("submit")), (&b"content"[..], None));
        assert_ne!(read.announced, 7, "{end:?}");
    }
}

#[test]
fn a13_a_file_whose_length_was_told_has_it_or_is_none() {
    let head_of = |body: &[u8]| {
        let mut reader = FormReader::new(Boundary::of(TYPE).unwrap());
        let head = reader.push(body).unwrap().unwrap();
        let length = head.file_length(body.len() as u64);
        (head, length)
    };
    for size in [1, 3, 1000] {
        let read = |body: &[u8]| {
            let (Head { mut file, rest, .. }, length) = head_of(body);
            file.must_be_last(length)?;
            let mut content = Vec::new();
            for piece in rest.chunks(size) {
                content.extend_from_slice(&file.push(Bytes::copy_from_slice(piece))?);
                assert!(content.len() as u64 <= length, "more than was told");
            }
            file.end().map(|()| content)
        };
        assert_eq!(read(&ending("--\r\n")), Ok(b"content".to_vec()));
        for end in OTHER_ENDS {
            assert_eq!(read(&ending(end)), Err(FormError::AfterFile), "{end:?} by {size}");
        }
    }
    // Told when all of it has come.
    for (end, told) in [("--\r\n", Ok(())), ("--", Err(FormError::AfterFile))] {
        let (mut head, length) = head_of(&ending(end));
        head.file.push(head.rest).unwrap();
        assert_eq!(head.file.must_be_last(length), told);
    }
    let (mut late, length) = head_of(&ending(OTHER_ENDS[0]));
    late.file.push(late.rest).unwrap();
    assert_eq!(late.file.must_be_last(length), Err(FormError::AfterFile));
}

/// The upload that a form of these fields asks for.
fn upload(fields: &[(&str, &str)]) -> Result<Operation, String> {
    let form = read(&form(fields, b"content")).map_err(|error| error.to_string())?.form;
    let key = form.key(&bucket()).map_err(|error| error.to_string())?;
    let headers = form.headers().map_err(|error| error.to_string())?;
    resolve_form(&bucket(), key, &headers, &[]).map_err(|error| error.to_string())
}

#[test]
fn a_form_is_the_put_that_its_fields_name() {
    let tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>c</Value></Tag></TagSet></Tagging>";
    let operation = upload(&[
        ("key", "a/${filename}"),
        ("acl", "public-read"),
        ("Content-Type", "image/png"),
        ("x-amz-meta-Who", "grün"),
        ("tagging", tagging),
        ("policy", "p"),
        ("success_action_status", "201"),
        ("x-amz-server-side-encryption", "AES256"),
        ("submit", "Upload"),
    ])
    .unwrap();
    assert_eq!(operation.kind(), OperationKind::PutObject);
    let outgoing = operation.outgoing(crate::Addressing::Path);
    assert_eq!(
        (outgoing.method.as_str(), outgoing.path.as_str()),
        ("PUT", "/examplebucket/a/up%20load.txt")
    );
    assert_eq!(outgoing.query, "");
    let mut headers: Vec<(&str, &[u8])> =
        outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("content-type", &b"image/png"[..]),
            ("x-amz-acl", b"public-read"),
            ("x-amz-meta-who", "grün".as_bytes()),
            ("x-amz-server-side-encryption", b"AES256"),
            ("x-amz-tagging", b"a%20b=c"),
        ]
    );
    let facts =
        crate::Facts { auth_type: Some(crate::requirement::AuthType::Post), ..Default::default() };
    let needs: Vec<(&str, String)> = operation
        .requirements(&facts, None)
        .iter()
        .map(|check| (check.action, check.resource.clone()))
        .collect();
    let object = "arn:aws:s3:::examplebucket/a/up load.txt".to_owned();
    assert_eq!(
        needs,
        [
            ("s3:PutObject", object.clone()),
            ("s3:PutObjectAcl", object.clone()),
            ("s3:PutObjectTagging", object)
        ]
    );
}

#[test]
fn what_a_form_cannot_mean_is_refused() {
    let key = ("key", "k");
    let bad: &[(&[(&str, &str)], &str)] = &[
        (&[], "`key` is missing"),
        (&[("key", "")], "an empty key"),
        (&[key, ("bucket", "other")], "`bucket` names another bucket"),
        (&[key, ("acl", "Public-Read")], "`x-amz-acl` has a value"),
        (&[key, ("acl", "private"), ("x-amz-acl", "private")], "is repeated"),
        (&[key, ("x-amz-unknown", "1")], "`x-amz-unknown` implies"),
        (&[key, ("x-amz-copy-source", "/a/b")], "does not belong into a form"),
        (&[key, ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], "does not belong into a form"),
        (&[key, ("If-None-Match", "*")], "does not belong into a form"),
        (&[key, ("x-amz-meta-a", "b\r\nx-amz-acl: public-read")], "has a value"),
        (&[key, ("x-amz-meta-ü", "b")], "does not belong into a form"),
        (&[key, ("tagging", "a=b")], "`tagging` has a value"),
        (&[key, ("x-amz-storage-class", "grün")], "`x-amz-storage-class` has a value"),
    ];
    for (fields, why) in bad {
        let error = upload(fields).unwrap_err();
        assert!(error.contains(why), "{fields:?}: {error}");
    }
}

#[test]
fn answers_are_those_that_the_form_asks_for() {
    let success = |fields: &[(&str, &str)]| read(&form(fields, b"")).unwrap().form.success();
    for (asked, status) in [("200", 200), ("201", 201), ("204", 204), ("302", 204), ("", 204)] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(success(&[("success_action_status", asked)]), Success::Status(status));
    }
    assert_eq!(success(&[]), Success::Status(StatusCode::NO_CONTENT));
    let key = Key::parse("a b&c").unwrap();
    let location = |field: &str, url: &str| {
        success(&[(field, url), ("success_action_status", "201")]).location(
            &bucket(),
            &key,
            "\"etag\"",
        )
    };
    let added = "bucket=examplebucket&key=a%20b%26c&etag=%22etag%22";
    assert_eq!(
        location("success_action_redirect", "https://h.test/done"),
        Some(format!("https://h.test/done?{added}"))
    );
    assert_eq!(
        location("redirect", "http://h.test/?a=b"),
        Some(format!("http://h.test/?a=b&{added}"))
    );
    for not in ["javascript:alert(1)", "/done", "https://", "https://h.test/\r\nx: y", "ftp://h/"] {
        assert_eq!(location("success_action_redirect", not), None, "{not}");
    }
    assert_eq!(
        posted("https://h/a", &bucket(), &Key::parse("a&b").unwrap(), "\"e\""),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>https://h/a</Location>\
         <Bucket>examplebucket</Bucket><Key>a&amp;b</Key><ETag>&quot;e&quot;</ETag></PostResponse>"
    );
}

/// Content that looks like the delimiter as often as not.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n------b0undar".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"------b0undary".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()).prop_filter(
        "the boundary",
        |content| {
            // What stands behind it belongs to the question: the end of the content, too.
            let whole = [content.as_slice(), b"\r\n------b0undary"].concat();
            let delimiter: &[u8] = b"\r\n------b0undary";
            whole.windows(delimiter.len()).position(|it| it == delimiter) == Some(content.len())
        },
    )
}

proptest! {
    #[test]
    fn a13_pieces_of_every_size_are_the_same_form(
        content in content(),
        value in "[a-z\r\n-]{0,20}",
        sizes in proptest::collection::vec(1_usize..40, 1..20),
    ) {
        let body = form(&[("x-ignore-a", &value), ("key", "k")], &content);
        let mut sizes = sizes.into_iter().cycle();
        let read = read_in(&body, || sizes.next().unwrap_or(1)).unwrap();
        prop_assert_eq!(read.form.field("x-ignore-a"), Some(value.as_str()));
        prop_assert_eq!(read.announced, content.len() as u64);
        prop_assert_eq!(read.file, content);
    }

    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..400), size in 1_usize..64) {
        let opened = [b"------b0undary\r\n".to_vec(), body.clone()].concat();
        for body in [body, opened] {
            drop(read_in(&body, || size));
        }
    }
}

#[test]
fn every_part_may_have_a_file_name() {
    let plain = form(&[("key", "a"), ("policy", "p")], b"content");
    let named = String::from_utf8(plain.clone()).unwrap();
    let named = named.replace("name=\"key\"", "name=\"key\"; filename=\"key\"");
    let named = named.replace("name=\"policy\"", "name=\"policy\"; filename=\"policy\"");
    let (plain, named) = (read_in(&plain, || 7).unwrap(), read_in(named.as_bytes(), || 7).unwrap());
    for name in ["key", "policy"] {
        assert_eq!(named.form.field(name), plain.form.field(name));
    }
    assert_eq!(named.file, plain.file);
}
