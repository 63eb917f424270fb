//! Client and server stubs, joined without a socket: a server is a service that a client may call.

use temporal_protos::health::health_check_response::ServingStatus;
use temporal_protos::health::health_client::HealthClient;
use temporal_protos::health::health_server::{Health, HealthServer};
use temporal_protos::health::{HealthCheckRequest, HealthCheckResponse};
use temporal_protos::operatorservice::ListSearchAttributesRequest;
use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
use temporal_protos::operatorservice::operator_service_server::{
    OperatorService, OperatorServiceServer,
};
use temporal_protos::rpc::Reply;
use temporal_protos::testservice::test_service_client::TestServiceClient;
use temporal_protos::testservice::test_service_server::{TestService, TestServiceServer};
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::workflow_service_server::{
    WorkflowService, WorkflowServiceServer,
};
use temporal_protos::workflowservice::{
    GetSystemInfoRequest, GetSystemInfoResponse, ListNamespacesRequest,
};
use tonic::{Code, Request, Response, Status};

struct Stub;

impl WorkflowService for Stub {
    fn get_system_info(
        &self,
        _: Request<GetSystemInfoRequest>,
    ) -> Reply<'_, GetSystemInfoResponse> {
        Box::pin(async {
            Ok(Response::new(GetSystemInfoResponse {
                server_version: "1.2.3".to_owned(),
                capabilities: None,
            }))
        })
    }
}

#[tonic::async_trait]
impl Health for Stub {
    async fn check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }))
    }
}

impl OperatorService for Stub {}
impl TestService for Stub {}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a thread without a reactor can always be had")
        .block_on(test);
}

#[test]
fn a_client_reaches_the_rpc_that_is_implemented() {
    run(async {
        let mut client = WorkflowServiceClient::new(WorkflowServiceServer::new(Stub));
        let reply = client.get_system_info(GetSystemInfoRequest {}).await;
        assert_eq!(
            reply
                .expect("it is implemented")
                .into_inner()
                .server_version,
            "1.2.3"
        );

        let mut health = HealthClient::new(HealthServer::new(Stub));
        let reply = health.check(HealthCheckRequest::default()).await;
        assert_eq!(
            reply.expect("it is implemented").into_inner().status(),
            ServingStatus::Serving
        );
    });
}

#[test]
fn every_other_rpc_answers_unimplemented() {
    run(async {
        let mut client = WorkflowServiceClient::new(WorkflowServiceServer::new(Stub));
        let refused = client
            .list_namespaces(ListNamespacesRequest::default())
            .await;
        assert_eq!(
            refused.expect_err("nobody implements it").code(),
            Code::Unimplemented
        );

        let mut operator = OperatorServiceClient::new(OperatorServiceServer::new(Stub));
        let refused = operator
            .list_search_attributes(ListSearchAttributesRequest::default())
            .await;
        assert_eq!(
            refused.expect_err("nobody implements it").code(),
            Code::Unimplemented
        );

        let mut test = TestServiceClient::new(TestServiceServer::new(Stub));
        let refused = test.get_current_time(()).await;
        assert_eq!(
            refused.expect_err("nobody implements it").code(),
            Code::Unimplemented
        );
    });
}
