//! A service through its public door: in this process and over a socket.

use std::future::Future as _;
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::health::HealthCheckRequest;
use temporal_protos::health::health_check_response::ServingStatus;
use temporal_protos::health::health_client::HealthClient;
use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
use temporal_protos::operatorservice::{AddSearchAttributesRequest, ListSearchAttributesRequest};
use temporal_protos::testservice::test_service_client::TestServiceClient;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::{
    DescribeNamespaceRequest, GetSystemInfoRequest, ListNamespacesRequest,
    ListWorkflowExecutionsRequest, PauseWorkflowExecutionRequest, RegisterNamespaceRequest,
    SignalWorkflowExecutionRequest,
};
use temporal_server::{SearchAttributeType, Server, ServerOptions, StartError};
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

async fn in_process() -> temporal_server::ServerHandle {
    Server::start(ServerOptions::default()).await.unwrap()
}

async fn connect(server: &temporal_server::ServerHandle) -> Channel {
    let address = server.address().unwrap();
    Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

#[tokio::test]
async fn one_service_answers_in_this_process_and_over_a_socket() {
    let server = Server::start(ServerOptions::listening_on(0)).await.unwrap();
    let inside = WorkflowServiceClient::new(server.channel())
        .get_system_info(GetSystemInfoRequest {})
        .await
        .unwrap();
    let outside = WorkflowServiceClient::new(connect(&server).await)
        .get_system_info(GetSystemInfoRequest {})
        .await
        .unwrap();
    assert_eq!(inside.get_ref(), outside.get_ref());
    assert_eq!(inside.get_ref().server_version, "1.32.0");
    server.shutdown().await;
}

#[tokio::test]
async fn services_of_one_process_share_nothing() {
    let (one, other) = (in_process().await, in_process().await);
    let mut client = WorkflowServiceClient::new(one.channel());
    let request = RegisterNamespaceRequest {
        namespace: "mine".into(),
        workflow_execution_retention_period: Some(prost_types::Duration {
            seconds: 86_400,
            nanos: 0,
        }),
        ..RegisterNamespaceRequest::default()
    };
    client.register_namespace(request).await.unwrap();
    let describe = || DescribeNamespaceRequest {
        namespace: "mine".into(),
        ..DescribeNamespaceRequest::default()
    };
    assert!(client.describe_namespace(describe()).await.is_ok());
    let refused = WorkflowServiceClient::new(other.channel())
        .describe_namespace(describe())
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::NotFound, "Namespace mine is not found.")
    );
    assert!(!refused.details().is_empty());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let first = Server::start(ServerOptions::listening_on(0)).await.unwrap();
    let port = first.address().unwrap().port();
    let error = Server::start(ServerOptions::listening_on(port))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::AddressInUse { address } if address.port() == port));
    assert!(error.to_string().starts_with(&format!(
        "port {port} of 127.0.0.1 is in use: stop what listens there"
    )));
    first.shutdown().await;
    Server::start(ServerOptions::listening_on(port))
        .await
        .expect("the port is free after shutdown");
}

#[tokio::test]
async fn only_loopback_is_listened_on_unless_it_is_asked_for() {
    let mut options = ServerOptions::default();
    options.address = Some("0.0.0.0:0".parse().unwrap());
    let error = Server::start(options.clone()).await.unwrap_err();
    assert!(matches!(error, StartError::NotLoopback { .. }), "{error}");
    options.insecure_listen = true;
    assert!(Server::start(options).await.is_ok());
}

#[tokio::test]
async fn bad_options_name_what_is_wrong() {
    let mut options = ServerOptions::default();
    options.namespaces.push(String::new());
    let error = Server::start(options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot make namespace ``: Namespace not set on request."
    );
    let mut options = ServerOptions::default();
    options
        .search_attributes
        .push(("BuildIds".into(), SearchAttributeType::Keyword));
    let error = Server::start(options).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`BuildIds`: Search attribute BuildIds is reserved by system."),
        "{error}"
    );
}

#[tokio::test]
async fn health_is_known_by_name() {
    let server = in_process().await;
    let mut client = HealthClient::new(server.channel());
    for service in ["", "temporal.api.workflowservice.v1.WorkflowService"] {
        let answer = client
            .check(HealthCheckRequest {
                service: service.into(),
            })
            .await
            .unwrap();
        assert_eq!(answer.get_ref().status, 1, "{service}");
    }
    let unknown = client
        .check(HealthCheckRequest {
            service: "nobody".into(),
        })
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let mut watch = client
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 1);
    server.shutdown().await;
    assert_eq!(
        watch.message().await.unwrap().unwrap().status,
        2,
        "not serving any more"
    );
    assert!(watch.message().await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_not_there_is_unimplemented() {
    let server = in_process().await;
    let mut client = WorkflowServiceClient::new(server.channel());
    let pause = PauseWorkflowExecutionRequest {
        namespace: "default".into(),
        ..PauseWorkflowExecutionRequest::default()
    };
    let refused = client.pause_workflow_execution(pause).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::Unimplemented,
            "workflow pause is not enabled for namespace: default"
        )
    );
    let refused = TestServiceClient::new(server.channel())
        .get_current_time(())
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Code::Unimplemented,
        "without time skipping there is no TestService"
    );
}

fn signal(bytes: usize) -> SignalWorkflowExecutionRequest {
    SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        signal_name: "x".repeat(bytes),
        ..SignalWorkflowExecutionRequest::default()
    }
}

#[tokio::test]
async fn messages_over_four_mebibytes_are_refused_in_the_words_sdks_know() {
    let server = Server::start(ServerOptions::listening_on(0)).await.unwrap();
    let client = || WorkflowServiceClient::new(server.channel());
    let refused = client()
        .signal_workflow_execution(signal(5 << 20))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let size = prost::Message::encoded_len(&signal(5 << 20));
    assert_eq!(
        refused.message(),
        format!("grpc: received message larger than max ({size} vs. 4194304)")
    );
    let compressed = client().send_compressed(CompressionEncoding::Gzip);
    let refused = compressed
        .clone()
        .signal_workflow_execution(signal(5 << 20))
        .await
        .unwrap_err();
    assert!(
        refused
            .message()
            .starts_with("grpc: received message larger than max"),
        "{refused}"
    );
    // To the byte: what is small enough is refused for what it says.
    let length = |bytes: usize| prost::Message::encoded_len(&signal(bytes));
    for (more, code) in [
        (0, Code::InvalidArgument),
        (1, Code::InvalidArgument),
        (2, Code::ResourceExhausted),
    ] {
        let wanted = (4 << 20) - 1 + more;
        let bytes = wanted - (length(4_000_000) - 4_000_000);
        assert_eq!(length(bytes), wanted);
        let refused = client().signal_workflow_execution(signal(bytes)).await;
        assert_eq!(refused.unwrap_err().code(), code, "{wanted} bytes");
    }
    // Over a socket the answer must arrive although the message was not read.
    let outside = WorkflowServiceClient::new(connect(&server).await)
        .signal_workflow_execution(signal(5 << 20))
        .await;
    assert_eq!(outside.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn compressed_requests_are_read() {
    let server = in_process().await;
    let mut client =
        WorkflowServiceClient::new(server.channel()).send_compressed(CompressionEncoding::Gzip);
    assert!(
        client
            .get_system_info(GetSystemInfoRequest {})
            .await
            .is_ok()
    );
    let mut health = HealthClient::new(server.channel()).send_compressed(CompressionEncoding::Gzip);
    let answer = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn namespaces_are_listed_by_pages() {
    let mut options = ServerOptions::default();
    options.namespaces.extend((0..5).map(|n| format!("n{n}")));
    let server = Server::start(options).await.unwrap();
    let mut client = WorkflowServiceClient::new(server.channel());
    let (mut names, mut token) = (Vec::new(), bytes::Bytes::new());
    loop {
        let request = ListNamespacesRequest {
            page_size: 4,
            next_page_token: token,
            ..ListNamespacesRequest::default()
        };
        let page = client.list_namespaces(request).await.unwrap().into_inner();
        names.extend(
            page.namespaces
                .into_iter()
                .map(|n| n.namespace_info.unwrap().name),
        );
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["default", "n0", "n1", "n2", "n3", "n4"]);
}

#[tokio::test]
async fn an_added_attribute_can_be_asked_for_at_once() {
    let server = in_process().await;
    let mut operator = OperatorServiceClient::new(server.channel());
    let mut client = WorkflowServiceClient::new(server.channel());
    let list = || ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: "Color = 'red'".into(),
        ..ListWorkflowExecutionsRequest::default()
    };
    let refused = client.list_workflow_executions(list()).await.unwrap_err();
    assert_eq!(
        refused.message(),
        "invalid query: invalid search attribute: Color"
    );
    let request = AddSearchAttributesRequest {
        namespace: "default".into(),
        search_attributes: [("Color".to_owned(), 2)].into(),
    };
    operator.add_search_attributes(request).await.unwrap();
    assert!(client.list_workflow_executions(list()).await.is_ok());
    let listed = operator
        .list_search_attributes(ListSearchAttributesRequest {
            namespace: "default".into(),
        })
        .await;
    assert_eq!(
        listed.unwrap().get_ref().custom_attributes,
        [("Color".to_owned(), 2)].into()
    );
}

#[tokio::test]
async fn a_dropped_handle_ends_the_service() {
    let server = Server::start(ServerOptions::listening_on(0)).await.unwrap();
    let channel = server.channel();
    let address = server.address().unwrap();
    drop(server);
    let refused = WorkflowServiceClient::new(channel)
        .get_system_info(GetSystemInfoRequest {})
        .await;
    // Either the answer was ready at once, or the service had ended; it never hangs.
    assert!(refused.is_ok() || refused.unwrap_err().code() == Code::Unavailable);
    let freed = async {
        while tokio::net::TcpListener::bind(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), freed)
        .await
        .expect("the port is free again");
}

#[test]
fn without_a_runtime_it_says_so() {
    let mut start = Box::pin(Server::start(ServerOptions::default()));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match start.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(Err(StartError::NoRuntime)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_channel_serves_many_threads() {
    let server = Arc::new(in_process().await);
    let calls = (0..50).map(|_| {
        let channel = server.channel();
        tokio::spawn(async move {
            WorkflowServiceClient::new(channel)
                .get_system_info(GetSystemInfoRequest {})
                .await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_ok());
    }
}
