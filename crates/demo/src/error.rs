//! Why the demo did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Each message is what `demo` prints after `demo:`, and says what to do where that is not plain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something else listens there.
    #[error(
        "`{address}` is taken: stop what listens there, or choose another port with `--port` (`--port 0` takes any free one)"
    )]
    PortTaken {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on: not of this machine, or not permitted.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file or directory cannot be made, read or replaced.
    #[error("`{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `--dir` names a directory with files in it that are not a demo's.
    #[error("`{}` holds other files: give a new, an empty or an earlier demo's directory", path.display())]
    ForeignDirectory {
        /// Which.
        path: PathBuf,
    },
    /// Another demo has the directory.
    #[error("another demo is running in `{}`", path.display())]
    DirectoryInUse {
        /// Which.
        path: PathBuf,
    },
    /// `--env-file` names something that the demo will not replace.
    #[error("`{}` is not an environment file of the demo and is left alone: choose another path", path.display())]
    ForeignEnvFile {
        /// Which.
        path: PathBuf,
    },
    /// Not a name that a region can have.
    #[error("`{region}` cannot be a region: 1 to 64 letters, digits, `-`, `_` and `.`")]
    Region {
        /// As given.
        region: String,
    },
    /// Too short or too long.
    #[error("a token lifetime of {given:?} is not between 3 seconds and a day")]
    TokenLifetime {
        /// As given.
        given: Duration,
    },
    /// Keys, certificates or signatures could not be made.
    #[error("{0}: the cryptographic library failed")]
    Crypto(&'static str),
    /// The embedded store did not take its first objects.
    #[error("the embedded store: {0}")]
    Store(String),
    /// The gateway refused the configuration that the demo wrote, or did not start.
    #[error("the gateway: {0}")]
    Gateway(String),
    /// Everything started, but not everything answers.
    #[error("{what} does not answer as it should: {why}")]
    NotReady {
        /// Which part.
        what: &'static str,
        /// The answer, or why there was none.
        why: String,
    },
}
