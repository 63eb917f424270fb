//! Starting workflows: when, under which id, and who may read the result.

use std::time::SystemTime;

use temporal_runtime::{
    App, EmbeddedService, ErrorKind,
    client::{ClientOptions, IdConflictPolicy, IdReusePolicy, WorkflowStatus},
    prelude::*,
    testing::block_on,
};

use super::{
    end_to_end, on_a_skipping_clock,
    world::{Cache, app, in_time},
};

#[workflow]
#[derive(Default)]
struct Door {
    open: bool,
}

#[workflow]
impl Door {
    #[run]
    async fn run(wf: &mut Wf<Self>, number: u32) -> Result<u32> {
        wf.wait(|s| s.open).await?;
        Ok(number)
    }

    #[signal]
    fn open(&mut self) {
        self.open = true;
    }
}

#[workflow]
async fn fails_at_once(_wf: &mut Wf) -> Result<u32> {
    Err("it was never meant to work".into())
}

/// The time when its first task ran.
#[workflow]
pub(super) async fn tells_the_time(wf: &mut Wf) -> Result<SystemTime> {
    Ok(wf.now())
}

end_to_end! {
    async fn two_runs_of_a_workflow_share_nothing(env) {
        let client = env.client();
        let (first, second) = (client.start(Door::with(1)).await?, client.start(Door::with(2)).await?);
        assert_ne!(first.id(), second.id(), "an id that is not given is made up");
        second.open().await?;
        assert_eq!(second.result().await?, 2);
        assert_eq!(first.describe().await?.status, WorkflowStatus::Running);
        first.open().await?;
        assert_eq!(first.result().await?, 1);
    }

    async fn a_run_id_narrows_a_handle(env) {
        let client = env.client();
        let first = client.start(Door::with(1)).await?;
        first.open().await?;
        assert_eq!(first.result().await?, 1);
        let second = client.start(Door::with(2)).id(first.id()).await?;
        assert_ne!(first.run_id(), second.run_id());
        second.open().await?;
        assert_eq!(second.result().await?, 2);
        // both have closed, and each has its own result
        let of = |run: Option<&str>| client.workflow_run::<Door>(first.id(), run.unwrap_or_default());
        assert_eq!(of(first.run_id()).result().await?, 1);
        assert_eq!(of(second.run_id()).result().await?, 2);
        assert_eq!(client.workflow::<Door>(first.id()).result().await?, 2, "the latest");
    }

    async fn whoever_knows_the_id_reads_the_result(env) {
        let started = env.client().start(Door::with(7)).await?;
        // who waits may go away; the workflow does not mind
        {
            let mut waiting = Box::pin(started.result());
            let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_ready()));
            assert!(!polled.await);
        }
        let other = env.client().in_namespace(env.client().namespace());
        let known = other.workflow::<Door>(started.id());
        known.open().await?;
        assert_eq!(known.result().await?, 7);
        assert_eq!(known.result().await?, 7, "again, after it has closed");
        assert_eq!(other.workflow_by_name(started.id()).result::<u32>().await?, 7);
    }

    async fn a_failure_ends_the_run_and_its_id_may_be_used_again(env) {
        let client = env.client();
        let failed = client.start(fails_at_once::with()).await?;
        let error = failed.result().await.expect_err("it fails");
        assert_eq!(error.failure().map(Failure::message), Some("it was never meant to work"));
        assert_eq!(failed.describe().await?.status, WorkflowStatus::Failed);
        let again = |policy| client.start(Door::with(3)).id(failed.id()).id_reuse_policy(policy);
        let refused = again(IdReusePolicy::RejectDuplicate).await.map(drop).expect_err("the id was used");
        assert_eq!(refused.kind(), ErrorKind::AlreadyStarted);
        let door = again(IdReusePolicy::AllowDuplicateFailedOnly).await?;
        let replaced = client.start(Door::with(4)).id(door.id())
            .id_conflict_policy(IdConflictPolicy::TerminateExisting).await?;
        assert_eq!(door.describe().await?.run_id, replaced.run_id().unwrap_or_default());
        replaced.open().await?;
        assert_eq!(replaced.result().await?, 4);
        let refused = again(IdReusePolicy::AllowDuplicateFailedOnly).await.map(drop).expect_err("it completed");
        assert_eq!(refused.kind(), ErrorKind::AlreadyStarted);
    }
}

on_a_skipping_clock! {
    async fn a_delayed_start_is_exact(env) {
        let delay = Duration::from_secs(3600 + 20 * 60 + 30);
        let client = env.client();
        let before = env.now().await?;
        let first_task = client.execute(tells_the_time::with()).start_delay(delay).await?;
        let waited = first_task.duration_since(before).unwrap_or_default();
        assert!(waited >= delay && waited < delay + Duration::from_secs(60), "{waited:?}");

        let handle = client.start(tells_the_time::with()).start_delay(delay).await?;
        env.sleep(delay - Duration::from_secs(60)).await?;
        let history = client.fetch_history(handle.id(), None).await?;
        assert_eq!(history.len(), 1, "no task before it is due");
        env.sleep(Duration::from_secs(120)).await?;
        assert!(handle.result().await? > first_task);
    }
}

/// A start is acknowledged by the service alone, and waits for whoever serves it.
#[test]
fn a_start_needs_no_worker() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let door = client.start(Door::with(5)).await?;
        door.open().await?;
        assert!(door.run_id().is_some());
        let history = client.fetch_history(door.id(), None).await?;
        assert_eq!(history.len(), 3, "started, a task scheduled, signalled");
        let workers = app(Cache::Default).start(client)?;
        assert_eq!(door.result().await?, 5);
        workers.shutdown().await
    }))
}

/// What is started without a queue goes to the client's, and to that of a definition which names one.
#[test]
fn a_client_may_have_a_task_queue() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start_on_port(0).await?;
        let address = service.address().ok_or("it listens")?.to_string();
        let client = Client::connect(ClientOptions::new(address).task_queue("doors")).await?;
        let door = client.start(Door::with(1)).await?;
        assert_eq!(door.describe().await?.task_queue, "doors");
        let workers = App::new()
            .only_module(module_path!())
            .task_queue("doors")
            .start(&client)?;
        door.open().await?;
        assert_eq!(door.result().await?, 1);
        workers.shutdown().await
    }))
}
