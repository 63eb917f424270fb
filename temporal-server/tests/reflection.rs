//! gRPC reflection through the public door, with the requests of a tool as bytes.

#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]

use bytes::Bytes;
use temporal_protos::rpc::Encoded;
use temporal_server::{Server, ServerOptions};
use tonic::Request;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream;

/// `list_services` (field 7), and then `file_containing_symbol` (field 4).
fn requests() -> [Bytes; 2] {
    let symbol = b"temporal.api.workflowservice.v1.WorkflowService";
    let mut asks = vec![4 << 3 | 2, u8::try_from(symbol.len()).unwrap()];
    asks.extend_from_slice(symbol);
    [Bytes::from_static(&[7 << 3 | 2, 0]), asks.into()]
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
