//! Files that appear whole or not at all, and that only their owner can read.

use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::StartError;

/// Writes `text` to `path`, replacing what was there in one step: a reader sees the old file or the
/// new one, never a part. Mode 0600.
///
/// # Errors
///
/// [`StartError::File`] with the path; the old file is then untouched and nothing is left beside
/// it.
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), StartError> {
    let failed = |source| StartError::File { path: path.to_owned(), source };
    // `Path::parent` of a bare file name is the empty path, which is the current directory.
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // In the same folder, because a rename is atomic only within one file system.
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_ref()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Makes a directory, and those above it, with mode 0700. One that exists stays as it is.
pub(crate) fn make_directory(path: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| StartError::File { path: path.to_owned(), source })
}
