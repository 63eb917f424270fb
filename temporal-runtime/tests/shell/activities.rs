//! Activities: what they are given, how they end, and what they hear.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use temporal_runtime::{ErrorKind, FailureKind, TimeoutType, prelude::*, testing::TestEnvironment};

struct Shelf(u32);

trait Mailer: Send + Sync {
    fn send(&self, to: &str) -> String;
}

struct Post;

impl Mailer for Post {
    fn send(&self, to: &str) -> String {
        format!("posted to {to}")
    }
}

fn app(_: App) -> App {
    let mailer: Arc<dyn Mailer> = Arc::new(Post);
    super::app(module_path!()).state(Shelf(7)).shared(mailer)
}

fn without_values(_: App) -> App {
    super::app(module_path!())
}

#[activity(start_to_close = "10s", max_attempts = 1)]
async fn injected(
    shelf: &Shelf,
    mailer: &dyn Mailer,
    ctx: &ActivityContext,
    to: String,
) -> Result<String> {
    Ok(format!(
        "{} {} {}",
        shelf.0,
        mailer.send(&to),
        ctx.info().attempt
    ))
}

#[workflow]
async fn calls_injected(wf: &mut Wf) -> Result<String> {
    wf.execute(injected::with("ann")).await
}

#[temporal_runtime::test(app = app)]
async fn values_are_injected(env: TestEnvironment) -> Result<()> {
    assert_eq!(
        env.client().execute(calls_injected::with()).await?,
        "7 posted to ann 1"
    );
    Ok(())
}

#[temporal_runtime::test(app = without_values)]
async fn a_missing_value_says_what_to_add(env: TestEnvironment) -> Result<()> {
    let error = env
        .client()
        .execute(calls_injected::with())
        .await
        .unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("Shelf` was given to the App: add `.state(..)`"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_missing_value_stops_the_start() {
    let error = without_values(App::new()).check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Registration);
    assert!(
        error.to_string().contains("activity `injected` (") && error.to_string().contains("Shelf`"),
        "{error}"
    );
    assert!(app(App::new()).check().is_ok());
}

#[activity(start_to_close = "10s", max_attempts = 2)]
fn blows_up(blocking: bool) -> Result<()> {
    assert!(!blocking, "out of {}", "luck");
    Ok(())
}

#[activity(start_to_close = "10s", max_attempts = 2)]
async fn blows_up_later() -> Result<()> {
    tokio::task::yield_now().await;
    panic!("later")
}

#[workflow]
async fn calls_blows_up(wf: &mut Wf, blocking: bool) -> Result<()> {
    if blocking {
        wf.execute(blows_up::with(true)).await
    } else {
        wf.execute(blows_up_later::with()).await
    }
}

#[temporal_runtime::test(app = app)]
async fn a_panic_is_a_failure(env: TestEnvironment) -> Result<()> {
    for (blocking, text) in [(true, "out of luck"), (false, "later")] {
        let error = env
            .client()
            .execute(calls_blows_up::with(blocking))
            .await
            .unwrap_err();
        let failure = error
            .failure()
            .and_then(|f| f.application())
            .ok_or("no failure")?;
        assert_eq!(failure.error_type(), Some("Panic"));
        assert!(
            failure.message().contains(text) && failure.message().contains("activities.rs"),
            "{failure}"
        );
    }
    Ok(())
}

static BEATS: AtomicU32 = AtomicU32::new(0);

#[activity(start_to_close = "1h", heartbeat = "5s", initial_interval = "1ms")]
async fn counts(ctx: &ActivityContext) -> Result<u32> {
    let from: u32 = ctx.heartbeat_details()?.unwrap_or(0);
    BEATS.fetch_add(1, Ordering::Relaxed);
    // far more often than they are sent: the last one counts all the same
    for n in 0..1000 {
        ctx.heartbeat(from + n);
    }
    if ctx.info().attempt < 3 {
        return Err("once more".into());
    }
    Ok(from)
}

#[workflow]
async fn calls_counts(wf: &mut Wf) -> Result<u32> {
    wf.execute(counts::with()).await
}

#[temporal_runtime::test(app = app)]
async fn the_next_attempt_knows_the_last_heartbeat(env: TestEnvironment) -> Result<()> {
    assert_eq!(env.client().execute(calls_counts::with()).await?, 2 * 999);
    assert_eq!(BEATS.load(Ordering::Relaxed), 3);
    Ok(())
}

#[activity(start_to_close = "1h", heartbeat = "100ms", max_attempts = 1)]
async fn waits_for_the_end(ctx: &ActivityContext, notice: bool) -> Result<String> {
    loop {
        ctx.heartbeat("alive");
        let nap = tokio::time::sleep(Duration::from_millis(10));
        tokio::select! {
            error = ctx.cancelled(), if notice => return Err(error),
            () = nap => {}
        }
        if ctx.is_cancelled() {
            return Ok(format!("ended anyway: {:?}", ctx.cancel_reason()));
        }
    }
}

#[workflow]
async fn cancels(wf: &mut Wf, notice: bool) -> Result<String> {
    let call = waits_for_the_end::with(notice);
    let mut job = wf.start(call.cancellation_type(CancellationType::WaitCompleted));
    wf.sleep(Duration::from_millis(20)).await?;
    job.cancel();
    match wf.execute(job).await {
        Err(error) if error.is_cancelled() => Ok("cancelled".into()),
        ended => ended,
    }
}

#[temporal_runtime::test(app = app)]
async fn an_activity_hears_of_its_cancellation(env: TestEnvironment) -> Result<()> {
    assert_eq!(
        env.client().execute(cancels::with(true)).await?,
        "cancelled"
    );
    assert_eq!(
        env.client().execute(cancels::with(false)).await?,
        "ended anyway: Some(Requested)"
    );
    Ok(())
}

#[activity(start_to_close = "10s", max_attempts = 1)]
fn too_much() -> Result<String> {
    Ok("x".repeat(3 << 20))
}

#[activity(start_to_close = "100ms", max_attempts = 1)]
async fn sleeps() -> Result<()> {
    std::future::pending().await
}

#[activity(name = "NobodyServesThis", start_to_close = "10s", max_attempts = 1)]
async fn elsewhere() -> Result<()>;

#[workflow]
async fn ends_badly(wf: &mut Wf, which: String) -> Result<()> {
    match which.as_str() {
        "too much" => wf.execute(too_much::with()).await.map(drop),
        "sleeps" => wf.execute(sleeps::with()).await,
        _ => wf.execute(elsewhere::with()).await,
    }
}

#[temporal_runtime::test(app = app)]
async fn bad_ends_say_why(env: TestEnvironment) -> Result<()> {
    let end = async |which: &str| {
        env.client()
            .execute(ends_badly::with(which))
            .await
            .unwrap_err()
    };

    let text = format!("{:?}", end("too much").await);
    assert!(text.contains("over the limit of 2 MiB"), "{text}");
    let text = format!("{:?}", end("elsewhere").await);
    assert!(
        text.contains("no activity `NobodyServesThis`")
            && text.contains("blows_up, blows_up_later"),
        "{text}"
    );
    let error = end("sleeps").await;
    let kinds: Vec<FailureKind> = error
        .failure()
        .into_iter()
        .flat_map(|f| f.chain())
        .map(|f| f.kind())
        .collect();
    assert!(
        kinds.contains(&FailureKind::Timeout(TimeoutType::StartToClose)),
        "{kinds:?}"
    );
    Ok(())
}
