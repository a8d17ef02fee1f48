use super::*;
use crate::document::ObjectIdentifier;
use crate::name::{Bucket, Key};
use proptest::prelude::*;

#[test]
fn errors_of_the_store_are_rendered_anew() {
    let body = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code><Message>none</Message><Key>a&amp;b</Key>\
        <BucketName>data</BucketName><RequestId>theirs</RequestId><HostId>host</HostId><Resource>/x</Resource>\
        <Endpoint>store.internal</Endpoint><AWSAccessKeyId>STOREKEY</AWSAccessKeyId><StringToSign>s</StringToSign></Error>";
    let error = StoreError::parse(body).unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("NoSuchKey", "none"));
    let rendered = error.render("/data/a&b", "OURS");
    assert!(rendered.contains(
        "<Key>a&amp;b</Key><BucketName>data</BucketName><Resource>/data/a&amp;b</Resource>"
    ));
    assert!(rendered.contains("<RequestId>OURS</RequestId>"));
    for secret in ["theirs", "host", "store.internal", "STOREKEY", "StringToSign"] {
        assert!(!rendered.contains(secret), "{secret}");
    }
    assert!(!error.is_about_our_signature());
}

#[test]
fn what_is_no_error_document_is_none() {
    for body in [
        "",
        "<html><body>502</body></html>",
        "<Error/>",
        "<Error><Code></Code></Error>",
        "{\"error\": 1}",
        "<Error><Code>a b</Code></Error>",
        "<Error><Code>A</Code><Code>B</Code></Error>",
        "<Error><Code>A</Code>",
        "<!DOCTYPE Error><Error><Code>A</Code></Error>",
    ] {
        assert_eq!(StoreError::parse(body.as_bytes()), None, "{body}");
    }
    let signature = b"<Error><Code>SignatureDoesNotMatch</Code></Error>";
    assert!(StoreError::parse(signature).unwrap().is_about_our_signature());
}

#[test]
fn complete_has_our_location() {
    let body = b"  \n \n<?xml version=\"1.0\"?>\n  <CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Location>http://store.internal/data/k</Location><Bucket>tenant:data</Bucket><Key>k</Key><ETag>&quot;e-2&quot;</ETag>\
        <ChecksumCRC32>a-2</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType><New>x</New></CompleteMultipartUploadResult>";
    let Outcome::Done(result) = complete_outcome(body) else { panic!("done") };
    let bucket = Bucket::parse("data").unwrap();
    let rendered = result.render("https://gateway/data/k%26", &bucket, &Key::parse("k&").unwrap());
    assert!(rendered.ends_with(
        "<Location>https://gateway/data/k%26</Location><Bucket>data</Bucket><Key>k&amp;</Key><ETag>&quot;e-2&quot;</ETag>\
         <ChecksumCRC32>a-2</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType></CompleteMultipartUploadResult>"
    ));
    assert!(!rendered.contains("store.internal"));
}

#[test]
fn of_what_a_store_says_twice_the_first_counts() {
    let body = b"<CompleteMultipartUploadResult><ChecksumSHA1>a</ChecksumSHA1><ChecksumSHA1>b</ChecksumSHA1>\
        <ChecksumType>c</ChecksumType></CompleteMultipartUploadResult>";
    let Outcome::Done(result) = complete_outcome(body) else { panic!("done") };
    let checksums = [("ChecksumSHA1", "a".to_owned()), ("ChecksumType", "c".to_owned())];
    assert_eq!(result.checksums, checksums);
    let body = b"<Error><Code>A</Code><Key>a</Key><Key>b</Key><VersionId>v</VersionId></Error>";
    let error = StoreError::parse(body).unwrap();
    assert_eq!(error.extra, [("Key", "a".to_owned()), ("VersionId", "v".to_owned())]);
}

#[test]
fn an_error_inside_a_200_is_found() {
    let body = b"\n\n   <Error><Code>InternalError</Code><Message>m</Message></Error>\n";
    assert!(
        matches!(complete_outcome(body), Outcome::Failed(error) if error.code == "InternalError")
    );
    assert!(matches!(copy_outcome(body), Outcome::Failed(error) if error.code == "InternalError"));
    for body in [
        "",
        "   ",
        "<CompleteMultipartUploadResult>",
        "<html/>",
        "<Error/>",
        "<CopyObjectResult><a>",
    ] {
        assert_eq!(complete_outcome(body.as_bytes()), Outcome::Unreadable, "{body}");
        assert_eq!(copy_outcome(body.as_bytes()), Outcome::Unreadable, "{body}");
    }
    for body in ["<CopyObjectResult><ETag>e</ETag></CopyObjectResult>", " <CopyPartResult/>"] {
        assert_eq!(copy_outcome(body.as_bytes()), Outcome::Done(()), "{body}");
    }
}

#[test]
fn white_space_keeps_a_client_waiting() {
    let full = "<?xml version=\"1.0\"?>\n   ";
    for end in 0..=full.len() {
        assert!(says_nothing_yet(&full.as_bytes()[..end]), "{}", &full[..end]);
    }
    for body in ["<E", "  <C", "<?xml version=\"1.0\"?>\n <", "<?x ", "x"] {
        assert!(!says_nothing_yet(body.as_bytes()), "{body}");
    }
    for (length, nothing) in [(255, true), (256, false)] {
        let unfinished = format!("<?xml{}", "x".repeat(length));
        assert_eq!(says_nothing_yet(unfinished.as_bytes()), nothing, "{length}");
    }
    let document = bucket_location("x");
    assert!(without_declaration(&document).starts_with("<LocationConstraint"));
    assert_eq!(without_declaration("<a/>"), "<a/>");
}

#[test]
fn a55_buckets_are_filtered_and_owned_by_us() {
    let body = b"<ListAllMyBucketsResult><Owner><ID>store-user</ID></Owner><Buckets>\
        <Bucket><Name>a-bucket</Name><CreationDate>2026-01-01T00:00:00Z</CreationDate><BucketRegion>x</BucketRegion></Bucket>\
        <Bucket><Name>b&amp;</Name></Bucket></Buckets><ContinuationToken>t</ContinuationToken>\
        <Prefix>a&amp;</Prefix></ListAllMyBucketsResult>";
    let mut list = BucketList::parse(body).unwrap();
    assert_eq!(list.buckets.len(), 2);
    list.buckets.retain(|bucket| bucket.name == "a-bucket");
    let rendered = list.render(Owner { id: "000000000000", display_name: "gateway" });
    assert!(rendered.contains(
        "<Owner><ID>000000000000</ID><DisplayName>gateway</DisplayName></Owner><Buckets><Bucket><Name>a-bucket</Name>\
         <CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket></Buckets><ContinuationToken>t</ContinuationToken><Prefix>a&amp;</Prefix>"
    ));
    assert!(BucketList::parse(b"<Error/>").is_err());
    assert!(
        BucketList::parse(
            b"<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>"
        )
        .is_err()
    );
}

#[test]
fn the_location_of_a_store_is_a_region() {
    for (text, region) in
        [("", "us-east-1"), ("EU", "eu-west-1"), ("eu-west-1", "eu-west-1"), ("default", "default")]
    {
        let document = format!("<LocationConstraint>{text}</LocationConstraint>");
        assert_eq!(parse_location(document.as_bytes()).as_deref(), Ok(region));
    }
    assert!(parse_location(b"<Error/>").is_err());
}

#[test]
fn location_is_the_region_of_the_client() {
    assert!(
        bucket_location("eu-west-1").ends_with("/2006-03-01/\">eu-west-1</LocationConstraint>")
    );
    assert!(bucket_location("us-east-1").ends_with("\"></LocationConstraint>"));
}

fn denied(key: &str) -> ObjectIdentifier {
    ObjectIdentifier {
        key: Key::parse(key).unwrap(),
        version: None,
        etag: None,
        last_modified_time: None,
        size: None,
    }
}

#[test]
fn a15_denied_keys_come_back_as_access_denied() {
    let body = b"<DeleteResult><Deleted><Key>a</Key><VersionId></VersionId><DeleteMarker>true</DeleteMarker>\
        <DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted><Error><Key>b</Key><Code>InternalError</Code><Message>m</Message></Error></DeleteResult>";
    let mut result = DeleteResult::parse(body).unwrap();
    result.deny(&denied("c&"));
    let loud = result.render(false);
    assert!(loud.contains(
        "<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker>\
         <DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>"
    ));
    let errors = "<Error><Key>b</Key><Code>InternalError</Code><Message>m</Message></Error><Error><Key>c&amp;</Key>\
                  <Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>";
    assert!(loud.ends_with(errors));
    let quiet = result.render(true);
    assert!(quiet.ends_with(errors) && !quiet.contains("Deleted>"));
    let mut none = DeleteResult::default();
    none.deny(&denied("c"));
    assert_eq!(DeleteResult::parse(none.render(true).as_bytes()), Ok(none));
}

#[test]
fn entries_of_a_delete_are_bounded() {
    let entries = |deleted: usize, errors: usize| {
        let errors = "<Error><Key>a</Key><Code>A</Code></Error>".repeat(errors);
        let deleted = "<Deleted><Key>a</Key></Deleted>".repeat(deleted);
        let body = format!("<DeleteResult>{errors}{deleted}</DeleteResult>");
        DeleteResult::parse(body.as_bytes()).map(|it| it.deleted.len() + it.errors.len())
    };
    for (deleted, errors) in [(0, 10_000), (10_000, 0), (5_000, 5_000)] {
        assert_eq!(entries(deleted, errors), Ok(10_000));
        assert!(entries(deleted + 1, errors).is_err(), "{deleted} {errors}");
        assert!(entries(deleted, errors + 1).is_err(), "{deleted} {errors}");
    }
}

proptest! {
    #[test]
    fn answers_never_panic(
        body in any::<Vec<u8>>(),
        tags in "(<(Error|Code|DeleteResult|Deleted|Key|Buckets|Bucket|Name|CopyObjectResult|/?)>?|[a&;0-9]){0,20}",
    ) {
        for bytes in [body.as_slice(), tags.as_bytes()] {
            let _ = StoreError::parse(bytes);
            let _ = complete_outcome(bytes);
            let _ = copy_outcome(bytes);
            let _ = BucketList::parse(bytes);
            let _ = DeleteResult::parse(bytes);
        }
    }

    #[test]
    fn store_errors_survive_rendering(message in "\\PC{0,40}", key in "\\PC{0,40}") {
        let clean = |text: &str| text.chars().all(crate::xml::is_xml_char);
        prop_assume!(clean(&message) && clean(&key));
        let error = StoreError { code: "Some.Code".into(), message, extra: vec![("Key", key)] };
        prop_assert_eq!(StoreError::parse(error.render("/r", "id").as_bytes()), Some(error));
    }
}
