//! Many clients at once, over sockets: polls whose clients go while they are given tasks.

#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use common::{complete_workflow, new_workflow, poll_workflow, queue, seconds};

/// The service in a process of its own.
struct Service {
    process: Child,
    port: u16,
    /// It may say more, and must not find that nobody listens.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Service {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_temporal-server"))
            .args(["start-dev", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let listens = output.by_ref().map(Result::unwrap).find_map(|line| {
            let address = line.strip_prefix("Temporal Server:")?;
            address.rsplit(':').next()?.trim().parse().ok()
        });
        let port = listens.expect("it says where it listens");
        Self {
            process,
            port,
            _output: output,
        }
    }

    async fn connect(&self) -> WorkflowServiceClient<Channel> {
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", self.port)).unwrap();
        WorkflowServiceClient::new(endpoint.connect().await.unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn crowd_poll() -> Request<PollWorkflowTaskQueueRequest> {
    let mut request = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("crowd"),
        worker_instance_key: "crowd".into(),
        ..Default::default()
    });
    request.set_timeout(Duration::from_secs(70));
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_polls_whose_clients_vanish_come_to_others() {
    const WORKFLOWS: usize = 100;
    let service = Service::start();
    let mut client = service.connect().await;
    let mut polls = Vec::new();
    for _ in 0..2 {
        let worker = service.connect().await;
        polls.extend((0..WORKFLOWS).map(|_| {
            let mut worker = worker.clone();
            tokio::spawn(async move { worker.poll_workflow_task_queue(crowd_poll()).await })
        }));
    }
    // While workflows are started, their workers go: before, while and after they are given tasks.
    let mut polls = polls.into_iter();
    for number in 0..WORKFLOWS {
        let request = StartWorkflowExecutionRequest {
            task_queue: queue("crowd"),
            workflow_task_timeout: seconds(1),
            ..new_workflow(&format!("w{number}"))
        };
        client.start_workflow_execution(request).await.unwrap();
        for poll in polls.by_ref().take(2) {
            poll.abort();
        }
    }
    let mut seen = BTreeSet::new();
    while seen.len() < WORKFLOWS {
        let task = client
            .poll_workflow_task_queue(poll_workflow("crowd"))
            .await;
        let task = task.unwrap().into_inner();
        let id = task
            .workflow_execution
            .expect("a task before the poll ends")
            .workflow_id;
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            commands: vec![complete_workflow()],
            ..Default::default()
        };
        // On a busy machine a second may be too little; then it comes again.
        if client
            .respond_workflow_task_completed(request)
            .await
            .is_ok()
        {
            assert!(seen.insert(id));
        }
    }
}
