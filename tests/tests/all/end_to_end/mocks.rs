//! Activities that a test answers itself.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use temporal_runtime::{
    App, FailureKind,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::world::{Cache, app, in_time};

/// Served by somebody else.
#[activity(start_to_close = "30s", max_attempts = 3, initial_interval = "1h")]
async fn book(flight: String, seats: u32) -> Result<u32>;

#[activity(start_to_close = "30s")]
fn pays_really(cents: u64) -> Result<String> {
    Ok(format!("paid {cents}"))
}

#[workflow]
async fn travels(wf: &mut Wf, flight: String) -> Result<(u32, String)> {
    let booked = wf.execute(book::with(flight, 2)).await?;
    let paid = wf.execute(pays_really::with(u64::from(booked))).await?;
    Ok((booked, paid))
}

fn run(app: App, test: impl AsyncFnOnce(&TestEnvironment) -> Result<()>) -> Result<()> {
    block_on(in_time(async move {
        let env = TestEnvironment::start(app).await?;
        test(&env).await
    }))
}

#[test]
fn a_mock_stands_for_an_activity_of_another_worker() -> Result<()> {
    let mocked = app(Cache::Default)
        .mock::<book>()
        .with(|flight: String, seats: u32| async move {
            assert_eq!(flight, "LH1");
            Ok(seats * 100)
        });
    run(mocked, async |env| {
        let travelled = env.client().execute(travels::with("LH1")).await?;
        assert_eq!(travelled, (200, "paid 200".to_owned()));
        Ok(())
    })
}

#[test]
fn a_mock_takes_the_place_of_code_and_of_an_earlier_mock() -> Result<()> {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = tries.clone();
    let mocked = app(Cache::Off)
        .mock::<book>()
        .with(move |_: String, _: u32| {
            let attempt = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if attempt < 3 {
                    return Err(Error::msg("the line is busy"));
                }
                Ok(attempt)
            }
        })
        .mock::<pays_really>()
        .with(|_: u64| async { Ok("the first".to_owned()) })
        .mock::<pays_really>()
        .with(|cents: u64| async move { Ok(format!("pretends to pay {cents}")) });
    run(mocked, async |env| {
        // it is retried as its attribute says, an hour apart
        let travelled = env.client().execute(travels::with("LH2")).await?;
        assert_eq!(travelled, (3, "pretends to pay 3".to_owned()));
        assert_eq!(tries.load(Ordering::Relaxed), 3);
        Ok(())
    })
}

#[test]
fn a_mock_that_panics_fails_the_attempt() -> Result<()> {
    let mocked = app(Cache::Default)
        .mock::<book>()
        .with(|flight: String, _: u32| async move {
            assert!(flight.is_empty(), "nobody flies {flight}");
            Ok(0)
        });
    run(mocked, async |env| {
        let error = env
            .client()
            .execute(travels::with("LH3"))
            .await
            .expect_err("it panics");
        let failure = error.failure().expect("why");
        assert_eq!(failure.kind(), FailureKind::Activity);
        let panic = failure.application().expect("what it said");
        assert!(panic.message().contains("nobody flies LH3"), "{panic}");
        Ok(())
    })
}
