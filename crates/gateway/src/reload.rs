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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

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
    if !old.listen.is_at_same_places(&new.listen) {
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
pub struct Asker(Arc<Pending>);

/// What was asked for and not done yet. Reloads that nobody began are one.
#[derive(Debug, Default)]
struct Pending {
    /// Somebody said so: also if no file changed.
    said: AtomicBool,
    /// Somebody said so, or something may have changed.
    something: Notify,
}

impl Asker {
    /// Asks. One that waits already is enough.
    pub fn ask(&self) {
        self.0.said.store(true, Ordering::Release);
        self.0.something.notify_one();
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
    let pending = Arc::new(Pending::default());
    let asker = Asker(Arc::clone(&pending));
    let writer = Writer { app, origin, seen, startup, watcher: None, pending };
    (asker, writer.run(shutdown))
}

struct Writer {
    app: Arc<App>,
    origin: Origin,
    seen: Fingerprint,
    /// What the process was started with, but for when to look: that reloads, too.
    startup: Startup,
    watcher: Option<watch::Watcher>,
    pending: Arc<Pending>,
}

impl Writer {
    async fn run(mut self, mut shutdown: Signal) {
        self.watch();
        loop {
            let interval = self.startup.reload.interval;
            tokio::select! {
                () = shutdown.wait() => return,
                () = self.pending.something.notified() => self.wait_for_quiet().await,
                () = tokio::time::sleep(interval), if self.startup.reload.watch => {}
            }
            let said = self.pending.said.swap(false, Ordering::AcqRel);
            self.reload(said).await;
        }
    }

    /// Waits until nothing was touched for a while, unless somebody says that all is there.
    async fn wait_for_quiet(&self) {
        let quiet = async {
            while !self.pending.said.load(Ordering::Acquire) {
                let touched = tokio::time::timeout(QUIET, self.pending.something.notified());
                if touched.await.is_err() {
                    return;
                }
            }
        };
        // What is never quiet is read all the same.
        let _ = tokio::time::timeout(PATIENCE, quiet).await;
    }

    /// Reads everything; without being told to, only if something differs.
    async fn reload(&mut self, said: bool) {
        // Before the files are read: what changes from now on is an event. And each time, for a
        // folder that was made anew is another one.
        self.watch();
        let (origin, seen) = (self.origin.clone(), self.seen.clone());
        // Reads files and compiles policies: not on a thread that serves requests.
        let loaded =
            tokio::task::spawn_blocking(move || (said || seen.changed()).then(|| origin.load()))
                .await;
        let (config, fingerprint) = match loaded {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return,
            // It panicked, which is a defect of ours; the log has its message.
            Err(error) => {
                return self.failed(vec![format!("the files could not be read: {error}")]);
            }
        };
        let changed = self.seen.differing(&fingerprint);
        let folders = self.seen.folders();
        self.seen = fingerprint;
        if self.seen.folders() != folders {
            self.watch();
            // What happened in the new ones since they were read was no event.
            self.pending.something.notify_one();
        }
        match config {
            Ok(config) => {
                let reload = config.startup.reload;
                match crate::serve::replace(&self.app, config, &self.startup) {
                    Ok(generation) => {
                        tracing::info!(generation, ?changed, "the configuration was reloaded");
                        let before = std::mem::replace(&mut self.startup.reload, reload);
                        if before.watch != reload.watch {
                            self.watch();
                        }
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
        let pending = Arc::clone(&self.pending);
        let notice = move || pending.something.notify_one();
        match watch::Watcher::new(self.seen.folders(), notice) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "files cannot be watched; they are looked at in intervals");
                self.watcher = None;
            }
        }
    }
}
