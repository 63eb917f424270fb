//! The first signal drains a worker, which may take as long as its activities do; a second one ends it at once.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, Command, Stdio},
};

/// `stubborn`, without what this machine's environment says of services.
fn stubborn(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stubborn"));
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy().into_owned();
        if known.starts_with("TEMPORAL_") || known == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn send(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.0.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }
}

fn until(lines: &mut Lines<impl BufRead>, part: &str) -> String {
    let mut seen = Vec::new();
    for line in lines {
        let line = line.expect("text");
        if line.contains(part) {
            return line;
        }
        seen.push(line);
    }
    panic!("it ended and never said `{part}`: {seen:#?}");
}

#[test]
fn a_second_signal_ends_what_a_first_one_would_wait_for() {
    let mut dev = Process(stubborn(&["dev", "--port", "0"]).spawn().expect("it runs"));
    let mut stdout = BufReader::new(dev.0.stdout.take().expect("piped")).lines();
    let mut stderr = BufReader::new(dev.0.stderr.take().expect("piped")).lines();
    let service = until(&mut stdout, "service");
    let address = service.split_whitespace().nth(1).expect("an address");

    let started = stubborn(&["start", "held"])
        .env("TEMPORAL_ADDRESS", address)
        .output()
        .expect("it runs");
    assert!(started.status.success(), "{started:?}");
    until(&mut stdout, "holding");

    dev.send("-TERM");
    until(&mut stderr, "a second signal ends at once");
    // its activity holds it: it is still there, and takes the second signal
    assert_eq!(dev.0.try_wait().expect("its state"), None);
    dev.send("-INT");
    let status = dev.0.wait().expect("it ends");
    until(&mut stderr, "ended by a second signal");
    assert_eq!(status.code(), Some(1));
}
