//! The binary that `#[temporal_runtime::main]` makes: sub-commands, logging, signals, exit codes. Results go to
//! stdout, everything else to stderr.

mod ask;
mod cli;
mod commands;
mod demo;
mod logging;
#[cfg_attr(unix, path = "signals_unix.rs")]
#[cfg_attr(not(unix), path = "signals_other.rs")]
mod signals;
mod terminal;

use std::{future::Future, process::ExitCode};

use crate::{
    app::App,
    error::{Error, ErrorKind, Result, Returns},
    registry::Registry,
};

/// What went wrong is on stderr.
const FAILURE: u8 = 1;

/// Runs the binary: `setup` gives the app what its activities need.
pub fn main<R, F>(setup: impl FnOnce(App) -> F) -> ExitCode
where
    R: Returns<Ok = App>,
    F: Future<Output = R>,
{
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => {
            // help and version are no errors, and clap knows
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(cli::USAGE));
        }
    };
    logging::install();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::from(error)),
    };
    let ended = runtime.block_on(async {
        let app = setup(App::new()).await.into_result().map_err(|returned| {
            Error::new(ErrorKind::Other, returned.error.to_string()).with_source(returned.error)
        })?;
        commands::run(command, app).await
    });
    // an activity that does not end must not keep the process
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// What is wrong with the settings is for the caller to mend, as a wrong command line is.
fn failed(error: &Error) -> ExitCode {
    terminal::error(&format!("{error:?}"));
    ExitCode::from(match error.kind() {
        ErrorKind::Config => cli::USAGE,
        _ => FAILURE,
    })
}

/// The check that `cargo test` makes of every binary.
///
/// # Panics
/// Two definitions share a name and a task queue.
pub fn assert_registry() {
    let duplicates = Registry::linked().duplicates(crate::client::DEFAULT);
    assert!(duplicates.is_empty(), "{}", duplicates.join("\n"));
}

/// What a sub-command answers.
fn print(line: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        // nobody reads any more, as with `| head`
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Error::from),
    }
}
