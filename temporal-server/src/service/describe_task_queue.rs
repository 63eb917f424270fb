//! DescribeTaskQueue, and ListTaskQueuePartitions, which has one answer here.

use std::collections::{BTreeMap, BTreeSet};

use temporal_protos::enums::{
    BuildIdTaskReachability, DescribeTaskQueueMode, RateLimitSource, TaskQueueKind, TaskQueueType,
};
use temporal_protos::taskqueue::{
    PollerInfo, TaskQueue, TaskQueuePartitionMetadata, TaskQueueStats, TaskQueueStatus,
    TaskQueueTypeInfo, TaskQueueVersionInfo, TaskQueueVersioningInfo,
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

/// Build ids that are asked for at a time with whether they can be reached.
const MAX_BUILD_IDS: usize = 5;

/// Build ids and types that are asked for at a time: each of each is answered by itself.
const MAX_VERSIONS: usize = 1000;
const MAX_TYPES: usize = 20;

/// What is shown of pollers without a limit.
const UNLIMITED_RATE: f64 = 100_000.0;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeTaskQueueRequest>,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let is_enhanced = request.api_mode == DescribeTaskQueueMode::Enhanced as i32;
    let queue = match partition(request.task_queue.as_ref()).filter(|_| !is_enhanced) {
        Some(partition) => partition?,
        None => service.driver.check_queue(request.task_queue.as_ref())?,
    };
    // Versions belong to the normal queue.
    let sticky = request
        .task_queue
        .as_ref()
        .is_some_and(|queue| queue.kind == TaskQueueKind::Sticky as i32);
    check_bounds(&request)?;
    if is_enhanced && sticky {
        return Err(Refusal::invalid(
            "Enhanced DescribeTaskQueue is not valid for a sticky queue, use api_mode=UNSPECIFIED or a normal queue.",
        ));
    }
    if is_enhanced {
        return Ok(by_version(service, &namespace, &queue, &request));
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

/// The older form of the answer: everything by version and by type. Of versions there is one here, that of workers
/// without any; nobody has a build id that the service knows.
fn by_version(
    service: &Service,
    namespace: &Namespace,
    queue: &str,
    request: &DescribeTaskQueueRequest,
) -> DescribeTaskQueueResponse {
    let chosen = match &request.versions {
        None => vec![""],
        Some(chosen) => {
            let given = chosen.build_ids.iter().map(String::as_str);
            given.chain(chosen.unversioned.then_some("")).collect()
        }
    };
    let versions = chosen.into_iter().map(|version| {
        let reachability = if version.is_empty() {
            BuildIdTaskReachability::Reachable
        } else {
            BuildIdTaskReachability::Unreachable
        };
        let info = TaskQueueVersionInfo {
            types_info: by_type(service, namespace, (queue, version), request),
            task_reachability: if request.report_task_reachability {
                reachability.into()
            } else {
                0
            },
        };
        (version.to_owned(), info)
    });
    DescribeTaskQueueResponse {
        versions_info: versions.collect(),
        ..DescribeTaskQueueResponse::default()
    }
}

fn by_type(
    service: &Service,
    namespace: &Namespace,
    (queue, version): (&str, &str),
    request: &DescribeTaskQueueRequest,
) -> BTreeMap<i32, TaskQueueTypeInfo> {
    let types: BTreeSet<i32> = match &request.task_queue_types[..] {
        [] => [
            TaskQueueType::Workflow.into(),
            TaskQueueType::Activity.into(),
        ]
        .into(),
        given => given.iter().copied().collect(),
    };
    let described = types.into_iter().map(|number| {
        let kind = match TaskQueueType::try_from(number) {
            Ok(TaskQueueType::Workflow) => Some(TaskKind::Workflow),
            Ok(TaskQueueType::Activity) => Some(TaskKind::Activity),
            // Nothing waits in a queue of another type.
            _ => None,
        };
        let found = kind
            .filter(|_| version.is_empty())
            .map(|kind| service.driver.describe_queue(namespace, queue, kind));
        let info = TaskQueueTypeInfo {
            pollers: match &found {
                Some(found) if request.report_pollers => pollers(found),
                _ => Vec::new(),
            },
            stats: request
                .report_stats
                .then(|| found.as_ref().map(stats).unwrap_or_default()),
        };
        (number, info)
    });
    described.collect()
}

/// Refuses to answer more at a time than is bounded.
fn check_bounds(request: &DescribeTaskQueueRequest) -> Result<(), Refusal> {
    let build_ids = request.versions.as_ref().map(|chosen| &chosen.build_ids);
    let asked = build_ids.map_or(0, Vec::len);
    if asked > MAX_VERSIONS || request.task_queue_types.len() > MAX_TYPES {
        return Err(Refusal::invalid(format!(
            "Too many build ids or types queried at once, limits: {MAX_VERSIONS}, {MAX_TYPES}"
        )));
    }
    if request.report_task_reachability && asked > MAX_BUILD_IDS {
        return Err(Refusal::invalid(format!(
            "Too many build ids queried at once with ReportTaskReachability==true, limit: {MAX_BUILD_IDS}"
        )));
    }
    Ok(())
}

/// A partition that is not the root, by its name. All tasks are in the root, so nothing is found in others.
fn partition(queue: Option<&TaskQueue>) -> Option<Result<String, Refusal>> {
    let name = &queue?.name;
    let path = name.strip_prefix("/_sys/")?;
    let number = path
        .rsplit_once('/')
        .map(|(_, number)| number.parse::<u32>());
    Some(match number {
        Some(Ok(1..)) => Ok(name.clone()),
        _ => Err(Refusal::invalid(format!(
            "invalid task queue partition name {name}"
        ))),
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
