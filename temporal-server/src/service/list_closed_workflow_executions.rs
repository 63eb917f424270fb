//! ListClosedWorkflowExecutions.

use temporal_protos::enums::WorkflowExecutionStatus;
use temporal_protos::workflowservice::list_closed_workflow_executions_request::Filters;
use temporal_protos::workflowservice::{
    ListClosedWorkflowExecutionsRequest, ListClosedWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use super::list_open_workflow_executions::{add_times, equals};
use super::list_workflow_executions::page;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListClosedWorkflowExecutionsRequest>,
) -> Result<ListClosedWorkflowExecutionsResponse, Refusal> {
    let request = request.into_inner();
    let mut query = vec!["ExecutionStatus != 'Running'".to_owned()];
    add_times(&mut query, "CloseTime", request.start_time_filter.as_ref())?;
    match &request.filters {
        Some(Filters::ExecutionFilter(filter)) => {
            query.push(equals("WorkflowId", &filter.workflow_id))
        }
        Some(Filters::TypeFilter(filter)) => query.push(equals("WorkflowType", &filter.name)),
        Some(Filters::StatusFilter(filter)) => {
            if filter.status <= WorkflowExecutionStatus::Running as i32 {
                return Err(Refusal::invalid(
                    "StatusFilter must be specified and must be not Running.",
                ));
            }
            query.push(format!("ExecutionStatus = {}", filter.status));
        }
        None => {}
    }
    let (size, token) = (request.maximum_page_size, &request.next_page_token);
    let page = page(
        service,
        &request.namespace,
        &query.join(" AND "),
        size,
        token,
    )
    .await?;
    Ok(ListClosedWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token.into(),
    })
}
