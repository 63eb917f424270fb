//! What a client is told by name and code when it asks closed workflows, and a worker whose code fails.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use temporal_runtime::{
    ErrorKind,
    client::{QueryRejectCondition, WorkflowStatus},
    prelude::*,
};

use super::end_to_end;

#[workflow]
#[derive(Default)]
struct Oracle {
    open: bool,
}

#[workflow]
impl Oracle {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.open).await
    }

    #[query]
    fn is_open(&self) -> bool {
        self.open
    }

    #[signal]
    fn open(&mut self) {
        self.open = true;
    }
}

/// Which workflows have stumbled.
static STUMBLED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Its code is mended once it has failed.
#[workflow]
#[derive(Default)]
struct Stumbles {
    asked: u32,
}

#[workflow]
impl Stumbles {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.asked > 0).await
    }

    #[update]
    async fn ask(wf: &mut Wf<Self>) -> Result<u32> {
        let id = wf.info().workflow_id.clone();
        let mut stumbled = STUMBLED.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!stumbled.insert(id), "it stumbles over the question");
        drop(stumbled);
        wf.asked += 1;
        Ok(wf.asked)
    }
}

end_to_end! {
    /// The service answers queries of terminated workflows as of any other closed one; who does not want that says so.
    async fn a_query_of_a_terminated_workflow_can_be_refused(env) {
        let oracle = env.client().start(Oracle::with()).await?;
        assert!(!oracle.is_open().await?);
        oracle.terminate("enough").await?;
        for condition in [QueryRejectCondition::NotOpen, QueryRejectCondition::NotCompletedCleanly] {
            let refused = oracle.is_open().reject_condition(condition).await.expect_err("it is closed");
            assert_eq!(refused.kind(), ErrorKind::Query, "{refused:?}");
            assert!(refused.to_string().contains("Terminated"), "{refused}");
            assert_eq!(refused.workflow_id(), Some(oracle.id()));
        }
        assert!(!oracle.is_open().await?);
        let done = env.client().start(Oracle::with()).await?;
        done.open().await?;
        done.result().await?;
        let clean = QueryRejectCondition::NotCompletedCleanly;
        assert!(done.is_open().reject_condition(clean).await?);
        assert_eq!(done.describe().await?.status, WorkflowStatus::Completed);
    }

    async fn a_timed_out_workflow_is_asked(env) {
        let call = env.client().start(Oracle::with()).run_timeout(Duration::from_secs(1));
        let oracle = call.await?;
        assert!(!oracle.is_open().await?);
        oracle.result().await.expect_err("its time is over");
        assert_eq!(oracle.describe().await?.status, WorkflowStatus::TimedOut);
        assert!(!oracle.is_open().await?);
    }

    /// Nothing was accepted, so the service hands the update out with the task again, and its sender waits. Only of a
    /// completion that the service refuses is the sender told: by `FAILED_PRECONDITION`, as the engine's tests have it.
    async fn an_update_whose_task_fails_is_handed_out_again(env) {
        let stumbles = env.client().start(Stumbles::with()).await?;
        assert_eq!(stumbles.ask().await?, 1);
        stumbles.result().await?;
        let history = env.client().fetch_history(stumbles.id(), None).await?;
        let history = format!("{history:?}");
        assert!(history.contains("it stumbles over the question"), "{history}");
        assert_eq!(history.matches("WorkflowExecutionUpdateAcceptedEventAttributes(").count(), 1);
    }
}
