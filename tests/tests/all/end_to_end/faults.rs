//! What goes wrong under a running workflow, and what is left of it afterwards: workers that die, code that changed,
//! code that waits for what is not its own, code that panics.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use temporal_protos::enums::WorkflowTaskFailedCause;
use temporal_runtime::{
    prelude::*,
    replay::Replayer,
    testing::{TestEnvironment, block_on},
};

use super::{
    raw::{Process, deployed},
    world::{Cache, app, in_time},
};

#[activity(start_to_close = "30s")]
async fn double(n: i64) -> Result<i64> {
    Ok(2 * n)
}

// ---- a worker that dies ---------------------------------------------------------------------------------------------

#[workflow]
#[derive(Default)]
struct Survivor {
    log: Vec<i64>,
    go_on: bool,
}

#[workflow]
impl Survivor {
    #[run]
    async fn run(wf: &mut Wf<Self>, n: i64) -> Result<Vec<i64>> {
        let before = wf.execute(double::with(n)).await?;
        wf.log.push(before);
        let mut late = wf.start(timer(Duration::from_secs(3600)));
        wf.wait(|s| s.go_on).await?;
        late.cancel();
        let after = wf.execute(double::with(before)).await?;
        wf.log.push(after);
        Ok(wf.log.clone())
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }

    #[query]
    fn log(&self) -> Vec<i64> {
        self.log.clone()
    }

    #[update]
    fn note(&mut self, n: i64) -> Result<usize> {
        self.log.push(n);
        Ok(self.log.len())
    }

    #[update]
    async fn once_logged(wf: &mut Wf<Self>, count: usize) -> Result<Vec<i64>> {
        wf.wait(move |s| s.log.len() >= count).await?;
        Ok(wf.log.clone())
    }
}

/// The environment's own worker serves this and nothing else.
mod bystander {
    use temporal_runtime::prelude::*;

    #[workflow]
    async fn does_nothing(_wf: &mut Wf) -> Result<()> {
        Ok(())
    }
}

async fn a_worker_dies(cache: Cache) -> Result<()> {
    let bystander = App::new().only_module(concat!(module_path!(), "::bystander"));
    let env = TestEnvironment::start(bystander).await?;
    let client = env.client();
    let start = || Process::start(app(cache).task_queue("mortal"), client);
    let first = start()?;
    let handle = client.start(Survivor::with(1)).task_queue("mortal").await?;
    assert_eq!(handle.once_logged(1).await?, [2]);
    assert_eq!(handle.note(100).await?, 2);
    first.kill().await?;
    let second = start()?;
    handle.proceed().await?;
    assert_eq!(handle.result().await?, [2, 100, 4]);
    second.kill().await?;
    let third = start()?;
    assert_eq!(handle.log().await?, [2, 100, 4], "replayed to answer");
    third.kill().await
}

#[test]
fn another_worker_finishes_what_a_dead_one_began() -> Result<()> {
    block_on(in_time(a_worker_dies(Cache::Default)))
}

#[test]
fn another_worker_without_a_cache_finishes_what_a_dead_one_began() -> Result<()> {
    block_on(in_time(a_worker_dies(Cache::Off)))
}

// ---- code that changed ----------------------------------------------------------------------------------------------

/// The workflows whose code was changed under them; a deployment, in a test, is one line of code.
static CHANGED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn changed() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    CHANGED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[workflow]
#[derive(Default)]
struct Changing {
    go_on: bool,
}

#[workflow]
impl Changing {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        if changed().contains(&wf.info().workflow_id) {
            wf.sleep(Duration::from_secs(7)).await?;
        } else {
            wf.execute(double::with(1)).await?;
        }
        wf.wait(|s| s.go_on).await?;
        Ok("done".into())
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }

    #[query]
    fn ready(&self) -> bool {
        true
    }
}

#[test]
fn changed_code_fails_the_task_and_names_the_event() -> Result<()> {
    deployed(Cache::Off, async |deployment| {
        let handle = deployment.client().start(Changing::with()).await?;
        deployment
            .event(handle.id(), |event| (event.event_id == 10).then_some(()))
            .await?;
        deployment.kill_workers().await?;
        changed().insert(handle.id().to_owned());
        deployment.start_workers()?;
        handle.proceed().await?;
        let failed = deployment.failed_task(handle.id()).await?;
        assert_eq!(failed.cause, WorkflowTaskFailedCause::NonDeterministicError);
        let text = "workflow `Changing`: [TMPRL1100] non-determinism at event 5: history has activity `double` (id 1) scheduled, the workflow code has timer `1` of 7s started, asked for at tests/tests/all/end_to_end/faults.rs:";
        assert!(failed.message.starts_with(text), "{}", failed.message);
        assert!(
            failed.message.contains("end_to_end/faults.rs:"),
            "{}",
            failed.message
        );
        // the old code is deployed again: nothing was lost
        changed().remove(handle.id());
        assert_eq!(handle.result().await?, "done");
        Ok(())
    })
}

// ---- waiting for what is not ours -----------------------------------------------------------------------------------

#[workflow]
async fn sleeps_on_tokio(wf: &mut Wf) -> Result<()> {
    let _timer = wf.start(timer(Duration::from_secs(60)));
    #[nondeterministic]
    tokio::time::sleep(Duration::from_secs(3600)).await;
    Ok(())
}

/// One attempt may be over at once, because nobody listens there; not each.
#[workflow]
async fn connects_a_socket(wf: &mut Wf) -> Result<()> {
    let _timer = wf.start(timer(Duration::from_secs(60)));
    #[nondeterministic]
    loop {
        drop(tokio::net::TcpStream::connect("127.0.0.1:9").await);
    }
}

#[workflow]
async fn waits_for_a_channel(wf: &mut Wf) -> Result<()> {
    let _timer = wf.start(timer(Duration::from_secs(60)));
    #[nondeterministic]
    let (_sender, mut receiver) = tokio::sync::mpsc::channel::<u32>(1);
    receiver.recv().await;
    Ok(())
}

/// The places of a message are those of its workflow; everything else is the same for all.
fn without_places(message: &str, workflow: &str) -> String {
    let lines = message.replace(workflow, "WORKFLOW");
    let mut out = String::new();
    let mut digits = false;
    for letter in lines.chars() {
        if letter.is_ascii_digit() && (digits || out.ends_with(':')) {
            if !digits {
                out.push('N');
            }
            digits = true;
        } else {
            digits = false;
            out.push(letter);
        }
    }
    // a future that panics for want of a runtime says so, too
    match (
        out.find(" (there is no reactor"),
        out.find(". In a workflow"),
    ) {
        (Some(from), Some(to)) => format!("{}{}", &out[..from], &out[to..]),
        _ => out,
    }
}

#[test]
fn a_foreign_await_fails_the_task_at_its_first_suspension() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let client = deployment.client();
        let mut texts = BTreeSet::new();
        for workflow in [
            "sleeps_on_tokio",
            "connects_a_socket",
            "waits_for_a_channel",
        ] {
            let handle = client.start_by_name(workflow, ()).await?;
            let failed = deployment.failed_task(handle.id()).await?;
            assert_eq!(failed.event_id, 4, "the first task");
            let message = &failed.message;
            for part in [
                format!(
                    "the workflow `{workflow}` (its run function is at tests/tests/all/end_to_end/faults.rs:"
                ),
                "is suspended in an `.await` that is not one of its own operations".to_owned(),
                "its last operation was started at tests/tests/all/end_to_end/faults.rs:"
                    .to_owned(),
                "write `wf.sleep(..)` for time".to_owned(),
                "do I/O in an activity: `wf.execute(f::with(..)).await?`".to_owned(),
            ] {
                assert!(message.contains(&part), "no `{part}` in: {message}");
            }
            texts.insert(without_places(message, workflow));
            handle.terminate("the test is over").await?;
        }
        assert_eq!(
            texts.len(),
            1,
            "one and the same kind of message: {texts:#?}"
        );
        Ok(())
    })
}

/// Outside of the runtime that it wants, a foreign future panics; that is no other mistake.
#[test]
fn a_foreign_await_without_its_runtime_says_the_same() {
    let recorded = crate::histories::recorded("timer");
    let error = Replayer::new()
        .expect("each workflow is registered once")
        .replay_as("sleeps_on_tokio", &recorded)
        .expect_err("there is no runtime on this thread");
    let message = &error.message;
    assert!(message.contains("is suspended in an `.await` that is not one of its own operations; its last operation was started at tests/tests/all/end_to_end/faults.rs:"), "{message}");
    assert!(message.contains("there is no reactor running"), "{message}");
}

// ---- panics and bugs ------------------------------------------------------------------------------------------------

#[workflow]
async fn panics_until_mended(wf: &mut Wf) -> Result<String> {
    let bug = changed().contains(&wf.info().workflow_id);
    assert!(!bug, "this cannot happen");
    Ok("mended".into())
}

#[derive(Debug)]
struct Bug;

impl std::fmt::Display for Bug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such shelf")
    }
}

impl std::error::Error for Bug {}

#[workflow]
async fn has_a_bug(_wf: &mut Wf) -> Result<(), Bug> {
    Err(Bug)
}

#[workflow]
async fn calls_an_activity_directly(_wf: &mut Wf) -> Result<i64> {
    double(1).await
}

#[workflow]
async fn swallows_its_cancellation(wf: &mut Wf) -> Result<()> {
    loop {
        let _ = wf.sleep(Duration::from_secs(1)).await;
    }
}

#[test]
fn a_panic_fails_the_task_and_mended_code_goes_on() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let id = "panics-1";
        changed().insert(id.to_owned());
        let handle = deployment
            .client()
            .start(panics_until_mended::with())
            .id(id)
            .await?;
        let failed = deployment.failed_task(id).await?;
        assert_eq!(
            failed.cause,
            WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
        );
        let text = "the run function of workflow `panics_until_mended` panicked: this cannot happen (tests/tests/all/end_to_end/faults.rs:";
        assert!(failed.message.starts_with(text), "{}", failed.message);
        changed().remove(id);
        assert_eq!(handle.result().await?, "mended");
        Ok(())
    })
}

#[test]
fn an_error_that_is_not_ours_is_taken_for_a_bug() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let handle = deployment.client().start(has_a_bug::with()).await?;
        let failed = deployment.failed_task(handle.id()).await?;
        assert!(
            failed
                .message
                .contains("ended with a `Bug`, which is taken for a bug"),
            "{}",
            failed.message
        );
        assert!(
            failed.message.contains("no such shelf"),
            "{}",
            failed.message
        );
        handle.terminate("the test is over").await
    })
}

#[test]
fn an_activity_that_is_called_directly_is_told_how_to_call_it() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let handle = deployment
            .client()
            .start(calls_an_activity_directly::with())
            .await?;
        let failed = deployment.failed_task(handle.id()).await?;
        let text = "the activity `double` was called directly inside a workflow; write `wf.execute(double::with(..)).await?`";
        assert!(failed.message.contains(text), "{}", failed.message);
        handle.terminate("the test is over").await
    })
}

#[test]
fn a_loop_that_swallows_its_cancellation_is_stopped() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let handle = deployment
            .client()
            .start(swallows_its_cancellation::with())
            .await?;
        handle.cancel().await?;
        let failed = deployment.failed_task(handle.id()).await?;
        assert!(failed.message.contains("the workflow keeps waiting in a cancelled scope (tests/tests/all/end_to_end/faults.rs:"), "{}", failed.message);
        assert!(
            failed
                .message
                .contains("leave the loop with `?`, or put it into `wf.shielded()`"),
            "{}",
            failed.message
        );
        handle.terminate("the test is over").await
    })
}
