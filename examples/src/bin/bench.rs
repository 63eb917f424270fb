//! Measures this SDK and its service, one scenario at a time, and prints one JSON line for each. Without arguments it
//! says what there is.
//!
//! The service is the embedded one, in this process; with `TEMPORAL_ADDRESS` set it is that one; with `--service` it is
//! started for the measurement, and what it used of the machine in all is in the line. `bench peer` does the same for a command
//! that measures another SDK: it finds the service at `TEMPORAL_ADDRESS`, and its line is printed with the service's
//! use added.

use std::{
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use serde::Serialize;
use temporal_examples::bench::{
    messages,
    options::{Options, SCENARIOS},
    parked, replays, runs, schedules,
    service::{self, Service, Used},
};
use temporal_runtime::{Error, Result};

fn main() -> ExitCode {
    let process_start = Instant::now();
    match run(process_start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(process_start: Instant) -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    match options.scenario.as_str() {
        "all" => all(),
        "peer" => peer(&options),
        _ => tokio::runtime::Runtime::new()?.block_on(measure(options, process_start)),
    }
}

/// Each in a process of its own, so that one's memory is not another's; what needs a service outside is left out when
/// none is named.
fn all() -> Result<()> {
    let flags: Vec<_> = std::env::args().skip(2).collect();
    for scenario in SCENARIOS {
        let status = Command::new(std::env::current_exe()?)
            .arg(scenario.name)
            .args(&flags)
            .status()?;
        if !status.success() {
            return Err(Error::msg(format!("{} failed", scenario.name)));
        }
    }
    Ok(())
}

async fn measure(mut options: Options, process_start: Instant) -> Result<()> {
    let service = match options.service.as_deref() {
        Some(command) if options.scenario != "start_up" => Some(Service::start(command)?),
        _ => None,
    };
    if let Some(service) = &service {
        options.address = Some(service.address().to_owned());
    }
    let lines = match options.scenario.as_str() {
        "signals" => vec![messages::signals(&options).await?],
        "updates" => vec![messages::updates(&options).await?],
        "queries" => vec![messages::queries(&options).await?],
        "cold_start" => vec![runs::cold_start(&options, process_start).await?],
        "cached_memory" => vec![parked::measure(&options).await?],
        "replay_offline" => replays::measure(&options)?,
        "schedules" => vec![schedules::measure(&options).await?],
        "start_up" => vec![service::start_up(&options).await?],
        "service_memory" => vec![service::memory(&options, service.as_ref()).await?],
        _ => vec![runs::measure(&options).await?],
    };
    for line in lines {
        print(&Measured {
            line,
            used: service.as_ref().map(Service::used),
        })?;
    }
    Ok(())
}

/// A command that measures another SDK, beside a service that is started for it.
fn peer(options: &Options) -> Result<()> {
    let (Some(command), Some((program, arguments))) =
        (options.service.as_deref(), options.peer.split_first())
    else {
        return Err(Error::msg("`peer` takes --service COMMAND -- COMMAND .."));
    };
    let service = Service::start(command)?;
    let output = Command::new(program)
        .args(arguments)
        .env("TEMPORAL_ADDRESS", service.address())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(Error::msg(format!("{program} failed")));
    }
    let line: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    print(&Measured {
        line,
        used: Some(service.used()),
    })
}

#[derive(Serialize)]
struct Measured<L> {
    #[serde(flatten)]
    line: L,
    #[serde(flatten)]
    used: Option<Used>,
}

#[allow(clippy::print_stdout, reason = "the figures are the program's result")]
fn print(measured: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}
