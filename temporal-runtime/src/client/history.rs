//! Reading whole histories, page by page.

use temporal_protos::{
    common::WorkflowExecution,
    history::HistoryEvent,
    workflowservice::{GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse},
};

use super::{Call, Client, RpcFailure};

/// One page, from a token.
pub(crate) async fn page(
    client: &Client,
    workflow_id: &str,
    run_id: &str,
    token: bytes::Bytes,
    wait: bool,
) -> Result<GetWorkflowExecutionHistoryResponse, RpcFailure> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: client.namespace().to_owned(),
        execution: Some(WorkflowExecution {
            workflow_id: workflow_id.to_owned(),
            run_id: run_id.to_owned(),
        }),
        next_page_token: token,
        wait_new_event: wait,
        ..Default::default()
    };
    let call = if wait { Call::LongPoll } else { Call::Unary };
    client
        .connection()
        .get_workflow_execution_history(request, client.namespace(), call)
        .await
}

/// All events so far.
pub(crate) async fn fetch(
    client: &Client,
    workflow_id: &str,
    run_id: Option<&str>,
) -> Result<Vec<HistoryEvent>, RpcFailure> {
    let run = run_id.unwrap_or_default();
    rest(client, workflow_id, run, bytes::Bytes::new()).await
}

/// All events from a token on.
pub(crate) async fn rest(
    client: &Client,
    workflow_id: &str,
    run_id: &str,
    mut token: bytes::Bytes,
) -> Result<Vec<HistoryEvent>, RpcFailure> {
    let mut events = Vec::new();
    loop {
        let answer = page(client, workflow_id, run_id, token, false).await?;
        events.extend(answer.history.unwrap_or_default().events);
        token = answer.next_page_token;
        if token.is_empty() {
            return Ok(events);
        }
    }
}
