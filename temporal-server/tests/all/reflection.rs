//! gRPC reflection through the public door, with the requests of a tool as bytes.

use std::collections::BTreeSet;

use bytes::Bytes;
use temporal_protos::rpc::Encoded;
use temporal_server::{Server, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream;
use tonic::{Code, Request};

/// `list_services` (field 7), and then `file_containing_symbol` (field 4).
fn requests() -> [Bytes; 2] {
    let symbol = b"temporal.api.workflowservice.v1.WorkflowService";
    let mut asks = vec![4 << 3 | 2, u8::try_from(symbol.len()).unwrap()];
    asks.extend_from_slice(symbol);
    [Bytes::from_static(&[7 << 3 | 2, 0]), asks.into()]
}

#[tokio::test]
async fn a_method_that_is_made_up_is_refused_and_its_name_is_in_no_metric() {
    let mut options = ServerOptions::default();
    options.metrics_address = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(options).await.unwrap();
    for path in [
        "/grpc.reflection.v1.ServerReflection/a\"}{",
        "/grpc.reflection.v1alpha.ServerReflection/",
        "/grpc.health.v1.Health/a\"}{",
        "/temporal.api.workflowservice.v1.WorkflowService/a\"}{",
        "/a\"}{/ServerReflectionInfo",
    ] {
        let mut client = tonic::client::Grpc::new(server.channel());
        client.ready().await.unwrap();
        let asked = Request::new(tokio_stream::iter(requests()));
        let answer = client.streaming(asked, path.parse().unwrap(), Encoded);
        let refused = answer.await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Code::Unimplemented, "{path}: {refused}");
    }
    let mut stream = TcpStream::connect(server.metrics_address().unwrap())
        .await
        .unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    let operations: BTreeSet<&str> = told
        .split("operation=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(operations, BTreeSet::from(["other"]), "{told}");
    let line = "temporal_requests_total{operation=\"other\",code=\"Unimplemented\"} 5";
    assert!(told.lines().any(|found| found == line), "{told}");
}

#[tokio::test]
async fn rule_1_services_and_their_messages_are_told_in_both_versions() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let mut client =
            tonic::client::Grpc::new(server.channel()).max_decoding_message_size(16 << 20);
        client.ready().await.unwrap();
        let asked = Request::new(tokio_stream::iter(requests()));
        let path = PathAndQuery::try_from(path).unwrap();
        let answers = client.streaming(asked, path, Encoded).await.unwrap();
        let mut answers = answers.into_inner();
        let listed = answers.message().await.unwrap().unwrap();
        let contains = |answer: &Bytes, text: &str| {
            answer
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(contains(
            &listed,
            "temporal.api.operatorservice.v1.OperatorService"
        ));
        let files = answers.message().await.unwrap().unwrap();
        assert!(contains(&files, "temporal/api/history/v1/message.proto"));
        assert_eq!(answers.message().await.unwrap(), None);
    }
}
