//! Reading files: a small trait, so that tests need no disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Findings, Place};
use super::shape::Value;

/// What the configuration may do with the file system.
pub trait Files {
    /// The whole content of a file.
    ///
    /// # Errors
    /// Whatever the file system answers, and `FileTooLarge` beyond `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;

    /// The names in a folder, in any order.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        use io::Read as _;
        let mut content = Vec::new();
        // One byte beyond the limit tells a file that is too large from one that just fits.
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        std::fs::File::open(path)?.take(most).read_to_end(&mut content)?;
        if content.len() > limit { Err(too_large()) } else { Ok(content) }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(path)?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

fn too_large() -> io::Error {
    io::Error::from(io::ErrorKind::FileTooLarge)
}

/// Files in memory, by their whole path: for tests and for the demo.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<PathBuf, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file, or replaces it.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.into(), content.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let content = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        if content.len() > limit { Err(too_large()) } else { Ok(content.clone()) }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let inside = self.0.keys().filter_map(|file| file.strip_prefix(path).ok());
        let names =
            inside.filter_map(|rest| Some(rest.iter().next()?.to_string_lossy().into_owned()));
        let mut names: Vec<_> = names.collect();
        names.dedup();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }
}

/// Everything outside the configuration file that it may refer to.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// The folder that relative paths start from.
    pub(crate) base: &'a Path,
    pub(crate) files: &'a dyn Files,
}

/// A file that was read, with its whole path.
pub(crate) struct Loaded {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl Sources<'_> {
    /// A path of the configuration as one to open.
    pub(crate) fn path(&self, written: &str) -> PathBuf {
        self.base.join(written)
    }

    /// Reads a file that the configuration names.
    pub(crate) fn read(
        &self,
        file: &Value<String>,
        limit: usize,
        findings: &mut Findings,
    ) -> Option<Loaded> {
        let path = self.path(&file.value);
        match self.files.read(&path, limit) {
            Ok(bytes) => Some(Loaded { path, bytes }),
            Err(error) => {
                findings.mistake(&file.place, why(&path, &error, limit));
                None
            }
        }
    }

    /// The same for a file that the configuration does not name itself, such as one of a folder.
    pub(crate) fn read_at(
        &self,
        path: &Path,
        place: &Place,
        limit: usize,
        findings: &mut Findings,
    ) -> Option<Vec<u8>> {
        let read = self.files.read(path, limit);
        read.map_err(|error| findings.mistake(place, why(path, &error, limit))).ok()
    }
}

/// Why a file could not be read.
pub(crate) fn why(path: &Path, error: &io::Error, limit: usize) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no `{path}`"),
        io::ErrorKind::PermissionDenied => format!("`{path}` may not be read by this user"),
        io::ErrorKind::FileTooLarge => format!("`{path}` is larger than {limit} bytes"),
        _ => format!("`{path}` cannot be read: {error}"),
    }
}
