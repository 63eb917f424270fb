//! In a test environment whose clock skips: a wait for a result that nothing can bring any more. Such a test would
//! hang; it is told where each open workflow waits instead. Anywhere else a workflow may wait for years.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use temporal_protos::{
    enums::{PendingActivityState, PendingWorkflowTaskState},
    workflowservice::DescribeWorkflowExecutionRequest,
};
use tokio::time::Instant;

use super::{Call, Client, WorkflowHandle};
use crate::error::{Error, ErrorKind, Result};

/// How long nothing may happen while a result is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many open workflows are told of.
const SHOWN: usize = 10;

/// How long a workflow may take to say where it waits.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// The query that every SDK answers with where a workflow waits.
const STACK_TRACE: &str = "__stack_trace";

/// How long a wait for a result sees nothing happen before it fails. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Patience(Arc<AtomicU64>);

impl Default for Patience {
    fn default() -> Self {
        let patience = Self(Arc::default());
        patience.set(PATIENCE);
        patience
    }
}

impl Patience {
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "only tests skip time")
    )]
    pub(crate) fn set(&self, patience: Duration) {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.0.store(millis, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Waits until nothing has happened for that long, and nothing runs that could end the wait.
    pub(super) async fn is_lost(&self, handle: &WorkflowHandle<()>) -> Error {
        let (mut last, mut since) = (Vec::new(), Instant::now());
        loop {
            tokio::time::sleep(self.get() / 4).await;
            let seen = open_workflows(handle.client()).await.unwrap_or_default();
            let quiet = !seen.is_empty() && !seen.iter().any(Open::is_busy);
            if !quiet || seen != last {
                (last, since) = (seen, Instant::now());
            } else if since.elapsed() >= self.get() {
                return self.report(handle, &seen).await;
            }
        }
    }

    async fn report(&self, handle: &WorkflowHandle<()>, open: &[Open]) -> Error {
        let mut text = format!(
            "nothing has happened for {:?}, and nothing is left that could: no activity runs, and no timer is to come",
            self.get()
        );
        for workflow in open.iter().take(SHOWN) {
            let why = workflow.waits_for(handle.client()).await;
            // writing to a string cannot fail
            let _ = write!(
                text,
                "\nworkflow `{}` (id {}) {why}",
                workflow.workflow_type, workflow.id
            );
        }
        if open.len() > SHOWN {
            let _ = write!(text, "\nand {} other workflows", open.len() - SHOWN);
        }
        Error::new(ErrorKind::WorkflowTask, text).with_execution(handle.id(), None)
    }
}

/// A workflow that has not closed, as far as it can be compared with itself a moment later.
#[derive(Debug, PartialEq)]
struct Open {
    id: String,
    run_id: String,
    workflow_type: String,
    task_queue: String,
    events: i64,
    task: Option<PendingWorkflowTaskState>,
    activities: Vec<Pending>,
}

#[derive(Debug, PartialEq)]
struct Pending {
    activity_type: String,
    attempt: i32,
    state: PendingActivityState,
}

impl Open {
    /// An activity may take as long as it likes.
    fn is_busy(&self) -> bool {
        let waits_for_a_worker = |activity: &Pending| {
            matches!(
                activity.state,
                PendingActivityState::Scheduled | PendingActivityState::Paused
            )
        };
        !self.activities.iter().all(waits_for_a_worker)
    }

    async fn waits_for(&self, client: &Client) -> String {
        if self.task.is_some() {
            return format!(
                "waits for a worker: nobody has taken its task from the task queue `{}`",
                self.task_queue
            );
        }
        if let Some(activity) = self.activities.first() {
            return format!(
                "waits for the activity `{}`, attempt {}, which no worker has taken",
                activity.activity_type, activity.attempt
            );
        }
        let asked = client.workflow_by_name(self.id.clone());
        let asked = asked.query::<String>(STACK_TRACE, ());
        match tokio::time::timeout(TOLD_WITHIN, async { asked.await }).await {
            Ok(Ok(place)) if !place.trim().is_empty() => {
                format!("waits here:\n    {}", place.trim().replace('\n', "\n    "))
            }
            _ => format!(
                "waits for a message or a condition that does not come (its history has {} events)",
                self.events
            ),
        }
    }
}

async fn open_workflows(client: &Client) -> Result<Vec<Open>> {
    let mut open = Vec::new();
    for listed in client.list("ExecutionStatus = 'Running'").await? {
        let request = DescribeWorkflowExecutionRequest {
            namespace: client.namespace().to_owned(),
            execution: Some(temporal_protos::common::WorkflowExecution {
                workflow_id: listed.id.clone(),
                run_id: listed.run_id.clone(),
            }),
        };
        let answer = client
            .connection()
            .describe_workflow_execution(request, client.namespace(), Call::Unary)
            .await
            .map_err(|failure| failure.into_error(None))?;
        let activities = answer.pending_activities.into_iter();
        open.push(Open {
            id: listed.id,
            run_id: listed.run_id,
            workflow_type: listed.workflow_type,
            task_queue: listed.task_queue,
            events: answer
                .workflow_execution_info
                .map_or(0, |info| info.history_length),
            task: answer.pending_workflow_task.map(|task| task.state()),
            activities: activities
                .map(|activity| Pending {
                    state: activity.state(),
                    attempt: activity.attempt,
                    activity_type: activity.activity_type.unwrap_or_default().name,
                })
                .collect(),
        });
    }
    Ok(open)
}
