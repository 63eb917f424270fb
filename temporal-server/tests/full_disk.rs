//! A process that may not make its file larger: the system refuses what it writes. What was acknowledged is there
//! afterwards.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use tonic::Code;
use tonic::transport::Endpoint;

use common::{Scratch, count, new_workflow, payloads};

/// Enough for a start of the service, and for some workflows: in blocks of 512 or of 1024 bytes, as the shell has it.
const BLOCKS: &str = "800";

#[tokio::test]
async fn what_a_file_that_may_not_grow_has_no_room_for_is_not_acknowledged() {
    let scratch = Scratch::new("full");
    let file = scratch.file();
    // Without the trap the signal would end the process; so the write fails, as on a broken disk.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let mut process = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_temporal-server")])
        .args(["start-dev", "--port", "0", "--db-filename"])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
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
    let channel = Endpoint::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = WorkflowServiceClient::new(channel);
    let mut acknowledged = 0;
    let refusal = loop {
        let request = StartWorkflowExecutionRequest {
            input: payloads(&"x".repeat(20_000)),
            ..new_workflow(&format!("w{acknowledged}"))
        };
        match client.start_workflow_execution(request).await {
            Ok(_) => acknowledged += 1,
            Err(refusal) => break refusal,
        }
    };
    assert!(acknowledged > 3, "{acknowledged}, then {refusal}");
    assert!(
        matches!(refusal.code(), Code::Unavailable | Code::ResourceExhausted),
        "{refusal:?}"
    );
    let name = file.to_str().unwrap();
    assert!(refusal.message().contains(name), "{refusal:?}");
    // Others are told the same, at once.
    let request = new_workflow("another");
    let another = client.start_workflow_execution(request).await.unwrap_err();
    assert_eq!(another.message(), refusal.message());
    process.kill().unwrap();
    process.wait().unwrap();

    let (_server, mut client) = common::service(scratch.options()).await;
    // What was refused may be there or not: its caller does not know.
    let found = count(&mut client, "").await;
    assert!(
        [acknowledged, acknowledged + 1].contains(&found),
        "{found} of {acknowledged}"
    );
}
