//! Waiting for the end of a run's fast-forward. A wait follows its workflow from run to run.

use std::time::Duration;

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::{
    FastForwardPollingResult, ResourceExhaustedCause, ResourceExhaustedScope,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Driver, check_run_id, held};
use crate::engine::execution::fast_forward::{FastForwardLook, FastForwardOutcome};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

/// As many wait for fast-forwards of one workflow at a time.
const MOST_WAITERS: usize = 5;

/// The fast-forward that somebody waits for, as it was last seen.
struct Wanted<'a> {
    id: &'a str,
    run_id: String,
    target: Option<Time>,
}

impl Driver {
    /// PollWorkflowExecutionTimeSkipping: waits for so long at most.
    pub(crate) async fn poll_fast_forward(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        id: &str,
        wait: Duration,
    ) -> Result<FastForwardOutcome, Refusal> {
        check_run_id(&execution.run_id)?;
        let until = Instant::now() + wait;
        let mut wanted = Wanted {
            id,
            run_id: execution.run_id.clone(),
            target: None,
        };
        self.find_named(namespace, &execution.workflow_id, &execution.run_id)?;
        let _place = self.place_among_waiters(namespace, &execution.workflow_id)?;
        loop {
            let mut changed =
                match self.look_once(namespace, &execution.workflow_id, &mut wanted)? {
                    Ok(outcome) => return Ok(outcome),
                    Err(changed) => changed,
                };
            let woken = tokio::time::timeout_at(until, changed.changed()).await;
            // The sender goes with a run that is deleted: the next look says so.
            if woken.is_err() {
                return self.still_pending(namespace, &execution.workflow_id, &wanted.run_id);
            }
        }
    }

    /// The outcome, or what tells of the next change of the run that has it.
    fn look_once(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        wanted: &mut Wanted<'_>,
    ) -> Result<Result<FastForwardOutcome, watch::Receiver<u64>>, Refusal> {
        let entry = self.find_named(namespace, workflow_id, &wanted.run_id)?;
        let mut chain = entry.lock();
        let mut place = chain.find(workflow_id, &wanted.run_id)?;
        // Each run is newer than the one it follows, so there are at most as many as the chain has.
        for _ in 0..chain.cells.len() {
            match chain.cells[place]
                .run
                .look_at_fast_forward(wanted.id, wanted.target)
            {
                FastForwardLook::Done(outcome) => return Ok(Ok(outcome)),
                FastForwardLook::Pending(target) => {
                    wanted.target = Some(target);
                    break;
                }
                FastForwardLook::Continued(next) => place = chain.find(workflow_id, &next)?,
            }
        }
        let cell = &mut chain.cells[place];
        wanted.run_id = cell.run.run_id().to_string();
        Ok(Err(cell.watch()))
    }

    fn still_pending(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        run_id: &str,
    ) -> Result<FastForwardOutcome, Refusal> {
        let entry = self.find_named(namespace, workflow_id, run_id)?;
        let mut chain = entry.lock();
        let place = chain.find(workflow_id, run_id)?;
        Ok(FastForwardOutcome {
            result: FastForwardPollingResult::PollTimeout,
            failed_reason: "",
            info: chain.cells[place].run.fast_forward_info(),
        })
    }

    /// A place among those who wait for fast-forwards of this workflow.
    fn place_among_waiters(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
    ) -> Result<Waiter<'_>, Refusal> {
        let workflow = format!("{}/{workflow_id}", namespace.id);
        let mut waiters = held(&self.fast_forward_waiters);
        let count = waiters.entry(workflow.clone()).or_default();
        if *count == MOST_WAITERS {
            return Err(Refusal::ResourceExhausted {
                message: format!(
                    "too many concurrent waiters (limit {MOST_WAITERS}) for this execution"
                ),
                cause: ResourceExhaustedCause::ConcurrentLimit,
                scope: ResourceExhaustedScope::Unspecified,
            });
        }
        *count += 1;
        Ok(Waiter {
            driver: self,
            workflow,
        })
    }
}

/// One who waits; the place is free again with it.
struct Waiter<'a> {
    driver: &'a Driver,
    workflow: String,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiters = held(&self.driver.fast_forward_waiters);
        if let Some(count) = waiters.get_mut(&self.workflow) {
            *count -= 1;
            if *count == 0 {
                waiters.remove(&self.workflow);
            }
        }
    }
}
