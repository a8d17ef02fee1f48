use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use clap::CommandFactory as _;

use super::*;

struct Ran {
    code: ExitCode,
    out: String,
    err: String,
}

impl Ran {
    fn succeeded(&self) -> bool {
        format!("{:?}", self.code) == format!("{:?}", ExitCode::SUCCESS)
    }
}

fn run(args: &[&str]) -> Ran {
    let cli = Cli::try_parse_from([&["fakes3pp"], args].concat()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment = BTreeMap::new();
    let surroundings = Surroundings {
        environment: &environment,
        out: &mut out,
        err: &mut err,
        input: &mut io::empty(),
    };
    let Outcome::Done(code) = cli.command.run(surroundings).unwrap() else {
        panic!("it would serve");
    };
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn ring(path: &Path) -> sts::token::KeyRing {
    sts::token::KeyRing::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn serve_is_left_to_the_caller() {
    let cli = Cli::try_parse_from(["fakes3pp", "serve", "--config", "a.yaml"]).unwrap();
    let environment = BTreeMap::new();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let surroundings = Surroundings {
        environment: &environment,
        out: &mut out,
        err: &mut err,
        input: &mut io::empty(),
    };
    let Outcome::Serve(file) = cli.command.run(surroundings).unwrap() else {
        panic!("it does not serve");
    };
    assert_eq!(file.config, Path::new("a.yaml"));
}

#[test]
fn help_explains() {
    let help = Cli::command().render_long_help().to_string();
    for word in ["keys init", "check --config", "serve --config", "FAKES3PP__LISTEN__S3"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn a_ring_goes_through_a_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ring");
    let file = path.to_str().unwrap();

    let made = run(&["keys", "init", "--file", file, "--id", "one"]);
    assert!(made.succeeded(), "{}", made.err);
    assert!(made.out.contains("keys: { file:") && made.out.contains("Rotation"), "{}", made.out);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    assert!(run(&["keys", "add", "--file", file, "--id", "two"]).succeeded());
    assert_eq!(ring(&path).active_id().as_str(), "one");
    assert!(run(&["keys", "activate", "--file", file, "--id", "two"]).succeeded());
    assert_eq!(ring(&path).active_id().as_str(), "two");
    let removed = run(&["keys", "remove", "--file", file, "--id", "one"]);
    assert!(removed.out.contains("two active"), "{}", removed.out);
    assert_eq!(ring(&path).keys().count(), 1);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the ring: {left:?}");
}

#[test]
fn a_change_that_is_refused_leaves_the_ring_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ring");
    let file = path.to_str().unwrap();
    assert!(!run(&["keys", "add", "--file", file]).succeeded());
    assert!(run(&["keys", "init", "--file", file]).succeeded());
    let before = std::fs::read(&path).unwrap();

    let again = run(&["keys", "init", "--file", file]);
    assert!(!again.succeeded() && again.err.contains("is there already"), "{}", again.err);
    let active = ring(&path).active_id().as_str().to_owned();
    assert!(!run(&["keys", "remove", "--file", file, "--id", &active]).succeeded());
    assert!(!run(&["keys", "activate", "--file", file, "--id", "nobody"]).succeeded());
    assert!(!run(&["keys", "add", "--file", file, "--id", "a b"]).succeeded());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn changes_at_the_same_time_are_all_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ring");
    let file = path.to_str().unwrap();
    assert!(run(&["keys", "init", "--file", file]).succeeded());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(run(&["keys", "add", "--file", file]).succeeded()));
        }
    });
    assert_eq!(ring(&path).keys().count(), 9);
}

#[test]
fn a_file_that_is_no_ring_is_not_touched_nor_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ring");
    std::fs::write(&path, "one active hunter2hunter2\n").unwrap();
    let added = run(&["keys", "add", "--file", path.to_str().unwrap()]);
    assert!(!added.succeeded());
    assert!(!added.err.contains("hunter2") && added.err.contains("line 1"), "{}", added.err);
}

#[test]
fn a_made_up_name_is_new_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ring");
    let file = path.to_str().unwrap();
    assert!(run(&["keys", "init", "--file", file]).succeeded());
    assert!(run(&["keys", "add", "--file", file]).succeeded());
    assert_eq!(ring(&path).keys().count(), 2);
}

#[test]
fn check_prints_every_mistake_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fakes3pp.yaml");
    std::fs::write(&path, "lisen: {}\ndomains: [s3]\nkeys: hunter2\n").unwrap();
    let checked = run(&["check", "--config", path.to_str().unwrap()]);
    assert!(!checked.succeeded());
    for line in [
        "mistake: lisen (line 1): is not a key: did you mean `listen`?",
        "mistake: keys (line 3): must not hold the secret itself",
        "mistake: listen: needs `s3`, `sts` or both",
    ] {
        assert!(checked.out.contains(line), "{line}: {}", checked.out);
    }
    assert!(checked.out.contains("3 mistakes, no warnings"), "{}", checked.out);
    assert!(!checked.out.contains("hunter2"));
    assert!(!run(&["check", "--config", "/nowhere/fakes3pp.yaml"]).succeeded());
}

#[test]
fn config_list_lists() {
    assert!(run(&["config", "list"]).out.contains("listen.s3 (address, default: no S3)"));
    assert!(run(&["config", "list", "--markdown"]).out.starts_with("# Configuration"));
    assert!(run(&["config", "condition-keys"]).out.contains("| `aws:SourceIp` |"));
}

/// As [`run`], with something on standard input.
fn fed(args: &[&str], input: &str) -> Ran {
    let cli = Cli::try_parse_from([&["fakes3pp"], args].concat()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment = BTreeMap::new();
    let surroundings = Surroundings {
        environment: &environment,
        out: &mut out,
        err: &mut err,
        input: &mut input.as_bytes(),
    };
    let Outcome::Done(code) = cli.command.run(surroundings).unwrap() else {
        panic!("it would serve");
    };
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

#[test]
fn simulate_answers_each_line_and_says_which_is_none() {
    let input = r#"{"id":"a","kind":"identity","policies":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}],"request":{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","principal":null}}
nonsense

{"id":"c","kind":"identity","policies":[{"Statement":{"Sid":"S","Effect":"Allow","Action":"s3:*","Resource":"*"}}],"request":{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","principal":"arn:aws:sts::111122223333:assumed-role/r/s","context":{}}}
"#;
    let ran = fed(&["simulate"], input);
    assert!(!ran.succeeded());
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["decision"], "invalid", "a member that comes twice");
    assert!(lines[0]["message"].as_str().unwrap().contains("Effect"));
    assert_eq!((&lines[1]["line"], lines[1]["error"].is_string()), (&2.into(), true));
    let because = serde_json::json!([{"policy": "policies[0]", "statement": 0, "sid": "S"}]);
    assert_eq!((&lines[2]["decision"], &lines[2]["because"]), (&"allow".into(), &because));
}

#[test]
fn simulate_speaks_to_people() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("p.json");
    let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Mine","Effect":"Allow","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}}"#;
    std::fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let args = |team| {
        let context = if team == "blue" { "aws:PrincipalTag/team=blue" } else { "aws:x=y" };
        ["simulate", "--policy", policy, "--action", "s3:GetObject"]
            .into_iter()
            .chain(["--resource", "arn:aws:s3:::b/k", "--context", context])
            .collect::<Vec<_>>()
    };
    let yes = run(&args("blue"));
    assert!(yes.succeeded() && yes.out.starts_with("allow\n") && yes.out.contains("(Mine)"));
    let no = run(&args("red"));
    assert!(!no.succeeded());
    assert!(no.out.contains("StringEquals on aws:principaltag/team: it is absent"), "{}", no.out);
}

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
