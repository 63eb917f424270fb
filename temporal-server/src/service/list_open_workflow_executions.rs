//! ListOpenWorkflowExecutions, and how the filters of the older lists read as a query.

use temporal_protos::filter::StartTimeFilter;
use temporal_protos::workflowservice::list_open_workflow_executions_request::Filters;
use temporal_protos::workflowservice::{
    ListOpenWorkflowExecutionsRequest, ListOpenWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use super::list_workflow_executions::page;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListOpenWorkflowExecutionsRequest>,
) -> Result<ListOpenWorkflowExecutionsResponse, Refusal> {
    let request = request.into_inner();
    let mut query = vec!["ExecutionStatus = 'Running'".to_owned()];
    add_times(&mut query, "StartTime", request.start_time_filter.as_ref())?;
    match &request.filters {
        Some(Filters::ExecutionFilter(filter)) => {
            query.push(equals("WorkflowId", &filter.workflow_id))
        }
        Some(Filters::TypeFilter(filter)) => query.push(equals("WorkflowType", &filter.name)),
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
    Ok(ListOpenWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token.into(),
    })
}

/// A comparison with a text, whatever it contains.
pub(super) fn equals(field: &str, text: &str) -> String {
    format!(
        "{field} = '{}'",
        text.replace('\\', "\\\\").replace('\'', "''")
    )
}

/// Adds the bounds of a filter; an absent one is open.
pub(super) fn add_times(
    query: &mut Vec<String>,
    field: &str,
    filter: Option<&StartTimeFilter>,
) -> Result<(), Refusal> {
    let bound = |time: Option<&prost_types::Timestamp>| {
        time.filter(|time| time.seconds != 0 || time.nanos != 0)
            .map(|time| Time::from_proto(time).as_nanos())
    };
    let earliest = filter.and_then(|filter| bound(filter.earliest_time.as_ref()));
    let latest = filter.and_then(|filter| bound(filter.latest_time.as_ref()));
    if let (Some(earliest), Some(latest)) = (earliest, latest)
        && earliest > latest
    {
        return Err(Refusal::invalid(
            "EarliestTime in StartTimeFilter should not be larger than LatestTime.",
        ));
    }
    query.extend(earliest.map(|nanos| format!("{field} >= {nanos}")));
    query.extend(latest.map(|nanos| format!("{field} <= {nanos}")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        assert_eq!(
            equals("WorkflowId", r"a' OR '1\"),
            r"WorkflowId = 'a'' OR ''1\\'"
        );
    }
}
