//! Resetting a workflow: the current run ends, and a new one goes on from a point of one of the runs.

use std::sync::Arc;

use temporal_protos::common::WorkflowExecution;
use temporal_protos::history::HistoryEvent;

use super::Driver;
use super::entry::Chain;
use crate::engine::execution::reset::Reset;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

impl Driver {
    /// ResetWorkflowExecution. Returns the id of the new run.
    pub(crate) fn reset_run(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        reset: Reset,
    ) -> Result<String, Refusal> {
        let reset = Reset {
            new_run_id: self.ids.fresh(),
            ..reset
        };
        let entry = self.find_named(namespace, &execution.workflow_id, &execution.run_id)?;
        let mut chain = entry.lock();
        let base = chain.find(&execution.workflow_id, &execution.run_id)?;
        chain.cells[base].run.check_reset(reset.finish_event_id)?;
        let current = chain.find(&execution.workflow_id, "")?;
        if chain.cells[current].run.start.request_id == reset.request_id {
            return Ok(chain.cells[current].run.run_id.to_string());
        }
        if !chain.cells[current].run.is_running() {
            self.check_room()?;
        }
        let ahead = chain.cells[current].run.time_skipping.ahead;
        let ((), effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[current].run;
            run.begin();
            run.end_by_reset(ctx, &reset.reason);
        });
        let mut outbox = self.perform(&entry, &mut chain, current, effects);
        let (later, following) = events_after(&mut chain, base, reset.finish_event_id);
        let ahead = chain.cells[base]
            .run
            .time_skipping_before(reset.finish_event_id)
            .ahead;
        let (run, effects) = self.in_context_of(ahead, |ctx| {
            let base = &mut chain.cells[base].run;
            base.reset.run_id = Some(reset.new_run_id.clone());
            base.reset(ctx, &reset, &later, &following)
        });
        // it is described otherwise now
        outbox.extend(self.perform(&entry, &mut chain, base, Vec::new()));
        outbox.extend(self.add_run(&entry, &mut chain, run, effects));
        drop(chain);
        self.deliver(outbox);
        Ok(reset.new_run_id)
    }
}

/// The events of the run at `base` from `first` on, and those of the runs that follow it.
fn events_after(
    chain: &mut Chain,
    base: usize,
    first: i64,
) -> (Vec<Arc<HistoryEvent>>, Vec<Arc<HistoryEvent>>) {
    let run = &chain.cells[base].run;
    let later = run.history.since(first).to_vec();
    let mut following = Vec::new();
    let mut next = run.successor.clone();
    // each run is newer than the one it follows, so there are at most as many as the chain has
    for _ in 0..chain.cells.len() {
        let Some(run) = next.as_deref().and_then(|id| chain.run_of(id)) else {
            break;
        };
        following.extend_from_slice(run.history.since(1));
        next.clone_from(&run.successor);
    }
    (later, following)
}
