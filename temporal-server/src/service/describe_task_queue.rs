//! DescribeTaskQueue, and ListTaskQueuePartitions, which has one answer here.

use std::collections::BTreeMap;

use temporal_protos::enums::{
    DescribeTaskQueueMode, RateLimitSource, TaskQueueKind, TaskQueueType,
};
use temporal_protos::taskqueue::{
    PollerInfo, TaskQueuePartitionMetadata, TaskQueueStats, TaskQueueStatus, TaskQueueTypeInfo,
    TaskQueueVersionInfo, TaskQueueVersioningInfo,
};
use temporal_protos::workflowservice::describe_task_queue_response::EffectiveRateLimit;
use temporal_protos::workflowservice::{
    DescribeTaskQueueRequest, DescribeTaskQueueResponse, ListTaskQueuePartitionsRequest,
    ListTaskQueuePartitionsResponse,
};
use tonic::Request;

use super::Service;
use super::update_task_queue_config::{config, single};
use crate::engine::matching::{Described, LimitSource, TaskKind};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::to_proto;

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
        .as_ref()
        .is_some_and(|queue| queue.kind == TaskQueueKind::Sticky as i32);
    if request.api_mode == DescribeTaskQueueMode::Enhanced as i32 {
        return by_version(service, &namespace, &queue, &request);
    }
    let kind = kind(request.task_queue_type)?;
    let described = service.driver.describe_queue(&namespace, &queue, kind);
    let stats = stats(&described);
    Ok(DescribeTaskQueueResponse {
        pollers: pollers(&described),
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
        effective_rate_limit: request.report_config.then(|| effective(&described)),
        task_queue_status: request.include_task_queue_status.then(|| TaskQueueStatus {
            backlog_count_hint: stats.approximate_backlog_count,
            rate_per_second: effective(&described).requests_per_second.into(),
            ..TaskQueueStatus::default()
        }),
        config: described
            .config
            .filter(|_| request.report_config)
            .map(config),
        ..DescribeTaskQueueResponse::default()
    })
}

/// The older form of the answer: everything by version, of which there is one here, and by type.
fn by_version(
    service: &Service,
    namespace: &Namespace,
    queue: &str,
    request: &DescribeTaskQueueRequest,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let asked = request.versions.clone().unwrap_or_default();
    if !asked.build_ids.is_empty() {
        // nobody here has a build id that the service knows
        return Ok(DescribeTaskQueueResponse::default());
    }
    let types = match &request.task_queue_types[..] {
        [] => vec![
            TaskQueueType::Workflow.into(),
            TaskQueueType::Activity.into(),
        ],
        given => given.to_vec(),
    };
    let mut types_info = BTreeMap::new();
    for number in types {
        let kind = kind(number)?;
        let described = service.driver.describe_queue(namespace, queue, kind);
        let pollers = pollers(&described);
        let info = TaskQueueTypeInfo {
            pollers: if request.report_pollers {
                pollers
            } else {
                Vec::new()
            },
            stats: request.report_stats.then(|| stats(&described)),
        };
        types_info.insert(number, info);
    }
    let unversioned = TaskQueueVersionInfo {
        types_info,
        ..TaskQueueVersionInfo::default()
    };
    Ok(DescribeTaskQueueResponse {
        versions_info: BTreeMap::from([(String::new(), unversioned)]),
        ..DescribeTaskQueueResponse::default()
    })
}

fn kind(number: i32) -> Result<TaskKind, Refusal> {
    match TaskQueueType::try_from(number) {
        Ok(TaskQueueType::Unspecified | TaskQueueType::Workflow) => Ok(TaskKind::Workflow),
        Ok(TaskQueueType::Activity) => Ok(TaskKind::Activity),
        _ => Err(Refusal::Unimplemented(
            "task queues of this type are not served".to_owned(),
        )),
    }
}

fn pollers(described: &Described) -> Vec<PollerInfo> {
    let pollers = described.pollers.iter().map(|poller| PollerInfo {
        identity: poller.identity.clone(),
        last_access_time: Some(poller.last_access.to_proto()),
        rate_per_second: poller.rate.unwrap_or(UNLIMITED_RATE),
        ..PollerInfo::default()
    });
    pollers.collect()
}

fn stats(described: &Described) -> TaskQueueStats {
    TaskQueueStats {
        approximate_backlog_count: i64::try_from(described.backlog).unwrap_or(i64::MAX),
        approximate_backlog_age: (described.backlog > 0).then(|| to_proto(described.backlog_age)),
        tasks_add_rate: described.add_rate,
        tasks_dispatch_rate: described.dispatch_rate,
        rate_limiting_active: described.is_limited,
    }
}

fn effective(described: &Described) -> EffectiveRateLimit {
    let (rate, source) = match described.limit {
        Some((rate, LimitSource::Request)) => (rate, RateLimitSource::Api),
        Some((rate, LimitSource::Workers)) => (rate, RateLimitSource::Worker),
        None => (UNLIMITED_RATE, RateLimitSource::System),
    };
    EffectiveRateLimit {
        requests_per_second: single(rate),
        rate_limit_source: source.into(),
    }
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
