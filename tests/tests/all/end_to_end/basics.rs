//! Starting workflows and having their results.

use temporal_runtime::{
    ErrorKind,
    client::{IdConflictPolicy, WorkflowStatus},
    prelude::*,
};

use super::end_to_end;

#[workflow]
pub(super) async fn greets(_wf: &mut Wf, name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[workflow]
async fn waits_to_be_ended(wf: &mut Wf) -> Result<()> {
    wf.wait(|()| false).await
}

end_to_end! {
    async fn a_workflow_gives_its_result(env) {
        let client = env.client();
        assert_eq!(client.execute(greets::with("Ada")).await?, "Hello, Ada!");
        let handle = client.start(greets::with("Bob")).await?;
        assert_eq!(handle.result().await?, "Hello, Bob!");
        let description = handle.describe().await?;
        assert_eq!(description.status, WorkflowStatus::Completed);
        assert_eq!(description.workflow_type, "greets");
    }

    async fn a_workflow_is_started_by_name(env) {
        let handle = env.client().start_by_name("greets", ("Cy".to_owned(),)).await?;
        assert_eq!(handle.result::<String>().await?, "Hello, Cy!");
    }

    async fn an_id_is_in_use_while_its_workflow_runs(env) {
        let client = env.client();
        let first = client.start(waits_to_be_ended::with()).await?;
        let again = || client.start(waits_to_be_ended::with()).id(first.id());
        let error = again().await.map(drop).expect_err("the id is in use");
        assert_eq!(error.kind(), ErrorKind::AlreadyStarted, "{error:?}");
        assert_eq!(error.workflow_id(), Some(first.id()));
        assert_eq!(error.run_id(), first.run_id());
        let same = again().id_conflict_policy(IdConflictPolicy::UseExisting).await?;
        assert_eq!(same.run_id(), first.run_id());
        first.terminate("the test is over").await?;
    }

    async fn a_terminated_workflow_says_so(env) {
        let handle = env.client().start(waits_to_be_ended::with()).await?;
        handle.terminate("no longer wanted").await?;
        let error = handle.result().await.expect_err("it was terminated");
        assert_eq!(error.kind(), ErrorKind::Workflow);
        let failure = error.failure().expect("why");
        assert_eq!(failure.kind(), temporal_runtime::FailureKind::Terminated);
        assert_eq!(failure.message(), "no longer wanted");
        assert_eq!(handle.describe().await?.status, WorkflowStatus::Terminated);
    }

    async fn what_does_not_exist_is_not_found(env) {
        let handle = env.client().workflow_by_name("nobody-started-this");
        let error = handle.describe().await.map(drop).expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.workflow_id(), Some("nobody-started-this"));
    }
}
