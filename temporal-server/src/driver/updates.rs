//! Waiting for updates.

use std::time::Duration;

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporal_protos::update::{Outcome, Request};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Driver, held};
use crate::engine::effect::UpdateView;
use crate::engine::execution::update_registry::Attached;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// How long one call waits for an update at most; its caller asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// An update that somebody waits for.
#[derive(Debug)]
pub(crate) struct UpdateWait {
    /// The run it is for.
    pub(crate) execution: WorkflowExecution,
    view: watch::Receiver<UpdateView>,
}

/// How far an update is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UpdateStatus {
    pub(crate) execution: WorkflowExecution,
    pub(crate) stage: Stage,
    pub(crate) outcome: Option<Outcome>,
}

impl Driver {
    /// Watches an update. Called while the workflow is locked, so that nothing is missed.
    pub(super) fn watch_update(
        &self,
        run: u64,
        execution: WorkflowExecution,
        attached: Attached,
    ) -> UpdateWait {
        let view = match attached.view {
            // What is done does not change any more.
            done @ (UpdateView::Completed(_) | UpdateView::Aborted(_)) => watch::channel(done).1,
            open => held(&self.updates)
                .entry((run, attached.serial))
                .or_insert_with(|| watch::channel(open).0)
                .subscribe(),
        };
        UpdateWait { execution, view }
    }

    /// Admits an update, or finds it.
    pub(crate) fn admit_update(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        first_run_id: &str,
        request: Request,
    ) -> Result<UpdateWait, Refusal> {
        self.with_update(namespace, execution, |run, ctx| {
            if !first_run_id.is_empty() && run.start.first_run_id() != first_run_id {
                return Err(Refusal::not_found("workflow execution not found"));
            }
            run.admit_update(ctx, request)
        })
    }

    /// Finds an update.
    pub(crate) fn find_update(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        update_id: &str,
    ) -> Result<UpdateWait, Refusal> {
        self.with_update(namespace, execution, |run, _| {
            run.updates
                .find(update_id)
                .ok_or_else(|| Refusal::not_found(format!("update \"{update_id}\" not found")))
        })
    }

    fn with_update(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        ask: impl FnOnce(
            &mut crate::engine::execution::Run,
            &mut crate::engine::Context<'_>,
        ) -> Result<Attached, Refusal>,
    ) -> Result<UpdateWait, Refusal> {
        let entry = self.find_named(namespace, &execution.workflow_id, &execution.run_id)?;
        let mut chain = entry.lock();
        let place = chain.find(&execution.workflow_id, &execution.run_id)?;
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (attached, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            ask(run, ctx)
        });
        let attached = attached?;
        let cell = &chain.cells[place];
        let wait = self.watch_update(cell.serial, cell.run.execution(), attached);
        let outbox = self.perform(&entry, &mut chain, place, effects);
        drop(chain);
        self.deliver(outbox);
        Ok(wait)
    }
}

impl UpdateWait {
    /// Waits until the update has reached a stage, or for so long.
    pub(crate) async fn reach(
        mut self,
        stage: Stage,
        time_left: Option<Duration>,
    ) -> Result<UpdateStatus, Refusal> {
        let wait = time_left.map_or(LONGEST_WAIT, |left| left.min(LONGEST_WAIT));
        let until = Instant::now() + wait;
        loop {
            let status = self.status()?;
            if status.stage as i32 >= stage as i32 {
                return Ok(status);
            }
            match tokio::time::timeout_at(until, self.view.changed()).await {
                Ok(Ok(())) => {}
                // The sender goes with the last change, which has been seen, or with the service.
                Ok(Err(_)) => {
                    let status = self.status()?;
                    if status.stage as i32 >= stage as i32 {
                        return Ok(status);
                    }
                    return Err(Refusal::Unavailable(
                        "the update was lost with its workflow; ask again".into(),
                    ));
                }
                Err(_) if wait == LONGEST_WAIT => return self.status(),
                Err(_) => {
                    return Err(Refusal::DeadlineExceeded(
                        "context deadline exceeded".into(),
                    ));
                }
            }
        }
    }

    /// How far the update is now.
    pub(crate) fn status(&mut self) -> Result<UpdateStatus, Refusal> {
        let view = self.view.borrow_and_update().clone();
        let (stage, outcome) = match view {
            UpdateView::Admitted => (Stage::Admitted, None),
            UpdateView::Accepted => (Stage::Accepted, None),
            UpdateView::Completed(outcome) => (Stage::Completed, Some(outcome)),
            UpdateView::Aborted(refusal) => return Err(refusal),
        };
        Ok(UpdateStatus {
            execution: self.execution.clone(),
            stage,
            outcome,
        })
    }
}
