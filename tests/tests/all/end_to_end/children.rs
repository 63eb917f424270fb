//! Child workflows.

use temporal_runtime::{
    ErrorKind, FailureKind, ParentClosePolicy, client::WorkflowStatus, prelude::*,
};

use super::{basics::greets, end_to_end};

#[workflow]
async fn gives_up(_wf: &mut Wf) -> Result<()> {
    Err(ApplicationError::new("the child gave up")
        .error_type("ChildGaveUp")
        .into())
}

#[workflow]
#[derive(Default)]
struct Patient {
    message: Option<String>,
}

#[workflow]
impl Patient {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        wf.wait(|s| s.message.is_some()).await?;
        Ok(wf.message.clone().unwrap_or_default())
    }

    #[signal]
    fn tell(&mut self, message: String) {
        self.message = Some(message);
    }
}

fn child_id(wf: &Wf) -> String {
    format!("{}-child", wf.info().workflow_id)
}

#[workflow]
async fn has_a_child(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(greets::with(name)).await
}

#[workflow]
async fn has_a_child_that_gives_up(wf: &mut Wf) -> Result<()> {
    wf.execute(gives_up::with()).await
}

#[workflow]
#[derive(Default)]
struct Parent {
    child_runs: bool,
}

#[workflow]
impl Parent {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let id = format!("{}-child", wf.info().workflow_id);
        let child = wf.start(Patient::with().id(id));
        wf.execute(child.started()).await?;
        wf.child_runs = true;
        wf.execute(child).await
    }

    #[update]
    async fn once_the_child_runs(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.child_runs).await
    }
}

/// Closes as soon as its child runs, and leaves it behind.
#[workflow]
async fn leaves_its_child(wf: &mut Wf) -> Result<String> {
    let id = child_id(wf);
    let child = wf.start(
        Patient::with()
            .id(id.clone())
            .parent_close_policy(ParentClosePolicy::Abandon),
    );
    wf.execute(child.started()).await?;
    Ok(id)
}

#[workflow]
async fn cannot_start_its_child(wf: &mut Wf, id: String) -> Result<String> {
    let child = wf.start(Patient::with().id(id));
    match wf.execute(child.started()).await {
        Err(error) => {
            let failure = error.failure().and_then(Failure::cause);
            Ok(failure.map(ToString::to_string).unwrap_or_default())
        }
        Ok(run_id) => Ok(format!("{run_id} started")),
    }
}

end_to_end! {
    async fn a_child_gives_its_result(env) {
        assert_eq!(env.client().execute(has_a_child::with("Ada")).await?, "Hello, Ada!");
    }

    async fn a_child_fails(env) {
        let error = env.client().execute(has_a_child_that_gives_up::with()).await.expect_err("it gives up");
        assert_eq!(error.kind(), ErrorKind::Workflow);
        let failure = error.failure().expect("why");
        let kinds: Vec<FailureKind> = failure.chain().map(Failure::kind).collect();
        assert_eq!(kinds, [FailureKind::ChildWorkflow, FailureKind::Application]);
        assert_eq!(failure.child_workflow().map(|(_, name)| name), Some("gives_up"));
        let gave_up = failure.cause().expect("the child's error");
        assert_eq!((gave_up.message(), gave_up.error_type()), ("the child gave up", Some("ChildGaveUp")));
    }

    async fn a_child_is_left_behind_and_signalled(env) {
        let client = env.client();
        let id = client.execute(leaves_its_child::with()).await?;
        let child = client.workflow::<Patient>(id);
        child.tell("from outside").await?;
        assert_eq!(child.result().await?, "from outside");
    }

    async fn a_cancellation_is_passed_to_the_child(env) {
        let client = env.client();
        let parent = client.start(Parent::with()).await?;
        parent.once_the_child_runs().await?;
        parent.cancel().await?;
        let error = parent.result().await.expect_err("it was cancelled");
        assert!(error.is_cancelled(), "{error:?}");
    }

    async fn a_child_whose_id_is_in_use_does_not_start(env) {
        let client = env.client();
        let taken = client.start(Patient::with()).await?;
        let told = client.execute(cannot_start_its_child::with(taken.id())).await?;
        assert_eq!(told, "Workflow execution already started");
        assert_eq!(taken.describe().await?.status, WorkflowStatus::Running);
        taken.tell("enough").await?;
        assert_eq!(taken.result().await?, "enough");
    }
}
