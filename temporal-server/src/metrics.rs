//! What a service tells those who watch over it: numbers, in the text form of Prometheus, over HTTP. Names no workflow
//! and no namespace, and answers nothing but `GET /metrics`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::driver::Driver;
use crate::engine::matching::TaskKind;
use crate::service::CallsMade;

/// The head of a request is not longer.
const MAX_HEAD: usize = 8 << 10;
/// Who asks does so within this time.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at a time; others wait.
const MAX_CONNECTIONS: usize = 16;

/// What numbers are taken from.
#[derive(Debug)]
pub(crate) struct Metrics {
    calls: Arc<CallsMade>,
    driver: Arc<Driver>,
}

impl Metrics {
    pub(crate) fn new(calls: Arc<CallsMade>, driver: Arc<Driver>) -> Self {
        Self { calls, driver }
    }

    /// All numbers of this moment.
    fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a text cannot fail.
        let _ = self.calls.write(&mut out);
        let gauges = self.driver.gauges();
        let kind = |kind| match kind {
            TaskKind::Workflow => "workflow",
            TaskKind::Activity => "activity",
        };
        let mut family = |name: &str, kind: &str, help: &str, rows: &[(String, u64)]| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let open = [(String::new(), number(gauges.open_workflows))];
        family(
            "temporal_open_workflows",
            "gauge",
            "Workflows that are not closed.",
            &open,
        );
        family(
            "temporal_open_workflow_bytes",
            "gauge",
            "What they take in memory, roughly.",
            &[(String::new(), gauges.open_bytes)],
        );
        let labelled = |count: fn(&(TaskKind, usize, usize)) -> usize| {
            gauges
                .waiting
                .map(|row| (format!("{{kind=\"{}\"}}", kind(row.0)), number(count(&row))))
        };
        family(
            "temporal_tasks_pending",
            "gauge",
            "Tasks that wait for a worker.",
            &labelled(|row| row.1),
        );
        family(
            "temporal_polls_waiting",
            "gauge",
            "Polls of workers that wait for a task.",
            &labelled(|row| row.2),
        );
        if let Some((commits, changes)) = gauges.stored {
            let row = |count| [(String::new(), count)];
            family(
                "temporal_store_commits_total",
                "counter",
                "Commits to the file.",
                &row(commits),
            );
            family(
                "temporal_store_changes_total",
                "counter",
                "Changes that these commits held.",
                &row(changes),
            );
        }
        out
    }
}

/// Answers until the service ends.
pub(crate) fn serve(
    listener: TcpListener,
    metrics: Metrics,
    mut closing: watch::Receiver<bool>,
) -> (Option<SocketAddr>, JoinHandle<()>) {
    let address = listener.local_addr().ok();
    let metrics = Arc::new(metrics);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let serving = tokio::spawn(async move {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = closing.wait_for(|closing| *closing) => return,
            };
            let Ok((connection, _)) = accepted else {
                // Out of descriptors: others must go first.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let metrics = metrics.clone();
            tokio::spawn(async move {
                // Who goes, or says nothing, is not answered.
                let _ = tokio::time::timeout(PATIENCE, answer(connection, &metrics)).await;
                drop(place);
            });
        }
    });
    (address, serving)
}

async fn answer(mut connection: TcpStream, metrics: &Metrics) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MAX_HEAD {
        if connection.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let (status, kind, body) = match reply(&head) {
        Reply::Numbers => (
            "200 OK",
            "text/plain; version=0.0.4; charset=utf-8",
            metrics.text(),
        ),
        Reply::Refused(status) => (
            status,
            "text/plain; charset=utf-8",
            format!("{status}: there is only GET /metrics\n"),
        ),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(answer.as_bytes()).await?;
    connection.shutdown().await
}

#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Numbers,
    Refused(&'static str),
}

/// What the head of a request is answered.
fn reply(head: &str) -> Reply {
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    match (method, path, words.next()) {
        (_, _, None) => Reply::Refused("400 Bad Request"),
        (Some("GET"), "/metrics", _) => Reply::Numbers,
        (_, "/metrics", _) => Reply::Refused("405 Method Not Allowed"),
        _ => Reply::Refused("404 Not Found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_numbers_are_served() {
        assert_eq!(reply("GET /metrics HTTP/1.1\r\n\r\n"), Reply::Numbers);
        assert_eq!(reply("GET /metrics?x=1 HTTP/1.1\r\n\r\n"), Reply::Numbers);
        for (head, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("nonsense\r\n\r\n", "400 Bad Request"),
            ("", "400 Bad Request"),
        ] {
            assert_eq!(reply(head), Reply::Refused(status), "{head}");
        }
    }
}
