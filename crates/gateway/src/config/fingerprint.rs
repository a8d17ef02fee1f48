//! What a configuration was read from, so that a change can be told.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;

use super::files::{Disk, Files};

/// Every file and folder that was looked at, with a hash of what was there. Contents are not kept:
/// some are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<PathBuf, Seen>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    /// A file's limit for reading and the hash of its content; None if it could not be read.
    File(usize, Option<[u8; 32]>),
    /// The hash of a folder's names.
    Folder(Option<[u8; 32]>),
}

impl Fingerprint {
    /// Whether anything is different now.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.0.iter().any(|(path, seen)| match seen {
            Seen::File(limit, hash) => of_file(&Disk.read(path, *limit)) != *hash,
            Seen::Folder(hash) => of_folder(&Disk.list(path)) != *hash,
        })
    }

    /// The paths that are not the same in both.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<PathBuf> {
        let paths: BTreeSet<&PathBuf> = self.0.keys().chain(other.0.keys()).collect();
        let differs = |path: &&&PathBuf| self.0.get(**path) != other.0.get(**path);
        paths.iter().filter(differs).map(|path| (*path).clone()).collect()
    }

    /// The folders in which everything that was looked at is: those of the files, and of folders
    /// themselves and where they are, for a folder may be made anew.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let parent = |path: &Path| match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            Some(_) | None => PathBuf::from("."),
        };
        let parents = self.0.keys().map(|path| parent(path));
        let listed = self.0.iter().filter(|(_, seen)| matches!(seen, Seen::Folder(_)));
        parents.chain(listed.map(|(path, _)| path.clone())).collect()
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    let digest = digest::digest(&digest::SHA256, bytes);
    sum.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    sum
}

fn of_file(read: &io::Result<Vec<u8>>) -> Option<[u8; 32]> {
    read.as_ref().ok().map(|bytes| hash(bytes))
}

fn of_folder(listed: &io::Result<Vec<String>>) -> Option<[u8; 32]> {
    let mut names = listed.as_ref().ok()?.clone();
    names.sort();
    Some(hash(names.join("\0").as_bytes()))
}

/// The disk, with a note of everything that is read.
#[derive(Debug, Default)]
pub(super) struct Noting(Mutex<Fingerprint>);

impl Noting {
    pub(super) fn into_fingerprint(self) -> Fingerprint {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, path: &Path, seen: Seen) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.0.insert(path.to_owned(), seen);
    }
}

impl Files for Noting {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let read = Disk.read(path, limit);
        self.note(path, Seen::File(limit, of_file(&read)));
        read
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let listed = Disk.list(path);
        self.note(path, Seen::Folder(of_folder(&listed)));
        listed
    }
}
