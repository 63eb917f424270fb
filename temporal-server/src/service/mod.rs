//! The gRPC shell: one RPC a file, each from message to engine request and back. A handler takes the
//! [`Service`] and a request, and answers with a message or a [`Refusal`]; the lists below give every
//! handler its place. Decides nothing that the engine could decide, and holds no state of its own.

mod absent;
mod add_search_attributes;
mod count_workflow_executions;
mod deadline;
mod delete_namespace;
mod describe_namespace;
mod front;
mod get_cluster_info;
mod get_search_attributes;
mod get_system_info;
mod health;
mod list_archived_workflow_executions;
mod list_closed_workflow_executions;
mod list_clusters;
mod list_namespaces;
mod list_open_workflow_executions;
mod list_search_attributes;
mod list_workflow_executions;
mod register_namespace;
mod remove_search_attributes;
mod scan_workflow_executions;
mod status;
mod update_namespace;

use std::sync::Arc;

use temporal_protos::operatorservice::{operator_service_server::OperatorService, *};
use temporal_protos::testservice::test_service_server::TestService;
use temporal_protos::workflowservice::{workflow_service_server::WorkflowService, *};
use tonic::{Request, Response, Status};

pub use front::Front;

use crate::directory::Directory;

/// The largest message that is received.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// The version of the real service that this one follows; SDKs compare it.
const SERVER_VERSION: &str = "1.32.0";

/// What every handler can reach.
#[derive(Debug)]
pub(crate) struct Service {
    /// Namespaces and visibility.
    pub(crate) directory: Arc<Directory>,
    /// Names this service in GetClusterInfo.
    pub(crate) cluster_id: String,
}

/// Implements a generated trait: `method: Request => Response = handler`. What is not listed is UNIMPLEMENTED.
macro_rules! rpcs {
    ($service:ident: $($method:ident: $request:ty => $response:ty = $handler:path;)*) => {
        #[tonic::async_trait]
        impl $service for Service {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                Ok(Response::new($handler(self, request).await?))
            })*
        }
    };
}

rpcs! {
    WorkflowService:
    register_namespace: RegisterNamespaceRequest => RegisterNamespaceResponse = register_namespace::handle;
    describe_namespace: DescribeNamespaceRequest => DescribeNamespaceResponse = describe_namespace::handle;
    list_namespaces: ListNamespacesRequest => ListNamespacesResponse = list_namespaces::handle;
    update_namespace: UpdateNamespaceRequest => UpdateNamespaceResponse = update_namespace::handle;
    get_system_info: GetSystemInfoRequest => GetSystemInfoResponse = get_system_info::handle;
    get_cluster_info: GetClusterInfoRequest => GetClusterInfoResponse = get_cluster_info::handle;
    get_search_attributes: GetSearchAttributesRequest => GetSearchAttributesResponse = get_search_attributes::handle;
    list_workflow_executions:
        ListWorkflowExecutionsRequest => ListWorkflowExecutionsResponse = list_workflow_executions::handle;
    scan_workflow_executions:
        ScanWorkflowExecutionsRequest => ScanWorkflowExecutionsResponse = scan_workflow_executions::handle;
    count_workflow_executions:
        CountWorkflowExecutionsRequest => CountWorkflowExecutionsResponse = count_workflow_executions::handle;
    list_open_workflow_executions:
        ListOpenWorkflowExecutionsRequest => ListOpenWorkflowExecutionsResponse = list_open_workflow_executions::handle;
    list_closed_workflow_executions:
        ListClosedWorkflowExecutionsRequest => ListClosedWorkflowExecutionsResponse
            = list_closed_workflow_executions::handle;
    list_archived_workflow_executions:
        ListArchivedWorkflowExecutionsRequest => ListArchivedWorkflowExecutionsResponse
            = list_archived_workflow_executions::handle;
}

rpcs! {
    OperatorService:
    add_search_attributes: AddSearchAttributesRequest => AddSearchAttributesResponse = add_search_attributes::handle;
    remove_search_attributes:
        RemoveSearchAttributesRequest => RemoveSearchAttributesResponse = remove_search_attributes::handle;
    list_search_attributes: ListSearchAttributesRequest => ListSearchAttributesResponse = list_search_attributes::handle;
    delete_namespace: DeleteNamespaceRequest => DeleteNamespaceResponse = delete_namespace::handle;
    list_clusters: ListClustersRequest => ListClustersResponse = list_clusters::handle;
}

rpcs! {
    TestService:
}
