//! DescribeTaskQueue: who polls a queue, and how much waits there.

use temporal_protos::enums::TaskQueueType;
use temporal_protos::taskqueue::{PollerInfo, TaskQueueStats};
use temporal_protos::workflowservice::{DescribeTaskQueueRequest, DescribeTaskQueueResponse};
use tonic::Request;

use super::Service;
use crate::engine::matching::TaskKind;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeTaskQueueRequest>,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let queue = service.driver.check_queue(request.task_queue.as_ref())?;
    let kind = match TaskQueueType::try_from(request.task_queue_type) {
        Ok(TaskQueueType::Activity) => TaskKind::Activity,
        _ => TaskKind::Workflow,
    };
    let (pollers, waiting) = service.driver.describe_queue(&namespace, &queue, kind);
    let pollers = pollers
        .into_iter()
        .map(|poller| PollerInfo {
            last_access_time: Some(poller.last_access.to_proto()),
            identity: poller.identity,
            ..Default::default()
        })
        .collect();
    let stats = request.report_stats.then(|| TaskQueueStats {
        approximate_backlog_count: i64::try_from(waiting).unwrap_or(i64::MAX),
        ..Default::default()
    });
    Ok(DescribeTaskQueueResponse {
        pollers,
        stats,
        ..Default::default()
    })
}
