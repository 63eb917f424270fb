//! ListSchedules, and the query behind both lists and counts.

use std::sync::Arc;

use temporal_protos::workflowservice::{ListSchedulesRequest, ListSchedulesResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::describe::DIVISION;
use crate::engine::schedule::{ID_PREFIX, Schedule, check};
use crate::engine::surroundings::Namespace;
use crate::engine::visibility::Query;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListSchedulesRequest>,
) -> Result<ListSchedulesResponse, Refusal> {
    let request = request.into_inner();
    let (namespace, query) = compiled(service, &request.namespace, &request.query)?;
    let page = service.index().await?.list(
        &namespace.id,
        &query,
        request.maximum_page_size,
        &request.next_page_token,
    );
    let page = page.map_err(|_| Refusal::invalid("Invalid NextPageToken."))?;
    let rows = page.executions.into_iter().filter_map(|row| row.execution);
    let schedules = rows.filter_map(|row| {
        let id = row.workflow_id.strip_prefix(ID_PREFIX)?;
        // One that was deleted since is not listed.
        service
            .driver
            .read_schedule(&namespace, id, Schedule::list_entry)
            .ok()
    });
    Ok(ListSchedulesResponse {
        schedules: schedules.collect(),
        next_page_token: page.next_page_token.into(),
    })
}

/// A namespace, without schedules that have had nothing to do for long, and a query for those that it has.
pub(super) fn compiled(
    service: &Service,
    namespace: &str,
    query: &str,
) -> Result<(Arc<Namespace>, Query), Refusal> {
    let (namespace, attributes) = service.directory.read(|namespaces| {
        namespaces
            .resolve(namespace)
            .map(|entry| (entry.identity.clone(), entry.attributes.clone()))
    })?;
    let query = Query::in_division(query, &attributes, DIVISION)
        .map_err(|error| Refusal::invalid(format!("invalid query: {error}")))?;
    check::query(&query)?;
    service.driver.drop_schedules_that_are_over(&namespace);
    Ok((namespace, query))
}
