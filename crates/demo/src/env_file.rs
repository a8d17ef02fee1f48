//! `--env-file`: the exports as a file to source. It appears when everything answers and goes when
//! the demo ends, since what it points to is gone then.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::{StartError, exports, files};

/// The file as it was written. Dropping it removes the file, unless somebody has put another in its
/// place.
pub(crate) struct EnvFile {
    path: PathBuf,
    text: String,
}

/// Whether `path` can be written to, asked before anything starts: the folder is there, and what
/// would be replaced is an environment file of an earlier demo.
pub(crate) fn check(path: &Path) -> Result<(), StartError> {
    let foreign = || StartError::ForeignEnvFile { path: path.to_owned() };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(foreign()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            return match folder.map(fs::metadata) {
                Some(Err(source)) => Err(StartError::File { path: path.to_owned(), source }),
                Some(Ok(_)) | None => Ok(()),
            };
        }
        Err(source) => return Err(StartError::File { path: path.to_owned(), source }),
    }
    let text =
        fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source })?;
    if text.is_empty() || text.starts_with(exports::HEADER.as_bytes()) {
        Ok(())
    } else {
        Err(foreign())
    }
}

impl EnvFile {
    /// Writes `text` to `path` in one step.
    pub(crate) fn write(path: &Path, text: String) -> Result<Self, StartError> {
        check(path)?;
        // Absolute, so that the right file is removed whatever the working directory is by then.
        let path = std::path::absolute(path)
            .map_err(|source| StartError::File { path: path.to_owned(), source })?;
        files::write(&path, &text)?;
        Ok(Self { path, text })
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        if fs::read(&self.path).is_ok_and(|text| text == self.text.as_bytes())
            && let Err(error) = fs::remove_file(&self.path)
        {
            let path = self.path.display();
            tracing::error!(%path, %error, "could not remove the environment file");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn text() -> String {
        format!("{}\nexport A=b\n", exports::HEADER)
    }

    #[test]
    fn it_is_the_owners_and_goes_with_the_demo() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.env");
        let file = EnvFile::write(&path, text()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // Nothing was left beside it on the way.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_earlier_demos_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.env");
        fs::write(&path, format!("{}: something old", exports::HEADER)).unwrap();
        let _file = EnvFile::write(&path, text()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text());
    }

    #[test]
    fn what_is_not_a_demos_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".bashrc");
        fs::write(&path, "alias ll='ls -l'\n").unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        for foreign in [&path, &link, &folder.path().to_owned()] {
            let written = EnvFile::write(foreign, text());
            assert!(matches!(written, Err(StartError::ForeignEnvFile { .. })), "{foreign:?}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "alias ll='ls -l'\n");
    }

    #[test]
    fn a_missing_folder_is_said_before_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let checked = check(&folder.path().join("missing/demo.env"));
        assert!(matches!(checked, Err(StartError::File { .. })));
        assert!(check(Path::new("no-such-file.env")).is_ok());
    }

    #[test]
    fn a_file_that_somebody_else_put_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.env");
        let file = EnvFile::write(&path, text()).unwrap();
        fs::write(&path, "another").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }
}
