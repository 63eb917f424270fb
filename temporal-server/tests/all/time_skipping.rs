//! TestService: a clock that jumps while everybody only waits.

use std::time::{Duration, Instant};

use temporal_protos::testservice::test_service_client::TestServiceClient;
use temporal_protos::testservice::{
    LockTimeSkippingRequest, SleepRequest, SleepUntilRequest, UnlockTimeSkippingRequest,
};
use temporal_server::{Channel, Server, ServerHandle, ServerOptions, TimeSkipping};

/// As far as a clock is away that nobody waits for.
const YEAR: i64 = 365 * 24 * 3600;

async fn service(time_skipping: TimeSkipping) -> (ServerHandle, TestServiceClient<Channel>) {
    let mut options = ServerOptions::default();
    options.time_skipping = time_skipping;
    let server = Server::start(options).await.unwrap();
    let client = TestServiceClient::new(server.channel());
    (server, client)
}

fn sleep(seconds: i64) -> SleepRequest {
    SleepRequest {
        duration: Some(prost_types::Duration { seconds, nanos: 0 }),
    }
}

async fn now(client: &mut TestServiceClient<Channel>) -> i64 {
    client
        .get_current_time(())
        .await
        .unwrap()
        .into_inner()
        .time
        .unwrap()
        .seconds
}

#[tokio::test]
async fn an_unlocked_clock_jumps_to_the_end_of_a_sleep() {
    let (_server, mut client) = service(TimeSkipping::Unlocked).await;
    let (before, began) = (now(&mut client).await, Instant::now());
    client.sleep(sleep(YEAR)).await.unwrap();
    let after = now(&mut client).await;
    assert!(
        (YEAR..YEAR + 60).contains(&(after - before)),
        "{}",
        after - before
    );
    assert!(began.elapsed() < Duration::from_secs(60));
    // The past is over at once.
    let past = SleepUntilRequest {
        timestamp: Some(prost_types::Timestamp {
            seconds: before,
            nanos: 0,
        }),
    };
    client.sleep_until(past).await.unwrap();
    assert!(now(&mut client).await >= after, "time never goes back");
}

#[tokio::test]
async fn a_locked_clock_runs_at_its_own_pace() {
    let (_server, mut client) = service(TimeSkipping::Locked).await;
    let mut waiting = client.clone();
    let mut sleeper = tokio::spawn(async move { waiting.sleep(sleep(YEAR)).await });
    let before = now(&mut client).await;
    let early = tokio::time::timeout(Duration::from_millis(100), &mut sleeper).await;
    assert!(early.is_err(), "the sleep goes on");
    assert!(now(&mut client).await - before < 60);
    client
        .unlock_time_skipping(UnlockTimeSkippingRequest {})
        .await
        .unwrap();
    sleeper.await.unwrap().unwrap();
    assert!(now(&mut client).await - before >= YEAR);
}

#[tokio::test]
async fn locks_are_counted_and_never_below_zero() {
    let (_server, mut client) = service(TimeSkipping::Locked).await;
    client
        .lock_time_skipping(LockTimeSkippingRequest {})
        .await
        .unwrap();
    for _ in 0..2 {
        client
            .unlock_time_skipping(UnlockTimeSkippingRequest {})
            .await
            .unwrap();
    }
    let refused = client
        .unlock_time_skipping(UnlockTimeSkippingRequest {})
        .await
        .unwrap_err();
    assert_eq!(refused.message(), "Unbalanced lock and unlock calls");
}

#[tokio::test]
async fn a_sleep_with_unlocking_takes_its_lock_back() {
    let (_server, mut client) = service(TimeSkipping::Locked).await;
    let before = now(&mut client).await;
    client
        .unlock_time_skipping_with_sleep(sleep(YEAR))
        .await
        .unwrap();
    let after = now(&mut client).await;
    assert!(after - before >= YEAR);
    // Locked again: one unlock is legal, a second is not.
    client
        .unlock_time_skipping(UnlockTimeSkippingRequest {})
        .await
        .unwrap();
    assert!(
        client
            .unlock_time_skipping(UnlockTimeSkippingRequest {})
            .await
            .is_err()
    );
}

#[tokio::test]
async fn clocks_of_two_services_are_apart() {
    let (_one, mut first) = service(TimeSkipping::Unlocked).await;
    let (_other, mut second) = service(TimeSkipping::Unlocked).await;
    first.sleep(sleep(YEAR)).await.unwrap();
    assert!(now(&mut first).await - now(&mut second).await >= YEAR - 60);
}

#[tokio::test]
async fn the_clock_starts_where_it_is_told_to() {
    let mut options = ServerOptions::default();
    options.time_skipping = TimeSkipping::Locked;
    options.start_time = Some(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    let server = Server::start(options).await.unwrap();
    let shown = now(&mut TestServiceClient::new(server.channel())).await;
    assert!((1_000_000_000..1_000_000_060).contains(&shown), "{shown}");
}
