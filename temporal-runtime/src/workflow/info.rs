//! What a run knows of itself. Read from history, so it is the same on replay.

use std::time::{Duration, SystemTime};

use temporal_protos::{
    common::{Payload as RawPayload, WorkflowExecution},
    enums::SuggestContinueAsNewReason,
    history::{HistoryEvent, history_event::Attributes},
};

use super::Wf;
use crate::{
    convert::{Payload, RawValue, std_duration, std_time},
    error::Result,
    failure::Failure,
    machine::StartedAttributes,
    memo::Memo,
    options::{Priority, RetryPolicy},
    search_attributes::SearchAttributes,
};

/// What a run knows of itself.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// #[workflow]
/// async fn names_itself(wf: &mut Wf) -> Result<String> {
///     let info = wf.info();
///     Ok(format!("{} {}, attempt {}", info.workflow_type, info.workflow_id, info.attempt))
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WorkflowInfo {
    /// The namespace.
    pub namespace: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
    /// The first run of the chain that this run belongs to.
    pub first_run_id: String,
    /// The run before this one in its chain: continued as new, retried, or the last of a cron schedule.
    pub continued_run_id: Option<String>,
    /// The workflow type.
    pub workflow_type: String,
    /// The task queue.
    pub task_queue: String,
    /// The attempt of the run, from 1, if it has a retry policy.
    pub attempt: u32,
    /// When the run started.
    pub start_time: SystemTime,
    /// When its first workflow task started, which may be later: by a delay, a cron schedule or want of a worker.
    pub first_task_time: SystemTime,
    /// The cron schedule, if it has one.
    pub cron_schedule: Option<String>,
    /// Time for the whole chain of runs, if it is limited.
    pub execution_timeout: Option<Duration>,
    /// Time for this run, if it is limited.
    pub run_timeout: Option<Duration>,
    /// Time for one workflow task.
    pub task_timeout: Duration,
    /// How the run is repeated if it fails, if it is.
    pub retry_policy: Option<RetryPolicy>,
    /// How it stands to other work on its task queue.
    pub priority: Priority,
    /// The workflow that started it as a child.
    pub parent: Option<WorkflowRun>,
    /// The first workflow of the tree of children that it belongs to; `None` if that is this one.
    pub root: Option<WorkflowRun>,
    /// The headers that it was started with, by name, sorted.
    pub headers: Vec<(String, RawValue)>,
    /// The memo as it is now.
    pub memo: Memo,
    /// The search attributes as they are now.
    pub search_attributes: SearchAttributes,
    /// The events in history when the current workflow task started.
    pub history_length: u64,
    /// The bytes of history when the current workflow task started, as the service counts them.
    pub history_size: u64,
    /// The service asks for a [continue-as-new](Wf::continue_as_new): history has grown long.
    pub continue_as_new_suggested: bool,
    /// Why it does.
    pub continue_as_new_reasons: Vec<ContinueAsNewReason>,
    /// A pinned run could go on with another version of its worker, if it continues as new.
    pub target_version_changed: bool,
    pub(crate) started_memo: Memo,
    last_result: Option<RawPayload>,
    last_failure: Option<Box<Failure>>,
    /// What random numbers begin with: the id of the run, or of the one that a reset copied.
    pub(super) seed: String,
}

/// One run of one workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowRun {
    /// Its namespace; empty for one of the same.
    pub namespace: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
}

/// Why a service suggests to continue as new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContinueAsNewReason {
    /// History has too many bytes.
    HistorySize,
    /// History has too many events.
    HistoryLength,
    /// The run has had too many updates.
    Updates,
    /// Of a kind that this version does not know.
    Unknown,
}

impl<W: 'static> Wf<W> {
    /// The result of the run before this one, if it had one: of a cron schedule, or of a schedule.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// async fn counts_its_runs(wf: &mut Wf) -> Result<u64> {
    ///     Ok(wf.last_completion_result::<u64>()?.unwrap_or_default() + 1)
    /// }
    /// ```
    ///
    /// # Errors
    /// It is of another type.
    pub fn last_completion_result<T: Payload>(&self) -> Result<Option<T>> {
        let result = self.core().info().last_result.clone();
        result.map(T::decode).transpose()
    }

    /// Why the run before this one failed, if it did: the attempt before, or the last run of a cron schedule.
    #[must_use]
    pub fn last_failure(&self) -> Option<Failure> {
        self.core().info().last_failure.as_deref().cloned()
    }
}

impl WorkflowInfo {
    /// From the first event of a history.
    pub(super) fn new(
        [namespace, workflow_id, run_id, workflow_type]: [&str; 4],
        started: &StartedAttributes,
        event: &HistoryEvent,
    ) -> Self {
        let timeout = |t: &Option<_>| t.as_ref().map(std_duration).filter(|t| !t.is_zero());
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let start_time = event.event_time.as_ref();
        let start_time = start_time.map_or(SystemTime::UNIX_EPOCH, std_time);
        let last_result = started.last_completion_result.clone();
        let headers = started.header.clone().unwrap_or_default().fields;
        let parent = started.parent_workflow_execution.clone();
        let memo = Memo::from_proto(started.memo.clone());
        Self {
            namespace: namespace.to_owned(),
            workflow_id: workflow_id.to_owned(),
            run_id: run_id.to_owned(),
            first_run_id: started.first_execution_run_id.clone(),
            continued_run_id: text(&started.continued_execution_run_id),
            workflow_type: workflow_type.to_owned(),
            task_queue: started.task_queue.clone().unwrap_or_default().name,
            attempt: u32::try_from(started.attempt).unwrap_or(1),
            start_time,
            first_task_time: start_time,
            cron_schedule: text(&started.cron_schedule),
            execution_timeout: timeout(&started.workflow_execution_timeout),
            run_timeout: timeout(&started.workflow_run_timeout),
            task_timeout: timeout(&started.workflow_task_timeout).unwrap_or_default(),
            retry_policy: started.retry_policy.as_ref().map(RetryPolicy::from_proto),
            priority: (started.priority.as_ref())
                .map(Priority::from_proto)
                .unwrap_or_default(),
            parent: parent.map(|p| WorkflowRun::new(&started.parent_workflow_namespace, p)),
            root: (started.root_workflow_execution.clone())
                .filter(|root| root.workflow_id != workflow_id || root.run_id != run_id)
                .map(|root| WorkflowRun::new("", root)),
            headers: (headers.into_iter())
                .map(|(name, value)| (name, RawValue::new(value)))
                .collect(),
            started_memo: memo.clone(),
            memo,
            search_attributes: SearchAttributes::from_proto(started.search_attributes.clone()),
            history_length: 1,
            history_size: 0,
            continue_as_new_suggested: false,
            continue_as_new_reasons: Vec::new(),
            target_version_changed: false,
            last_result: last_result.and_then(|p| p.payloads.into_iter().next()),
            last_failure: (started.continued_failure.clone())
                .map(|failure| Box::new(Failure::from_proto(failure))),
            seed: Some(&started.original_execution_run_id)
                .filter(|id| !id.is_empty())
                .map_or(run_id, String::as_str)
                .to_owned(),
        }
    }

    /// A workflow task began with this event.
    pub(super) fn begin_task(&mut self, event: &HistoryEvent) {
        let Some(Attributes::WorkflowTaskStartedEventAttributes(task)) = &event.attributes else {
            return;
        };
        if self.history_length <= 1
            && let Some(time) = &event.event_time
        {
            self.first_task_time = std_time(time);
        }
        self.history_length = u64::try_from(event.event_id).unwrap_or_default();
        self.history_size = u64::try_from(task.history_size_bytes).unwrap_or_default();
        self.continue_as_new_suggested = task.suggest_continue_as_new;
        self.continue_as_new_reasons = (task.suggest_continue_as_new_reasons())
            .map(ContinueAsNewReason::from_proto)
            .collect();
        self.target_version_changed = task.target_worker_deployment_version_changed;
    }
}

impl WorkflowRun {
    fn new(namespace: &str, execution: WorkflowExecution) -> Self {
        Self {
            namespace: namespace.to_owned(),
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
        }
    }
}

impl ContinueAsNewReason {
    const fn from_proto(reason: SuggestContinueAsNewReason) -> Self {
        match reason {
            SuggestContinueAsNewReason::HistorySizeTooLarge => Self::HistorySize,
            SuggestContinueAsNewReason::TooManyHistoryEvents => Self::HistoryLength,
            SuggestContinueAsNewReason::TooManyUpdates => Self::Updates,
            _ => Self::Unknown,
        }
    }
}
