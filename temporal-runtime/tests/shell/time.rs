//! The clock of a test environment: it skips while somebody waits for a result, and stands otherwise.

use temporal_runtime::{ErrorKind, prelude::*, testing::TestEnvironment};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn app(_: App) -> App {
    super::app(module_path!())
}

#[workflow]
#[derive(Default)]
struct Lunch {
    stopped: bool,
}

#[workflow]
impl Lunch {
    /// How many days it took, at most so many.
    #[run]
    async fn run(wf: &mut Wf<Self>, most: u32) -> Result<u32> {
        for day in 0..most {
            if wf.stopped {
                return Ok(day);
            }
            wf.sleep(DAY).await?;
        }
        Ok(most)
    }

    #[signal]
    fn stop(&mut self) {
        self.stopped = true;
    }
}

#[temporal_runtime::test(app = app)]
async fn a_year_of_days_takes_no_time(env: TestEnvironment) -> Result<()> {
    let before = env.now().await?;
    assert_eq!(env.client().execute(Lunch::with(365)).await?, 365);
    let passed = env.now().await?.duration_since(before)?;
    assert!((364 * DAY..366 * DAY).contains(&passed), "{passed:?}");
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn time_stands_while_the_test_does_something(env: TestEnvironment) -> Result<()> {
    let lunch = env.client().start(Lunch::with(365)).await?;
    env.sleep(3 * DAY + DAY / 2).await?;
    lunch.stop().await?;
    assert_eq!(lunch.result().await?, 4);
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn two_environments_have_two_clocks(env: TestEnvironment) -> Result<()> {
    let other = TestEnvironment::start(app(App::new())).await?;
    let before = other.now().await?;
    env.sleep(100 * DAY).await?;
    assert!(other.now().await?.duration_since(before)? < DAY);
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn many_wait_at_once(env: TestEnvironment) -> Result<()> {
    let client = env.client();
    let waits = (1..20).map(|days| client.execute(Lunch::with(days)));
    let tasks: Vec<_> = waits.map(|wait| tokio::spawn(wait.into_future())).collect();
    for (task, days) in tasks.into_iter().zip(1..) {
        let result = task.await.map_err(|error| error.to_string())?;
        assert_eq!(result?, days);
    }
    env.sleep(DAY).await
}

#[temporal_runtime::test(app = app)]
async fn a_wait_that_is_given_up_stops_the_clock(env: TestEnvironment) -> Result<()> {
    let lunch = env.client().start(Lunch::with(2)).await?;
    {
        let mut waiting = Box::pin(lunch.result());
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_ready()));
        assert!(!polled.await);
    }
    assert_eq!(lunch.result().await?, 2);
    let missing = env
        .client()
        .workflow::<Lunch>("nobody")
        .result()
        .await
        .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    // an error has locked the clock again, too
    env.sleep(DAY).await
}
