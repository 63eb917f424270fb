//! Every RPC with nothing in it, with nonsense, and with requests cut short or changed: an answer
//! comes each time, and it is never that of a panic.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use prost::Message;
use prost_types::FileDescriptorSet;
use temporal_protos::common::{Payload, Payloads, WorkflowExecution, WorkflowType};
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::{
    PollWorkflowTaskQueueRequest, SignalWithStartWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
};
use temporal_server::{Channel, Server, ServerHandle, ServerOptions, TimeSkipping};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};

/// Messages as bytes.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// The path of every RPC there is, unless it streams.
fn paths() -> Vec<String> {
    let files = FileDescriptorSet::decode(temporal_protos::DESCRIPTOR).unwrap();
    let mut paths = Vec::new();
    for file in &files.file {
        for service in &file.service {
            for method in service
                .method
                .iter()
                .filter(|method| !method.server_streaming())
            {
                paths.push(format!(
                    "/{}.{}/{}",
                    file.package(),
                    service.name(),
                    method.name()
                ));
            }
        }
    }
    assert!(
        paths.len() > 140,
        "all services are listed: {}",
        paths.len()
    );
    paths
}

/// The answer to a message; the caller waits a moment only.
async fn call(channel: &Channel, path: &str, message: &Bytes) -> Result<Bytes, Status> {
    let mut request = Request::new(message.clone());
    request.set_timeout(Duration::from_millis(200));
    let mut client = tonic::client::Grpc::new(channel.clone());
    let answer = client.unary(request, path.parse().unwrap(), Raw);
    let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
    let answer = answer
        .expect("an answer comes")
        .map(tonic::Response::into_inner);
    if let Err(status) = &answer {
        assert_ne!(
            status.message(),
            "internal error of the service",
            "{path} panicked"
        );
    }
    answer
}

async fn service() -> ServerHandle {
    let mut options = ServerOptions::default();
    options.time_skipping = TimeSkipping::Locked;
    Server::start(options).await.unwrap()
}

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() % 256).unwrap()
    }
}

fn start() -> StartWorkflowExecutionRequest {
    let payload = Payload {
        data: "\"x\"".into(),
        ..Payload::default()
    };
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "t".into() }),
        task_queue: Some(TaskQueue {
            name: "q".into(),
            ..TaskQueue::default()
        }),
        input: Some(Payloads {
            payloads: vec![payload],
        }),
        workflow_task_timeout: Some(prost_types::Duration {
            seconds: i64::MAX,
            nanos: i32::MIN,
        }),
        cron_schedule: "@every 1s".into(),
        ..StartWorkflowExecutionRequest::default()
    }
}

#[tokio::test]
async fn requests_without_anything_are_answered() {
    let server = service().await;
    for path in paths() {
        for message in [
            Bytes::new(),
            Bytes::from_static(b"\x0a\x07default"),
            Bytes::from_static(b"\xff"),
        ] {
            let _ = call(&server.channel(), &path, &message).await;
        }
    }
}

#[tokio::test]
async fn nonsense_is_answered() {
    let server = service().await;
    let mut random = Random(0x5eed);
    for path in paths() {
        for _ in 0..20 {
            // The namespace first, so that the rest is looked at.
            let mut message = b"\x0a\x07default".to_vec();
            for _ in 0..random.next() % 60 {
                message.push(random.byte());
            }
            let _ = call(&server.channel(), &path, &message.into()).await;
        }
    }
}

#[tokio::test]
async fn requests_cut_short_or_changed_are_answered() {
    let server = service().await;
    let execution = WorkflowExecution {
        workflow_id: "w".into(),
        run_id: "nonsense".into(),
    };
    let signal = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        signal_name: "s".into(),
        ..SignalWithStartWorkflowExecutionRequest::default()
    };
    let poll = PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    let whole = [
        start().encode_to_vec(),
        signal.encode_to_vec(),
        poll.encode_to_vec(),
        execution.encode_to_vec(),
    ];
    let mut random = Random(0xcafe);
    for path in paths().iter().filter(|path| path.contains("Workflow")) {
        for message in &whole {
            for _ in 0..6 {
                let mut message = message.clone();
                message.truncate(random.next() % (message.len() + 1));
                if !message.is_empty() {
                    let place = random.next() % message.len();
                    message[place] = random.byte();
                }
                let _ = call(&server.channel(), path, &message.into()).await;
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_unimplemented() {
    let server = service().await;
    let unknown = [
        "/temporal.api.workflowservice.v1.WorkflowService/Nothing",
        "/temporal.api.workflowservice.v1.WorkflowService/",
        "/nothing/Nothing",
        "/nothing",
        "/",
    ];
    for path in unknown {
        let refused = call(&server.channel(), path, &Bytes::new())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unimplemented, "{path}");
    }
}
