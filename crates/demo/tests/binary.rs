//! The command as a user has it: what it prints, and what is left when it is told to stop.

#![cfg(test)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

/// A running `demo` whose temporary files all go into one folder.
struct Demo {
    child: Child,
    folder: TempDir,
    /// What it printed up to the last line of the block.
    block: String,
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command
        .args(arguments)
        .args(["--log", "off"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(&folder, arguments).spawn().unwrap();
        let mut block = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !block.contains("# A token by hand") {
            if lines.read_line(&mut block).unwrap() == 0 {
                let mut errors = String::new();
                child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
                panic!("it ended: {block}\n{errors}");
            }
        }
        Self { child, folder, block }
    }

    /// The value of an exported variable.
    fn export(&self, name: &str) -> &str {
        let start = format!("export {name}=");
        self.block.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| {
            panic!("no {name} in:\n{}", self.block);
        })
    }

    fn stop(mut self, signal: &str) -> (ExitStatus, TempDir) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        (self.child.wait().unwrap(), self.folder)
    }
}

#[test]
fn the_block_can_be_pasted() {
    let demo = Demo::start(&["--port", "0", "--user", "bob", "--region", "eu-west-1"]);
    let url = demo.export("AWS_ENDPOINT_URL_S3");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(demo.export("AWS_ENDPOINT_URL_STS").starts_with("http://127.0.0.1:"));
    assert_eq!(demo.export("AWS_ROLE_ARN"), "arn:aws:iam::000000000000:role/demo-user");
    assert_eq!(demo.export("AWS_ROLE_SESSION_NAME"), "bob");
    assert_eq!(demo.export("AWS_REGION"), "eu-west-1");
    assert_eq!(demo.export("AWS_DEFAULT_REGION"), "eu-west-1");
    let token = fs::read_to_string(demo.export("AWS_WEB_IDENTITY_TOKEN_FILE")).unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(!demo.block.contains("AWS_CA_BUNDLE"));
    let commands = [
        "aws s3 cp s3://demo/bob/hello.txt -",
        "aws s3 cp s3://demo/alice/hello.txt -",
        "curl -sS \"$(aws s3 presign s3://demo/bob/hello.txt)\"",
    ];
    for command in commands {
        assert!(demo.block.lines().any(|line| line == command), "{command}");
    }
    // A shell takes all of it but the commands without a word.
    let quiet: String = demo
        .block
        .lines()
        .filter(|line| !commands.contains(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let shell = Command::new("sh").args(["-euc", &quiet]).output().unwrap();
    assert!(shell.status.success() && shell.stdout.is_empty() && shell.stderr.is_empty());
    demo.stop("INT");
}

/// Whether this process, and so every child of it, ignores SIGHUP (signal 1).
fn ignores_hang_ups() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 != 0))
}

#[test]
fn every_way_to_stop_it_leaves_nothing() {
    let outer = tempfile::tempdir().unwrap();
    // Whoever runs the tests under `nohup` makes the demo ignore hang-ups, as it should.
    let hang_up = if ignores_hang_ups() { None } else { Some("HUP") };
    for signal in ["INT", "TERM"].into_iter().chain(hang_up) {
        let env_file = outer.path().join("demo.env");
        let demo = Demo::start(&["--port", "0", "--tls", "--env-file", env_file.to_str().unwrap()]);
        // Sourced, it gives what was printed.
        let source = format!(". {} && echo $AWS_ENDPOINT_URL_S3", env_file.display());
        let shell = Command::new("sh").args(["-euc", &source]).output().unwrap();
        assert_eq!(
            String::from_utf8(shell.stdout).unwrap().trim(),
            demo.export("AWS_ENDPOINT_URL_S3")
        );
        assert!(PathBuf::from(demo.export("AWS_CA_BUNDLE")).exists());
        assert_eq!(fs::read_dir(demo.folder.path()).unwrap().count(), 1);

        let (status, folder) = demo.stop(signal);
        assert!(status.success(), "{signal}: {status}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
        assert!(!env_file.exists(), "{signal}");
    }
}

#[test]
fn a_taken_port_is_said_in_one_line() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = command(&folder, &["--port", &port]).output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(&port) && errors.contains("--port"), "{errors}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
