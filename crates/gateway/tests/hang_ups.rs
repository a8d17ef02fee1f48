//! SIGHUP at the process itself.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a panic is how it reports"
)]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"
account_id: "000000000000"
listen: { s3: "127.0.0.1:0", admin: "unix:ADMIN" }
domains: [localhost]
keys: { file: keys.ring }
stores:
  - name: main
    endpoint: http://127.0.0.1:9
    region: r
    key_rules: []
    credentials: [{ name: main, access_key: A, secret_key: { file: secret } }]
users:
  - { name: u, access_key: AKIAUSER000000000001, secret_key: { file: secret }, policies: [p.json] }
reload: { watch: false }
"#;

struct Running {
    child: Child,
    folder: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// A gateway whose configuration is a pipe that somebody has yet to write to.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let policy = r#"{ "Version": "2012-10-17", "Statement":
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }"#;
        for (name, content) in [
            ("keys.ring", "k1 active 0Th03xVIwSU0a1eUw27+FXd/2tMTzxwbJDa8aW2+pzY=\n"),
            ("secret", "a-secret-of-the-store-and-the-user"),
            ("p.json", policy),
        ] {
            std::fs::write(path(name), content).unwrap();
        }
        assert!(Command::new("mkfifo").arg(path("fakes3pp.yaml")).status().unwrap().success());
        let child = Command::new(env!("CARGO_BIN_EXE_fakes3pp"))
            .args(["serve", "--config", "fakes3pp.yaml"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    fn config(&self) -> String {
        let admin = self.folder.path().join("admin");
        CONFIG.replace("ADMIN", &admin.display().to_string())
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// What the admin listener says, once it does.
    fn report(&self) -> serde_json::Value {
        let path = self.folder.path().join("admin");
        let text = until(|| {
            let mut socket = std::os::unix::net::UnixStream::connect(&path).ok()?;
            let head = "GET /reload HTTP/1.1\r\nhost: l\r\nconnection: close\r\n\r\n";
            socket.write_all(head.as_bytes()).ok()?;
            let mut text = String::new();
            socket.read_to_string(&mut text).ok()?;
            Some(text)
        });
        serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    fn generation(&self) -> u64 {
        self.report()["generation"].as_u64().unwrap()
    }

    /// Open files and threads of the process.
    fn holds(&self) -> (usize, usize) {
        let process = Path::new("/proc").join(self.child.id().to_string());
        let count = |name: &str| std::fs::read_dir(process.join(name)).unwrap().count();
        (count("fd"), count("task"))
    }
}

fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a53_a_hang_up_while_the_configuration_is_read_does_not_end_the_process() {
    let mut running = Running::start();
    let path = running.folder.path().join("fakes3pp.yaml");
    // Opens when the gateway has opened it, too.
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    running.signal("HUP");
    std::thread::sleep(Duration::from_millis(100));
    assert!(running.child.try_wait().unwrap().is_none(), "it ended");
    pipe.write_all(running.config().as_bytes()).unwrap();
    drop(pipe);
    assert_eq!(running.report()["ok"], true);
}

#[test]
fn a53_reloads_leave_nothing_behind() {
    let running = Running::start();
    let path = running.folder.path().join("fakes3pp.yaml");
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    pipe.write_all(running.config().as_bytes()).unwrap();
    drop(pipe);
    assert_eq!(running.generation(), 1);
    let written = running.folder.path().join("written");
    std::fs::write(&written, running.config().replace("watch: false", "watch: true")).unwrap();
    std::fs::rename(written, path).unwrap();
    let reload = || {
        let before = running.generation();
        running.signal("HUP");
        until(|| (running.generation() > before).then_some(()));
    };
    for _ in 0..20 {
        reload();
    }
    let before = running.holds();
    for _ in 0..100 {
        reload();
    }
    // The connections of this test itself come and go.
    let after = running.holds();
    let more = |(before, after): (usize, usize)| after.saturating_sub(before);
    assert!(more((before.0, after.0)) <= 4, "files: {before:?}, {after:?}");
    assert!(more((before.1, after.1)) <= 4, "threads: {before:?}, {after:?}");
}
