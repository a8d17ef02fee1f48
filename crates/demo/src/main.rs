//! `demo`: starts everything, prints what to paste, runs until it is told to stop.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use demo::{Options, StartError, User};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Tries out fakes3pp in one command.
///
/// Starts the S3 gateway and its STS, a store behind it, an identity provider with the users alice
/// and bob, and a bucket `demo`. Then prints a block to paste into another shell, in which any AWS
/// client works. Ctrl-C ends it and leaves nothing behind.
#[derive(Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// Where the gateway listens. The store and the identity provider stay on loopback.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// The gateway's port, for S3 and STS; 0 takes a free one for each.
    #[arg(long, default_value_t = 8484)]
    port: u16,
    /// Serve over TLS with a throw-away certificate authority, and print AWS_CA_BUNDLE.
    #[arg(long)]
    tls: bool,
    /// Whose exports to print.
    #[arg(long, value_enum, default_value_t = User::Alice)]
    user: User,
    /// Also write the exports to this file, once all is ready. It is removed in the end.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Keep the configuration and the objects in this directory instead of a temporary one.
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
    /// The region to export. Any works.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// What to log to standard error, as in `gateway=debug,warn`. The store would complain of every copy
    /// that it has no tags.
    #[arg(long, value_name = "FILTER", default_value = "warn,s3s=off")]
    log: EnvFilter,
}

impl Arguments {
    fn options(self) -> Options {
        Options {
            listen: self.listen,
            port: self.port,
            tls: self.tls,
            dir: self.dir,
            env_file: self.env_file,
            user: self.user,
            region: self.region,
            ..Options::default()
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    let log = std::mem::take(&mut arguments.log);
    tracing_subscriber::fmt().with_env_filter(log).with_writer(io::stderr).init();
    match run(arguments.options()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be reading; the exit code says it too.
            let _unheard = writeln!(io::stderr(), "demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// From the first file to the last: whatever ends it, what it made is removed.
async fn run(options: Options) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let running = tokio::select! {
        started = demo::start_with_log(options, io::stderr()) => started?,
        () = stop.asked() => return Ok(()),
    };
    let mut stdout = io::stdout().lock();
    // A reader that has seen enough, as in `demo | head`, is no reason to stop.
    let _unheard = stdout.write_all(running.block().as_bytes()).and_then(|()| stdout.flush());
    drop(stdout);
    stop.asked().await;
    tokio::select! {
        () = running.shutdown() => {}
        () = stop.asked() => {}
    }
    Ok(())
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot listen for signals: {0}")]
    Signals(#[from] io::Error),
}

/// The signals that end the demo. Caught from before the first file is made; a second one ends the
/// waiting for requests under way.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// A closed terminal; none under `nohup`.
    hangup: Option<Signal>,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn asked(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether the process was started to survive its terminal. Linux tells; elsewhere the answer is
/// no.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Signal 1 is the lowest bit.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}
