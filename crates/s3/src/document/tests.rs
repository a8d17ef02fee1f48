use super::*;
use crate::name::{Key, VersionId};
use proptest::prelude::*;

fn delete(body: &str) -> Result<DeleteRequest, DocumentError> {
    match Document::parse(OperationKind::DeleteObjects, body.as_bytes())? {
        Document::Delete(request) => Ok(request),
        other => panic!("{other:?}"),
    }
}

fn delete_of(objects: &str) -> Result<DeleteRequest, DocumentError> {
    delete(&format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{objects}</Delete>"))
}

fn rendered(operation: OperationKind, body: &str) -> String {
    String::from_utf8(Document::parse(operation, body.as_bytes()).unwrap().render()).unwrap()
}

#[test]
fn a15_delete_is_read_and_written_anew() {
    let body = "<?xml version='1.0'?><s3:Delete xmlns:s3='urn:x'>\n <s3:Quiet>TRUE</s3:Quiet>\n <s3:Object>\
                <s3:VersionId>v1</s3:VersionId><s3:Key>a &amp; b&#10;</s3:Key><s3:ETag>\"e\"</s3:ETag></s3:Object>\
                <!-- x --><s3:Object><s3:Key><![CDATA[<c>]]></s3:Key><s3:Size>1</s3:Size></s3:Object></s3:Delete>";
    let request = delete(body).unwrap();
    assert!(request.quiet());
    let keys: Vec<_> = request.objects().iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["a & b\n", "<c>"]);
    assert_eq!(
        rendered(OperationKind::DeleteObjects, body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Object><Key>a &amp; b&#10;</Key><VersionId>v1</VersionId><ETag>&quot;e&quot;</ETag></Object>\
         <Object><Key>&lt;c&gt;</Key><Size>1</Size></Object><Quiet>true</Quiet></Delete>"
    );
}

#[test]
fn a15_keys_and_versions_are_names() {
    assert_eq!(delete_of("<Object><Key></Key></Object>"), Err(NameError::EmptyKey.into()));
    for length in [1025, 4096] {
        let long = format!("<Object><Key>{}</Key></Object>", "x".repeat(length));
        assert_eq!(delete_of(&long).unwrap_err().code(), AwsCode::KeyTooLongError, "{length}");
    }
    let version = "<Object><Key>a</Key><VersionId></VersionId></Object>";
    assert_eq!(delete_of(version), Err(NameError::VersionId.into()));
    let longest = format!("<Object><Key>{}</Key></Object>", "&amp;".repeat(1024));
    assert!(delete_of(&longest).is_ok());
}

#[test]
fn a15_too_much_is_refused() {
    let object = "<Object><Key>a</Key></Object>";
    assert_eq!(delete_of(&object.repeat(1000)).unwrap().objects().len(), 1000);
    assert_eq!(delete_of(&object.repeat(1001)), Err(XmlError::TooMany("Object").into()));
    let fitting = "<Delete><Object><Key>a</Key></Object></Delete>";
    let fitting = format!("{fitting}{}", " ".repeat((8 << 20) - fitting.len()));
    assert!(delete(&fitting).is_ok());
    assert_eq!(delete(&format!("{fitting} ")), Err(DocumentError::TooLarge { limit: 8 << 20 }));
    let big = format!("<Delete>{}", " ".repeat(8 << 20));
    assert_eq!(delete(&big), Err(DocumentError::TooLarge { limit: 8 << 20 }));
    assert_eq!(delete(&big).unwrap_err().code(), AwsCode::MaxMessageLengthExceeded);
}

#[test]
fn a15_what_is_not_understood_is_refused() {
    for malformed in [
        "",
        "<Delete/>",
        "<Delet/>",
        "<Delete><Object/></Delete>",
        "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Delete><Object><Key>a<b/></Key></Object></Delete>",
        "<Delete><Object><Key>a</Key><New>b</New></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet><Quiet>false</Quiet></Delete>",
        "<Delete><Object><Key>a</Key></Object><Quiet>yes</Quiet></Delete>",
        "<Delete><Object><Key>a</Key></Object>x</Delete>",
        "<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
        "<Delete><Object><Key a='b'>a</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object>",
        "<!DOCTYPE Delete [<!ENTITY a 'b'>]><Delete><Object><Key>&a;</Key></Object></Delete>",
        "<Delete><Object><Key>&a;</Key></Object></Delete>",
        "<Delete><Object><Key>&#0;</Key></Object></Delete>",
    ] {
        assert_eq!(
            delete(malformed).map_err(|e| e.code()),
            Err(AwsCode::MalformedXML),
            "{malformed}"
        );
    }
}

#[test]
fn deletes_are_quiet_if_they_say_so() {
    for (said, quiet) in [
        ("", false),
        ("<Quiet>false</Quiet>", false),
        ("<Quiet>true</Quiet>", true),
        ("<Quiet> True </Quiet>", true),
    ] {
        let request = delete_of(&format!("<Object><Key>a</Key></Object>{said}")).unwrap();
        assert_eq!(request.quiet(), quiet, "{said}");
    }
}

#[test]
fn a15_the_same_object_twice_is_two_decisions() {
    let request = delete_of("<Object><Key>a</Key></Object><Object><Key>a</Key></Object>").unwrap();
    assert_eq!(request.objects().len(), 2);
}

#[test]
fn a15_denied_objects_are_not_sent() {
    let request = delete_of("<Object><Key>a</Key></Object><Object><Key>b</Key></Object>").unwrap();
    let (kept, denied) = request.clone().partition(|object| object.key.as_str() == "a");
    assert_eq!(denied.len(), 1);
    let sent = String::from_utf8(Document::Delete(kept.unwrap()).render()).unwrap();
    assert!(sent.contains("<Key>a</Key>") && !sent.contains("<Key>b</Key>"));
    let (none, denied) = request.partition(|_| false);
    assert_eq!((none, denied.len()), (None, 2));
}

#[test]
fn each_of_the_conditions_of_a_bulk_delete_is_one() {
    let of = |condition: &str| {
        let other = "<Object><Key>a</Key></Object>";
        let body = format!("<Delete>{other}<Object><Key>k</Key>{condition}</Object></Delete>");
        match Document::parse(OperationKind::DeleteObjects, body.as_bytes()).unwrap() {
            Document::Delete(request) => request.has_conditions(),
            other => panic!("{other:?}"),
        }
    };
    for condition in ["<ETag>e</ETag>", "<LastModifiedTime>t</LastModifiedTime>", "<Size>1</Size>"]
    {
        assert!(of(condition), "{condition}");
    }
    assert!(!of("") && !of("<VersionId>v</VersionId>"));
}

#[test]
fn complete_is_read_and_written_anew() {
    let body = "<CompleteMultipartUpload><Part><PartNumber> 2 </PartNumber><ETag>\"e\"</ETag><ChecksumCRC32>y/Q5Jg==\
                </ChecksumCRC32></Part><Part><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>";
    assert_eq!(
        rendered(OperationKind::CompleteMultipartUpload, body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Part><ETag>&quot;e&quot;</ETag><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><PartNumber>2</PartNumber></Part>\
         <Part><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>"
    );
}

#[test]
fn complete_that_is_not_understood_is_refused() {
    let of = |parts: &str| {
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        Document::parse(OperationKind::CompleteMultipartUpload, body.as_bytes())
            .map_err(|e| e.code())
    };
    for malformed in [
        "",
        "<Part/>",
        "<Part><PartNumber>0</PartNumber></Part>",
        "<Part><PartNumber>10001</PartNumber></Part>",
        "<Part><PartNumber>x</PartNumber></Part>",
        "<Part><PartNumber>1</PartNumber><Size>1</Size></Part>",
        "<Part><PartNumber>1</PartNumber><ChecksumBLAKE3>a</ChecksumBLAKE3></Part>",
        "<Part><PartNumber>1</PartNumber><ChecksumCRC32>y/Q5Jg</ChecksumCRC32></Part>",
        "<Part><PartNumber>1</PartNumber><ChecksumSHA1>y/Q5Jg==</ChecksumSHA1></Part>",
        "<Part><PartNumber>1</PartNumber><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32></Part>",
    ] {
        assert_eq!(of(malformed), Err(AwsCode::MalformedXML), "{malformed}");
    }
    let part = |number: usize| format!("<Part><PartNumber>{number}</PartNumber></Part>");
    let all: String = (1..=10_000).map(part).collect();
    assert!(of(&all).is_ok());
    assert_eq!(of(&(all + &part(1))), Err(AwsCode::MalformedXML));
    // Which of two of a number is meant says the store.
    assert!(of(&(part(1) + &part(1))).is_ok());
    let body = format!(
        "<CompleteMultipartUpload>{}{}{}</CompleteMultipartUpload>",
        part(2),
        part(2),
        part(10_000)
    );
    match Document::parse(OperationKind::CompleteMultipartUpload, body.as_bytes()) {
        Ok(Document::Complete(request)) => {
            assert_eq!(request.numbers().collect::<Vec<_>>(), [2, 2, 10_000]);
        }
        other => panic!("{other:?}"),
    }
    for (first, second) in [(2, 1), (10_000, 9_999)] {
        let parts = part(first) + &part(second);
        assert_eq!(of(&parts), Err(AwsCode::InvalidPartOrder), "{first} {second}");
    }
    let big = vec![b' '; (4 << 20) + 1];
    let error = Document::parse(OperationKind::CompleteMultipartUpload, &big).unwrap_err();
    assert_eq!(error, DocumentError::TooLarge { limit: 4 << 20 });
}

#[test]
fn create_bucket_may_be_empty() {
    let kind = OperationKind::CreateBucket;
    assert_eq!(rendered(kind, ""), "");
    assert_eq!(rendered(kind, "<CreateBucketConfiguration xmlns='x'/>"), "");
    let tags = "<Tags><Tag><Key>a</Key><Value/></Tag></Tags>";
    let body = format!(
        "<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint>{tags}</CreateBucketConfiguration>"
    );
    let mut document = Document::parse(kind, body.as_bytes()).unwrap();
    let text = String::from_utf8(document.render()).unwrap();
    assert!(text.contains("<LocationConstraint>eu</LocationConstraint><Tags><Tag><Key>a</Key><Value></Value></Tag></Tags>"));
    if let Document::CreateBucket(request) = &mut document {
        request.location = None;
        assert_eq!(request.tags(), [("a".to_owned(), String::new())]);
    }
    let text = String::from_utf8(document.render()).unwrap();
    assert!(!text.contains("Location") && text.contains("<Tag><Key>a</Key>"), "{text}");
    let location = "<LocationConstraint>eu</LocationConstraint>";
    let body = format!("<CreateBucketConfiguration>{location}</CreateBucketConfiguration>");
    let text = rendered(kind, &body);
    assert!(text.contains(location) && !text.contains("Tags"), "{text}");
}

#[test]
fn create_bucket_that_is_not_understood_is_refused() {
    let of = |inside: &str| {
        let body = format!("<CreateBucketConfiguration>{inside}</CreateBucketConfiguration>");
        Document::parse(OperationKind::CreateBucket, body.as_bytes()).unwrap_err().code()
    };
    assert_eq!(of("<Bucket><Type>Directory</Type></Bucket>"), AwsCode::NotImplemented);
    assert_eq!(of("<Location/>"), AwsCode::NotImplemented);
    assert_eq!(of("<Tags/><Tags/>"), AwsCode::MalformedXML);
    assert_eq!(of("<Tags><Tag><Key>a</Key></Tag></Tags>"), AwsCode::MalformedXML);
    let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value/></Tag>");
    assert_eq!(of(&format!("<Tags>{}{}</Tags>", tag("a"), tag("A"))), AwsCode::InvalidTag);
    assert_eq!(of("<New/>"), AwsCode::MalformedXML);
}

#[test]
fn settings_of_objects() {
    let tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    assert!(
        rendered(OperationKind::PutObjectTagging, tagging).contains("<Key>a</Key><Value>b</Value>")
    );
    let retention = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>";
    assert!(
        rendered(OperationKind::PutObjectRetention, retention).contains("<Mode>GOVERNANCE</Mode>")
    );
    let held = "<Retention><EventHold>ON</EventHold><EventHoldDuration><Years>2</Years></EventHoldDuration></Retention>";
    assert!(
        rendered(OperationKind::PutObjectRetention, held).ends_with(&held["<Retention>".len()..])
    );
    let hold = "<LegalHold><Status>ON</Status></LegalHold>";
    assert!(rendered(OperationKind::PutObjectLegalHold, hold).contains("<Status>ON</Status>"));
    let date = "<Retention><RetainUntilDate>soon</RetainUntilDate></Retention>";
    assert!(Document::parse(OperationKind::PutObjectRetention, date.as_bytes()).is_err());
    assert_eq!(Document::parse(OperationKind::GetObject, b"<a/>"), Err(DocumentError::NoDocument));
}

#[test]
fn settings_of_objects_that_are_not_understood_are_refused() {
    let tag = "<Tag><Key>a</Key><Value/></Tag>";
    let retention = |inside: &str| format!("<Retention>{inside}</Retention>");
    let hold = |inside: &str| format!("<EventHoldDuration>{inside}</EventHoldDuration>");
    for (kind, body) in [
        (OperationKind::PutObjectTagging, "<Tagging/>".to_owned()),
        (OperationKind::PutObjectTagging, format!("<Tagging>{tag}</Tagging>")),
        (OperationKind::PutObjectTagging, format!("<Tagging><Tags>{tag}</Tags></Tagging>")),
        (
            OperationKind::PutObjectTagging,
            format!("<Tagging><TagSet/><TagSet>{tag}</TagSet></Tagging>"),
        ),
        (OperationKind::PutObjectTagging, "<Tagging><TagSet><New/></TagSet></Tagging>".to_owned()),
        (OperationKind::PutObjectRetention, "<Retention><New/></Retention>".to_owned()),
        (OperationKind::PutObjectRetention, retention("<Mode>compliance</Mode>")),
        (OperationKind::PutObjectRetention, retention("<Mode> COMPLIANCE</Mode>")),
        (OperationKind::PutObjectRetention, retention("<EventHold>on</EventHold>")),
        (OperationKind::PutObjectRetention, retention("<EventHoldDuration/>")),
        (OperationKind::PutObjectRetention, retention(&hold("<Days>36501</Days>"))),
        (OperationKind::PutObjectRetention, retention(&hold("<Years>0</Years>"))),
        (OperationKind::PutObjectRetention, retention(&hold("<Weeks>1</Weeks>"))),
        (OperationKind::PutObjectRetention, retention(&hold("<Days>1</Days><Years>1</Years>"))),
        (OperationKind::PutObjectRetention, retention(&hold("<Days>1</Days>").repeat(2))),
        (OperationKind::PutObjectLegalHold, "<LegalHold><New/></LegalHold>".to_owned()),
        (
            OperationKind::PutObjectLegalHold,
            "<LegalHold><Status>on</Status></LegalHold>".to_owned(),
        ),
        (
            OperationKind::PutObjectLegalHold,
            "<LegalHold><Status>ON</Status><Status>OFF</Status></LegalHold>".to_owned(),
        ),
    ] {
        let code = Document::parse(kind, body.as_bytes()).map_err(|e| e.code());
        assert_eq!(code, Err(AwsCode::MalformedXML), "{body}");
    }
    assert!(
        rendered(OperationKind::PutObjectTagging, "<Tagging><TagSet/></Tagging>")
            .contains("TagSet")
    );
}

fn xml_text(pattern: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(pattern).unwrap().prop_map(|text| {
        text.chars().map(|c| if crate::xml::is_xml_char(c) { c } else { '?' }).collect()
    })
}

proptest! {
    #[test]
    fn a15_delete_survives_the_way_to_the_store(
        objects in proptest::collection::vec(
            (xml_text("[^\0]{1,30}"), proptest::option::of("[!-~]{1,20}"), proptest::option::of(xml_text("\\PC{0,9}"))),
            1..20,
        ),
        quiet in any::<bool>(),
    ) {
        let mut writer = crate::xml::Writer::document("Delete");
        for (key, version, etag) in &objects {
            writer.open("Object");
            writer.leaf("Key", key);
            writer.leaf_if("VersionId", version.as_deref());
            writer.leaf_if("ETag", etag.as_deref());
            writer.close("Object");
        }
        writer.leaf("Quiet", if quiet { "true" } else { "false" });
        writer.close("Delete");
        let request = delete(&writer.finish()).unwrap();
        for (object, (key, version, etag)) in request.objects().iter().zip(&objects) {
            prop_assert_eq!(&object.key, &Key::parse(key.as_str()).unwrap());
            prop_assert_eq!(&object.version, &version.as_ref().map(|v| VersionId::parse(v.as_str()).unwrap()));
            prop_assert_eq!(&object.etag, etag);
        }
        let document = Document::Delete(request);
        prop_assert_eq!(Document::parse(OperationKind::DeleteObjects, &document.render()), Ok(document));
    }

    #[test]
    fn nothing_panics(
        body in any::<Vec<u8>>(),
        tags in "(<(Delete|Object|Key|Quiet|Part|PartNumber|Tags|Tag|/?)>?|[a&;0-9]){0,20}",
    ) {
        for kind in OperationKind::ALL {
            for bytes in [body.as_slice(), tags.as_bytes()] {
                if let Ok(document) = Document::parse(*kind, bytes) {
                    prop_assert_eq!(Document::parse(*kind, &document.render()), Ok(document));
                }
            }
        }
    }
}
