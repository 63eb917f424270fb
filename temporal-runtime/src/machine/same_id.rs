//! A child that is started while an older one has its id, and that older one is asked to cancel in the same workflow
//! task. A service refuses the task, and would for ever: it takes the request to be for the new child. So the request
//! for the older child, of which the run is known, leaves when it is known what became of the new one; a request by the
//! id alone fails.

use super::{Command, Job, Machine, OpId, Outcome, external::started_in_this_task};

impl Machine {
    /// The child that this very task starts under the id, if one does. What was issued in tasks before is no longer
    /// among the commands when workflow code runs.
    pub(super) fn starts_under(&self, namespace: &str, workflow_id: &str) -> Option<OpId> {
        let starts = |command: &Command| match command {
            Command::StartChild(child) => {
                child.workflow_id == workflow_id && child.namespace == namespace
            }
            _ => false,
        };
        let found = self.outgoing.iter().find(|out| starts(&out.command));
        found.and_then(|out| out.issued.op())
    }

    /// Why a request to cancel the workflow with this id cannot leave.
    pub(super) fn refuses_to_cancel(&self, namespace: &str, workflow_id: &str) -> Option<Outcome> {
        self.starts_under(namespace, workflow_id)
            .map(|_| started_in_this_task(workflow_id))
    }

    /// It is known whether a child has started: requests to older ones of its id may leave.
    pub(super) fn release_cancels(&mut self, newer: OpId) {
        for op in self.held_cancels(newer) {
            self.jobs.push_back(Job::CancelChildAgain(op));
        }
    }

    /// The child will never be heard of: requests to older ones of its id leave at once.
    pub(super) fn send_held_cancels(&mut self, newer: OpId) {
        for op in self.held_cancels(newer) {
            self.cancel_child_again(op);
        }
    }

    fn held_cancels(&mut self, newer: OpId) -> Vec<OpId> {
        let held = self.children.iter_mut();
        let held = held.filter(|(_, child)| child.cancel_after == Some(newer));
        held.map(|(op, child)| {
            child.cancel_after = None;
            *op
        })
        .collect()
    }
}
