//! `fakes3pp keys`: makes and changes the key ring, and says what comes next.
//!
//! The file is replaced as a whole: whoever reads it meanwhile sees the old ring or the new one.
//! The rules of a ring are in `sts::token`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sts::token::{KeyRing, KeyState};

use super::Surroundings;
use crate::entropy;

mod ring_file;

use ring_file::RingFile;

/// Changes of the ring.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a ring with one key, in a file that must not be there yet.
    Init(NewKey),
    /// Add a key that is accepted but does not seal yet: the first step of a rotation.
    Add(NewKey),
    /// Let another key of the ring seal from now on: the second step.
    Activate(NamedKey),
    /// Take a key out; sessions that it sealed end at once: the third step.
    Remove(NamedKey),
}

/// A key that is made.
#[derive(Debug, Args)]
pub struct NewKey {
    /// The ring.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the key, 1 to 32 of A-Z a-z 0-9 . _ -; made up if it is not given.
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
}

/// A key that is there.
#[derive(Debug, Args)]
pub struct NamedKey {
    /// The ring.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the key.
    #[arg(long, value_name = "NAME")]
    pub id: String,
}

/// What comes after each step, on all replicas.
const PROCEDURE: &str = "\
Rotation, without a refused request:
  1. add:      copy the ring to every replica; each takes it up by itself, without a restart. The new key is
               accepted, the old one seals.
  2. activate: only when all replicas have the new key; copy the ring again. New sessions are sealed with it.
  3. remove:   the old key, when the longest session has passed since step 2 (the largest MaxSessionDuration of
               your roles, 12 hours at most); copy the ring again. To end all its sessions at once, do it earlier.
";

pub(super) fn run(command: &KeysCommand, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { out, err, .. } = surroundings;
    let file = command.file();
    match change(command) {
        Ok((ring, done)) => {
            writeln!(out, "{}: {done}", file.display())?;
            for (id, state) in ring.keys() {
                let meaning = match state {
                    KeyState::Active => "seals new sessions",
                    KeyState::Accept => "opens sessions that it sealed",
                };
                writeln!(out, "  {id} {}: {meaning}", state.as_str())?;
            }
            if matches!(command, KeysCommand::Init(_)) {
                writeln!(
                    out,
                    "Give every replica this file and set `keys: {{ file: {} }}`.",
                    file.display()
                )?;
            }
            out.write_all(PROCEDURE.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(err, "fakes3pp: {}: {error}", file.display())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

impl KeysCommand {
    fn file(&self) -> &Path {
        match self {
            Self::Init(key) | Self::Add(key) => &key.file,
            Self::Activate(key) | Self::Remove(key) => &key.file,
        }
    }
}

/// Why the ring was not changed.
#[derive(Debug)]
enum KeysError {
    File(io::Error),
    Ring(String),
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => match error.kind() {
                io::ErrorKind::NotFound => {
                    f.write_str("there is no such file: `fakes3pp keys init` makes a ring")
                }
                io::ErrorKind::AlreadyExists => {
                    f.write_str("is there already: `fakes3pp keys add` adds a key to it")
                }
                _ => error.fmt(f),
            },
            Self::Ring(message) => f.write_str(message),
        }
    }
}

impl From<io::Error> for KeysError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

fn ring_error(error: impl fmt::Display) -> KeysError {
    KeysError::Ring(error.to_string())
}

/// Changes the file; the new ring and what was done.
fn change(command: &KeysCommand) -> Result<(KeyRing, String), KeysError> {
    if let KeysCommand::Init(key) = command {
        let id = name(key)?;
        let ring = KeyRing::init(&id, fresh()?).map_err(ring_error)?;
        RingFile::create(&key.file, &ring.render())?;
        return Ok((ring, format!("made, with the key `{id}`")));
    }
    let file = RingFile::lock(command.file())?;
    let mut ring = KeyRing::parse(&file.read()?).map_err(ring_error)?;
    let done = match command {
        KeysCommand::Init(key) | KeysCommand::Add(key) => {
            let id = name(key)?;
            ring.add(&id, fresh()?).map_err(ring_error)?;
            format!("key `{id}` added")
        }
        KeysCommand::Activate(key) => {
            ring.activate(&key.id).map_err(ring_error)?;
            format!("key `{}` is active", key.id)
        }
        KeysCommand::Remove(key) => {
            ring.remove(&key.id).map_err(ring_error)?;
            format!("key `{}` removed", key.id)
        }
    };
    file.replace(&ring.render())?;
    Ok((ring, done))
}

fn fresh() -> Result<[u8; 32], KeysError> {
    entropy::bytes().map_err(ring_error)
}

/// The name that was given, or one that no other key has.
fn name(key: &NewKey) -> Result<String, KeysError> {
    match &key.id {
        Some(id) => Ok(id.clone()),
        None => Ok(format!("k-{}", hex::encode(entropy::bytes::<4>().map_err(ring_error)?))),
    }
}
