//! The token files: one a user, for `AWS_WEB_IDENTITY_TOKEN_FILE`, renewed long before the token in
//! it expires.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::issuer::{Algorithm, Issuer};
use crate::{StartError, User, clock, files};

/// How often the clock is looked at, at most. A timer alone stands still while a laptop sleeps, so
/// that the first look after it wakes up must not be far off.
const LONGEST_NAP: Duration = Duration::from_secs(15);

/// The files of all users and the task that renews them. Dropping it ends the task.
pub(crate) struct TokenFiles {
    folder: PathBuf,
    renewal: JoinSet<()>,
}

impl TokenFiles {
    /// Writes the first tokens into `folder` and renews each once a third of `lifetime`, the
    /// issuer's, is over.
    pub(crate) fn start(
        folder: PathBuf,
        issuer: Arc<Issuer>,
        lifetime: Duration,
    ) -> Result<Self, StartError> {
        files::make_directory(&folder)?;
        write_all(&folder, &issuer)?;
        let mut renewal = JoinSet::new();
        renewal.spawn(renew(folder.clone(), issuer, lifetime));
        Ok(Self { folder, renewal })
    }

    pub(crate) fn path(&self, user: User) -> PathBuf {
        path(&self.folder, user)
    }

    pub(crate) async fn stop(mut self) {
        self.renewal.shutdown().await;
    }
}

fn path(folder: &Path, user: User) -> PathBuf {
    folder.join(format!("{user}.jwt"))
}

fn write_all(folder: &Path, issuer: &Issuer) -> Result<(), StartError> {
    for user in User::ALL {
        files::write(&path(folder, user), issuer.token(user, Algorithm::Rs256)?)?;
    }
    Ok(())
}

async fn renew(folder: PathBuf, issuer: Arc<Issuer>, lifetime: Duration) {
    let mut written = clock::unix_now();
    let age = (lifetime / 3).as_secs();
    let nap = (lifetime / 6).clamp(Duration::from_millis(100), LONGEST_NAP);
    let mut ticks = tokio::time::interval(nap);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = clock::unix_now();
        // A clock that was set back makes tokens from the future, which the gateway refuses.
        let due = now < written || now >= written.saturating_add(age);
        if !due {
            continue;
        }
        match write_all(&folder, &issuer) {
            Ok(()) => written = now,
            Err(error) => tracing::error!(%error, "the token files were not renewed; trying again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn files_are_renewed_before_the_tokens_expire() {
        let folder = tempfile::tempdir().unwrap();
        let lifetime = Duration::from_secs(6);
        let issuer = Arc::new(Issuer::new("http://127.0.0.1:1".to_owned(), lifetime).unwrap());
        let tokens = TokenFiles::start(folder.path().to_owned(), issuer, lifetime).unwrap();
        let read = |user| fs::read_to_string(tokens.path(user)).unwrap();
        let first = User::ALL.map(read);
        assert_ne!(first[0], first[1]);
        let mode = fs::metadata(tokens.path(User::Alice)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let renewed = async {
            while User::ALL.map(read).iter().any(|token| first.contains(token)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(lifetime, renewed).await.expect("not renewed before they expire");

        tokens.stop().await;
        // Two files, no temporary ones beside them.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
