//! Child workflows of a run: their ids, and their starts, which are a stage of their own.

use super::{Core, Inner, Kind, Op, OpId, Value};
use crate::{
    error::{Error, ErrorKind},
    workflow::handle::{ChildRef, StartedRun},
};

impl Core {
    /// An id for a child that was given none: unique, because runs and operations are.
    pub(in crate::workflow) fn child_id(&self) -> String {
        let inner = self.inner();
        format!("{}_{}", inner.info.run_id, inner.next_op)
    }

    /// What a handle keeps of a child that was started.
    pub(in crate::workflow) fn child(&self, id: OpId) -> (String, ChildRef) {
        let inner = self.inner();
        let run = inner.ops.get(&id).and_then(|op| op.child.clone());
        let workflow_id = inner.machine.child_workflow_id(id).unwrap_or_default();
        let child = ChildRef {
            op: id,
            run: run.unwrap_or_default(),
        };
        (workflow_id.to_owned(), child)
    }

    /// A child workflow runs: who waited for that goes on, and what was held back for it leaves.
    pub(in crate::workflow) fn child_started(&self, id: OpId, run_id: &str) {
        let mut inner = self.inner();
        if let Some(run) = inner.ops.get(&id).and_then(|op| op.child.as_ref()) {
            run.set(run_id);
        }
        let starts = inner.starts.remove(&id).unwrap_or_default();
        inner.machine.release_held(id);
        drop(inner);
        for start in starts {
            self.finish(start, Ok(Value::Any(Box::new(run_id.to_owned()))));
        }
    }
}

impl Inner {
    pub(super) fn wait_for_start(&mut self, id: OpId, op: &mut Op, child: OpId, run: &StartedRun) {
        if let Some(run_id) = run.get() {
            op.done = Some(Ok(Value::Any(Box::new(run_id.to_owned()))));
            return;
        }
        match self.ops.get(&child).map(Box::as_ref) {
            Some(Op {
                done: Some(result),
                kind,
                ..
            }) => op.done = Some(kind.start_ended(result)),
            Some(Op {
                kind: Kind::Child(_),
                ..
            }) => self.starts.entry(child).or_default().push(id),
            // its result was taken, and said why
            _ => {
                op.done = Some(Err(Error::new(
                    ErrorKind::ChildWorkflow,
                    "the child workflow did not start",
                )));
            }
        }
    }
}
