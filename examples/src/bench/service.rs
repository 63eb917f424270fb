//! A service that is started for a measurement, any that says its address on stdout; and what it uses of the machine.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use temporal_protos::workflowservice::{
    DeleteWorkflowExecutionRequest, GetSystemInfoRequest,
    workflow_service_client::WorkflowServiceClient,
};
use temporal_runtime::{Error, Result};
use tonic::transport::{Channel, Endpoint};

use super::{
    Bench, drive,
    measure::{Line, Stopwatch, cpu_seconds_of, rss_bytes_of},
    options::Options,
    workflows::chain,
};

/// Ends with it.
#[derive(Debug)]
pub struct Service {
    child: Child,
    address: String,
    /// A service that can no longer write there might end.
    _stdout: BufReader<ChildStdout>,
    cpu_before: f64,
}

impl Service {
    /// Starts it, and waits for its address.
    ///
    /// # Errors
    /// It does not start, or ends without a word of its address.
    pub fn start(command: &[String]) -> Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| Error::msg("--service takes a command"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Error::msg(format!("{program} does not start: {error}")))?;
        let stdout = child.stdout.take();
        let mut stdout = BufReader::new(stdout.ok_or_else(|| Error::msg("there is no stdout"))?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                return Err(Error::msg(format!("{program} ended without its address")));
            }
            if let Some(address) = address(&line) {
                break address;
            }
        };
        Ok(Self {
            cpu_before: cpu_seconds_of(child.id()),
            child,
            address,
            _stdout: stdout,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it used since it was started, and what it holds.
    #[must_use]
    pub fn used(&self) -> Used {
        Used {
            cpu_seconds: cpu_seconds_of(self.child.id()) - self.cpu_before,
            rss_mb: rss_bytes_of(self.child.id()) / 1e6,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of the machine.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Used {
    /// User and system time.
    #[serde(rename = "service_cpu_seconds")]
    pub cpu_seconds: f64,
    /// Resident set, in megabytes.
    #[serde(rename = "service_rss_mb")]
    pub rss_mb: f64,
}

/// The first word of a line that ends in a port.
fn address(line: &str) -> Option<String> {
    let is_address = |word: &&str| {
        word.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok()
        })
    };
    line.split_whitespace().find(is_address).map(str::to_owned)
}

/// From the start of the process to its first answer.
///
/// # Errors
/// It does not start, or does not answer within ten seconds.
pub async fn start_up(options: &Options) -> Result<Line> {
    let command = command(options)?;
    let watch = Stopwatch::start();
    let mut latencies = Vec::with_capacity(options.n);
    let mut rss = 0.0;
    for _ in 0..options.n {
        let start = Instant::now();
        let service = Service::start(command)?;
        connected(service.address()).await?;
        latencies.push(start.elapsed());
        rss = service.used().rss_mb;
    }
    let line = watch.stop(&options.scenario, 1, latencies, 1);
    Ok(line.with("service_rss_mb", rss))
}

/// What the service holds when nothing happened, after so many closed workflows, and when they are deleted.
///
/// # Errors
/// A workflow fails, or there is no command.
pub async fn memory(options: &Options, service: Option<&Service>) -> Result<Line> {
    let service = service.ok_or_else(|| no_command(options))?;
    let mut calls = connected(service.address()).await?;
    let idle = service.used().rss_mb;
    let bench = Bench::start(options, None).await?;
    let watch = Stopwatch::start();
    let (client, task_queue) = (bench.client.clone(), bench.task_queue.clone());
    let ids = task_queue.clone();
    let latencies = drive(options.n, options.concurrency, move |i| {
        let call = chain::with(1).task_queue(task_queue.as_str());
        let run = client.execute(call).id(format!("{task_queue}-{i}"));
        async move { run.await.map(drop) }
    })
    .await?;
    let line = watch.stop(&options.scenario, options.concurrency, latencies, 1);
    bench.end().await?;
    let closed = service.used().rss_mb;
    for i in 0..options.n {
        let request = DeleteWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: Some(temporal_protos::common::WorkflowExecution {
                workflow_id: format!("{ids}-{i}"),
                run_id: String::new(),
            }),
        };
        // one that the service no longer keeps is gone already
        let _ = calls.delete_workflow_execution(request).await;
    }
    let deleted = service.used().rss_mb;
    Ok(line
        .with("idle_rss_mb", idle)
        .with("closed_rss_mb", closed)
        .with("deleted_rss_mb", deleted))
}

/// A client of the service, once it answers.
///
/// # Errors
/// It does not within ten seconds.
pub async fn connected(address: &str) -> Result<WorkflowServiceClient<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|error| Error::msg(error.to_string()))?;
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        if let Ok(channel) = endpoint.connect().await {
            let mut calls = WorkflowServiceClient::new(channel);
            if calls.get_system_info(GetSystemInfoRequest {}).await.is_ok() {
                return Ok(calls);
            }
        }
        if Instant::now() > until {
            return Err(Error::msg(format!("{address} does not answer")));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn command(options: &Options) -> Result<&[String]> {
    options
        .service
        .as_deref()
        .ok_or_else(|| no_command(options))
}

fn no_command(options: &Options) -> Error {
    Error::msg(format!("`{}` needs --service COMMAND", options.scenario))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_in_what_services_say() {
        let said = [
            (
                "Temporal Server:     127.0.0.1:7233",
                Some("127.0.0.1:7233"),
            ),
            ("listening 127.0.0.1:41234", Some("127.0.0.1:41234")),
            ("Temporal CLI 1.2.3", None),
            ("Temporal UI: http://localhost:8233", None),
        ];
        for (line, expected) in said {
            assert_eq!(address(line).as_deref(), expected, "{line}");
        }
    }
}
