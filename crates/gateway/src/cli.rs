//! The command line: what there is to say, and the commands that do not serve.
//!
//! Nothing here reads the process or prints: `main` hands in environment and output.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

mod check;
mod config_list;
mod explain;
mod keys;
mod lines;
mod policy;
mod probe;
mod simulate;

/// The long text of `--help`.
const ABOUT: &str = "\
S3 and STS gateway: people log in with an OIDC token, get temporary keys from the STS, and work on
any S3-compatible store through the gateway, within the policies of their role.

  fakes3pp keys init --file keys.ring      makes the keys that sessions are sealed with
  fakes3pp check --config fakes3pp.yaml    says everything that is wrong with a configuration
  fakes3pp serve --config fakes3pp.yaml    serves S3, STS or both, as the configuration says
  fakes3pp config list                     lists every key of the configuration
  fakes3pp explain --request FILE          says what a request is and needs
  fakes3pp simulate < cases.jsonl          says what policies decide, and why
  fakes3pp policy validate FILE...         says everything that is wrong with policies
  fakes3pp policy lint FILE...             says what loads and is not what it seems
  fakes3pp policy test DIR                 runs the expectations beside the policies
  fakes3pp probe --store NAME              finds out what a store does and does not do";

/// What stands below the options.
const AFTER: &str = "\
Every key of the configuration can also be set by an environment variable: FAKES3PP__LISTEN__S3 is
`listen.s3`, FAKES3PP__STORES__0__ENDPOINT is `stores[0].endpoint`. Variables win over the file.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "fakes3pp", version, about = ABOUT, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve S3, STS or both until told to stop (SIGTERM or SIGINT).
    Serve(ConfigFile),
    /// Say everything that is wrong with a configuration, each with its key; 0 if nothing is.
    Check(ConfigFile),
    /// Make and change the ring of keys that session tokens are sealed with.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// About the keys of the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what a request is and needs, and with a configuration, what is decided about it.
    Explain(explain::Explain),
    /// Say what policies decide about a request, and why.
    Simulate(simulate::Simulate),
    /// Look at policies before they are put to use.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Find out what a store of the configuration does and does not do, and print the keys that say so.
    Probe(probe::Probe),
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration, in YAML; relative paths in it start at its folder.
    #[arg(long, value_name = "FILE", default_value = "fakes3pp.yaml")]
    pub config: PathBuf,
}

/// About the keys of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// List every key with its type, default and meaning.
    List {
        /// Write it as docs/config.md has it.
        #[arg(long)]
        markdown: bool,
    },
    /// List every condition key that policies can meet here, and what it is filled from.
    ConditionKeys,
}

/// What a command may use.
pub struct Surroundings<'a> {
    /// The environment.
    pub environment: &'a BTreeMap<String, String>,
    /// Where answers go.
    pub out: &'a mut dyn Write,
    /// Where complaints go.
    pub err: &'a mut dyn Write,
    /// What commands read that were given no file.
    pub input: &'a mut dyn BufRead,
}

impl Command {
    /// Does what can be done without serving; gives back what `serve` needs.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn run(self, surroundings: Surroundings<'_>) -> io::Result<Outcome> {
        let code = match self {
            Self::Serve(file) => return Ok(Outcome::Serve(file)),
            Self::Check(file) => check::run(&file, surroundings)?,
            Self::Keys(command) => keys::run(&command, surroundings)?,
            Self::Config(ConfigCommand::List { markdown }) => {
                config_list::run(markdown, surroundings.out)?
            }
            Self::Config(ConfigCommand::ConditionKeys) => {
                config_list::condition_keys(surroundings.out)?
            }
            Self::Explain(explain) => explain::run(&explain, surroundings)?,
            Self::Simulate(simulate) => simulate::run(&simulate, surroundings)?,
            Self::Policy(command) => policy::run(&command, surroundings)?,
            Self::Probe(probe) => probe::run(&probe, surroundings)?,
        };
        Ok(Outcome::Done(code))
    }
}

/// What is left to do after a command.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing: the process ends with this code.
    Done(ExitCode),
    /// Serve.
    Serve(ConfigFile),
}

#[cfg(test)]
mod tests;
