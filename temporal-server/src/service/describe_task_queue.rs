//! DescribeTaskQueue, and ListTaskQueuePartitions, which has one answer here.

use std::collections::BTreeMap;

use temporal_protos::enums::{TaskQueueKind, TaskQueueType};
use temporal_protos::taskqueue::{
    PollerInfo, TaskQueuePartitionMetadata, TaskQueueStats, TaskQueueVersioningInfo,
};
use temporal_protos::workflowservice::{
    DescribeTaskQueueRequest, DescribeTaskQueueResponse, ListTaskQueuePartitionsRequest,
    ListTaskQueuePartitionsResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::matching::TaskKind;
use crate::engine::refusal::Refusal;

/// The priority of tasks that have none.
const DEFAULT_PRIORITY: i32 = 3;

/// What is shown of pollers without a limit.
const UNLIMITED_RATE: f64 = 100_000.0;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeTaskQueueRequest>,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let queue = service.driver.check_queue(request.task_queue.as_ref())?;
    // Versions belong to the normal queue.
    let sticky = request
        .task_queue
        .is_some_and(|queue| queue.kind == TaskQueueKind::Sticky as i32);
    let kind = match TaskQueueType::try_from(request.task_queue_type) {
        Ok(TaskQueueType::Unspecified | TaskQueueType::Workflow) => TaskKind::Workflow,
        Ok(TaskQueueType::Activity) => TaskKind::Activity,
        _ => {
            return Err(Refusal::Unimplemented(
                "task queues of this type are not served".to_owned(),
            ));
        }
    };
    let (pollers, backlog) = service.driver.describe_queue(&namespace, &queue, kind);
    let pollers = pollers.into_iter().map(|poller| PollerInfo {
        identity: poller.identity,
        last_access_time: Some(poller.last_access.to_proto()),
        rate_per_second: UNLIMITED_RATE,
        ..PollerInfo::default()
    });
    let stats = TaskQueueStats {
        approximate_backlog_count: i64::try_from(backlog).unwrap_or(i64::MAX),
        ..TaskQueueStats::default()
    };
    Ok(DescribeTaskQueueResponse {
        pollers: pollers.collect(),
        stats: request.report_stats.then_some(stats),
        stats_by_priority_key: if request.report_stats {
            BTreeMap::from([(DEFAULT_PRIORITY, stats)])
        } else {
            BTreeMap::new()
        },
        versioning_info: (!sticky).then(|| TaskQueueVersioningInfo {
            current_version: "__unversioned__".to_owned(),
            update_time: Some(service.driver.now().to_proto()),
            ..TaskQueueVersioningInfo::default()
        }),
        ..DescribeTaskQueueResponse::default()
    })
}

/// ListTaskQueuePartitions: every queue is in one piece.
pub(super) async fn partitions(
    service: &Service,
    request: Request<ListTaskQueuePartitionsRequest>,
) -> Result<ListTaskQueuePartitionsResponse, Refusal> {
    let request = request.into_inner();
    service.directory.resolve(&request.namespace)?;
    let key = service.driver.check_queue(request.task_queue.as_ref())?;
    let whole = TaskQueuePartitionMetadata {
        key,
        ..TaskQueuePartitionMetadata::default()
    };
    Ok(ListTaskQueuePartitionsResponse {
        activity_task_queue_partitions: vec![whole.clone()],
        workflow_task_queue_partitions: vec![whole],
    })
}
