//! What calls of child workflows say, and what becomes of children when their parent closes.

use temporal_runtime::{
    FailureKind, IdReusePolicy, ParentClosePolicy, TimeoutType, client::WorkflowStatus, prelude::*,
    workflow_by_name,
};

use super::{end_to_end, external::Ear, on_a_skipping_clock};

fn policy(name: &str) -> Option<ParentClosePolicy> {
    match name {
        "terminate" => Some(ParentClosePolicy::Terminate),
        "abandon" => Some(ParentClosePolicy::Abandon),
        "request cancel" => Some(ParentClosePolicy::RequestCancel),
        _ => None,
    }
}

/// Starts a child, and ends as it is told to once the child runs.
#[workflow]
async fn ends_before_its_child(
    wf: &mut Wf,
    child: String,
    close_policy: String,
    ending: String,
) -> Result<String> {
    let mut call = Ear::with().id(child);
    if let Some(policy) = policy(&close_policy) {
        call = call.parent_close_policy(policy);
    }
    let child = wf.start(call);
    let run_id = wf.execute(child.started()).await?;
    match ending.as_str() {
        "fail" => Err("the parent gave up".into()),
        "wait" => wf.execute(child).await.map(|_| run_id),
        _ => Ok(run_id),
    }
}

#[workflow]
async fn raises_children_by_name(wf: &mut Wf, id: String) -> Result<(Vec<String>, String)> {
    let ear = wf.start(workflow_by_name::<Vec<String>>("Ear", ()).id(id));
    wf.execute(ear.signal("tell", ("by name",))).await?;
    wf.execute(ear.signal("that's it", ())).await?;
    let heard = wf.execute(ear).await?;
    let wrong = workflow_by_name::<u32>("greets", ("Ada",));
    let error = wf.execute(wrong).await.expect_err("it is no number");
    Ok((heard, format!("{:?}: {error:?}", error.kind())))
}

/// Declared here as if another language had it; here it is `greets`.
#[workflow(name = "greets")]
async fn is_greeted_elsewhere(name: String) -> Result<String>;

#[workflow]
async fn has_a_declared_child(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(is_greeted_elsewhere::with(name)).await
}

/// The same child id twice, with and without leave.
#[workflow]
async fn uses_an_id_twice(wf: &mut Wf, id: String) -> Result<Vec<String>> {
    let call = || workflow_by_name::<String>("greets", ("Ada",)).id(id.as_str());
    let mut seen = vec![wf.execute(call()).await?];
    seen.push(wf.execute(call()).await?);
    let refused = call().id_reuse_policy(IdReusePolicy::RejectDuplicate);
    let refused = wf.execute(refused).await.expect_err("the id was used");
    seen.push(format!("{:?}", refused.kind()));
    let only_failed = call().id_reuse_policy(IdReusePolicy::AllowDuplicateFailedOnly);
    let refused = wf.execute(only_failed).await.expect_err("it completed");
    seen.push(format!("{:?}", refused.kind()));
    Ok(seen)
}

#[workflow]
#[derive(Default)]
struct AsksItsChildren {
    asked: u32,
}

#[workflow]
impl AsksItsChildren {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.wait(|s| s.asked == 2).await?;
        Ok(wf.asked)
    }

    #[update]
    async fn ask(wf: &mut Wf<Self>, name: String) -> Result<String> {
        let answer = wf
            .execute(workflow_by_name::<String>("greets", (name,)))
            .await?;
        wf.asked += 1;
        Ok(answer)
    }
}

#[workflow]
async fn waits_for_a_cron_child(wf: &mut Wf) -> Result<u64> {
    let begin = wf.now();
    let call = workflow_by_name::<String>("greets", ("Ada",))
        .cron_schedule("@every 1h")
        .execution_timeout(Duration::from_secs(9000));
    // after one hour, two and three: the two and a half hours begin with the first run's task
    assert_eq!(wf.execute(call).await?, "Hello, Ada!");
    let took = wf.now().duration_since(begin).map_err(Error::msg)?;
    Ok(took.as_secs())
}

#[workflow]
async fn limits_its_child(wf: &mut Wf) -> Result<()> {
    let call = Ear::with().run_timeout(Duration::from_secs(60));
    wf.execute(call).await.map(drop)
}

/// A parent that has ended in one of three ways, and what has become of its child.
async fn child_of(env: &TestEnvironment, policy: &str, ending: &str) -> Result<WorkflowStatus> {
    let client = env.client();
    let id = format!("child-{policy}-{ending}-{}", env.task_queue());
    let id = id.replace(' ', "-");
    let call = ends_before_its_child::with(id.as_str(), policy, ending);
    let parent = client
        .start(call.run_timeout(Duration::from_secs(60)))
        .await?;
    let ended = parent.result().await;
    assert_eq!(ended.is_ok(), ending == "complete", "{ended:?}");
    let child = client.workflow::<Ear>(id);
    if policy == "abandon" {
        assert_eq!(child.describe().await?.status, WorkflowStatus::Running);
        child.tell("from outside").await?;
        child.end().await?;
    }
    match child.result().await {
        Ok(heard) => assert_eq!(heard, ["from outside"]),
        Err(error) if policy == "request cancel" => assert!(error.is_cancelled(), "{error:?}"),
        Err(error) => {
            let kind = error.failure().map(Failure::kind);
            assert_eq!(kind, Some(FailureKind::Terminated), "{error:?}");
        }
    }
    Ok(child.describe().await?.status)
}

end_to_end! {
    async fn children_are_called_by_name(env) {
        let id = format!("by-name-{}", env.task_queue());
        let (heard, wrong) = env.client().execute(raises_children_by_name::with(id)).await?;
        assert_eq!(heard, ["by name"]);
        assert!(wrong.starts_with("Payload: ") && wrong.contains("is not a `u32`"), "{wrong}");
    }

    async fn a_declared_workflow_is_a_child_and_is_started(env) {
        let client = env.client();
        assert_eq!(client.execute(has_a_declared_child::with("Ada")).await?, "Hello, Ada!");
        assert_eq!(client.execute(is_greeted_elsewhere::with("Bob")).await?, "Hello, Bob!");
    }

    async fn an_id_is_used_again_or_not(env) {
        let id = format!("twice-{}", env.task_queue());
        let seen = env.client().execute(uses_an_id_twice::with(id)).await?;
        assert_eq!(seen, ["Hello, Ada!", "Hello, Ada!", "AlreadyStarted", "AlreadyStarted"]);
    }

    async fn a_handler_has_children(env) {
        let parent = env.client().start(AsksItsChildren::with()).await?;
        assert_eq!(parent.ask("Ada").await?, "Hello, Ada!");
        assert_eq!(parent.ask("Bob").await?, "Hello, Bob!");
        assert_eq!(parent.result().await?, 2);
    }

    async fn a_parent_that_completes_or_fails_takes_its_child_along_by_its_policy(env) {
        for ending in ["complete", "fail"] {
            assert_eq!(child_of(&env, "", ending).await?, WorkflowStatus::Terminated, "the default");
            assert_eq!(child_of(&env, "terminate", ending).await?, WorkflowStatus::Terminated);
            assert_eq!(child_of(&env, "request cancel", ending).await?, WorkflowStatus::Canceled);
            assert_eq!(child_of(&env, "abandon", ending).await?, WorkflowStatus::Completed);
        }
    }
}

on_a_skipping_clock! {
    async fn a_parent_that_times_out_takes_its_child_along_by_its_policy(env) {
        assert_eq!(child_of(&env, "terminate", "wait").await?, WorkflowStatus::Terminated);
        assert_eq!(child_of(&env, "request cancel", "wait").await?, WorkflowStatus::Canceled);
        assert_eq!(child_of(&env, "abandon", "wait").await?, WorkflowStatus::Completed);
    }

    async fn a_child_runs_by_cron_until_its_time_is_over(env) {
        let took = env.client().execute(waits_for_a_cron_child::with()).await?;
        // about three hours: the clock of a service in use runs on while runs begin and end, and a schedule counts whole
        // seconds; a run too few or too many is an hour
        assert!(took.abs_diff(10_800) < 600, "it took {took} s");
    }

    async fn a_child_runs_out_of_time(env) {
        let error = env.client().execute(limits_its_child::with()).await.expect_err("a minute is over");
        let kinds: Vec<FailureKind> = error.failure().into_iter().flat_map(Failure::chain).map(Failure::kind).collect();
        assert_eq!(kinds, [FailureKind::ChildWorkflow, FailureKind::Timeout(TimeoutType::StartToClose)]);
    }
}
