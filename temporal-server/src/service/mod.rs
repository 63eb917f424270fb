//! The gRPC shell: one RPC a file, each from message to engine request and back. A handler takes the
//! [`Service`] and a request, and answers with a message or a [`Refusal`]; the lists below give every
//! handler its place. Decides nothing that the engine could decide, and holds no state of its own.

mod absent;
mod activity_by_id;
mod activity_control;
mod add_search_attributes;
mod api_keys;
mod authorization;
mod calls;
mod calls_made;
mod count_schedules;
mod count_workers;
mod count_workflow_executions;
mod create_schedule;
mod deadline;
mod delete_namespace;
mod delete_schedule;
mod delete_workflow_execution;
mod describe_namespace;
mod describe_schedule;
mod describe_task_queue;
mod describe_worker;
mod describe_workflow_execution;
mod execute_multi_operation;
mod front;
#[cfg(all(test, feature = "sqlite"))]
mod fuzz;
mod get_cluster_info;
mod get_search_attributes;
mod get_system_info;
mod get_workflow_execution_history;
mod get_workflow_execution_history_reverse;
mod health;
mod http_api;
mod list_archived_workflow_executions;
mod list_closed_workflow_executions;
mod list_clusters;
mod list_namespaces;
mod list_open_workflow_executions;
mod list_schedule_matching_times;
mod list_schedules;
mod list_search_attributes;
mod list_workers;
mod list_workflow_executions;
mod opening;
mod patch_schedule;
mod pause_activity;
mod pause_activity_execution;
mod pause_workflow_execution;
mod poll_activity_task_queue;
mod poll_nexus_task_queue;
mod poll_workflow_execution_time_skipping;
mod poll_workflow_execution_update;
mod poll_workflow_task_queue;
mod query_workflow;
mod record_activity_task_heartbeat;
mod record_activity_task_heartbeat_by_id;
mod record_worker_heartbeat;
mod reflection;
mod register_namespace;
mod remove_search_attributes;
mod request_cancel_workflow_execution;
mod reset_activity;
mod reset_activity_execution;
mod reset_sticky_task_queue;
mod reset_workflow_execution;
mod respond_activity_task_canceled;
mod respond_activity_task_canceled_by_id;
mod respond_activity_task_completed;
mod respond_activity_task_completed_by_id;
mod respond_activity_task_failed;
mod respond_activity_task_failed_by_id;
mod respond_query_task_completed;
mod respond_workflow_task_completed;
mod respond_workflow_task_failed;
mod scan_workflow_executions;
mod shutdown_worker;
mod signal_with_start_workflow_execution;
mod signal_workflow_execution;
mod start_workflow_execution;
mod status;
mod terminate_workflow_execution;
mod time_skipping;
mod tls;
mod unpause_activity;
mod unpause_activity_execution;
mod unpause_workflow_execution;
mod update_activity_execution_options;
mod update_activity_options;
mod update_namespace;
mod update_schedule;
mod update_task_queue_config;
mod update_workflow_execution;
mod update_workflow_execution_options;

use std::sync::{Arc, MutexGuard};

use temporal_protos::operatorservice::{operator_service_server::OperatorService, *};
use temporal_protos::rpc::Reply;
use temporal_protos::testservice::{test_service_server::TestService, *};
use temporal_protos::workflowservice::{workflow_service_server::WorkflowService, *};
use tonic::{Request, Response};

pub(crate) use api_keys::ApiKeys;
pub(crate) use authorization::Authorized;
pub(crate) use calls_made::CallsMade;
pub use front::Front;
pub(crate) use http_api::HttpApi;
pub(crate) use opening::Opening;
pub(crate) use tls::Certificate;
#[cfg(feature = "tls")]
pub(crate) use tls::TlsIncoming;

use crate::directory::Directory;
use crate::driver::Driver;
use crate::engine::refusal::Refusal;
use crate::engine::visibility::Index;

/// The largest message that is received.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// The version of the real service that this one follows; SDKs compare it.
const SERVER_VERSION: &str = "1.32.0";

/// What is spoken over connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// HTTP/2 alone, as gRPC has it.
    Http2,
    /// HTTP/1.1 as well.
    Both,
}

/// What every handler can reach.
#[derive(Debug)]
pub(crate) struct Service {
    /// Namespaces and visibility.
    pub(crate) directory: Arc<Directory>,
    /// The runs.
    pub(crate) driver: Arc<Driver>,
    /// Names this service in GetClusterInfo.
    pub(crate) cluster_id: String,
}

impl Service {
    /// The rows of all executions, once they are known.
    async fn index(&self) -> Result<MutexGuard<'_, Index>, Refusal> {
        self.driver.all_known().await?;
        Ok(self.directory.index())
    }
}

/// Whether a call never changes anything: it is answered while the store takes no changes.
fn only_reads(method: &str) -> bool {
    ["get_", "list_", "count_", "scan_", "describe_"]
        .iter()
        .any(|start| method.starts_with(start))
}

/// Whether the handler of a call waits for what its answer tells of to be stored.
fn settles(method: &str) -> bool {
    method == "poll_workflow_task_queue"
}

/// The names of services and of those of their methods that are served, as the traits below have them.
const SERVED: [(&str, &[&str]); 3] = [
    (workflow_service_server::SERVICE_NAME, WORKFLOW_METHODS),
    (operator_service_server::SERVICE_NAME, OPERATOR_METHODS),
    (test_service_server::SERVICE_NAME, TEST_METHODS),
];

/// Implements a generated trait: `method: Request => Response = handler`. What is not listed is UNIMPLEMENTED.
macro_rules! rpcs {
    ($service:ident, $methods:ident: $($method:ident: $request:ty => $response:ty = $handler:path;)*) => {
        const $methods: &[&str] = &[$(stringify!($method)),*];

        impl $service for Service {
            $(fn $method(&self, request: Request<$request>) -> Reply<'_, $response> {
                Box::pin(async move {
                    if !only_reads(stringify!($method)) {
                        self.driver.check_writable()?;
                    }
                    let answer = $handler(self, request).await;
                    // Refusals, too, tell of what others did.
                    if answer.is_err() || !settles(stringify!($method)) {
                        self.driver.settled().await?;
                    }
                    Ok(Response::new(answer?))
                })
            })*
        }
    };
}

rpcs! {
    WorkflowService, WORKFLOW_METHODS:
    execute_multi_operation:
        ExecuteMultiOperationRequest => ExecuteMultiOperationResponse = execute_multi_operation::handle;
    pause_activity: PauseActivityRequest => PauseActivityResponse = pause_activity::handle;
    pause_activity_execution:
        PauseActivityExecutionRequest => PauseActivityExecutionResponse = pause_activity_execution::handle;
    unpause_activity: UnpauseActivityRequest => UnpauseActivityResponse = unpause_activity::handle;
    unpause_activity_execution:
        UnpauseActivityExecutionRequest => UnpauseActivityExecutionResponse = unpause_activity_execution::handle;
    reset_activity: ResetActivityRequest => ResetActivityResponse = reset_activity::handle;
    reset_activity_execution:
        ResetActivityExecutionRequest => ResetActivityExecutionResponse = reset_activity_execution::handle;
    update_activity_options:
        UpdateActivityOptionsRequest => UpdateActivityOptionsResponse = update_activity_options::handle;
    update_activity_execution_options:
        UpdateActivityExecutionOptionsRequest => UpdateActivityExecutionOptionsResponse = update_activity_execution_options::handle;
    start_workflow_execution:
        StartWorkflowExecutionRequest => StartWorkflowExecutionResponse = start_workflow_execution::handle;
    signal_workflow_execution:
        SignalWorkflowExecutionRequest => SignalWorkflowExecutionResponse = signal_workflow_execution::handle;
    signal_with_start_workflow_execution:
        SignalWithStartWorkflowExecutionRequest => SignalWithStartWorkflowExecutionResponse
            = signal_with_start_workflow_execution::handle;
    request_cancel_workflow_execution:
        RequestCancelWorkflowExecutionRequest => RequestCancelWorkflowExecutionResponse
            = request_cancel_workflow_execution::handle;
    terminate_workflow_execution:
        TerminateWorkflowExecutionRequest => TerminateWorkflowExecutionResponse = terminate_workflow_execution::handle;
    reset_workflow_execution:
        ResetWorkflowExecutionRequest => ResetWorkflowExecutionResponse = reset_workflow_execution::handle;
    delete_workflow_execution:
        DeleteWorkflowExecutionRequest => DeleteWorkflowExecutionResponse = delete_workflow_execution::handle;
    describe_workflow_execution:
        DescribeWorkflowExecutionRequest => DescribeWorkflowExecutionResponse = describe_workflow_execution::handle;
    get_workflow_execution_history:
        GetWorkflowExecutionHistoryRequest => GetWorkflowExecutionHistoryResponse
            = get_workflow_execution_history::handle;
    get_workflow_execution_history_reverse:
        GetWorkflowExecutionHistoryReverseRequest => GetWorkflowExecutionHistoryReverseResponse
            = get_workflow_execution_history_reverse::handle;
    poll_workflow_task_queue:
        PollWorkflowTaskQueueRequest => PollWorkflowTaskQueueResponse = poll_workflow_task_queue::handle;
    poll_activity_task_queue:
        PollActivityTaskQueueRequest => PollActivityTaskQueueResponse = poll_activity_task_queue::handle;
    poll_nexus_task_queue:
        PollNexusTaskQueueRequest => PollNexusTaskQueueResponse = poll_nexus_task_queue::handle;
    respond_workflow_task_completed:
        RespondWorkflowTaskCompletedRequest => RespondWorkflowTaskCompletedResponse
            = respond_workflow_task_completed::handle;
    respond_workflow_task_failed:
        RespondWorkflowTaskFailedRequest => RespondWorkflowTaskFailedResponse = respond_workflow_task_failed::handle;
    record_activity_task_heartbeat:
        RecordActivityTaskHeartbeatRequest => RecordActivityTaskHeartbeatResponse
            = record_activity_task_heartbeat::handle;
    record_activity_task_heartbeat_by_id:
        RecordActivityTaskHeartbeatByIdRequest => RecordActivityTaskHeartbeatByIdResponse
            = record_activity_task_heartbeat_by_id::handle;
    respond_activity_task_completed:
        RespondActivityTaskCompletedRequest => RespondActivityTaskCompletedResponse
            = respond_activity_task_completed::handle;
    respond_activity_task_completed_by_id:
        RespondActivityTaskCompletedByIdRequest => RespondActivityTaskCompletedByIdResponse
            = respond_activity_task_completed_by_id::handle;
    respond_activity_task_failed:
        RespondActivityTaskFailedRequest => RespondActivityTaskFailedResponse = respond_activity_task_failed::handle;
    respond_activity_task_failed_by_id:
        RespondActivityTaskFailedByIdRequest => RespondActivityTaskFailedByIdResponse
            = respond_activity_task_failed_by_id::handle;
    respond_activity_task_canceled:
        RespondActivityTaskCanceledRequest => RespondActivityTaskCanceledResponse
            = respond_activity_task_canceled::handle;
    respond_activity_task_canceled_by_id:
        RespondActivityTaskCanceledByIdRequest => RespondActivityTaskCanceledByIdResponse
            = respond_activity_task_canceled_by_id::handle;
    query_workflow: QueryWorkflowRequest => QueryWorkflowResponse = query_workflow::handle;
    respond_query_task_completed:
        RespondQueryTaskCompletedRequest => RespondQueryTaskCompletedResponse = respond_query_task_completed::handle;
    update_workflow_execution:
        UpdateWorkflowExecutionRequest => UpdateWorkflowExecutionResponse = update_workflow_execution::handle;
    poll_workflow_execution_update:
        PollWorkflowExecutionUpdateRequest => PollWorkflowExecutionUpdateResponse
            = poll_workflow_execution_update::handle;
    poll_workflow_execution_time_skipping:
        PollWorkflowExecutionTimeSkippingRequest => PollWorkflowExecutionTimeSkippingResponse
            = poll_workflow_execution_time_skipping::handle;
    list_task_queue_partitions:
        ListTaskQueuePartitionsRequest => ListTaskQueuePartitionsResponse = describe_task_queue::partitions;
    describe_task_queue:
        DescribeTaskQueueRequest => DescribeTaskQueueResponse = describe_task_queue::handle;
    reset_sticky_task_queue:
        ResetStickyTaskQueueRequest => ResetStickyTaskQueueResponse = reset_sticky_task_queue::handle;
    pause_workflow_execution:
        PauseWorkflowExecutionRequest => PauseWorkflowExecutionResponse = pause_workflow_execution::handle;
    unpause_workflow_execution:
        UnpauseWorkflowExecutionRequest => UnpauseWorkflowExecutionResponse = unpause_workflow_execution::handle;
    update_task_queue_config:
        UpdateTaskQueueConfigRequest => UpdateTaskQueueConfigResponse = update_task_queue_config::handle;
    record_worker_heartbeat:
        RecordWorkerHeartbeatRequest => RecordWorkerHeartbeatResponse = record_worker_heartbeat::handle;
    list_workers: ListWorkersRequest => ListWorkersResponse = list_workers::handle;
    count_workers: CountWorkersRequest => CountWorkersResponse = count_workers::handle;
    describe_worker: DescribeWorkerRequest => DescribeWorkerResponse = describe_worker::handle;
    update_workflow_execution_options:
        UpdateWorkflowExecutionOptionsRequest => UpdateWorkflowExecutionOptionsResponse
            = update_workflow_execution_options::handle;
    shutdown_worker: ShutdownWorkerRequest => ShutdownWorkerResponse = shutdown_worker::handle;
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
    create_schedule: CreateScheduleRequest => CreateScheduleResponse = create_schedule::handle;
    describe_schedule: DescribeScheduleRequest => DescribeScheduleResponse = describe_schedule::handle;
    update_schedule: UpdateScheduleRequest => UpdateScheduleResponse = update_schedule::handle;
    patch_schedule: PatchScheduleRequest => PatchScheduleResponse = patch_schedule::handle;
    list_schedule_matching_times:
        ListScheduleMatchingTimesRequest => ListScheduleMatchingTimesResponse
            = list_schedule_matching_times::handle;
    delete_schedule: DeleteScheduleRequest => DeleteScheduleResponse = delete_schedule::handle;
    list_schedules: ListSchedulesRequest => ListSchedulesResponse = list_schedules::handle;
    count_schedules: CountSchedulesRequest => CountSchedulesResponse = count_schedules::handle;
}

rpcs! {
    OperatorService, OPERATOR_METHODS:
    add_search_attributes: AddSearchAttributesRequest => AddSearchAttributesResponse = add_search_attributes::handle;
    remove_search_attributes:
        RemoveSearchAttributesRequest => RemoveSearchAttributesResponse = remove_search_attributes::handle;
    list_search_attributes: ListSearchAttributesRequest => ListSearchAttributesResponse = list_search_attributes::handle;
    delete_namespace: DeleteNamespaceRequest => DeleteNamespaceResponse = delete_namespace::handle;
    list_clusters: ListClustersRequest => ListClustersResponse = list_clusters::handle;
}

rpcs! {
    TestService, TEST_METHODS:
    lock_time_skipping: LockTimeSkippingRequest => LockTimeSkippingResponse = time_skipping::lock;
    unlock_time_skipping: UnlockTimeSkippingRequest => UnlockTimeSkippingResponse = time_skipping::unlock;
    unlock_time_skipping_with_sleep: SleepRequest => SleepResponse = time_skipping::unlock_with_sleep;
    sleep: SleepRequest => SleepResponse = time_skipping::sleep;
    sleep_until: SleepUntilRequest => SleepResponse = time_skipping::sleep_until;
    get_current_time: () => GetCurrentTimeResponse = time_skipping::current_time;
}
