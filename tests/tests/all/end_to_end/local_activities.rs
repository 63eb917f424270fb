//! Local activities: inside their workflow task, retried, failing, taking too long, cancelled, kept alive by heartbeats.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use temporal_runtime::{
    FailureKind, RetryState, TimeoutType, WorkerOptions,
    prelude::*,
    testing::{TestEnvironment, block_on},
};
use tokio::sync::watch;

use super::{
    end_to_end, on_a_skipping_clock,
    raw::Process,
    world::{Cache, app, in_time},
};

/// What tests and activities tell each other, by workflow id.
#[derive(Default, Clone, Debug)]
pub(super) struct Told {
    /// The activity may end.
    pub(super) open: bool,
    /// How often it has begun.
    pub(super) begun: u32,
    /// It was asked to stop.
    stopped: Option<String>,
}

static TOLD: LazyLock<watch::Sender<BTreeMap<String, Told>>> =
    LazyLock::new(watch::Sender::default);

pub(super) fn tell(workflow_id: &str, change: impl FnOnce(&mut Told)) {
    TOLD.send_modify(|all| change(all.entry(workflow_id.to_owned()).or_default()));
}

/// What was told, once the condition holds.
pub(super) async fn once(workflow_id: &str, holds: impl Fn(&Told) -> bool) -> Told {
    let mut told = TOLD.subscribe();
    let all = told
        .wait_for(|all| all.get(workflow_id).is_some_and(&holds))
        .await;
    all.map(|all| all[workflow_id].clone()).unwrap_or_default()
}

#[activity(start_to_close = "30s")]
async fn shout_locally(ctx: &ActivityContext, text: String) -> Result<(String, bool, String)> {
    let info = ctx.info();
    Ok((text.to_uppercase(), info.is_local, info.activity_id.clone()))
}

/// On the blocking pool.
#[activity(start_to_close = "30s")]
fn count_locally(text: String) -> Result<usize> {
    Ok(text.chars().count())
}

#[activity(start_to_close = "30s", initial_interval = "10ms", backoff = 1.0)]
async fn succeeds_locally_at(ctx: &ActivityContext, attempt: u32) -> Result<u32> {
    let now = ctx.info().attempt;
    if now < attempt {
        return Err(format!("attempt {now} failed").into());
    }
    Ok(now)
}

/// Ends when the test says so, and never hears of a cancellation.
#[activity(start_to_close = "60s")]
async fn waits_for_the_test(ctx: &ActivityContext) -> Result<u32> {
    let id = &ctx.info().workflow_id;
    tell(id, |told| told.begun += 1);
    Ok(once(id, |told| told.open).await.begun)
}

/// The same once the other activity has begun: one that is cancelled before does not run at all.
#[activity(start_to_close = "30s")]
async fn count_beside_the_other(ctx: &ActivityContext, text: String) -> Result<usize> {
    once(&ctx.info().workflow_id, |told| told.begun > 0).await;
    Ok(text.chars().count())
}

/// Ends when it is asked to stop: as cancelled, or with a result of its own.
#[activity(start_to_close = "60s")]
async fn waits_locally(ctx: &ActivityContext, swallows: bool) -> Result<String> {
    tell(&ctx.info().workflow_id, |told| told.begun += 1);
    let error = ctx.cancelled().await;
    let reason = format!("{:?}", ctx.cancel_reason());
    tell(&ctx.info().workflow_id, |told| told.stopped = Some(reason));
    if swallows {
        return Ok("all the same".into());
    }
    Err(error)
}

#[activity(start_to_close = "30s")]
async fn refuses_locally() -> Result<()> {
    Err(ApplicationError::new("cannot store the order")
        .error_type("OrderError")
        .detail(7)?
        .non_retryable()
        .cause(ApplicationError::new("disk is full").error_type("DiskError"))
        .into())
}

#[activity(start_to_close = "30s", max_attempts = 2, initial_interval = "10ms")]
async fn panics_locally() -> Result<()> {
    let none: Option<u32> = None;
    none.map(drop)
        .ok_or("unreachable")
        .map_err(|_| panic!("the floor is lava"))
}

/// Nobody here implements it.
#[activity(start_to_close = "30s", max_attempts = 1)]
async fn is_not_here() -> Result<()>;

/// [`count_locally`], as somebody believes it to be.
#[activity(name = "count_locally", start_to_close = "30s", max_attempts = 1)]
async fn count_digits(number: u64) -> Result<usize>;

#[workflow]
async fn shouts(wf: &mut Wf, text: String) -> Result<(String, bool, String)> {
    wf.execute(shout_locally::with(text).local().summary("shouts"))
        .await
}

#[workflow]
async fn counts(wf: &mut Wf, texts: Vec<String>) -> Result<usize> {
    let calls = texts
        .into_iter()
        .map(|text| count_locally::with(text).local());
    Ok(wf.join_all(calls).await?.iter().sum())
}

#[workflow]
async fn tries_locally(wf: &mut Wf, attempt: u32) -> Result<u32> {
    wf.execute(succeeds_locally_at::with(attempt).local()).await
}

/// An hour between attempts is too long for the task.
#[workflow]
async fn tries_every_hour(wf: &mut Wf, attempt: u32) -> Result<(u32, u64)> {
    let before = wf.now();
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(3600))
        .backoff_coefficient(1.0);
    let call = succeeds_locally_at::with(attempt).local();
    let attempts = wf.execute(call.retry_policy(retries)).await?;
    let hours = wf.now().duration_since(before)?.as_secs() / 3600;
    Ok((attempts, hours))
}

#[workflow]
async fn tries_in_vain(wf: &mut Wf) -> Result<u32> {
    let call = succeeds_locally_at::with(1_000_000).local();
    wf.execute(call.schedule_to_close(Duration::from_millis(100)))
        .await
}

#[workflow]
async fn is_impatient(wf: &mut Wf) -> Result<String> {
    let call = waits_locally::with(false)
        .local()
        .start_to_close(Duration::from_millis(20))
        .max_attempts(1);
    wf.execute(call).await
}

#[workflow]
async fn is_refused_locally(wf: &mut Wf) -> Result<()> {
    wf.execute(refuses_locally::with().local()).await
}

#[workflow]
async fn calls_what_panics(wf: &mut Wf) -> Result<()> {
    wf.execute(panics_locally::with().local()).await
}

#[workflow]
async fn calls_what_is_not_here(wf: &mut Wf) -> Result<()> {
    wf.execute(is_not_here::with().local()).await
}

#[workflow]
async fn counts_digits(wf: &mut Wf) -> Result<usize> {
    wf.execute(count_digits::with(12_u64).local()).await
}

/// The quick one ends first; the other hears of it without a heartbeat.
#[workflow]
async fn takes_the_first(wf: &mut Wf) -> Result<usize> {
    let quick = count_beside_the_other::with("quick").local();
    let slow = waits_locally::with(false).local();
    match wf.race((slow, quick)).await? {
        First2::First(stopped) => Ok(stopped.len()),
        First2::Second(letters) => Ok(letters),
    }
}

/// Cancelled after the first one ended, the other gives what it has.
#[workflow]
async fn waits_for_the_end(wf: &mut Wf, swallows: bool) -> Result<String> {
    let call = waits_locally::with(swallows)
        .local()
        .cancellation_type(CancellationType::WaitCompleted);
    let mut slow = wf.start(call);
    wf.execute(count_beside_the_other::with("quick").local())
        .await?;
    slow.cancel();
    match wf.execute(slow).await {
        Err(error) if error.is_cancelled() => Ok("cancelled".into()),
        ended => ended,
    }
}

#[workflow]
async fn does_not_wait(wf: &mut Wf) -> Result<usize> {
    let slow = wf.start(waits_locally::with(false).local());
    let letters = wf
        .execute(count_beside_the_other::with("quick").local())
        .await;
    drop(slow);
    letters
}

#[workflow]
async fn one_slot_for_two(wf: &mut Wf) -> Result<Vec<String>> {
    let call = || {
        let call = waits_locally::with(false).local();
        call.start_to_close(Duration::from_millis(200))
            .schedule_to_start(Duration::from_millis(20))
            .max_attempts(1)
    };
    let (first, second) = wf.settle((call(), call())).await;
    let errors = [first.err(), second.err()];
    let kinds = errors.iter().flatten().map(|error| {
        let cause = error.failure().and_then(Failure::cause);
        cause.map_or_else(String::new, |cause| format!("{:?}", cause.kind()))
    });
    // whichever found the slot
    let kinds: BTreeSet<String> = kinds.collect();
    Ok(kinds.into_iter().collect())
}

#[workflow]
#[derive(Default)]
pub(super) struct Busy {
    notes: Vec<String>,
}

#[workflow]
impl Busy {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<(u32, Vec<String>)> {
        let begun = wf.execute(waits_for_the_test::with().local()).await?;
        wf.notes.push("local activity".into());
        Ok((begun, wf.notes.clone()))
    }

    #[update]
    fn note(&mut self, text: String) -> Result<usize> {
        self.notes.push(text);
        Ok(self.notes.len())
    }

    #[update]
    async fn count(wf: &mut Wf<Self>, text: String) -> Result<usize> {
        wf.execute(count_locally::with(text).local()).await
    }

    #[signal]
    fn remark(&mut self, text: String) {
        self.notes.push(text);
    }

    #[query]
    fn notes(&self) -> usize {
        self.notes.len()
    }
}

/// Started, scheduled, started and completed task, marker, closed: no event of an activity.
const EVENTS_OF_ONE: u64 = 6;

end_to_end! {
    async fn one_leaves_a_marker_and_nothing_else(env) {
        let handle = env.client().start(shouts::with("hello")).await?;
        assert_eq!(handle.result().await?, ("HELLO".into(), true, "1".into()));
        assert_eq!(handle.describe().await?.execution.history_length, EVENTS_OF_ONE);
    }

    async fn many_run_at_once(env) {
        let texts: Vec<String> = (0..50).map(|n| "x".repeat(n)).collect();
        let handle = env.client().start(counts::with(texts)).await?;
        assert_eq!(handle.result().await?, 50 * 49 / 2);
        assert_eq!(handle.describe().await?.execution.history_length, EVENTS_OF_ONE + 49);
    }

    async fn retries_are_part_of_the_task(env) {
        let handle = env.client().start(tries_locally::with(3)).await?;
        assert_eq!(handle.result().await?, 3);
        assert_eq!(handle.describe().await?.execution.history_length, EVENTS_OF_ONE);
    }

    async fn the_time_of_all_attempts_runs_out(env) {
        let error = env.client().execute(tries_in_vain::with()).await.expect_err("it never succeeds");
        let failure = error.failure().expect("why");
        assert_eq!((failure.kind(), failure.retry_state()), (FailureKind::Activity, RetryState::Timeout));
        let timeout = failure.cause().expect("the timeout");
        assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::ScheduleToClose));
    }

    async fn an_attempt_takes_too_long(env) {
        let handle = env.client().start(is_impatient::with()).await?;
        let error = handle.result().await.expect_err("it never ends");
        let failure = error.failure().expect("why");
        assert_eq!(failure.retry_state(), RetryState::MaximumAttemptsReached);
        let timeout = failure.cause().expect("the timeout");
        assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::StartToClose));
    }

    async fn a_failure_keeps_all_that_it_says(env) {
        let error = env.client().execute(is_refused_locally::with()).await.expect_err("it is refused");
        let failure = error.failure().expect("why");
        let kinds: Vec<FailureKind> = failure.chain().map(Failure::kind).collect();
        assert_eq!(kinds, [FailureKind::Activity, FailureKind::Application, FailureKind::Application]);
        assert_eq!(failure.activity(), Some(("1", "refuses_locally")));
        assert_eq!(failure.retry_state(), RetryState::NonRetryableFailure);
        let order = failure.application().expect("the activity's error");
        assert_eq!((order.message(), order.error_type()), ("cannot store the order", Some("OrderError")));
        assert_eq!(order.details()[0].decode::<u32>()?, 7);
    }

    async fn a_panic_is_a_failure(env) {
        let error = env.client().execute(calls_what_panics::with()).await.expect_err("it panics");
        let failure = error.failure().expect("why");
        assert_eq!(failure.retry_state(), RetryState::MaximumAttemptsReached);
        let panic = failure.application().expect("what it said");
        assert!(panic.message().starts_with("activity `panics_locally` panicked: the floor is lava"), "{panic}");
    }

    async fn one_that_is_not_here_is_named(env) {
        let error = env.client().execute(calls_what_is_not_here::with()).await.expect_err("it is not here");
        let missing = error.failure().and_then(Failure::application).expect("why");
        assert_eq!(missing.error_type(), Some("NotFoundError"));
        assert!(missing.message().contains("no activity `is_not_here` is registered"), "{missing}");
        assert!(missing.message().contains("count_locally"), "{missing}");
    }

    async fn an_argument_of_another_type_is_a_failure(env) {
        let error = env.client().execute(counts_digits::with()).await.expect_err("12 has no letters");
        let failure = error.failure().and_then(Failure::application).expect("why");
        assert!(failure.to_string().contains("String"), "{failure}");
    }

    async fn the_loser_of_a_race_is_told_at_once(env) {
        let handle = env.client().start(takes_the_first::with()).await?;
        assert_eq!(handle.result().await?, 5);
        let told = once(handle.id(), |told| told.stopped.is_some()).await;
        assert_eq!(told.stopped.as_deref(), Some("Some(Requested)"));
    }

    async fn a_cancelled_one_may_be_waited_for(env) {
        assert_eq!(env.client().execute(waits_for_the_end::with(false)).await?, "cancelled");
        assert_eq!(env.client().execute(waits_for_the_end::with(true)).await?, "all the same");
    }

    async fn a_run_that_ends_leaves_none_behind(env) {
        let handle = env.client().start(does_not_wait::with()).await?;
        assert_eq!(handle.result().await?, 5);
        let told = once(handle.id(), |told| told.stopped.is_some()).await;
        assert_eq!(told.stopped.as_deref(), Some("Some(Gone)"));
    }

    /// The update, the query and the signal reach the workflow with the task that takes the place of the first one.
    async fn messages_come_in_while_a_long_one_runs(env) {
        let start = env.client().start(Busy::with()).task_timeout(Duration::from_secs(2));
        let handle = start.await?;
        once(handle.id(), |told| told.begun == 1).await;
        handle.remark("signal").await?;
        let noted = handle.note("update").await?;
        assert!(noted <= 2, "the activity still runs");
        assert_eq!(handle.count("three").await?, 5, "a second one beside it");
        assert!(handle.notes().await? >= 1);
        tell(handle.id(), |told| told.open = true);
        let (begun, mut notes) = handle.result().await?;
        assert_eq!(begun, 1, "the heartbeats spared it");
        assert_eq!(notes.pop().as_deref(), Some("local activity"));
        notes.sort();
        assert_eq!(notes, ["signal", "update"]);
    }
}

on_a_skipping_clock! {
    async fn a_long_wait_between_attempts_is_a_timer(env) {
        let handle = env.client().start(tries_every_hour::with(3)).await?;
        assert_eq!(handle.result().await?, (3, 2));
        // two more tasks of three events, two timers of two, two markers
        assert_eq!(handle.describe().await?.execution.history_length, EVENTS_OF_ONE + 2 * (3 + 2 + 1));
    }
}

async fn one_slot(cache: Cache) -> Result<()> {
    let runs = match cache {
        Cache::Default => 10,
        Cache::Off => 0,
    };
    let options = WorkerOptions::new()
        .max_cached_workflows(runs)
        .max_concurrent_local_activities(1);
    let env = TestEnvironment::start(app(cache).worker_options(options)).await?;
    let kinds = env.client().execute(one_slot_for_two::with()).await?;
    assert_eq!(kinds, ["Timeout(ScheduleToStart)", "Timeout(StartToClose)"]);
    Ok(())
}

#[test]
fn one_that_finds_no_slot_times_out() -> Result<()> {
    block_on(in_time(one_slot(Cache::Default)))?;
    block_on(in_time(one_slot(Cache::Off)))
}

/// The environment's own worker serves this and nothing else.
mod bystander {
    use temporal_runtime::prelude::*;

    #[workflow]
    async fn is_somewhere_else(_wf: &mut Wf) -> Result<()> {
        Ok(())
    }
}

async fn a_worker_dies(cache: Cache) -> Result<()> {
    let bystander = App::new().only_module(concat!(module_path!(), "::bystander"));
    let env = TestEnvironment::start(bystander).await?;
    let client = env.client();
    let start = || Process::start(app(cache).task_queue("mortal"), client);
    let first = start()?;
    let call = client.start(Busy::with()).task_queue("mortal");
    let handle = call.task_timeout(Duration::from_secs(2)).await?;
    once(handle.id(), |told| told.begun == 1).await;
    first.kill().await?;
    let second = start()?;
    once(handle.id(), |told| told.begun == 2).await;
    tell(handle.id(), |told| told.open = true);
    assert_eq!(handle.result().await?.0, 2);
    second.kill().await
}

#[test]
fn another_worker_runs_what_a_dead_one_ran() -> Result<()> {
    block_on(in_time(a_worker_dies(Cache::Default)))?;
    block_on(in_time(a_worker_dies(Cache::Off)))
}

/// Fails its task once, while a local activity runs.
#[workflow]
async fn stumbles_once(wf: &mut Wf) -> Result<u32> {
    let slow = wf.start(waits_for_the_test::with().local());
    wf.execute(count_locally::with("quick").local()).await?;
    let id = wf.info().workflow_id.clone();
    if stumbled().insert(id.clone()) {
        tell(&id, |told| told.open = true);
        panic!("it stumbles");
    }
    wf.execute(slow).await
}

static STUMBLED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn stumbled() -> MutexGuard<'static, BTreeSet<String>> {
    STUMBLED.lock().unwrap_or_else(PoisonError::into_inner)
}

end_to_end! {
    async fn a_task_that_fails_is_run_anew_with_its_local_activities(env) {
        let handle = env.client().start(stumbles_once::with()).await?;
        assert!(handle.result().await? >= 1);
    }
}
