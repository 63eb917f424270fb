//! The binary as a tool sees it: what it prints, where it listens, and how it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use temporal_protos::common::{WorkflowExecution, WorkflowType};
use temporal_protos::health::HealthCheckRequest;
use temporal_protos::health::health_client::HealthClient;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::{
    DescribeWorkflowExecutionRequest, StartWorkflowExecutionRequest,
};
use tonic::transport::Channel;

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_temporal-server"))
}

fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).output().unwrap()
}

/// A running service, killed at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the service on any port; returns what it says first, and where it listens.
fn start(arguments: &[&str]) -> (Running, Vec<String>, String) {
    let mut child = binary()
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let running = Running(child);
    let lines: Vec<String> = output.lines().take(5).map(Result::unwrap).collect();
    let port = lines[2]
        .strip_prefix("Temporal Server:      localhost:")
        .unwrap()
        .to_owned();
    (running, lines, port)
}

#[test]
#[cfg(feature = "sqlite")]
fn it_says_where_it_keeps_its_data_and_refuses_a_file_in_use() {
    let file = std::env::temp_dir().join(format!("binary-{}.db", std::process::id()));
    let name = file.to_str().unwrap();
    let arguments = ["start-dev", "--port", "0", "-f", name];
    let (running, lines, _) = start(&arguments);
    assert_eq!(lines[3], format!("Temporal Persistence: {name}"));
    let refused = run(&arguments);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let process = format!("{name} is in use by process {}", running.0.id());
    assert!(
        !refused.status.success() && said.contains(&process),
        "{said}"
    );
    drop(running);
    // It was killed: the next one begins at once.
    drop(start(&arguments));
    remove(name);
}

#[tokio::test]
async fn it_says_where_it_listens_once_it_does() {
    for form in [
        &["start-dev"][..],
        &["server", "start-dev", "--headless", "--ui-port", "1"],
    ] {
        let (_running, lines, port) = start(&[form, &["--port", "0"]].concat());
        assert!(lines[0].starts_with("Temporal CLI "), "{lines:?}");
        assert_eq!(
            (lines[1].as_str(), lines[3].as_str()),
            ("", "Temporal Persistence: in-memory")
        );
        is_healthy(&port).await;
    }
}

async fn is_healthy(port: &str) {
    let channel = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let answer = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.get_ref().status, 1);
}

/// The answer to `GET path` at `http://localhost:port/..`.
fn get(url: &str, path: &str) -> String {
    let authority = url.strip_prefix("http://").unwrap().split('/').next();
    let mut stream = TcpStream::connect(authority.unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_http_api_is_told_of_if_it_was_asked_for() {
    let (_running, lines, _) = start(&["start-dev", "--port", "0"]);
    assert!(lines[4].starts_with("Temporal Metrics:"), "{lines:?}");
    let (_running, lines, _) = start(&["start-dev", "--port", "0", "--http-port", "0"]);
    let port = lines[4].strip_prefix("Temporal HTTP:        localhost:");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{}", port.unwrap())).unwrap();
    let head = "GET /cluster HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"clusterName\":\"active\""), "{answer}");
}

#[tokio::test]
#[cfg(feature = "sqlite")]
async fn metrics_count_what_was_done_and_what_waits() {
    let file = std::env::temp_dir().join(format!("metrics-{}.db", std::process::id()));
    let name = file.to_str().unwrap();
    let (running, lines, port) = start(&["start-dev", "--port", "0", "-f", name]);
    let url = lines[4].strip_prefix("Temporal Metrics:     ").unwrap();
    assert!(url.ends_with("/metrics"), "{url}");
    is_healthy(&port).await;
    let channel = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
    let mut client = WorkflowServiceClient::new(channel.connect().await.unwrap());
    for id in ["one", "two"] {
        let start = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: id.into(),
            workflow_type: Some(WorkflowType { name: "t".into() }),
            task_queue: Some(TaskQueue {
                name: "q".into(),
                ..TaskQueue::default()
            }),
            ..StartWorkflowExecutionRequest::default()
        };
        client.start_workflow_execution(start).await.unwrap();
    }
    let unknown = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: Some(WorkflowExecution {
            workflow_id: "three".into(),
            ..WorkflowExecution::default()
        }),
    };
    client
        .describe_workflow_execution(unknown)
        .await
        .unwrap_err();
    let answer = get(url, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for line in [
        "temporal_requests_total{operation=\"StartWorkflowExecution\",code=\"Ok\"} 2",
        "temporal_requests_total{operation=\"DescribeWorkflowExecution\",code=\"NotFound\"} 1",
        "temporal_requests_total{operation=\"Check\",code=\"Ok\"} 1",
        "temporal_request_seconds_count{operation=\"StartWorkflowExecution\"} 2",
        "temporal_open_workflows 2",
        "temporal_tasks_pending{kind=\"workflow\"} 2",
        "temporal_tasks_pending{kind=\"activity\"} 0",
        "temporal_polls_waiting{kind=\"workflow\"} 0",
    ] {
        assert!(
            answer.lines().any(|found| found == line),
            "{line}: {answer}"
        );
    }
    let count = |name: &str| {
        let line = answer.lines().find(|line| line.starts_with(name)).unwrap();
        line.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
    };
    let (commits, changes) = (
        count("temporal_store_commits_total "),
        count("temporal_store_changes_total "),
    );
    assert!(0 < commits && commits <= changes, "{answer}");
    assert!(get(url, "/").starts_with("HTTP/1.1 404 "), "only metrics");
    drop(running);
    remove(name);
}

/// Which files are left depends on how the service ended.
fn remove(file: &str) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let _ = std::fs::remove_file(format!("{file}{ending}"));
    }
}

#[test]
#[cfg(feature = "sqlite")]
fn a_pragma_of_the_file_has_its_effect() {
    let file = std::env::temp_dir().join(format!("pragma-{}.db", std::process::id()));
    let name = file.to_str().unwrap();
    let wal = format!("{name}-wal");
    for (mode, has_log) in [("wal", true), ("DELETE", false)] {
        let pragma = format!("journal_mode={mode}");
        let arguments = [
            "start-dev",
            "--port",
            "0",
            "-f",
            name,
            "--sqlite-pragma",
            &pragma,
        ];
        let (running, _, _) =
            start(&[&arguments[..], &["--sqlite-pragma", "synchronous=1"]].concat());
        // the service has written its own name by now
        assert_eq!(std::path::Path::new(&wal).exists(), has_log, "{mode}");
        drop(running);
    }
    remove(name);
}

#[test]
fn what_there_is_not_is_said_once_and_what_it_was_started_with_on_request() {
    let log = std::env::temp_dir().join(format!("notes-{}.log", std::process::id()));
    let flags = [
        "start-dev",
        "--port",
        "0",
        "--ui-port",
        "8233",
        "--ui-ip",
        "::1",
        "--log-config",
        "--log-level",
        "debug",
        "--log-format",
        "json",
        "--dynamic-config-value",
        "no.such.key=1",
    ];
    let running = Running(
        binary()
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap(),
    );
    let mut running = running;
    let output = BufReader::new(running.0.stdout.take().unwrap());
    assert!(
        output
            .lines()
            .map(Result::unwrap)
            .any(|l| l.starts_with("Temporal Metrics:"))
    );
    drop(running);
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(
        said.contains("note: there is no web UI (--ui-port does nothing)"),
        "{said}"
    );
    assert_eq!(said.matches("note: ").count(), 1, "{said}");
    assert!(said.contains("insecure_listen: false"), "{said}");
    let objects = said
        .lines()
        .filter(|line| line.starts_with('{') && line.ends_with('}'));
    let objects: Vec<serde_json::Value> =
        objects.map(|l| serde_json::from_str(l).unwrap()).collect();
    let unknown = objects
        .iter()
        .find(|line| line["key"] == "no.such.key")
        .unwrap();
    assert_eq!(unknown["level"], "debug");
    assert!(
        unknown["msg"]
            .as_str()
            .unwrap()
            .contains("has no effect here"),
        "{unknown}"
    );
    // the system clears it in the end
    let _ = std::fs::remove_file(&log);
}

#[test]
fn a_port_in_use_ends_it_with_what_to_do() {
    let (_running, _, port) = start(&["start-dev", "--port", "0"]);
    let output = run(&["start-dev", "--port", &port]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with(&format!(
            "error: port {port} of 127.0.0.1 is in use: stop what listens there"
        )),
        "{said}"
    );
}

#[test]
fn what_it_cannot_do_is_refused_before_it_starts() {
    for (arguments, text) in [
        (
            &["start-dev", "-f", "x.db", "--durability", "none"][..],
            "--durability none: take full or normal",
        ),
        (&["start-dev", "--nonsense"], "unexpected argument"),
        (&["0x"], "invalid value"),
    ] {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(text), "{said}");
    }
    let output = run(&["start-dev", "--ip", "0.0.0.0", "--port", "0"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("--insecure-listen"), "{said}");
}

#[test]
fn a_value_of_the_dynamic_configuration_that_makes_no_sense_is_refused() {
    let output = run(&[
        "start-dev",
        "--port",
        "0",
        "--dynamic-config-value",
        "limit.blobSize.error=many",
    ]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cannot set `limit.blobSize.error` of the dynamic configuration"),
        "{said}"
    );
}
