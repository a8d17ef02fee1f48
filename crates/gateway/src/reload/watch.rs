//! Events of the file system.

use std::collections::BTreeSet;
use std::path::PathBuf;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Tells when something in certain folders changes, for as long as it lives.
///
/// Folders are watched and not files: an editor replaces a file, and Kubernetes swaps the link
/// `..data` beside the links that are the files.
pub(super) struct Watcher(#[expect(dead_code, reason = "held for its drop")] RecommendedWatcher);

impl Watcher {
    /// Watches. A folder that is not there is not an error: the interval finds what appears.
    ///
    /// # Errors
    /// When the system has no events to give.
    pub(super) fn new(
        folders: BTreeSet<PathBuf>,
        notice: impl Fn() + Send + 'static,
    ) -> notify::Result<Self> {
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading the files is an event, too.
                let read =
                    event.is_ok_and(|event| matches!(event.kind, notify::EventKind::Access(_)));
                if !read {
                    notice();
                }
            })?;
        for folder in folders {
            if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
                tracing::debug!(folder = %folder.display(), %error, "is not watched");
            }
        }
        Ok(Self(watcher))
    }
}
