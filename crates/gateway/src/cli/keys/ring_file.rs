//! The ring's file: read and replaced under a lock, never half written, for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The largest file that is read: `sts::token` takes no larger ring.
const MAX_BYTES: u64 = 64 * 1024;

/// A ring's file that nobody else changes meanwhile.
pub(super) struct RingFile {
    path: PathBuf,
    folder: PathBuf,
    owner: (u32, u32),
    /// The folder, locked: the file itself is replaced, and a lock on it with it.
    _lock: File,
}

impl RingFile {
    /// Makes a file that is not there yet.
    pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
        let folder = folder(path);
        let _lock = lock(&folder).map_err(|error| {
            io::Error::other(format!("the folder `{}`: {error}", folder.display()))
        })?;
        let draft = Draft::write(path, text, None)?;
        // Unlike a rename, a link fails if the name is taken.
        fs::hard_link(&draft.path, path)?;
        drop(draft);
        File::open(&folder)?.sync_all()
    }

    /// Finds and locks a file that is there. A symbolic link is followed: its target is changed.
    pub(super) fn lock(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let folder = folder(&path);
        let lock = lock(&folder)?;
        let metadata = fs::metadata(&path)?;
        Ok(Self { path, folder, owner: (metadata.uid(), metadata.gid()), _lock: lock })
    }

    pub(super) fn read(&self) -> io::Result<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::new());
        File::open(&self.path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Puts a new text in the place of the old one; on an error the old one stays.
    pub(super) fn replace(&self, text: &str) -> io::Result<()> {
        let draft = Draft::write(&self.path, text, Some(self.owner))?;
        fs::rename(&draft.path, &self.path)?;
        File::open(&self.folder)?.sync_all()
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// A new text beside the file, gone again when dropped.
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// Writes it to the disk. Whoever could read the old file can read the new one: a ring that
    /// root changes stays the gateway's.
    fn write(path: &Path, text: &str, owner: Option<(u32, u32)>) -> io::Result<Self> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(".new");
        let draft = Self { path: path.with_file_name(name) };
        // Left by a process that was killed: nobody else has the lock.
        if let Err(error) = fs::remove_file(&draft.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.path)?;
        if let Some((user, group)) = owner {
            let made = file.metadata()?;
            if (made.uid(), made.gid()) != (user, group) {
                std::os::unix::fs::fchown(&file, Some(user), Some(group))?;
            }
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(draft)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}
