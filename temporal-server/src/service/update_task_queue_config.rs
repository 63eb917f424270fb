//! UpdateTaskQueueConfig: the limit of a queue. Weights and limits of fairness keys are refused.

use temporal_protos::enums::TaskQueueType;
use temporal_protos::taskqueue::{ConfigMetadata, RateLimit, RateLimitConfig, TaskQueueConfig};
use temporal_protos::workflowservice::{
    UpdateTaskQueueConfigRequest, UpdateTaskQueueConfigResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::matching::{LimitConfig, TaskKind};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateTaskQueueConfigRequest>,
) -> Result<UpdateTaskQueueConfigResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    if request.task_queue.is_empty() {
        return Err(Refusal::invalid("missing task queue name"));
    }
    calls::check_length(service, "taskQueue", &request.task_queue)?;
    match TaskQueueType::try_from(request.task_queue_type) {
        Ok(TaskQueueType::Activity) => {}
        Ok(TaskQueueType::Workflow) => {
            return Err(Refusal::invalid(
                "Setting rate limit on workflow task queues is not allowed.",
            ));
        }
        _ => return Err(Refusal::invalid("task queue type is not set")),
    }
    if request.update_fairness_key_rate_limit_default.is_some()
        || !request.set_fairness_weight_overrides.is_empty()
        || !request.unset_fairness_weight_overrides.is_empty()
    {
        return Err(Refusal::Unimplemented(
            "this service has no limits or weights for fairness keys".into(),
        ));
    }
    let queue = &request.task_queue;
    let Some(update) = request.update_queue_rate_limit else {
        // nothing is said of it, so it stays
        let described = service
            .driver
            .describe_queue(&namespace, queue, TaskKind::Activity);
        return Ok(UpdateTaskQueueConfigResponse {
            config: Some(described.config.map(config).unwrap_or_default()),
        });
    };
    calls::check_length(service, "Reason", &update.reason)?;
    calls::check_length(service, "Identity", &request.identity)?;
    let per_second = update.rate_limit.map(|limit| limit.requests_per_second);
    if per_second.is_some_and(|rate| !rate.is_finite() || rate < 0.0) {
        return Err(Refusal::invalid(
            "RequestsPerSecond for UpdateQueueRateLimit rate limit must be non-negative.",
        ));
    }
    let change = LimitConfig {
        per_second: per_second.map(f64::from),
        reason: update.reason,
        identity: request.identity,
        at: service.driver.now(),
    };
    let set = service.driver.limit_queue(&namespace, queue, change);
    Ok(UpdateTaskQueueConfigResponse {
        config: Some(config(set)),
    })
}

/// A limit as messages carry it.
pub(super) fn config(set: LimitConfig) -> TaskQueueConfig {
    TaskQueueConfig {
        queue_rate_limit: Some(RateLimitConfig {
            rate_limit: set.per_second.map(|rate| RateLimit {
                requests_per_second: single(rate),
            }),
            metadata: Some(ConfigMetadata {
                reason: set.reason,
                update_identity: set.identity,
                update_time: Some(set.at.to_proto()),
            }),
        }),
        ..TaskQueueConfig::default()
    }
}

/// A rate as messages carry it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it came in with this precision"
)]
pub(super) fn single(rate: f64) -> f32 {
    rate as f32
}
