//! `digest FOLDER [--output FILE] [--parallel N]`: the SHA-256 of every file below a folder, as a durable workflow on the
//! embedded service, or on the one that `TEMPORAL_ADDRESS` names.
//!
//! The result has the form of `sha256sum`, with names relative to the folder, in the order of the names. While it runs,
//! a progress bar shows on a terminal.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use indicatif::{ProgressBar, ProgressStyle};
use temporal_examples::digest::{Digest, DigestHandle, Progress, Report, Request};
use temporal_runtime::{EmbeddedService, prelude::*};

const USAGE: &str = "usage: digest FOLDER [--output FILE] [--parallel N]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(report) if report.failed.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<Report> {
    let request = request(std::env::args_os().skip(1))?;
    let embedded = match std::env::var_os("TEMPORAL_ADDRESS") {
        Some(_) => None,
        None => Some(EmbeddedService::start().await?),
    };
    let client = match &embedded {
        Some(service) => service.client().clone(),
        None => Client::from_env().await?,
    };
    let workers = App::new()
        .only_module("temporal_examples::digest")
        .start(&client)?;
    let handle = client.start(Digest::with(request.clone())).await?;
    let report = watch(&handle).await?;
    workers.shutdown().await?;
    show(&request, &report);
    Ok(report)
}

fn request(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<Request> {
    let (mut folder, mut output, mut parallel) = (None, None, 4);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--output") => output = arguments.next().map(PathBuf::from),
            Some("--parallel") => {
                let value = arguments.next().unwrap_or_default();
                parallel = value
                    .to_str()
                    .unwrap_or_default()
                    .parse()
                    .map_err(|_| Error::msg(USAGE))?;
            }
            _ if folder.is_none() => folder = Some(PathBuf::from(argument)),
            _ => return Err(USAGE.into()),
        }
    }
    let folder: PathBuf = folder.ok_or_else(|| Error::msg(USAGE))?;
    let folder = folder
        .canonicalize()
        .map_err(|e| Error::msg(format!("{}: {e}", folder.display())))?;
    let output = output.unwrap_or_else(|| PathBuf::from("digests.txt"));
    // activities may run elsewhere in this process, but always with the same idea of where things are
    let output = std::path::absolute(output)?;
    if output.starts_with(&folder) {
        return Err(Error::msg(format!(
            "the result {} would lie in the folder it describes: choose another place with --output",
            output.display()
        )));
    }
    Ok(Request {
        folder,
        output,
        parallel,
    })
}

/// Waits for the result, and shows how far it is.
async fn watch(handle: &DigestHandle) -> Result<Report> {
    let bar = bar();
    let result = handle.result();
    let mut result = std::pin::pin!(result);
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            ended = &mut result => {
                bar.finish_and_clear();
                return ended;
            }
            _ = ticks.tick(), if !bar.is_hidden() => {
                if let Ok(progress) = handle.progress().await {
                    advance(&bar, &progress);
                }
            }
        }
    }
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{spinner} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
    ProgressBar::new(0).with_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}

fn advance(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.bytes);
    bar.set_position(progress.bytes_done);
    let state = match (progress.paused, progress.listed) {
        (true, _) => "paused",
        (false, false) => "listing",
        (false, true) => "",
    };
    bar.set_message(format!(
        "{} of {} files {state}",
        progress.files_done, progress.files
    ));
}

#[allow(clippy::print_stdout, reason = "the result belongs on stdout")]
fn show(request: &Request, report: &Report) {
    for failed in &report.failed {
        eprintln!("{}: {}", failed.name, failed.reason);
    }
    println!(
        "{} files, {} bytes, {} failed",
        report.files,
        report.bytes,
        report.failed.len()
    );
    println!("{}  {}", report.total, request.output.display());
}
