use super::*;
use crate::query::Presigned;
use crate::resolve::{identify, resolve};
use crate::vectors::{Line, Request, lines};
use policy::Value;
use serde_json::json;

fn facts(line: &Line) -> Facts<'_> {
    let presigned = line.signed_in_query() != Presigned::No;
    // Those that are written by hand leave the signature out, and mean one.
    let signed = presigned || line.header("authorization").is_some() || line.variant == "hand";
    Facts {
        auth_type: signed.then_some(if presigned { AuthType::Query } else { AuthType::Header }),
        signature_version: signed.then_some("AWS4-HMAC-SHA256"),
        content_sha256: line.header("x-amz-content-sha256").filter(|_| !presigned),
        ..Facts::default()
    }
}

fn as_json(value: &Value) -> serde_json::Value {
    match value {
        Value::One(text) => json!(text),
        Value::Many(texts) => json!(texts),
        Value::Unknown => json!(null),
    }
}

fn described(requirement: &Requirement) -> serde_json::Value {
    let context: serde_json::Map<_, _> =
        requirement.context.iter().map(|(key, value)| (key.to_owned(), as_json(value))).collect();
    json!({"action": requirement.action, "resource": requirement.resource, "context": context})
}

fn check(line: &Line) -> Result<(), String> {
    let request = line.request();
    let identified = identify(&request.raw()).map_err(|e| e.to_string())?;
    let body = line.body();
    // An empty body has nothing to say; where it is a fault, the gateway finds it before it asks.
    let document = Document::parse(identified.kind(), &body).ok();
    let found: Vec<_> =
        identified.requirements(&facts(line), document.as_ref()).iter().map(described).collect();
    let expected: Vec<_> = line
        .checks
        .iter()
        .map(|c| json!({"action": c.action, "resource": c.resource, "context": c.context}))
        .collect();
    if found == expected {
        Ok(())
    } else {
        Err(format!("\n expected {expected:?}\n found    {found:?}"))
    }
}

#[test]
fn vectors_iam_cases() {
    let lines = lines("s3-iam-cases.jsonl");
    assert_eq!(lines.len(), 288);
    let wrong: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            check(line).err().map(|e| format!("{} {}: {e}", line.id, line.operation))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn operation(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Operation {
    resolve(&Request::new(method, path, query, headers).raw()).unwrap()
}

fn actions(operation: &Operation, document: Option<&Document>) -> Vec<&'static str> {
    operation.requirements(&Facts::default(), document).iter().map(|r| r.action).collect()
}

#[test]
fn a14_a_copy_needs_read_on_its_source() {
    for source in ["src/k", "/src/k", "%2Fsrc/k"] {
        let copy = operation("PUT", "/abc/k", "", &[("x-amz-copy-source", source)]);
        assert_eq!(actions(&copy, None), ["s3:GetObject", "s3:PutObject"]);
        let requirements = copy.requirements(&Facts::default(), None);
        assert_eq!(requirements.iter().next().unwrap().resource, "arn:aws:s3:::src/k");
    }
    let version = [("x-amz-copy-source", "src/k?versionId=null")];
    for query in ["", "partNumber=1&uploadId=u"] {
        let copy = operation("PUT", "/abc/k", query, &version);
        assert_eq!(actions(&copy, None), ["s3:GetObjectVersion", "s3:PutObject"]);
    }
}

#[test]
fn a15_each_object_is_decided_by_itself() {
    let delete = operation("POST", "/abc", "delete", &[]);
    let body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>null</VersionId></Object></Delete>";
    let document = Document::parse(delete.kind(), body).unwrap();
    let Requirements::PerKey(keys) = delete.requirements(&Facts::default(), Some(&document)) else {
        panic!("per key");
    };
    let described: Vec<_> = keys
        .iter()
        .map(|(object, requirements)| {
            assert_eq!(requirements.iter().count(), 1);
            (
                object.key.as_str(),
                requirements.first().action,
                requirements.first().resource.as_str(),
            )
        })
        .collect();
    assert_eq!(
        described,
        [
            ("a", "s3:DeleteObject", "arn:aws:s3:::abc/a"),
            ("b", "s3:DeleteObjectVersion", "arn:aws:s3:::abc/b")
        ]
    );
    let Requirements::PerKey(none) = delete.requirements(&Facts::default(), None) else {
        panic!("per key")
    };
    assert!(none.is_empty());
}

#[test]
fn a58_what_a_create_bucket_says_besides_is_required() {
    let headers = [
        ("x-amz-acl", "public-read"),
        ("x-amz-bucket-object-lock-enabled", "TRUE"),
        ("x-amz-object-ownership", "ObjectWriter"),
    ];
    let create = operation("PUT", "/abc", "", &headers);
    let body = b"<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint><Tags><Tag><Key>Team</Key>\
                 <Value>a</Value></Tag></Tags></CreateBucketConfiguration>";
    let document = Document::parse(create.kind(), body).unwrap();
    assert_eq!(
        actions(&create, Some(&document)),
        [
            "s3:CreateBucket",
            "s3:PutBucketAcl",
            "s3:PutBucketObjectLockConfiguration",
            "s3:PutBucketVersioning",
            "s3:PutBucketOwnershipControls",
            "s3:TagResource"
        ]
    );
    let requirements = create.requirements(&Facts::default(), Some(&document));
    let first = requirements.iter().next().unwrap();
    assert_eq!(first.context.get("s3:locationconstraint"), Some(&Value::One("eu".into())));
    assert_eq!(first.context.get("aws:RequestTag/team"), Some(&Value::One("a".into())));
    let harmless = [("x-amz-acl", "private"), ("x-amz-bucket-object-lock-enabled", "false")];
    assert_eq!(actions(&operation("PUT", "/abc", "", &harmless), None), ["s3:CreateBucket"]);
}

/// What others say in headers, and a policy may hang on, some say in their documents.
#[test]
fn a58_documents_fill_the_keys_of_their_actions() {
    let keys = |path: &str, query: &str, kind: OperationKind, body: &str| {
        let document = Document::parse(kind, body.as_bytes()).unwrap();
        let requirements =
            operation("PUT", path, query, &[]).requirements(&Facts::default(), Some(&document));
        let get =
            |key: &str| requirements.iter().map(|one| one.context.get(key).cloned()).collect();
        let (sse, kms) =
            ("s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id");
        let all: [Vec<Option<Value>>; 3] =
            [get(sse), get(kms), get("s3:InventoryAccessibleOptionalFields")];
        all
    };
    let update = |inside: &str| {
        let body = format!("<ObjectEncryption>{inside}</ObjectEncryption>");
        let [sse, kms, _] =
            keys("/abc/k", "encryption", OperationKind::UpdateObjectEncryption, &body);
        // Both actions that it needs have them.
        assert!(sse.len() == 2 && sse[0] == sse[1] && kms[0] == kms[1]);
        (sse[0].clone(), kms[0].clone())
    };
    let one = |text: &str| Some(Value::from(text));
    let kms = "<SSE-KMS><KMSKeyArn>arn:k</KMSKeyArn></SSE-KMS>";
    assert_eq!(update(kms), (one("aws:kms"), one("arn:k")));
    assert_eq!(update("<SSE-KMS/>"), (one("aws:kms"), None));
    assert_eq!(update("<SSE-S3/>"), (one("AES256"), None));
    assert_eq!(update("<SSE-S3/><SSE-KMS/>"), (Some(Value::Unknown), None));
    assert_eq!(update(""), (None, None));
    let twice = format!("{kms}<sse-kms><kmskeyarn>arn:l</kmskeyarn></sse-kms>");
    assert_eq!(update(&twice), (one("aws:kms"), Some(Value::Unknown)));
    let inventory = |fields: &str| {
        let body = format!("<InventoryConfiguration><Id>a</Id>{fields}</InventoryConfiguration>");
        let kind = OperationKind::PutBucketInventoryConfiguration;
        keys("/abc", "inventory&id=a", kind, &body)[2][0].clone()
    };
    let fields = "<OptionalFields><Field>Size</Field><Field>ObjectOwner</Field></OptionalFields>";
    let both = Value::Many(vec!["Size".to_owned(), "ObjectOwner".to_owned()]);
    assert_eq!(inventory(fields), Some(both));
    assert_eq!(inventory(""), None);
    // Tables of metadata have keys of their own.
    let kind = OperationKind::CreateBucketMetadataConfiguration;
    let body =
        b"<MetadataConfiguration><KmsKeyArn>arn:k</KmsKeyArn><SSE-KMS/></MetadataConfiguration>";
    let document = Document::parse(kind, body).unwrap();
    let create = operation("POST", "/abc", "metadataConfiguration", &[]);
    for one in create.requirements(&Facts::default(), Some(&document)).iter() {
        let mut keys = one.context.iter().map(|(key, _)| key);
        assert!(!keys.any(|key| key.contains("encryption")), "{one:?}");
    }
}

#[test]
fn headers_are_keys_of_the_actions_that_have_them() {
    let object = ("/abc/k", "s3:PutObject");
    let bucket = ("/abc", "s3:CreateBucket");
    for ((path, action), name, value, key) in [
        (bucket, "x-amz-object-ownership", "ObjectWriter", "s3:x-amz-object-ownership"),
        (bucket, "x-amz-bucket-namespace", "account-regional", "s3:x-amz-bucket-namespace"),
        (
            object,
            "x-amz-object-annotation-directive",
            "COPY",
            "s3:x-amz-object-annotation-directive",
        ),
        (object, "x-amz-object-lock-event-hold", "ON", "s3:object-lock-event-hold"),
        (
            object,
            "x-amz-object-lock-event-hold-duration-days",
            "7",
            "s3:object-lock-event-hold-duration-days",
        ),
    ] {
        let request = Request::new("PUT", path, "", &[(name, value)]);
        let identified = identify(&request.raw()).unwrap();
        let requirements = identified.requirements(&Facts::default(), None);
        let found = requirements.iter().find(|requirement| requirement.action == action).unwrap();
        assert_eq!(found.context.get(key), Some(&Value::One(value.into())), "{name}");
        let elsewhere = Request::new("PUT", "/abc/k", "acl", &[(name, value)]);
        let identified = identify(&elsewhere.raw()).unwrap();
        let requirements = identified.requirements(&Facts::default(), None);
        assert!(requirements.iter().all(|it| it.context.get(key).is_none()), "{name}");
    }
}

#[test]
fn documents_are_keys_of_the_actions_that_have_them() {
    for (subresource, body, action, key, value) in [
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
            "s3:PutObjectTagging",
            "s3:RequestObjectTag/a",
            "b",
        ),
        (
            "tagging&versionId=v",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
            "s3:PutObjectVersionTagging",
            "s3:RequestObjectTag/a",
            "b",
        ),
        (
            "retention",
            "<Retention><Mode>COMPLIANCE</Mode></Retention>",
            "s3:PutObjectRetention",
            "s3:object-lock-mode",
            "COMPLIANCE",
        ),
        (
            "retention",
            "<Retention><EventHold>OFF</EventHold></Retention>",
            "s3:PutObjectRetention",
            "s3:object-lock-event-hold",
            "OFF",
        ),
        (
            "retention",
            "<Retention><EventHoldDuration><Days>9</Days></EventHoldDuration></Retention>",
            "s3:PutObjectRetention",
            "s3:object-lock-event-hold-duration-days",
            "9",
        ),
        (
            "legal-hold",
            "<LegalHold><Status>OFF</Status></LegalHold>",
            "s3:PutObjectLegalHold",
            "s3:object-lock-legal-hold",
            "OFF",
        ),
    ] {
        let put = operation("PUT", "/abc/k", subresource, &[]);
        let document = Document::parse(put.kind(), body.as_bytes()).unwrap();
        let requirements = put.requirements(&Facts::default(), Some(&document));
        let first = requirements.iter().next().unwrap();
        assert_eq!(first.action, action);
        assert_eq!(first.context.get(key), Some(&Value::One(value.into())), "{subresource}");
    }
}

/// Else whoever asks in years passes a Deny on too many days.
#[test]
fn days_of_an_event_hold_are_unknown_when_it_is_asked_in_years() {
    let key = "s3:object-lock-event-hold-duration-days";
    let seen = |operation: &Operation, document: Option<&Document>| {
        let requirements = operation.requirements(&Facts::default(), document);
        let mut found = requirements.iter().filter(|it| it.action == "s3:PutObjectRetention");
        found.next().unwrap().context.get(key).cloned()
    };
    let put = |headers: &[(&str, &str)]| operation("PUT", "/abc/k", "", headers);
    let years = ("x-amz-object-lock-event-hold-duration-years", "1");
    let days = ("x-amz-object-lock-event-hold-duration-days", "1");
    assert_eq!(seen(&put(&[years]), None), Some(Value::Unknown));
    assert_eq!(seen(&put(&[days, years]), None), Some(Value::Unknown));
    let body = "<Retention><EventHoldDuration><Years>1</Years></EventHoldDuration></Retention>";
    let document = Document::parse(OperationKind::PutObjectRetention, body.as_bytes()).unwrap();
    let retain =
        operation("PUT", "/abc/k", "retention", &[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]);
    assert_eq!(seen(&retain, Some(&document)), Some(Value::Unknown));
}

#[test]
fn each_lock_that_is_set_needs_its_own_permission() {
    for (name, value, action) in [
        ("x-amz-object-lock-mode", "GOVERNANCE", "s3:PutObjectRetention"),
        ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z", "s3:PutObjectRetention"),
        ("x-amz-object-lock-event-hold", "ON", "s3:PutObjectRetention"),
        ("x-amz-object-lock-event-hold-duration-days", "1", "s3:PutObjectRetention"),
        ("x-amz-object-lock-legal-hold", "ON", "s3:PutObjectLegalHold"),
    ] {
        let put = operation("PUT", "/abc/k", "", &[(name, value)]);
        assert_eq!(actions(&put, None), ["s3:PutObject", action], "{name}");
    }
}

#[test]
fn tags_that_decide_are_those_of_the_object_that_the_action_is_on() {
    let source = [("x-amz-copy-source", "src/k?versionId=v")];
    for (method, path, query, headers, whose) in [
        ("GET", "/abc/k", "", &[][..], &[Some(Whose::Target)][..]),
        ("GET", "/abc/k", "versionId=v", &[], &[Some(Whose::Target)]),
        ("PUT", "/abc/k", "tagging", &[], &[Some(Whose::Target)]),
        ("PUT", "/abc/k", "", &source, &[Some(Whose::Source), None]),
        ("PUT", "/abc/k", "", &[], &[None]),
        ("DELETE", "/abc/k", "", &[], &[None]),
        ("GET", "/abc", "", &[], &[None]),
        ("GET", "/", "", &[], &[None]),
    ] {
        let operation = operation(method, path, query, headers);
        let requirements = operation.requirements(&Facts::default(), None);
        let found: Vec<_> = requirements.iter().map(|requirement| requirement.tags_of).collect();
        assert_eq!(found, whose, "{method} {path}?{query}");
    }
    let get = operation("GET", "/abc/k", "versionId=v", &[]).tagged(Whose::Target).unwrap();
    let copy = operation("PUT", "/abc/k", "", &source).tagged(Whose::Source).unwrap();
    for (object, bucket) in [(get, "abc"), (copy, "src")] {
        assert_eq!((object.bucket.as_str(), object.key.as_str()), (bucket, "k"));
        assert_eq!(object.version.as_ref().map(VersionId::as_str), Some("v"));
    }
}

#[test]
fn what_only_the_store_knows_can_be_added_to_every_requirement() {
    let delete = operation("POST", "/abc", "delete", &[]);
    let body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    let document = Document::parse(delete.kind(), body).unwrap();
    let copy = operation("PUT", "/abc/k", "", &[("x-amz-copy-source", "src/k")]);
    for (operation, document) in [(delete, Some(&document)), (copy, None)] {
        let mut requirements = operation.requirements(&Facts::default(), document);
        for requirement in requirements.iter_mut() {
            requirement.context.insert("s3:ExistingObjectTag/a", Value::One("b".into()));
        }
        let tags = requirements.iter().map(|it| it.context.get("s3:ExistingObjectTag/a"));
        assert_eq!(tags.collect::<Vec<_>>(), [Some(&Value::One("b".into())); 2]);
    }
}

#[test]
fn retention_counts_days_begun() {
    let put = operation(
        "PUT",
        "/abc/k",
        "",
        &[("x-amz-object-lock-retain-until-date", "1970-01-11T00:00:00Z")],
    );
    for (now, days) in [(0, "10"), (1, "10"), (86_400, "9"), (864_000, "0"), (950_401, "-1")] {
        let facts = Facts { now_unix: Some(now), ..Facts::default() };
        let requirements = put.requirements(&facts, None);
        let found = requirements
            .iter()
            .next()
            .unwrap()
            .context
            .get("s3:object-lock-remaining-retention-days");
        assert_eq!(found, Some(&Value::One(days.into())), "{now}");
    }
}

#[test]
fn withheld_headers_have_their_own_requirement() {
    let facts = Facts::default();
    let get = operation("GET", "/abc/k", "versionId=v", &[]);
    let tags = get.requirement_to_show(Protected::Tagging, &facts).unwrap();
    assert_eq!(
        (tags.action, tags.resource.as_str()),
        ("s3:GetObjectVersionTagging", "arn:aws:s3:::abc/k")
    );
    let lock = get.requirement_to_show(Protected::Retention, &facts).unwrap();
    assert_eq!(lock.action, "s3:GetObjectRetention");
    assert!(lock.context.get("s3:versionid").is_none());
    let absence = get.requirement_to_see_absence(&facts).unwrap();
    assert_eq!((absence.action, absence.resource.as_str()), ("s3:ListBucket", "arn:aws:s3:::abc"));
    let put = operation("PUT", "/abc/k", "", &[]);
    assert!(put.requirement_to_show(Protected::LegalHold, &facts).is_none());
    assert!(put.requirement_to_see_absence(&facts).is_none());
}

#[test]
fn a_missing_key_is_told_to_whom_may_list_its_bucket() {
    let facts = Facts::default();
    for query in ["acl", "attributes", "tagging", "retention", "legal-hold", "torrent"] {
        let headers: &[(&str, &str)] =
            if query == "attributes" { &[("x-amz-object-attributes", "ETag")] } else { &[] };
        let read = operation("GET", "/abc/k", query, headers);
        let list = read.requirement_to_see_absence(&facts).unwrap();
        assert_eq!((list.action, list.resource.as_str()), ("s3:ListBucket", "arn:aws:s3:::abc"));
    }
    for query in ["", "uploadId=u&partNumber=1"] {
        let copy = operation("PUT", "/abc/k", query, &[("x-amz-copy-source", "src/k")]);
        let list = copy.requirement_to_see_absence(&facts).unwrap();
        assert_eq!((list.action, list.resource.as_str()), ("s3:ListBucket", "arn:aws:s3:::src"));
    }
    for (method, query) in
        [("PUT", "partNumber=1&uploadId=u"), ("GET", "uploadId=u"), ("DELETE", "")]
    {
        let other = operation(method, "/abc/k", query, &[]);
        assert!(other.requirement_to_see_absence(&facts).is_none(), "{method} {query}");
    }
}

#[test]
fn copied_tags_have_their_own_requirements() {
    let source = ("x-amz-copy-source", "src/k");
    let copied = |headers: &[(&str, &str)]| {
        let copy = operation("PUT", "/abc/k", "", headers);
        let requirements = copy.requirements_if_source_has_tags(&Facts::default());
        requirements.iter().map(|r| format!("{} {}", r.action, r.resource)).collect::<Vec<_>>()
    };
    let both = ["s3:GetObjectTagging arn:aws:s3:::src/k", "s3:PutObjectTagging arn:aws:s3:::abc/k"];
    assert_eq!(copied(&[source]), both);
    assert_eq!(copied(&[source, ("x-amz-tagging-directive", "COPY")]), both);
    assert!(copied(&[source, ("x-amz-tagging-directive", "REPLACE")]).is_empty());
}

/// A replication reads and writes by itself, for whoever set it up.
#[test]
fn a14_what_a_store_will_do_by_itself_has_its_requirements() {
    let of = |query: &str, kind: OperationKind, body: &str| {
        let put = operation("PUT", "/abc", query, &[]);
        let document = Document::parse(kind, body.as_bytes()).unwrap();
        let all = put.requirements_of_targets(&Facts::default(), Some(&document));
        assert!(put.requirements_of_targets(&Facts::default(), None).is_empty());
        all.iter().map(|one| format!("{} {}", one.action, one.resource)).collect::<Vec<_>>()
    };
    let logging = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket></LoggingEnabled></BucketLoggingStatus>";
    let kind = OperationKind::PutBucketLogging;
    assert_eq!(of("logging", kind, logging), ["s3:PutObject arn:aws:s3:::logs/*"]);
    assert!(of("logging", kind, "<BucketLoggingStatus/>").is_empty());
    let kind = OperationKind::PutBucketReplication;
    let rules = "<Rule><Destination><Bucket>arn:aws:s3:::one</Bucket></Destination></Rule>\
        <Rule><Destination><Bucket>arn:aws:s3:::two</Bucket></Destination></Rule>";
    let replication = format!("<ReplicationConfiguration>{rules}</ReplicationConfiguration>");
    let all = of("replication", kind, &replication);
    for expected in [
        "s3:GetObject arn:aws:s3:::abc/*",
        "s3:GetObjectVersion arn:aws:s3:::abc/*",
        "s3:GetObjectVersionForReplication arn:aws:s3:::abc/*",
        "s3:PutObject arn:aws:s3:::one/*",
        "s3:DeleteObject arn:aws:s3:::two/*",
        "s3:ReplicateDelete arn:aws:s3:::two/*",
    ] {
        assert!(all.iter().any(|one| one == expected), "{expected}: {all:?}");
    }
    let zone = "<ReplicationConfiguration><Rule><Destination><Zone>z</Zone></Destination></Rule></ReplicationConfiguration>";
    let all = of("replication", kind, zone);
    assert!(all.contains(&"s3:GetObject arn:aws:s3:::abc/*".to_owned()), "{all:?}");
    assert!(all.iter().all(|one| one.ends_with(" arn:aws:s3:::abc/*")), "{all:?}");
}
