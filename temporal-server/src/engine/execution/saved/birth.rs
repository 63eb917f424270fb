//! What a run was started with. It never changes; what the first event has is not stored twice.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::*;
use temporal_protos::failure::Failure;
use temporal_protos::history::WorkflowExecutionStartedEventAttributes;
use temporal_protos::sdk::UserMetadata;
use temporal_protos::workflow::ResetPointInfo;

use super::{SavedNamespace, nanos};
use crate::engine::effect::Target;
use crate::engine::execution::Run;
use crate::engine::execution::start::{NewRun, Parent};
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedTarget {
    #[prost(message, optional, tag = "1")]
    namespace: Option<SavedNamespace>,
    #[prost(string, tag = "2")]
    workflow_id: String,
    #[prost(string, tag = "3")]
    run_id: String,
}

impl SavedTarget {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            namespace: Some(SavedNamespace::of(&target.namespace)),
            workflow_id: target.workflow_id.clone(),
            run_id: target.run_id.clone(),
        }
    }

    pub(super) fn namespace_id(&self) -> &str {
        self.namespace
            .as_ref()
            .map_or("", |namespace| &namespace.id)
    }

    pub(super) fn restore(self, own: &Arc<Namespace>) -> Target {
        Target {
            namespace: self.namespace.unwrap_or_default().restore(own),
            workflow_id: self.workflow_id,
            run_id: self.run_id,
        }
    }
}

/// [`NewRun`] as it is stored.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedStart {
    #[prost(string, tag = "1")]
    run_id: String,
    #[prost(string, tag = "2")]
    request_id: String,
    #[prost(string, tag = "3")]
    workflow_type: String,
    #[prost(string, tag = "4")]
    task_queue: String,
    #[prost(message, optional, tag = "5")]
    pub(super) input: Option<Payloads>,
    #[prost(uint64, tag = "6")]
    execution_timeout: u64,
    #[prost(uint64, tag = "7")]
    run_timeout: u64,
    #[prost(bool, tag = "8")]
    shows_run_timeout: bool,
    #[prost(uint64, tag = "9")]
    task_timeout: u64,
    #[prost(string, tag = "10")]
    identity: String,
    #[prost(message, optional, tag = "11")]
    retry_policy: Option<RetryPolicy>,
    #[prost(string, tag = "12")]
    cron_schedule: String,
    #[prost(message, optional, tag = "13")]
    memo: Option<Memo>,
    #[prost(message, optional, tag = "14")]
    search_attributes: Option<SearchAttributes>,
    #[prost(message, optional, tag = "15")]
    header: Option<Header>,
    #[prost(uint64, tag = "16")]
    backoff: u64,
    #[prost(message, optional, tag = "17")]
    user_metadata: Option<UserMetadata>,
    #[prost(message, repeated, tag = "18")]
    links: Vec<Link>,
    #[prost(message, optional, tag = "19")]
    priority: Option<Priority>,
    #[prost(message, repeated, tag = "20")]
    completion_callbacks: Vec<Callback>,
    #[prost(bool, tag = "21")]
    eager_accepted: bool,
    #[prost(int32, tag = "22")]
    initiator: i32,
    #[prost(string, tag = "23")]
    continued_run_id: String,
    #[prost(string, tag = "24")]
    first_run_id: String,
    #[prost(int32, tag = "25")]
    attempt: i32,
    #[prost(int64, optional, tag = "26")]
    expires: Option<i64>,
    #[prost(message, optional, tag = "27")]
    continued_failure: Option<Failure>,
    #[prost(message, optional, tag = "28")]
    last_completion_result: Option<Payloads>,
    #[prost(message, repeated, tag = "29")]
    reset_points: Vec<ResetPointInfo>,
    #[prost(int64, optional, tag = "30")]
    original_start: Option<i64>,
    #[prost(message, optional, tag = "31")]
    parent: Option<SavedTarget>,
    #[prost(int64, tag = "32")]
    parent_initiated_event_id: i64,
    #[prost(message, optional, tag = "33")]
    root: Option<WorkflowExecution>,
    #[prost(bool, tag = "34")]
    waits_for_parent: bool,
    #[prost(string, optional, tag = "35")]
    scheduled_by: Option<String>,
    #[prost(message, optional, tag = "36")]
    time_skipping_config: Option<TimeSkippingConfig>,
    #[prost(message, optional, tag = "37")]
    time_skipping_state: Option<TimeSkippingStatePropagation>,
    #[prost(bool, tag = "38")]
    shows_execution_timeout: bool,
}

impl Run {
    pub(super) fn save_birth(&self) -> SavedStart {
        SavedStart {
            input: None,
            memo: None,
            search_attributes: None,
            header: None,
            continued_failure: None,
            last_completion_result: None,
            time_skipping_config: None,
            time_skipping_state: None,
            ..SavedStart::of(&self.start)
        }
    }
}

impl SavedStart {
    #[expect(clippy::too_many_lines, reason = "flat: each field by its name")]
    pub(super) fn of(start: &NewRun) -> Self {
        let NewRun {
            run_id,
            request_id,
            workflow_type,
            task_queue,
            input,
            execution_timeout,
            run_timeout,
            shows_execution_timeout,
            shows_run_timeout,
            task_timeout,
            identity,
            retry_policy,
            cron_schedule,
            memo,
            search_attributes,
            header,
            backoff,
            user_metadata,
            links,
            priority,
            completion_callbacks,
            eager_accepted,
            initiator,
            continued_run_id,
            first_run_id,
            attempt,
            expires,
            continued_failure,
            last_completion_result,
            reset_points,
            original_start,
            time_skipping_config,
            time_skipping_state,
            scheduled_by,
            parent,
            root,
            waits_for_parent,
        } = start.clone();
        Self {
            run_id,
            request_id,
            workflow_type,
            task_queue,
            input,
            execution_timeout: nanos(execution_timeout),
            run_timeout: nanos(run_timeout),
            shows_execution_timeout,
            shows_run_timeout,
            task_timeout: nanos(task_timeout),
            identity,
            retry_policy,
            cron_schedule,
            memo,
            search_attributes,
            header,
            backoff: nanos(backoff),
            user_metadata,
            links,
            priority,
            completion_callbacks,
            eager_accepted,
            initiator,
            continued_run_id,
            first_run_id,
            attempt,
            expires: expires.map(Time::as_nanos),
            continued_failure,
            last_completion_result,
            reset_points,
            original_start: original_start.map(Time::as_nanos),
            parent: parent
                .as_ref()
                .map(|parent| SavedTarget::of(&parent.target)),
            parent_initiated_event_id: parent.map_or(0, |parent| parent.initiated_event_id),
            root,
            waits_for_parent,
            scheduled_by,
            time_skipping_config,
            time_skipping_state,
        }
    }

    /// What the first event has as well.
    pub(super) fn fill(&mut self, first: &WorkflowExecutionStartedEventAttributes) {
        self.input.clone_from(&first.input);
        self.memo.clone_from(&first.memo);
        self.search_attributes.clone_from(&first.search_attributes);
        self.header.clone_from(&first.header);
        self.continued_failure.clone_from(&first.continued_failure);
        self.last_completion_result
            .clone_from(&first.last_completion_result);
        self.time_skipping_config
            .clone_from(&first.time_skipping_config);
        self.time_skipping_state = first.time_skipping_state_propagation;
    }

    pub(super) fn restore(self, own: &Arc<Namespace>) -> NewRun {
        let initiated_event_id = self.parent_initiated_event_id;
        NewRun {
            run_id: self.run_id,
            request_id: self.request_id,
            workflow_type: self.workflow_type,
            task_queue: self.task_queue,
            input: self.input,
            execution_timeout: Duration::from_nanos(self.execution_timeout),
            run_timeout: Duration::from_nanos(self.run_timeout),
            shows_execution_timeout: self.shows_execution_timeout,
            shows_run_timeout: self.shows_run_timeout,
            task_timeout: Duration::from_nanos(self.task_timeout),
            identity: self.identity,
            retry_policy: self.retry_policy,
            cron_schedule: self.cron_schedule,
            memo: self.memo,
            search_attributes: self.search_attributes,
            header: self.header,
            backoff: Duration::from_nanos(self.backoff),
            user_metadata: self.user_metadata,
            links: self.links,
            priority: self.priority,
            completion_callbacks: self.completion_callbacks,
            eager_accepted: self.eager_accepted,
            initiator: self.initiator,
            continued_run_id: self.continued_run_id,
            first_run_id: self.first_run_id,
            attempt: self.attempt,
            expires: self.expires.map(Time::from_nanos),
            continued_failure: self.continued_failure,
            last_completion_result: self.last_completion_result,
            reset_points: self.reset_points,
            original_start: self.original_start.map(Time::from_nanos),
            parent: self.parent.map(|parent| Parent {
                target: parent.restore(own),
                initiated_event_id,
            }),
            root: self.root,
            waits_for_parent: self.waits_for_parent,
            scheduled_by: self.scheduled_by,
            time_skipping_config: self.time_skipping_config,
            time_skipping_state: self.time_skipping_state,
        }
    }
}
