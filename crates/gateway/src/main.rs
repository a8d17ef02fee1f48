//! `fakes3pp`: the only place that reads the process's environment and talks to its terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use gateway::cli::{Cli, ConfigFile, Outcome, Surroundings};
use gateway::config::{Config, Fingerprint, LogFormat};
use gateway::reload::Origin;
use gateway::serve::Gateway;
use gateway::shutdown;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = environment();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut input = io::stdin().lock();
    let surroundings =
        Surroundings { environment: &environment, out: &mut out, err: &mut err, input: &mut input };
    match cli.command.run(surroundings) {
        Ok(Outcome::Done(code)) => code,
        Ok(Outcome::Serve(file)) => serve(&file, &environment),
        // Whoever read the output, such as `head`, has enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => complain(&error),
    }
}

/// Variables whose name or value is not Unicode are none of ours.
fn environment() -> BTreeMap<String, String> {
    #[expect(clippy::disallowed_methods, reason = "the home of the environment")]
    let all = std::env::vars_os();
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn complain(error: &dyn std::fmt::Display) -> ExitCode {
    // Where the complaint cannot be written either, the exit code has to do.
    let _ = writeln!(io::stderr(), "fakes3pp: {error}");
    ExitCode::FAILURE
}

fn serve(file: &ConfigFile, environment: &BTreeMap<String, String>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    // Before anything that takes time: until then a SIGHUP, which means "reload", would end us.
    if let Err(error) = runtime.block_on(async { shutdown::survive_hang_ups() }) {
        return complain(&error);
    }
    let origin = Origin { path: file.config.clone(), environment: environment.clone() };
    let (config, seen) = match origin.load() {
        (Ok(config), seen) => (config, seen),
        (Err(errors), _) => return complain(&errors),
    };
    start_log(&config);
    runtime.block_on(run(config, origin, seen))
}

fn start_log(config: &Config) {
    let log =
        tracing_subscriber::fmt().with_max_level(config.startup.log.level).with_writer(io::stderr);
    match config.startup.log.format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.init(),
    }
}

async fn run(config: Config, origin: Origin, seen: Fingerprint) -> ExitCode {
    let gateway = match Gateway::start(config, io::stdout()).await {
        Ok(gateway) => gateway,
        Err(error) => return complain(&error),
    };
    for (serves, address) in gateway.addresses() {
        tracing::info!(%address, ?serves, "listening");
    }
    let asker = gateway.follow(origin, seen);
    let stopped = shutdown::os_signal(|| asker.ask()).await;
    match stopped {
        Ok(signal) => tracing::info!(signal, "stopping"),
        Err(error) => tracing::error!(%error, "cannot wait for signals"),
    }
    let again = async {
        // Where signals cannot be waited for, the grace period has to do.
        if shutdown::os_signal(|| {}).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = gateway.shutdown() => ExitCode::SUCCESS,
        () = again => complain(&"stopped at once: requests in flight were cut"),
    }
}
