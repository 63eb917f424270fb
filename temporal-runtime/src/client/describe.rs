//! What the service knows of a workflow, without the types of the wire.

use std::{fmt, time::SystemTime};

use temporal_protos::{
    enums::WorkflowExecutionStatus,
    workflow::{PendingActivityInfo, WorkflowExecutionInfo},
    workflowservice::DescribeWorkflowExecutionRequest,
};

use super::{Call, WorkflowHandle};
use crate::{
    convert::{Payload, RawValue, std_time},
    error::Result,
    failure::Failure,
    search_attributes::SearchAttributes,
};

/// The state of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WorkflowStatus {
    /// It has not closed.
    Running,
    /// It gave a result.
    Completed,
    /// It failed.
    Failed,
    /// It was asked to cancel, and did.
    Canceled,
    /// It was terminated.
    Terminated,
    /// It goes on in another run.
    ContinuedAsNew,
    /// It ran out of time.
    TimedOut,
    /// It waits for somebody to unpause it.
    Paused,
    /// Of a kind that this version does not know.
    Unknown,
}

impl WorkflowStatus {
    pub(super) const fn from_proto(status: WorkflowExecutionStatus) -> Self {
        use WorkflowExecutionStatus as S;
        match status {
            S::Running => Self::Running,
            S::Completed => Self::Completed,
            S::Failed => Self::Failed,
            S::Canceled => Self::Canceled,
            S::Terminated => Self::Terminated,
            S::ContinuedAsNew => Self::ContinuedAsNew,
            S::TimedOut => Self::TimedOut,
            S::Paused => Self::Paused,
            S::Unspecified => Self::Unknown,
        }
    }
}

/// As Temporal writes it in queries and tools.
impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// One execution of a workflow, as lists show it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkflowExecution {
    /// The workflow id.
    pub id: String,
    /// The run id.
    pub run_id: String,
    /// The workflow type.
    pub workflow_type: String,
    /// The state.
    pub status: WorkflowStatus,
    /// The task queue.
    pub task_queue: String,
    /// When it started.
    pub start_time: Option<SystemTime>,
    /// When it closed.
    pub close_time: Option<SystemTime>,
    /// How many events its history has.
    pub history_length: u64,
    /// The search attributes, those that the service keeps included.
    pub search_attributes: SearchAttributes,
    memo: Vec<(String, RawValue)>,
}

impl WorkflowExecution {
    pub(super) fn from_proto(info: WorkflowExecutionInfo) -> Self {
        let execution = info.execution.unwrap_or_default();
        let status = WorkflowExecutionStatus::try_from(info.status).unwrap_or_default();
        let memo = info.memo.unwrap_or_default().fields.into_iter();
        Self {
            id: execution.workflow_id,
            run_id: execution.run_id,
            workflow_type: info.r#type.unwrap_or_default().name,
            status: WorkflowStatus::from_proto(status),
            task_queue: info.task_queue,
            start_time: info.start_time.as_ref().map(std_time),
            close_time: info.close_time.as_ref().map(std_time),
            history_length: u64::try_from(info.history_length).unwrap_or_default(),
            search_attributes: SearchAttributes::from_proto(info.search_attributes),
            memo: memo.map(|(k, v)| (k, RawValue::new(v))).collect(),
        }
    }

    /// A value of the memo.
    ///
    /// # Errors
    /// It is of another type.
    pub fn memo<T: Payload>(&self, key: &str) -> Result<Option<T>> {
        let value = self.memo.iter().find(|(k, _)| k == key);
        value.map(|(_, value)| value.decode()).transpose()
    }
}

/// What the service knows of a workflow. Derefs to what lists show.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// async fn looks(client: &Client) -> Result<()> {
///     let description = client.workflow_by_name("order-1").describe().await?;
///     println!("{} since {:?}", description.status, description.start_time);
///     for activity in &description.pending_activities {
///         println!("{} tries {} times", activity.activity_type, activity.attempt);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkflowDescription {
    /// What lists show, too.
    pub execution: WorkflowExecution,
    /// The activities that have not ended.
    pub pending_activities: Vec<PendingActivity>,
    /// The attempt of the workflow task that is open; above 1 it has failed before. 0 if none is open.
    pub workflow_task_attempt: u32,
}

impl std::ops::Deref for WorkflowDescription {
    type Target = WorkflowExecution;
    fn deref(&self) -> &WorkflowExecution {
        &self.execution
    }
}

/// An activity that has not ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PendingActivity {
    /// The activity id.
    pub id: String,
    /// The activity type.
    pub activity_type: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Why the last attempt failed.
    pub last_failure: Option<Failure>,
    /// The details of the last heartbeat.
    pub heartbeat_details: Option<RawValue>,
}

impl PendingActivity {
    fn from_proto(info: PendingActivityInfo) -> Self {
        let details = info.heartbeat_details.unwrap_or_default().payloads;
        Self {
            id: info.activity_id,
            activity_type: info.activity_type.unwrap_or_default().name,
            attempt: u32::try_from(info.attempt).unwrap_or_default(),
            last_failure: info.last_failure.map(Failure::from_proto),
            heartbeat_details: details.into_iter().next().map(RawValue::new),
        }
    }
}

pub(super) async fn describe<W>(handle: &WorkflowHandle<W>) -> Result<WorkflowDescription> {
    let client = handle.client();
    let request = DescribeWorkflowExecutionRequest {
        namespace: client.namespace().to_owned(),
        execution: Some(handle.execution()),
    };
    let answer = client
        .connection()
        .describe_workflow_execution(request, client.namespace(), Call::Unary)
        .await
        .map_err(|failure| handle.error(failure))?;
    let pending = answer.pending_activities.into_iter();
    let task = answer.pending_workflow_task.unwrap_or_default();
    Ok(WorkflowDescription {
        execution: WorkflowExecution::from_proto(
            answer.workflow_execution_info.unwrap_or_default(),
        ),
        pending_activities: pending.map(PendingActivity::from_proto).collect(),
        workflow_task_attempt: u32::try_from(task.attempt).unwrap_or_default(),
    })
}
