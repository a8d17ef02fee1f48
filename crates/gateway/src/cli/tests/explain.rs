use std::os::unix::fs::PermissionsExt as _;

use clap::Parser as _;

use super::{Ran, fed, run};
use crate::cli::Cli;

#[test]
fn explain_takes_a_request_as_an_editor_leaves_it() {
    let raw = "GET /b12/k%20x?versionId=v HTTP/1.1\nHost: 127.0.0.1\n";
    let ran = fed(&["explain", "--request", "-"], raw);
    assert!(ran.succeeded(), "{}", ran.err);
    assert!(ran.out.contains("operation  GetObject\n"), "{}", ran.out);
    assert!(ran.out.contains("needs      s3:GetObjectVersion on arn:aws:s3:::b12/k x\n"));
    let json = fed(&["explain", "--request", "-", "--json"], raw);
    let answer: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&answer["line"], &answer["operation"]), (&1.into(), &"GetObject".into()));
    let refused = fed(&["explain", "--request", "-"], "GET /b12/k?nonsense HTTP/1.1\n\n");
    assert!(refused.out.contains("refused    InvalidArgument, "), "{}", refused.out);
}

const RESEARCH: &str = "arn:aws:iam::000000000000:role/research";

/// A folder with a configuration: a role, a service account, a bucket that is open to everybody.
fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    assert!(
        run(&["keys", "init", "--file", folder.path().join("ring").to_str().unwrap()]).succeeded()
    );
    write("access", "STORE-ACCESS-KEY");
    write("secret", "STORE-SECRET-KEY-0123456789");
    write("loader", "LOADER-SECRET-KEY-0123456789");
    write(
        "fakes3pp.yaml",
        r#"
account_id: "000000000000"
listen: { s3: "127.0.0.1:1", sts: "127.0.0.1:1" }
domains: [s3.test]
trusted_proxies: []
keys: { file: ring }
stores:
  - name: ceph
    endpoint: http://127.0.0.1:2
    region: default
    credentials: [{ name: main, access_key: { file: access }, secret_key: { file: secret } }]
providers:
  - { issuer: "https://kc.corp/realms/a", audiences: [fakes3pp], claims: { groups: { keep: ["*"] } } }
roles: roles/
bucket_policies: buckets
users:
  - name: loader
    access_key: LOADERACCESSKEY000
    secret_key: { file: loader }
    policies: [loader.json]
"#,
    );
    write(
        "roles/research.json",
        r#"{"Arn":"arn:aws:iam::000000000000:role/research","AssumeRolePolicyDocument":{"Version":"2012-10-17",
"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::000000000000:oidc-provider/kc.corp/realms/a"},
"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"kc.corp/realms/a:aud":"fakes3pp"}}}},
"Policies":[{"PolicyName":"own","PolicyDocument":{"Version":"2012-10-17","Statement":[
{"Sid":"Own","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/${claims:sub}/*"},
{"Sid":"Curators","Effect":"Allow","Action":"s3:*Object","Resource":"arn:aws:s3:::data/*",
"Condition":{"ForAnyValue:StringEquals":{"claims:groups":"curators"}}},
{"Sid":"Early","Effect":"Deny","Action":"s3:*","Resource":"*",
"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}},
{"Sid":"Tagged","Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::data/*",
"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"Bool":{"aws:SecureTransport":"true"}}},
{"Sid":"Finished","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/bob/*",
"Condition":{"StringEquals":{"s3:ExistingObjectTag/state":"done"}}}]}}]}"#,
    );
    write(
        "loader.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#,
    );
    write(
        "buckets/open.json",
        r#"{"Version":"2012-10-17","Statement":{"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
"Resource":"arn:aws:s3:::open/*"}}"#,
    );
    write(
        "buckets/shut.json",
        r#"{"Version":"2012-10-17","Statement":{"Sid":"NoForms","Effect":"Deny","Principal":"*","Action":"s3:PutObject",
"Resource":"arn:aws:s3:::shut/*","Condition":{"StringEquals":{"s3:authType":"POST"}}}}"#,
    );
    folder
}

/// What `explain` says of a request for a path with a configuration.
fn decided(folder: &tempfile::TempDir, request: &str, args: &[&str]) -> Ran {
    let config = folder.path().join("fakes3pp.yaml");
    let raw = format!("{request} HTTP/1.1\nHost: s3.test\n\n");
    fed(
        &[&["explain", "--request", "-", "--config", config.to_str().unwrap()], args].concat(),
        &raw,
    )
}

#[test]
fn explain_decides_for_a_login_that_nobody_made() {
    let folder = configured();
    let alice = ["--role", RESEARCH, "--claim", "sub=alice"];
    let own = decided(&folder, "GET /data/alice/k", &alice);
    assert!(own.succeeded(), "{}", own.err);
    for line in [
        "operation  GetObject\n",
        "caller     arn:aws:sts::000000000000:assumed-role/research/explain\n",
        "store      ceph\n",
        "needs      s3:GetObject on arn:aws:s3:::data/alice/k\n",
        "decision   allow\n",
        "because    research/own[0] (Own)\n",
    ] {
        assert!(own.out.contains(line), "{line}: {}", own.out);
    }
    let other = decided(&folder, "PUT /data/bob/k", &alice);
    assert!(other.succeeded(), "an answer is an answer");
    for line in ["decision   implicitDeny of ", "(Curators)", "claims:groups: it is absent"] {
        assert!(other.out.contains(line), "{line}: {}", other.out);
    }
    for groups in ["groups=curators", r#"groups=["readers","curators"]"#] {
        let curator = [&alice[..], &["--claim", groups]].concat();
        let ran = decided(&folder, "PUT /data/bob/k", &curator);
        assert!(ran.out.contains("because    research/own[1] (Curators)\n"), "{}", ran.out);
    }
    let twice = [&alice[..], &["--claim", "groups=readers", "--claim", "groups=curators"]].concat();
    assert!(decided(&folder, "PUT /data/bob/k", &twice).out.contains("(Curators)\n"));
}

#[test]
fn explain_supposes_what_a_request_does_not_say() {
    let folder = configured();
    let alice = ["--role", RESEARCH, "--claim", "sub=alice"];
    let with = |request: &str, more: &[&str]| {
        let ran = decided(&folder, request, &[&alice[..], more].concat());
        assert!(ran.succeeded(), "{}", ran.err);
        ran.out
    };
    let early = with("GET /data/alice/k", &["--at", "2025-12-31T23:59:59Z"]);
    assert!(early.contains("decision   explicitDeny of ") && early.contains("(Early)"), "{early}");
    let delete = "DELETE /data/x";
    assert!(with(delete, &["--source-ip", "192.0.2.9", "--tls"]).contains("(Tagged)\n"));
    for not in [&["--source-ip", "198.51.100.9", "--tls"][..], &["--source-ip", "192.0.2.9"], &[]] {
        assert!(with(delete, not).contains("decision   implicitDeny of "), "{not:?}");
    }
    let done = with("GET /data/bob/k", &["--existing-tag", "state=done"]);
    assert!(done.contains("because    research/own[4] (Finished)\n"), "{done}");
    let unsaid = with("GET /data/bob/k", &[]);
    assert!(unsaid.contains("note       the object's tags decide"), "{unsaid}");
    let session = folder.path().join("session.json");
    let none = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    std::fs::write(&session, none).unwrap();
    let less = with("GET /data/alice/k", &["--session-policy", session.to_str().unwrap()]);
    assert!(less.contains("decision   implicitDeny of ") && less.contains("session"), "{less}");
}

#[test]
fn explain_decides_for_users_for_nobody_and_for_whoever_signed() {
    let folder = configured();
    let user = decided(&folder, "PUT /data/k", &["--user", "loader"]);
    assert!(
        user.out.contains("caller     arn:aws:iam::000000000000:user/loader\n"),
        "{}",
        user.out
    );
    assert!(user.out.contains("decision   allow\n"), "{}", user.out);
    assert!(user.out.ends_with("credential main\n"), "{}", user.out);
    let anybody = decided(&folder, "GET /open/k", &["--anonymous"]);
    assert!(anybody.out.contains("caller     anonymous\n"), "{}", anybody.out);
    assert!(anybody.out.contains("because    buckets/open.json[0] (All)\n"), "{}", anybody.out);
    let no_keys = "refused    AccessDenied, no credential of the store is for this caller\n";
    assert!(anybody.out.ends_with(no_keys), "{}", anybody.out);
    let page = ["OPTIONS /open/k HTTP/1.1", "Host: s3.test", "Origin: https://app.test"].join("\n");
    let config = folder.path().join("fakes3pp.yaml");
    for (method, expected) in [
        (
            "PUT",
            "operation  OptionsPreflight\ncaller     anonymous\nstore      ceph\ndecision   left to the store\n",
        ),
        ("PATCH", "operation  OptionsPreflight\ncaller     anonymous\nrefused    BadRequest, "),
    ] {
        let asked = format!("{page}\nAccess-Control-Request-Method: {method}\n\n");
        let with = ["explain", "--request", "-", "--config", config.to_str().unwrap()];
        let ran = fed(&with, &asked);
        assert!(ran.out.starts_with(expected), "{}", ran.out);
    }
    let signed = decided(&folder, "GET /data/k", &[]);
    assert!(signed.out.contains("caller     anonymous\n"), "nobody signed: {}", signed.out);
    assert!(signed.out.contains("decision   implicitDeny of "), "{}", signed.out);
    let chained = decided(&folder, "GET /data/k", &["--role", RESEARCH, "--user", "loader"]);
    assert!(chained.out.contains("assumed-role/research/explain\n"), "{}", chained.out);
}

#[test]
fn explain_supposes_that_the_caller_signed_the_form() {
    let folder = configured();
    let config = folder.path().join("fakes3pp.yaml");
    let part = |name: &str, value: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--B--\r\n";
    let body = part("key", "k") + file;
    let form = format!(
        "POST /shut HTTP/1.1\r\nHost: s3.test\r\nContent-Type: multipart/form-data; boundary=B\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let explain = ["explain", "--request", "-", "--config", config.to_str().unwrap()];
    let user = fed(&[&explain[..], &["--user", "loader"]].concat(), &form);
    assert!(user.out.contains("decision   explicitDeny of s3:PutObject"), "{}", user.out);
    assert!(
        decided(&folder, "PUT /shut/k", &["--user", "loader"]).out.contains("decision   allow\n")
    );
    let nobody = fed(&[&explain[..], &["--anonymous"]].concat(), &form);
    assert!(nobody.out.contains("caller     anonymous\n"), "{}", nobody.out);
    assert!(nobody.out.contains("decision   implicitDeny of s3:PutObject"), "{}", nobody.out);
}

#[test]
fn explain_says_what_cannot_be_supposed() {
    let folder = configured();
    let wrong: &[(&[&str], &str)] = &[
        (&["--role", "arn:aws:iam::000000000000:role/none"], RESEARCH),
        (&["--role", RESEARCH], "--claim sub=NAME"),
        (&["--role", RESEARCH, "--claim", "sub"], "--claim sub: must be NAME=VALUE"),
        (
            &["--role", RESEARCH, "--claim", "sub=a", "--claim", "iss=https://x.test"],
            "https://x.test",
        ),
        (&["--role", RESEARCH, "--claim", "sub=a", "--claim", "aud=other"], "`other`"),
        (&["--role", RESEARCH, "--claim", "sub=a", "--claim", "team=x"], "the claim `team`"),
        (&["--role", RESEARCH, "--claim", "sub=a", "--session-policy", "/nowhere"], "/nowhere"),
        (&["--user", "nobody"], "`nobody`"),
        (&["--at", "yesterday"], "--at: must be a time"),
    ];
    for (args, message) in wrong {
        let ran = decided(&folder, "GET /data/k", args);
        assert!(!ran.succeeded() && ran.out.is_empty(), "{args:?}: {}", ran.out);
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
    }
    for args in [
        &["explain", "--request", "-", "--role", RESEARCH][..],
        &["explain", "--request", "-", "--config", "c", "--claim", "sub=a"],
        &["explain", "--request", "-", "--config", "c", "--anonymous", "--user", "loader"],
        &["explain", "--request", "-", "--config", "c", "--tls"],
        &["explain", "--request", "-", "--config", "c", "--domain", "s3.test"],
    ] {
        assert!(Cli::try_parse_from([&["fakes3pp"], args].concat()).is_err(), "{args:?}");
    }
}

#[test]
fn explain_reads_forms() {
    let body = "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nalice/${filename}\r\n--B\r\n\
        Content-Disposition: form-data; name=\"acl\"\r\n\r\nprivate\r\n--B\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--B--\r\n";
    let raw = format!(
        "POST /data HTTP/1.1\r\nHost: s3.test\r\nContent-Type: multipart/form-data; boundary=B\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let ran = fed(&["explain", "--request", "-"], &raw);
    for line in [
        "operation  PostObject\n",
        "needs      s3:PutObject on arn:aws:s3:::data/alice/f\n",
        "needs      s3:PutObjectAcl on arn:aws:s3:::data/alice/f\n",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    let folder = configured();
    let config = folder.path().join("fakes3pp.yaml");
    let config = config.to_str().unwrap();
    let deciding = ["explain", "--request", "-", "--config", config];
    let nobody = fed(&deciding, &raw);
    assert!(nobody.out.contains("decision   implicitDeny of s3:PutObject on"), "{}", nobody.out);
    let user = fed(&[&deciding[..], &["--user", "loader"]].concat(), &raw);
    assert!(user.out.contains("decision   implicitDeny of s3:PutObjectAcl on"), "{}", user.out);
    let no_form = raw.replace("name=\"key\"", "name=\"kex\"");
    let refused = fed(&["explain", "--request", "-"], &no_form);
    assert!(
        refused.out.contains("refused    InvalidArgument, the field `key` is missing"),
        "{}",
        refused.out
    );
}

/// One line of output for each of input, whatever is in it.
#[test]
fn lines_that_are_no_requests_keep_their_names() {
    let input = r#"{"id":"a","method":"GET","path":"/data/k"}
{"id":"m","method":"G T","path":"/data/k"}
{"id":7,"method":"GET","path":"/data/k","headers":[["a b","c"]]}

{"id":"x","method":"GET"}
nonsense
{"method":"GET","path":"/data"}"#;
    let ran = fed(&["explain", "--request", "-"], input);
    assert!(!ran.succeeded());
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = lines.iter().map(|line| line.get("id").unwrap_or(&line["line"])).collect();
    assert_eq!(serde_json::json!(names), serde_json::json!(["a", "m", 7, 4, "x", 6, 7]));
    for (line, refused) in lines.iter().zip([false, true, true, true, true, true, false]) {
        let reject = line["reject"].as_str().unwrap_or_default();
        assert_eq!(reject.starts_with("InvalidRequest, "), refused, "{line}");
        assert_eq!(line["operation"].is_string(), !refused, "{line}");
    }
}

/// Where `--domain` says how the gateway is called, other names are refused as it would.
#[test]
fn a_host_that_is_not_ours_is_not_guessed_at() {
    let line = |host: &str| format!(r#"{{"method":"GET","path":"/data/k","host":"{host}"}}"#);
    let reject = |host: &str| {
        let args = ["explain", "--request", "-", "--domain", "s3.gateway.test"];
        let ran = fed(&args, &line(host));
        let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        (answer["operation"].clone(), answer["reject"].as_str().unwrap_or_default().to_owned())
    };
    for host in ["evil.example.com", "bkt.s3.other.test"] {
        let (operation, why) = reject(host);
        assert!(operation.is_null() && why.starts_with("InvalidRequest, "), "{host}: {why}");
    }
    for host in ["s3.gateway.test:9000", "127.0.0.1:1", "data.s3.gateway.test"] {
        assert_eq!(reject(host), ("GetObject".into(), String::new()), "{host}");
    }
    let anywhere = fed(&["explain", "--request", "-"], &line("evil.example.com"));
    assert!(anywhere.out.contains("GetObject"), "{}", anywhere.out);
}

#[test]
fn what_a_document_makes_the_store_do_is_among_the_needs() {
    use base64::Engine as _;
    let body = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket></LoggingEnabled></BucketLoggingStatus>";
    let body = base64::engine::general_purpose::STANDARD.encode(body);
    let line =
        format!(r#"{{"method":"PUT","path":"/data","query":"logging","body_base64":"{body}"}}"#);
    let ran = fed(&["explain", "--request", "-"], &line);
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["checks"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["checks_below"][0]["action"], "s3:PutObject");
    assert_eq!(answer["checks_below"][0]["resource"], "arn:aws:s3:::logs/*");
}
