//! A process that may not make its file larger: the system refuses what it writes. What was acknowledged is there
//! afterwards, and it goes on once it may.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::common::{self, Scratch, count, new_workflow, payloads};

/// Enough for a start of the service, and for some workflows: in blocks of 512 or of 1024 bytes, as the shell has it.
const BLOCKS: u32 = 800;

/// The binary, whose files may have so many blocks.
fn limited(blocks: u32, file: &Path) -> Command {
    // Without the trap the signal would end the process; so the write fails, as on a broken disk.
    let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_temporal-server")])
        .args(["start-dev", "--port", "0", "--db-filename"])
        .arg(file)
        .stdout(Stdio::piped());
    command
}

async fn connect(process: &mut Child) -> WorkflowServiceClient<Channel> {
    // It may say more, and must not find that nobody listens.
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let listens = output.by_ref().map(Result::unwrap).find_map(|line| {
        let address = line.strip_prefix("Temporal Server:")?;
        Some(address.rsplit(':').next()?.trim().to_owned())
    });
    let address = format!(
        "http://127.0.0.1:{}",
        listens.expect("it says where it listens")
    );
    let endpoint = Endpoint::from_shared(address).unwrap();
    WorkflowServiceClient::new(endpoint.connect().await.unwrap())
}

/// Starts workflows until one is refused; returns how many were not, and why that one was.
async fn fill(client: &mut WorkflowServiceClient<Channel>) -> (i64, Status) {
    let mut acknowledged = 0;
    loop {
        let request = StartWorkflowExecutionRequest {
            input: payloads(&"x".repeat(20_000)),
            ..new_workflow(&format!("w{acknowledged}"))
        };
        match client.start_workflow_execution(request).await {
            Ok(_) => acknowledged += 1,
            Err(refusal) => return (acknowledged, refusal),
        }
    }
}

fn check(refusal: &Status, file: &Path) {
    assert!(
        matches!(refusal.code(), Code::Unavailable | Code::ResourceExhausted),
        "{refusal:?}"
    );
    let name = file.to_str().unwrap();
    assert!(refusal.message().contains(name), "{refusal:?}");
}

#[tokio::test]
async fn what_a_file_that_may_not_grow_has_no_room_for_is_not_acknowledged() {
    let scratch = Scratch::new("full");
    let file = scratch.file();
    let mut process = limited(BLOCKS, &file).spawn().unwrap();
    let mut client = connect(&mut process).await;
    let (acknowledged, refusal) = fill(&mut client).await;
    assert!(acknowledged > 3, "{acknowledged}, then {refusal}");
    check(&refusal, &file);
    // Others are told the same, at once.
    let request = new_workflow("another");
    let another = client.start_workflow_execution(request).await.unwrap_err();
    assert_eq!(another.message(), refusal.message());
    process.kill().unwrap();
    process.wait().unwrap();

    // With as little room it does not begin, says so, and leaves what is there.
    let output = limited(8, &file).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(file.to_str().unwrap()), "{said}");

    let (_server, mut client) = common::service(scratch.options()).await;
    // What was refused may be there or not: its caller does not know.
    let found = count(&mut client, "").await;
    assert!(
        [acknowledged, acknowledged + 1].contains(&found),
        "{found} of {acknowledged}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_goes_on_by_itself_when_there_is_room_again() {
    let scratch = Scratch::new("room");
    let file = scratch.file();
    let mut process = limited(BLOCKS, &file).spawn().unwrap();
    let mut client = connect(&mut process).await;
    let (acknowledged, refusal) = fill(&mut client).await;
    check(&refusal, &file);
    let pid = process.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited:"])
        .status()
        .unwrap();
    assert!(lifted.success(), "prlimit of util-linux lifts the limit");
    let began = Instant::now();
    loop {
        let again = client.start_workflow_execution(new_workflow("again")).await;
        let Err(refusal) = again else { break };
        check(&refusal, &file);
        assert!(began.elapsed() < Duration::from_secs(30), "{refusal:?}");
    }
    process.kill().unwrap();
    process.wait().unwrap();

    let (_server, mut client) = common::service(scratch.options()).await;
    // The refused start may have been in line before it.
    let found = count(&mut client, "").await;
    assert!(
        [acknowledged + 1, acknowledged + 2].contains(&found),
        "{found} of {acknowledged} and one"
    );
}
