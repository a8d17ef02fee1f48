//! Reloading: a new configuration comes into force whole, or not at all.
//!
//! ```text
//! event (a file, SIGHUP, the interval) -> read, validate, compile -> Snapshot -> swap
//! ```
//!
//! There is one writer. What fails is counted, logged once and shown on the admin listener; the
//! configuration in force stays (A53).

mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;

use crate::app::App;
use crate::clock;
use crate::config::{self, Config, ConfigErrors, Fingerprint, Startup};
use crate::shutdown::Signal;

/// How long the files must be quiet before they are read: an editor or a volume's update touches
/// several.
const QUIET: Duration = Duration::from_millis(300);

/// Files that never are quiet are read all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most mistakes that the admin listener shows.
const MAX_MISTAKES: usize = 50;

/// How the last reload went, for the admin listener.
#[derive(Debug)]
pub struct State(Mutex<Report>);

/// What the admin listener shows.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Counts up with every configuration that came into force.
    pub generation: u64,
    /// When the configuration in force was loaded.
    pub loaded_at: String,
    /// When somebody last tried to load one.
    pub tried_at: String,
    /// Whether that one is in force.
    pub ok: bool,
    /// Why not: what `fakes3pp check` says.
    pub mistakes: Vec<String>,
    /// What was changed and needs a restart.
    pub needs_restart: Vec<&'static str>,
}

impl Default for State {
    fn default() -> Self {
        let now = clock::now().rfc3339();
        Self(Mutex::new(Report {
            generation: 1,
            loaded_at: now.clone(),
            tried_at: now,
            ok: true,
            mistakes: Vec::new(),
            needs_restart: Vec::new(),
        }))
    }
}

impl State {
    /// As it is now.
    #[must_use]
    pub fn report(&self) -> Report {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Report)) {
        let mut report = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        report.tried_at = clock::now().rfc3339();
        change(&mut report);
    }

    pub(crate) fn succeeded(&self, generation: u64, needs_restart: Vec<&'static str>) {
        self.change(|report| {
            report.generation = generation;
            report.loaded_at.clone_from(&report.tried_at);
            report.ok = true;
            report.mistakes.clear();
            report.needs_restart = needs_restart;
        });
    }

    pub(crate) fn failed(&self, mistakes: Vec<String>) {
        self.change(|report| {
            report.ok = false;
            report.mistakes = mistakes;
        });
    }
}

/// What a change of needs a restart.
pub(crate) fn needs_restart(old: &Startup, new: &Startup) -> Vec<&'static str> {
    let mut changed = Vec::new();
    if format!("{:?}", old.listen) != format!("{:?}", new.listen) {
        changed.push("listen");
    }
    if old.tls.is_some() != new.tls.is_some() {
        changed.push("listen.tls");
    }
    if old.log != new.log {
        changed.push("log");
    }
    changed
}

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The configuration file.
    pub path: PathBuf,
    /// The environment at the start.
    pub environment: BTreeMap<String, String>,
}

impl Origin {
    /// Reads it, and what it looked at on the way.
    ///
    /// # Errors
    /// Every mistake, with the files that were looked at: they are what will be changed next.
    pub fn load(&self) -> (Result<Config, ConfigErrors>, Fingerprint) {
        config::load_file_watched(&self.path, &self.environment)
    }
}

/// Asks for a reload, as SIGHUP does.
#[derive(Debug, Clone)]
pub struct Asker(mpsc::Sender<Ask>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Somebody said so: also if no file changed.
    Now,
    /// Something may have changed.
    Perhaps,
}

impl Asker {
    /// Asks. One that waits already is enough.
    pub fn ask(&self) {
        let _ = self.0.try_send(Ask::Now);
    }
}

/// Reloads when it is asked to and, if it is to watch, when files change. It ends on `shutdown`.
pub fn start(
    app: Arc<App>,
    origin: Origin,
    seen: Fingerprint,
    startup: Startup,
    shutdown: Signal,
) -> (Asker, impl Future<Output = ()>) {
    // One that waits is enough: it reads what is there when its turn comes.
    let (sender, receiver) = mpsc::channel(1);
    let asker = Asker(sender.clone());
    let writer = Writer { app, origin, seen, startup, watcher: None, sender };
    (asker, writer.run(receiver, shutdown))
}

struct Writer {
    app: Arc<App>,
    origin: Origin,
    seen: Fingerprint,
    startup: Startup,
    watcher: Option<watch::Watcher>,
    sender: mpsc::Sender<Ask>,
}

impl Writer {
    async fn run(mut self, mut asked: mpsc::Receiver<Ask>, mut shutdown: Signal) {
        self.watch();
        loop {
            let interval = self.startup.reload.interval;
            let ask = tokio::select! {
                () = shutdown.wait() => return,
                ask = asked.recv() => match ask {
                    Some(ask) => ask,
                    None => return,
                },
                () = tokio::time::sleep(interval), if self.startup.reload.watch => Ask::Perhaps,
            };
            if ask == Ask::Perhaps {
                self.wait_for_quiet(&mut asked).await;
            }
            self.reload(ask).await;
        }
    }

    /// Waits until nothing was touched for a while.
    async fn wait_for_quiet(&self, asked: &mut mpsc::Receiver<Ask>) {
        let quiet = async {
            while tokio::time::timeout(QUIET, asked.recv()).await.is_ok_and(|ask| ask.is_some()) {}
        };
        let _ = tokio::time::timeout(PATIENCE, quiet).await;
    }

    async fn reload(&mut self, ask: Ask) {
        let (origin, seen) = (self.origin.clone(), self.seen.clone());
        let forced = ask == Ask::Now;
        // Reads files and compiles policies: not on a thread that serves requests.
        let loaded =
            tokio::task::spawn_blocking(move || (forced || seen.changed()).then(|| origin.load()))
                .await;
        let Ok(Some((config, fingerprint))) = loaded else { return };
        let changed = self.seen.differing(&fingerprint);
        self.seen = fingerprint;
        self.watch();
        match config {
            Ok(config) => {
                let startup = config.startup.clone();
                match crate::serve::replace(&self.app, config, &self.startup) {
                    Ok(generation) => {
                        tracing::info!(generation, ?changed, "the configuration was reloaded");
                        let interval = startup.reload;
                        self.startup.reload = interval;
                    }
                    Err(error) => self.failed(vec![error.to_string()]),
                }
            }
            Err(errors) => {
                let mistakes = errors.mistakes().iter().take(MAX_MISTAKES);
                self.failed(mistakes.map(ToString::to_string).collect());
            }
        }
    }

    fn failed(&self, mistakes: Vec<String>) {
        for mistake in &mistakes {
            tracing::error!(%mistake, "the configuration was not reloaded; the one before stays");
        }
        self.app.metrics.reload(false);
        self.app.reload.failed(mistakes);
    }

    /// Watches the folders of everything that was read.
    fn watch(&mut self) {
        if !self.startup.reload.watch {
            self.watcher = None;
            return;
        }
        let sender = self.sender.clone();
        let notice = move || {
            // Full means that one waits already.
            let _ = sender.try_send(Ask::Perhaps);
        };
        match watch::Watcher::new(self.seen.folders(), notice) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "files cannot be watched; they are looked at in intervals");
                self.watcher = None;
            }
        }
    }
}
