//! The binary `temporal-server`: starts the service of the library, says where it listens, and ends it
//! at Ctrl-C or SIGTERM.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "denied in engine/ alone"
)]

mod cli;
mod log_lines;
mod signals;

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use temporal_server::{Server, ServerHandle, ServerOptions};

/// A workflow costs an eighth less than with the system's allocator, and memory that is free goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let asked = match cli::parse(std::env::args_os()) {
        Ok(asked) => asked,
        Err(error) => error.exit(),
    };
    if let Some(level) = asked.log_level {
        log_lines::begin(level, asked.log_format);
    }
    // There is nowhere else to say it if stderr is gone.
    let mut stderr = std::io::stderr();
    for note in &asked.notes {
        let _ = writeln!(stderr, "note: {note}");
    }
    if asked.log_config {
        let _ = writeln!(stderr, "{:#?}", asked.options);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let started = runtime.map_err(|error| format!("cannot start threads: {error}"));
    match started.and_then(|runtime| runtime.block_on(run(asked))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere else to say it if stderr is gone.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: cli::Asked) -> Result<(), String> {
    let cli::Asked { options, quiet, .. } = asked;
    let server = Server::start(options.clone())
        .await
        .map_err(|error| error.to_string())?;
    // There is nowhere else to say it if stderr is gone.
    let mut stderr = std::io::stderr();
    let addresses = [server.address(), server.http_address()];
    for risk in risks(&options, addresses, server.metrics_address()) {
        let _ = writeln!(stderr, "warning: {risk} (--insecure-listen)");
    }
    if !quiet {
        // A closed pipe must not end the service.
        let _ = announce(&mut std::io::stdout(), &server, &options);
    }
    signals::stop().await;
    server.shutdown().await;
    Ok(())
}

/// The lines of `temporal server start-dev`, which tools wait for.
fn announce(
    out: &mut impl Write,
    server: &ServerHandle,
    options: &ServerOptions,
) -> std::io::Result<()> {
    writeln!(
        out,
        "Temporal CLI {} (temporal-server)",
        env!("CARGO_PKG_VERSION")
    )?;
    writeln!(out)?;
    if let Some(address) = server.address() {
        let (host, port) = (host(address), address.port());
        writeln!(out, "{:<21} {host}:{port}", "Temporal Server:")?;
    }
    let persistence = match &options.db_filename {
        Some(file) => file.display().to_string(),
        None => "in-memory".to_owned(),
    };
    writeln!(out, "{:<21} {persistence}", "Temporal Persistence:")?;
    if let Some(address) = server.http_address() {
        let (host, port) = (host(address), address.port());
        writeln!(out, "{:<21} {host}:{port}", "Temporal HTTP:")?;
    }
    if let Some(address) = server.metrics_address() {
        let host = host(address);
        let port = address.port();
        writeln!(
            out,
            "{:<21} http://{host}:{port}/metrics",
            "Temporal Metrics:"
        )?;
    }
    out.flush()
}

/// What others can do, and only because it was allowed that they reach these addresses.
fn risks(
    options: &ServerOptions,
    addresses: [Option<SocketAddr>; 2],
    metrics_address: Option<SocketAddr>,
) -> Vec<String> {
    let mut risks = Vec::new();
    let is_open = |address: &SocketAddr| options.insecure_listen && !address.ip().is_loopback();
    for address in addresses.into_iter().flatten().filter(is_open) {
        match (&options.tls, options.asks_for_a_key()) {
            (_, false) => risks.push(format!(
                "anyone who can reach {address} can use the service"
            )),
            (None, true) => risks.push(format!(
                "whoever is on the way to {address} can read what is said, keys too"
            )),
            (Some(_), true) => {}
        }
    }
    if let Some(address) = metrics_address.filter(is_open) {
        risks.push(format!(
            "anyone who can reach {address} can read the metrics, without TLS and a key"
        ));
    }
    risks
}

/// How people name the address.
fn host(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_loopback() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use temporal_server::{ApiKey, TlsOptions};

    use super::*;

    #[test]
    fn what_is_open_to_others_is_said_of_each_address() {
        let [near, far]: [Option<SocketAddr>; 2] =
            ["127.0.0.1:1", "0.0.0.0:2"].map(|address| Some(address.parse().unwrap()));
        let tls = || Some(TlsOptions::new("", ""));
        let key = || vec![ApiKey::new("k")];
        let options = |tls, api_keys| {
            let mut options = ServerOptions::default();
            (options.tls, options.api_keys, options.insecure_listen) = (tls, api_keys, true);
            options
        };
        let metrics = "anyone who can reach 0.0.0.0:2 can read the metrics, without TLS and a key";
        let use_it = "anyone who can reach 0.0.0.0:2 can use the service";
        let read_it = "whoever is on the way to 0.0.0.0:2 can read what is said, keys too";
        let both = risks(&options(None, vec![]), [far, far], None);
        assert_eq!(both, [use_it, use_it]);
        for (options, address, metrics_address, expected) in [
            (options(None, vec![]), far, far, &[use_it, metrics][..]),
            (options(tls(), vec![]), far, near, &[use_it]),
            (options(None, key()), far, None, &[read_it]),
            (options(tls(), key()), far, far, &[metrics]),
            (options(tls(), key()), far, near, &[]),
            (options(None, vec![]), near, near, &[]),
            (ServerOptions::default(), far, near, &[]),
        ] {
            assert_eq!(risks(&options, [address, None], metrics_address), expected);
        }
    }
}
