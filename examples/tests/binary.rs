//! The binary that `#[temporal_runtime::main]` makes, run as a user runs it.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

/// `hello`, without what this machine's environment says of services.
fn hello(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hello"));
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy().into_owned();
        if known.starts_with("TEMPORAL_") || known == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("hello runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// `hello dev`, ended when the test ends.
struct Dev {
    child: Child,
    address: String,
}

impl Dev {
    fn start() -> Self {
        let mut child = hello(&["dev", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("hello runs");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.split_whitespace().nth(1).expect("an address");
        Self {
            address: address.to_owned(),
            child,
        }
    }

    fn start_workflow(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let arguments = [&["start"], arguments].concat();
        run(hello(&arguments).env("TEMPORAL_ADDRESS", &self.address))
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_main_job_shows_its_events_and_prints_its_result() {
    let (code, stdout, stderr) = run(&mut hello(&[]));
    assert_eq!(
        (code, stdout.as_str()),
        (Some(0), "Good morning, World!\n"),
        "{stderr}"
    );
    for told in [
        "task queue  default",
        "workflow Greeting(\"World\") started",
        "timer of 1s fired",
    ] {
        assert!(stderr.contains(told), "{stderr}");
    }
    assert!(
        !stderr.contains('\x1b'),
        "no terminal, no colours: {stderr}"
    );
}

#[test]
fn what_is_registered_is_listed_and_checked() {
    let (code, stdout, _) = run(&mut hello(&["list"]));
    assert_eq!(code, Some(0));
    assert!(
        stdout.contains("workflow  Greeting(name: String)  signals: salute  queries: drafts"),
        "{stdout}"
    );
    assert_eq!(
        run(&mut hello(&["check"])),
        (Some(0), "all is well\n".to_owned(), String::new())
    );
}

#[test]
fn a_worker_without_an_address_says_what_to_set() {
    let (code, stdout, stderr) = run(&mut hello(&["worker"]));
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(
        stderr.contains("TEMPORAL_ADDRESS") && stderr.contains("`dev`"),
        "{stderr}"
    );
}

#[test]
fn secrets_are_not_sent_in_plaintext() {
    for name in ["TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_PATH"] {
        for arguments in [&["worker"][..], &[]] {
            let (code, _, stderr) = run(hello(arguments)
                .env(name, "x")
                .env("TEMPORAL_ADDRESS", "127.0.0.1:1"));
            assert_eq!(code, Some(2), "{stderr}");
            assert!(stderr.contains(name), "{stderr}");
        }
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_usage() {
    let (code, _, stderr) = run(&mut hello(&["strat"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("start"), "{stderr}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, _, stderr) = run(&mut hello(&["dev", "--port", &port]));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains(&format!("port {port}")), "{stderr}");
}

#[test]
fn workflows_are_started_at_another_process() {
    let dev = Dev::start();
    let (code, stdout, stderr) =
        dev.start_workflow(&["Greeting", "--input", "\"Ann\"", "--id", "g"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.split_whitespace().next(), Some("g"));

    let (code, _, stderr) = dev.start_workflow(&["Greeting", "--input", "\"Ann\"", "--id", "g"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("a workflow with the id `g` runs"),
        "{stderr}"
    );
    let (code, _, stderr) = dev.start_workflow(&["Greeting", "--input", "Ann"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("is not JSON"), "{stderr}");
    let (code, _, stderr) = dev.start_workflow(&["Greeting", "--input", "7"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("argument 1 of workflow `Greeting`") && stderr.contains("`7` is not"),
        "{stderr}"
    );
    let (code, _, stderr) = dev.start_workflow(&["Greting"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("known workflows: Greeting"), "{stderr}");
}

#[test]
fn a_workflow_is_spoken_to_from_the_command_line() {
    let dev = Dev::start();
    let at_service = |arguments: &[&str]| {
        let (code, stdout, stderr) = run(hello(arguments).env("TEMPORAL_ADDRESS", &dev.address));
        assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
        stdout
    };
    let refused = |arguments: &[&str]| {
        let (code, stdout, stderr) = run(hello(arguments).env("TEMPORAL_ADDRESS", &dev.address));
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{arguments:?}");
        stderr
    };
    for id in ["g-1", "g-2", "g-3"] {
        at_service(&["start", "Greeting", "--input", "\"Ann\"", "--id", id]);
    }
    let described = at_service(&["describe", "g-1"]);
    assert!(
        described.contains("workflow    g-1 (Greeting)")
            && described.contains("status      Running"),
        "{described}"
    );
    assert_eq!(
        at_service(&["signal", "g-1", "salute", "--input", "\"Good day\""]),
        ""
    );
    let started = at_service(&["start", "Greeting", "--input", "\"Bob\"", "--id", "g-4"]);
    assert!(started.starts_with("g-4 "), "{started}");
    let drafts = at_service(&["query", "g-1", "drafts"]);
    assert!(
        ["[]\n", "[\"Hello, Ann!\"]\n"].contains(&drafts.as_str()),
        "{drafts}"
    );
    at_service(&["cancel", "g-2", "--reason", "late"]);
    at_service(&["terminate", "g-3", "--reason", "enough"]);
    let described = at_service(&["describe", "g-3"]);
    assert!(described.contains("status      Terminated"), "{described}");

    let stderr = refused(&["query", "g-1", "draft"]);
    assert!(stderr.contains("known queries: drafts"), "{stderr}");
    let stderr = refused(&["update", "g-4", "salute", "--input", "\"x\""]);
    assert!(stderr.contains("salute"), "{stderr}");
    let stderr = refused(&["describe", "nobody"]);
    assert!(stderr.contains("nobody"), "{stderr}");
    let stderr = refused(&["signal", "g-1", "salute", "--input", "Good day"]);
    assert!(stderr.contains("is not JSON"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_signal_drains_and_ends_well() {
    let mut dev = Dev::start();
    // the workers poll once a workflow has gone through them
    let (code, _, stderr) = dev.start_workflow(&["Greeting", "--input", "\"Ann\"", "--id", "g"]);
    assert_eq!(code, Some(0), "{stderr}");
    let sent = Command::new("kill")
        .args(["-TERM", &dev.child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
    let status = dev.child.wait().expect("it ends");
    let mut stderr = String::new();
    let _ = dev
        .child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut stderr);
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("a second signal ends at once"), "{stderr}");
}
