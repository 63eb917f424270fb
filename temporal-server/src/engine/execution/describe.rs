//! What a run says of itself: to DescribeWorkflowExecution and to visibility. Changes nothing.

use temporal_protos::activity::ActivityOptions;
use temporal_protos::common::{RetryPolicy, WorkflowExecution, WorkflowType};
use temporal_protos::enums::{EventType, PendingActivityState, PendingWorkflowTaskState};
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflow::*;
use temporal_protos::workflowservice::DescribeWorkflowExecutionResponse;

use super::Run;
use super::activity::{Activity, ActivityState};
use super::history::BUFFERED;
use crate::engine::effect::VisibilityRow;
use crate::engine::time::{Time, to_proto};

/// What the service says for "no such time": Go's zero time.
const NO_TIME: prost_types::Timestamp = prost_types::Timestamp {
    seconds: -62_135_596_800,
    nanos: 0,
};

impl Run {
    /// The run as an execution.
    pub(crate) fn execution(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
        }
    }

    /// The run's row in visibility.
    pub(crate) fn visibility_row(&self) -> VisibilityRow {
        VisibilityRow {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
            workflow_type: self.start.workflow_type.clone(),
            task_queue: self.start.task_queue.clone(),
            status: self.status,
            start_time: self.start_time,
            execution_time: self.execution_time(),
            close_time: self.close_time,
            history_length: self.history.last_event_id(),
            history_size_bytes: self.history.bytes(),
            state_transition_count: self.transitions,
            parent: self.parent_execution(),
            root: self.root(),
            memo: (*self.memo).clone(),
            search_attributes: (*self.search_attributes).clone(),
        }
    }

    fn parent_execution(&self) -> Option<WorkflowExecution> {
        self.start.parent.as_ref().map(|parent| WorkflowExecution {
            workflow_id: parent.target.workflow_id.clone(),
            run_id: parent.target.run_id.clone(),
        })
    }

    /// DescribeWorkflowExecution, at this time of the service.
    pub(crate) fn describe(&self, now: Time) -> DescribeWorkflowExecutionResponse {
        DescribeWorkflowExecutionResponse {
            execution_config: Some(WorkflowExecutionConfig {
                task_queue: Some(self.normal_queue()),
                workflow_execution_timeout: self.start.shown_execution_timeout(),
                workflow_run_timeout: self.start.shown_run_timeout(),
                default_workflow_task_timeout: Some(to_proto(self.start.task_timeout)),
                user_metadata: self.start.user_metadata.clone(),
            }),
            workflow_execution_info: Some(self.execution_info()),
            pending_activities: self.activities.values().map(describe_activity).collect(),
            pending_children: self.describe_children(),
            pending_workflow_task: self.describe_task(),
            workflow_extended_info: Some(self.extended_info(now)),
            ..Default::default()
        }
    }

    fn execution_info(&self) -> WorkflowExecutionInfo {
        let parent_namespace = self
            .start
            .parent
            .as_ref()
            .map(|parent| parent.target.namespace.id.clone())
            .unwrap_or_default();
        WorkflowExecutionInfo {
            execution: Some(self.execution()),
            r#type: Some(WorkflowType {
                name: self.start.workflow_type.clone(),
            }),
            start_time: Some(self.start_time.to_proto()),
            close_time: self.close_time.map(Time::to_proto),
            status: self.status.into(),
            history_length: self.history.last_event_id(),
            parent_namespace_id: parent_namespace,
            parent_execution: self.parent_execution(),
            execution_time: Some(self.execution_time().to_proto()),
            memo: Some((*self.memo).clone()),
            search_attributes: Some((*self.search_attributes).clone()),
            auto_reset_points: Some(ResetPoints {
                points: self.reset_points.clone(),
            }),
            task_queue: self.start.task_queue.clone(),
            state_transition_count: self.transitions,
            history_size_bytes: self.history.bytes(),
            execution_duration: self
                .close_time
                .map(|closed| to_proto(closed.since(self.execution_time()))),
            most_recent_worker_version_stamp: self.last_build(),
            root_execution: Some(self.root()),
            first_run_id: self.start.first_run_id().into(),
            priority: self.start.priority.clone(),
            ..Default::default()
        }
    }

    fn extended_info(&self, now: Time) -> WorkflowExecutionExtendedInfo {
        let now = now.plus(self.time_skipping.ahead);
        WorkflowExecutionExtendedInfo {
            time_skipping_info: self.time_skipping.describe(now),
            execution_expiration_time: self.start.expires.map(Time::to_proto),
            run_expiration_time: Some(self.run_expires().map_or(NO_TIME, Time::to_proto)),
            cancel_requested: self.cancel_requested.is_some(),
            original_start_time: self.start.original_start.map(Time::to_proto),
            last_reset_time: self.reset.at.map(Time::to_proto),
            reset_run_id: self.reset.run_id.clone().unwrap_or_default(),
            request_id_infos: self
                .request_ids
                .iter()
                // like the real service, unless it is told otherwise
                .filter(|(_, (event_type, _))| *event_type != EventType::WorkflowExecutionSignaled)
                .map(|(id, (event_type, event_id))| {
                    let buffered = *event_id == BUFFERED;
                    let info = RequestIdInfo {
                        event_type: (*event_type).into(),
                        event_id: if buffered { 0 } else { *event_id },
                        buffered,
                    };
                    (id.clone(), info)
                })
                .collect(),
            ..Default::default()
        }
    }

    fn describe_children(&self) -> Vec<PendingChildExecutionInfo> {
        self.children
            .iter()
            .map(|(initiated_id, child)| PendingChildExecutionInfo {
                workflow_id: child.workflow_id.clone(),
                run_id: child.run_id.clone(),
                workflow_type_name: child.workflow_type.clone(),
                initiated_id: *initiated_id,
                parent_close_policy: child.close_policy.into(),
            })
            .collect()
    }

    fn describe_task(&self) -> Option<PendingWorkflowTaskInfo> {
        let task = self.task.as_ref()?;
        let state = if task.is_started() {
            PendingWorkflowTaskState::Started
        } else {
            PendingWorkflowTaskState::Scheduled
        };
        Some(PendingWorkflowTaskInfo {
            state: state.into(),
            scheduled_time: Some(task.scheduled.to_proto()),
            original_scheduled_time: Some(task.originally_scheduled.to_proto()),
            started_time: task.started.as_ref().map(|started| started.at.to_proto()),
            attempt: task.attempt,
        })
    }
}

fn describe_activity(activity: &Activity) -> PendingActivityInfo {
    let state = match (&activity.state, &activity.paused) {
        (ActivityState::Started { .. }, _) if activity.cancel_requested.is_some() => {
            PendingActivityState::CancelRequested
        }
        (ActivityState::Started { .. }, Some(_)) => PendingActivityState::PauseRequested,
        (ActivityState::Started { .. }, None) => PendingActivityState::Started,
        (_, Some(_)) => PendingActivityState::Paused,
        (_, None) => PendingActivityState::Scheduled,
    };
    let waits_until = match activity.state {
        ActivityState::Backoff(until) if activity.paused.is_none() => Some(until),
        _ => None,
    };
    PendingActivityInfo {
        activity_id: activity.activity_id.clone(),
        activity_type: activity.attributes().activity_type.clone(),
        state: state.into(),
        heartbeat_details: activity.heartbeat_details.clone(),
        last_heartbeat_time: activity.last_heartbeat.map(Time::to_proto),
        last_started_time: match &activity.state {
            ActivityState::Started { at, .. } => Some(at.to_proto()),
            _ => None,
        },
        attempt: activity.attempt,
        maximum_attempts: activity.retry_policy.maximum_attempts,
        scheduled_time: Some(activity.attempt_scheduled.to_proto()),
        expiration_time: activity.expires().map(Time::to_proto),
        last_failure: activity.last_failure.clone(),
        last_worker_identity: activity.identity.clone(),
        current_retry_interval: waits_until.map(|_| to_proto(activity.retry_interval)),
        last_attempt_complete_time: activity.last_attempt_complete.map(Time::to_proto),
        next_attempt_schedule_time: waits_until.map(Time::to_proto),
        paused: activity.paused.is_some(),
        priority: activity.priority.clone(),
        pause_info: activity
            .paused
            .as_ref()
            .map(|pause| pending_activity_info::PauseInfo {
                pause_time: Some(pause.at.to_proto()),
                paused_by: Some(pending_activity_info::pause_info::PausedBy::Manual(
                    pending_activity_info::pause_info::Manual {
                        identity: pause.identity.clone(),
                        reason: pause.reason.clone(),
                    },
                )),
            }),
        activity_options: Some(activity_options(activity)),
        ..Default::default()
    }
}

/// The options that an activity has now.
pub(crate) fn activity_options(activity: &Activity) -> ActivityOptions {
    ActivityOptions {
        task_queue: Some(TaskQueue {
            name: activity.task_queue.clone(),
            normal_name: activity.task_queue.clone(),
            ..Default::default()
        }),
        schedule_to_close_timeout: Some(to_proto(activity.schedule_to_close)),
        schedule_to_start_timeout: Some(to_proto(activity.schedule_to_start)),
        start_to_close_timeout: Some(to_proto(activity.start_to_close)),
        heartbeat_timeout: Some(to_proto(activity.heartbeat)),
        retry_policy: Some(RetryPolicy {
            // not among the options that can be changed
            non_retryable_error_types: Vec::new(),
            ..activity.retry_policy.clone()
        }),
        priority: activity.priority.clone(),
        ..Default::default()
    }
}
