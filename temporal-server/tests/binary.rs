//! The binary as a tool sees it: what it prints, where it listens, and how it refuses.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use temporal_protos::health::HealthCheckRequest;
use temporal_protos::health::health_client::HealthClient;
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
    let lines: Vec<String> = output.lines().take(4).map(Result::unwrap).collect();
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
    for ending in ["", "-wal", "-shm", "-lock"] {
        // Which of them are left depends on how it ended.
        let _ = std::fs::remove_file(format!("{name}{ending}"));
    }
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
        let channel = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
        let mut health = HealthClient::new(channel.connect().await.unwrap());
        let answer = health.check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(answer.get_ref().status, 1);
    }
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
