//! Every RPC with nothing in it, and what is no RPC: an answer comes each time, and it is never that of a panic. What
//! follows from random requests is looked at inside the crate, where their effects are seen.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorSet;
use temporal_protos::rpc::Encoded;
use temporal_server::{Channel, Server, ServerHandle, ServerOptions, TimeSkipping};
use tonic::{Code, Request, Status};

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
    let answer = client.unary(request, path.parse().unwrap(), Encoded);
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
