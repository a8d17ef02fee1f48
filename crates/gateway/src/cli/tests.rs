mod explain;

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

{"id":"p","kind":"identity","policies":[],"request":{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","principal":"alice"}}
{"id":"c","kind":"identity","policies":[{"Statement":{"Sid":"S","Effect":"Allow","Action":"s3:*","Resource":"*"}}],"request":{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","principal":"arn:aws:sts::111122223333:assumed-role/r/s","context":{}}}
"#;
    let ran = fed(&["simulate"], input);
    assert!(!ran.succeeded());
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["decision"], "invalid", "a member that comes twice");
    assert!(lines[0]["message"].as_str().unwrap().contains("Effect"));
    for (place, name, value) in
        [(1, "line", 2.into()), (2, "line", 3.into()), (3, "id", serde_json::json!("p"))]
    {
        let line = &lines[place];
        assert_eq!((&line[name], &line["decision"]), (&value, &"invalid".into()));
        assert!(line["message"].is_string());
    }
    let because = serde_json::json!([{"policy": "policies[0]", "statement": 0, "sid": "S"}]);
    assert_eq!((&lines[4]["decision"], &lines[4]["because"]), (&"allow".into(), &because));
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
    assert!(no.out.contains("StringEquals on aws:PrincipalTag/team: it is absent"), "{}", no.out);
    let mut typo = args("blue");
    typo[4] = "s3:GetObjec";
    assert!(run(&typo).out.contains("did you mean `s3:GetObject`?"), "{}", run(&typo).out);
}

#[test]
fn validate_answers_each_line_under_its_name() {
    let statement = r#""Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    let twice = r#""Statement":{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    let text = format!("{{\"Version\":\"2012-10-17\",{statement}}}");
    let quoted = serde_json::json!(text);
    let input = format!(
        "{{\"id\":\"object\",\"document\":{text}}}\n{{\"id\":\"string\",\"document\":{quoted}}}\n\
         {{\"id\":\"twice\",\"document\":{{\"Version\":\"2012-10-17\",{twice}}}}}\n\
         {{\"id\":\"none\"}}\nnonsense\n"
    );
    let ran = fed(&["policy", "validate"], &input);
    assert!(!ran.succeeded());
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = lines
        .iter()
        .map(|line| (line.get("id").unwrap_or(&line["line"]).clone(), line["valid"].as_bool()))
        .collect();
    let expected = [("object", true), ("string", true), ("twice", false), ("none", false)];
    let named = |(name, valid): (&str, bool)| (serde_json::json!(name), Some(valid));
    let mut expected: Vec<_> = expected.map(named).into();
    expected.push((5.into(), Some(false)));
    assert_eq!(said, expected);
}

/// A number keeps its digits, and a misspelt member does not fall under the table.
#[test]
fn simulate_reads_what_is_written() {
    let case = |context: &str, more: &str| {
        format!(
            r#"{{"id":1,"policies":{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"NumericEquals":{{"s3:max-keys":"123456789012345678901234567890"}}}}}}}},"request":{{"action":"s3:ListBucket","resource":"arn:aws:s3:::b","principal":"arn:aws:iam::111122223333:user/u","context":{{"s3:max-keys":{context}}}}}{more}}}"#
        )
    };
    let decision = |line: &str| {
        let ran = fed(&["simulate"], line);
        let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        (answer["decision"].as_str().unwrap().to_owned(), answer["message"].to_string())
    };
    assert_eq!(decision(&case("123456789012345678901234567890", "")).0, "allow");
    assert_eq!(decision(&case("\"123456789012345678901234567890\"", "")).0, "allow");
    assert_eq!(decision(&case("123456789012345678901234567891", "")).0, "implicitDeny");
    assert_eq!(decision(&case("{}", "")).0, "invalid");
    for more in [r#","sessionpolicy":{}"#, r#","session_policy":{}"#, r#","boundry":{}"#] {
        let (decision, message) = decision(&case("1", more));
        assert!(decision == "invalid" && message.contains("did you mean"), "{message}");
    }
    assert_eq!(decision(&case("1", r#","tag":"x","simulator":null,"note":"y""#)).0, "implicitDeny");
}
