use super::*;

fn store(name: &str, regions: &[&str], buckets: &[&str], default: bool) -> Arc<Store> {
    let region = |name: &&str| sigv4::Region::parse(name).unwrap();
    Arc::new(Store {
        name: name.to_owned(),
        endpoint: Endpoint::parse("https://store.example.org").unwrap(),
        region: sigv4::Region::parse("signed-for-the-store").unwrap(),
        regions: regions.iter().map(region).collect(),
        buckets: buckets.iter().map(|text| BucketPattern::new(text)).collect(),
        default,
        credentials: Vec::new(),
        ca: None,
        insecure: false,
        addressing: Addressing::Path,
        authorization: Authorization::Gateway,
        refused_operations: Vec::new(),
        key_rules: s3::KeyRules::EXACT,
        ignored_headers: Vec::new(),
        capabilities: Capabilities {
            checksum_headers: true,
            trailers: false,
            discards_short_objects: true,
            discards_short_parts: true,
            quoted_if_match: true,
            list_objects_v2: true,
            copy_source_conditions: true,
            object_tags: true,
            bucket_owner: true,
            versions: true,
            encoded_listings: true,
            object_size: true,
            copied_tags: true,
        },
    })
}

/// `-` stands for nothing; a `!` before the result for a mismatch that names that region.
fn route(stores: &Stores, bucket: &str, region: &str) -> String {
    let bucket = (bucket != "-").then(|| s3::Bucket::parse(bucket).unwrap());
    let region = (region != "-").then(|| sigv4::Region::parse(region).unwrap());
    match stores.route(bucket.as_ref(), region.as_ref()) {
        Ok(store) => store.name.clone(),
        Err(RouteError::RegionMismatch { expected, .. }) => format!("!{}", expected.as_str()),
        Err(RouteError::NoStore) => "none".to_owned(),
    }
}

#[test]
fn a_bucket_rule_beats_the_region_and_that_the_default() {
    let stores = Stores::new(vec![
        store("west", &["eu-west-1", "west"], &["data", "proj-*"], false),
        store("central", &["eu-central-1"], &["proj-x-*", "proj-a", "*-logs"], true),
        store("old", &["us-east-1"], &[], false),
    ]);
    for (bucket, region, expected) in [
        // An exact rule.
        ("data", "-", "west"),
        ("data", "eu-west-1", "west"),
        ("data", "west", "west"),
        ("data", "made-up-1", "west"),
        ("data", "eu-central-1", "!eu-west-1"),
        ("data", "us-east-1", "!eu-west-1"),
        // An exact rule beats a pattern.
        ("proj-a", "-", "central"),
        ("proj-a", "eu-central-1", "central"),
        ("proj-a", "eu-west-1", "!eu-central-1"),
        // The longest pattern.
        ("proj-b", "-", "west"),
        ("proj-x-1", "-", "central"),
        ("proj-x-1", "eu-central-1", "central"),
        ("proj-x-1", "west", "!eu-central-1"),
        ("proj-x", "made-up-1", "west"),
        // Six characters against seven.
        ("proj-x-logs", "-", "central"),
        ("proj-logs", "-", "west"),
        ("app-logs", "-", "central"),
        // The signed region.
        ("other", "eu-west-1", "west"),
        ("other", "west", "west"),
        ("other", "us-east-1", "old"),
        // The default.
        ("other", "-", "central"),
        ("other", "made-up-1", "central"),
        ("other", "signed-for-the-store", "central"),
        // No bucket.
        ("-", "-", "central"),
        ("-", "us-east-1", "old"),
        ("-", "made-up-1", "central"),
        // A region is a name, to the letter.
        ("other", "US-EAST-1", "central"),
    ] {
        assert_eq!(route(&stores, bucket, region), expected, "{bucket} {region}");
    }
}

#[test]
fn with_one_store_any_region_is_accepted() {
    let stores = Stores::new(vec![store("only", &["eu-west-1"], &["data", "a-*"], false)]);
    for bucket in ["-", "data", "a-1", "other"] {
        for region in ["-", "eu-west-1", "us-east-1", "made-up-1"] {
            assert_eq!(route(&stores, bucket, region), "only", "{bucket} {region}");
        }
    }
}

#[test]
fn without_a_store_there_is_none() {
    assert_eq!(route(&Stores::default(), "data", "us-east-1"), "none");
}

fn credential(name: &str, when: Option<&str>) -> Credential {
    let when = when.map(|role| {
        let block = serde_json::json!({ "StringEquals": { "aws:PrincipalArn": role } });
        policy::Condition::load(name, &block).unwrap()
    });
    Credential {
        name: name.to_owned(),
        access_key: sigv4::AccessKeyId::parse("AK").unwrap(),
        secret_key: sigv4::SecretKey::new("secret".to_owned()),
        session_token: None,
        when,
    }
}

fn chosen(credentials: Vec<Credential>, role: Option<&str>, anonymous: bool) -> Option<String> {
    let mut store = Arc::into_inner(store("a", &[], &[], true)).unwrap();
    store.credentials = credentials;
    let mut context = policy::Context::new();
    if let Some(role) = role {
        context.insert("aws:PrincipalArn", role);
    }
    let found = store.credentials_for(&[&context], anonymous);
    found.map(|credential| credential.name.clone())
}

#[test]
fn the_first_condition_that_holds_chooses_the_keys() {
    let all = || {
        vec![
            credential("first", Some("a")),
            credential("second", Some("b")),
            credential("shadowed", Some("a")),
            credential("default", None),
        ]
    };
    assert_eq!(chosen(all(), Some("a"), false).as_deref(), Some("first"));
    assert_eq!(chosen(all(), Some("b"), false).as_deref(), Some("second"));
    assert_eq!(chosen(all(), Some("c"), false).as_deref(), Some("default"));
    assert_eq!(chosen(all(), None, false).as_deref(), Some("default"));
}

#[test]
fn anonymous_callers_never_fall_to_the_default() {
    let all = || vec![credential("named", Some("a")), credential("default", None)];
    assert_eq!(chosen(all(), None, true), None);
    let open = policy::Condition::load(
        "open",
        &serde_json::json!({ "Null": { "aws:PrincipalArn": "true" } }),
    );
    let open = Credential { when: Some(open.unwrap()), ..credential("open", None) };
    assert_eq!(chosen(vec![open], None, true).as_deref(), Some("open"));
}

#[test]
fn no_secret_is_shown() {
    let mut store = Arc::into_inner(store("a", &[], &[], true)).unwrap();
    store.credentials = vec![Credential {
        secret_key: sigv4::SecretKey::new("hunter2hunter2".to_owned()),
        ..credential("main", None)
    }];
    assert!(!format!("{store:?}").contains("hunter2"));
}
