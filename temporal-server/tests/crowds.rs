//! Many clients at once, over sockets: connections that say nothing, polls that find nothing, and polls whose clients go.

#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(
        dead_code,
        unused_imports,
        reason = "what a process holds is read where Linux tells it"
    )
)]

#[path = "all/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::future::Future;
use std::io::{BufRead, BufReader, Lines};
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use common::{complete_workflow, new_workflow, poll_workflow, queue, seconds};

/// A plain `cargo test` has a tenth of this, which takes seconds; with `CROWD=full` in the environment it is all of it.
const CONNECTIONS: usize = 5_000;
const POLLS: usize = 20_000;

/// Connections that the polls share: a service takes so many small frames at once for a flood, and ends the connection.
const POLLING: usize = 100;

/// The service in a process of its own, so that its memory can be told from that of its clients.
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

    /// A connection that does no more than HTTP/2 asks of it.
    async fn idle(&self) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
            .await
            .unwrap();
        // Its settings: the service has taken the connection.
        stream.read_exact(&mut [0; 9]).await.unwrap();
        stream
    }

    /// Bytes of memory.
    fn resident(&self) -> usize {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes.unwrap().parse::<usize>().unwrap() << 10
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What of a crowd there is.
fn share(of: usize) -> usize {
    match std::env::var_os("CROWD") {
        Some(_) => of,
        None => of / 10,
    }
}

/// How many files this process, and those that it begins, may have open.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.unwrap().parse().unwrap_or(usize::MAX)
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

/// A workflow from its start to its end on another queue.
async fn one_workflow(client: &mut WorkflowServiceClient<Channel>, id: &str) {
    client
        .start_workflow_execution(new_workflow(id))
        .await
        .unwrap();
    let task = client.poll_workflow_task_queue(poll_workflow("q")).await;
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.unwrap().into_inner().task_token,
        commands: vec![complete_workflow()],
        ..Default::default()
    };
    client
        .respond_workflow_task_completed(request)
        .await
        .unwrap();
}

type Polled = Result<PollWorkflowTaskQueueResponse, tonic::Status>;

/// All the polls, once they are on their way.
async fn crowd(
    clients: &[WorkflowServiceClient<Channel>],
    polls: usize,
) -> Vec<JoinHandle<Polled>> {
    let sent = Arc::new(AtomicUsize::new(0));
    let one = |number: usize| {
        let (mut client, sent) = (clients[number % clients.len()].clone(), sent.clone());
        tokio::spawn(async move {
            let mut call = pin!(client.poll_workflow_task_queue(crowd_poll()));
            let mut waits = false;
            let answer = std::future::poll_fn(|cx| {
                let polled = call.as_mut().poll(cx);
                if polled.is_pending() && !std::mem::replace(&mut waits, true) {
                    sent.fetch_add(1, Ordering::SeqCst);
                }
                polled
            });
            answer.await.map(tonic::Response::into_inner)
        })
    };
    let handles = (0..polls).map(one).collect();
    while sent.load(Ordering::SeqCst) < polls {
        tokio::task::yield_now().await;
    }
    handles
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the memory that each takes")]
async fn idle_connections_and_polls_by_the_thousand_are_in_nobodys_way() {
    let (connections, polls) = (share(CONNECTIONS), share(POLLS));
    if descriptors() < connections + 500 {
        println!(
            "skipped: {} open files are too few, see `ulimit -n`",
            descriptors()
        );
        return;
    }
    let service = Service::start();
    let mut healthy = service.connect().await;
    one_workflow(&mut healthy, "before").await;
    let before = service.resident();
    let mut idle = Vec::new();
    for _ in 0..connections {
        idle.push(service.idle().await);
    }
    let connected = service.resident();
    let mut clients = Vec::new();
    for _ in 0..POLLING {
        clients.push(service.connect().await);
    }
    let waiting = crowd(&clients, polls).await;
    // Who is asked now stands behind the polls.
    for client in &mut clients {
        client
            .get_system_info(GetSystemInfoRequest {})
            .await
            .unwrap();
    }
    let polled = service.resident();
    one_workflow(&mut healthy, "meanwhile").await;
    let each = |more: usize, less: usize, count: usize| more.saturating_sub(less) / count;
    let per_connection = each(connected, before, connections);
    let per_poll = each(polled, connected, polls);
    println!(
        "{connections} idle connections, {per_connection} bytes each; {polls} polls, {per_poll} bytes each"
    );
    assert!(per_connection < 64 << 10 && per_poll < 32 << 10);
    // All are there, and all end when their worker says goodbye.
    let goodbye = ShutdownWorkerRequest {
        namespace: "default".into(),
        worker_instance_key: "crowd".into(),
        ..Default::default()
    };
    healthy.shutdown_worker(goodbye).await.unwrap();
    for poll in waiting {
        let answer = poll.await.unwrap().unwrap();
        assert!(answer.task_token.is_empty());
    }
    drop(idle);
    one_workflow(&mut healthy, "after").await;
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
