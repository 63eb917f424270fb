//! In a test environment: workflows whose tasks fail over and over. A test that waits for one is told why, rather than
//! waiting for ever; anywhere else a workflow waits for mended code.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

use crate::error::{Error, ErrorKind};

/// From this attempt on a workflow task counts as stuck: a test may well want to see one fail and then succeed.
const STUCK_FROM: i32 = 3;

/// Why workflows are stuck, by their ids. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Stuck(Arc<watch::Sender<BTreeMap<String, String>>>);

impl Default for Stuck {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(BTreeMap::new())))
    }
}

impl Stuck {
    pub(crate) fn failed(&self, workflow_id: &str, attempt: i32, why: &str) {
        if attempt >= STUCK_FROM {
            self.0.send_modify(|stuck| {
                stuck.insert(workflow_id.to_owned(), why.to_owned());
            });
        }
    }

    pub(crate) fn went_on(&self, workflow_id: &str) {
        self.0
            .send_if_modified(|stuck| stuck.remove(workflow_id).is_some());
    }

    /// Waits until the workflow is stuck.
    pub(super) async fn wait_for(&self, workflow_id: &str) -> Error {
        let mut stuck = self.0.subscribe();
        let found = stuck.wait_for(|s| s.contains_key(workflow_id)).await;
        // the sender is `self`, so there is always an answer
        let why = found
            .ok()
            .and_then(|s| s.get(workflow_id).cloned())
            .unwrap_or_default();
        Error::new(
            ErrorKind::WorkflowTask,
            format!("the workflow cannot go on, because its workflow task fails every time: {why}"),
        )
        .with_execution(workflow_id, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_fails_over_and_over_is_told() {
        let stuck = Stuck::default();
        stuck.failed("w", 1, "once");
        assert!(stuck.0.borrow().is_empty());
        stuck.failed("w", 3, "again");
        let error = stuck.wait_for("w").await;
        assert_eq!(error.kind(), ErrorKind::WorkflowTask);
        assert!(error.to_string().ends_with("every time: again"), "{error}");
        stuck.went_on("w");
        assert!(stuck.0.borrow().is_empty());
    }
}
