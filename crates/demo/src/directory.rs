//! The directory in which the demo keeps everything: a temporary one that goes with it, or one that
//! the user named.

use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{StartError, files};

/// Says that a directory is the demo's, so that it never writes among somebody's own files. Locked
/// while a demo runs in it.
const MARKER: &str = ".fakes3pp-demo";

/// How often removing is tried. A write that the store had begun when it was stopped can still add
/// one file behind the removal's back.
const REMOVALS: usize = 5;

/// Where the demo lives. Dropping it removes a temporary directory.
pub(crate) struct Directory {
    path: PathBuf,
    temporary: Option<TempDir>,
    /// Held for as long as the demo runs; the operating system lets go of it with the process.
    _lock: File,
}

impl Directory {
    /// A new temporary directory, or `chosen`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// [`StartError::ForeignDirectory`] if `chosen` holds files that are not a demo's,
    /// [`StartError::DirectoryInUse`] if another demo runs in it, [`StartError::File`] otherwise.
    pub(crate) fn open(chosen: Option<&Path>) -> Result<Self, StartError> {
        let (path, temporary) = match chosen {
            None => {
                let made = tempfile::Builder::new()
                    .prefix("fakes3pp-demo-")
                    .permissions(Permissions::from_mode(0o700))
                    .tempdir()
                    .map_err(|source| StartError::File { path: std::env::temp_dir(), source })?;
                (made.path().to_owned(), Some(made))
            }
            Some(chosen) => (adopt(chosen)?, None),
        };
        let lock = lock(&path)?;
        Ok(Self { path, temporary, _lock: lock })
    }

    /// The absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes a temporary directory. To be called when nobody writes into it any more.
    pub(crate) fn close(self) {
        let Some(temporary) = self.temporary else { return };
        let path = temporary.keep();
        for _ in 0..REMOVALS {
            match std::fs::remove_dir_all(&path) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(error) => tracing::debug!(path = %path.display(), %error, "not removed yet"),
            }
        }
        tracing::error!(path = %path.display(), "could not remove the temporary directory");
    }
}

/// Makes sure that `chosen` exists and is new, empty or a demo's. Returns its absolute path: it
/// goes into exports that are used elsewhere.
fn adopt(chosen: &Path) -> Result<PathBuf, StartError> {
    let failed = |source| StartError::File { path: chosen.to_owned(), source };
    files::make_directory(chosen)?;
    let path = chosen.canonicalize().map_err(failed)?;
    let empty = std::fs::read_dir(&path).map_err(failed)?.next().is_none();
    if !empty && !path.join(MARKER).exists() {
        return Err(StartError::ForeignDirectory { path });
    }
    Ok(path)
}

fn lock(path: &Path) -> Result<File, StartError> {
    let marker = path.join(MARKER);
    let failed = |source| StartError::File { path: marker.clone(), source };
    let file = File::options().create(true).append(true).open(&marker).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::DirectoryInUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_temporary_directory_is_the_owners_and_goes() {
        let directory = Directory::open(None).unwrap();
        let path = directory.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(path.join("store")).unwrap();
        fs::write(path.join("store/object"), "x").unwrap();
        directory.close();
        assert!(!path.exists());
    }

    #[test]
    fn a_temporary_directory_goes_on_drop_too() {
        let directory = Directory::open(None).unwrap();
        let path = directory.path().to_owned();
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn a_chosen_directory_is_made_and_stays_and_can_be_used_again() {
        let outer = tempfile::tempdir().unwrap();
        let chosen = outer.path().join("a/b");
        let directory = Directory::open(Some(&chosen)).unwrap();
        fs::write(directory.path().join("object"), "x").unwrap();
        directory.close();
        let again = Directory::open(Some(&chosen)).unwrap();
        assert_eq!(fs::read(again.path().join("object")).unwrap(), b"x");
    }

    #[test]
    fn a_directory_is_one_demos_at_a_time() {
        let outer = tempfile::tempdir().unwrap();
        let first = Directory::open(Some(outer.path())).unwrap();
        let second = Directory::open(Some(outer.path()));
        assert!(matches!(second, Err(StartError::DirectoryInUse { .. })));
        drop(first);
        assert!(Directory::open(Some(outer.path())).is_ok());
    }

    #[test]
    fn somebodys_directory_is_left_alone() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("thesis.tex"), "").unwrap();
        let opened = Directory::open(Some(outer.path()));
        assert!(matches!(opened, Err(StartError::ForeignDirectory { .. })));
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }
}
