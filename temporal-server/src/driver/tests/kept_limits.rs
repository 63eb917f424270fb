//! Limits of queues, as the store has them.

use std::sync::Barrier;

use super::World;
use crate::driver::Driver;
use crate::engine::matching::{LimitConfig, StoredLimit, TaskKind};
use crate::engine::time::Time;

const RECORD: &str = "queue limit";

/// So many that two are set in another order than that of the store, if nothing prevents it.
const QUEUES: usize = 2000;

fn limit(per_second: u32) -> LimitConfig {
    LimitConfig {
        per_second: Some(per_second.into()),
        reason: String::new(),
        identity: String::new(),
        at: Time::from_nanos(0),
    }
}

#[tokio::test]
async fn a_deleted_namespace_leaves_no_limits_in_the_store() {
    let (world, recorder) = World::recorded(1);
    for queue in ["a", "b", "c"] {
        world.driver.limit_queue(&world.namespace, queue, limit(1));
    }
    world.settle().await;
    assert_eq!(recorder.records(RECORD).len(), 3);
    world.driver.forget_namespace(&world.namespace);
    world.settle().await;
    assert_eq!(recorder.records(RECORD).len(), 0);
}

#[tokio::test]
async fn the_limit_that_is_stored_last_is_the_one_that_holds() {
    let (world, recorder) = World::recorded(1);
    let (driver, namespace) = (&world.driver, &world.namespace);
    let together = Barrier::new(2);
    // Two set the limit of each queue at once.
    std::thread::scope(|threads| {
        for rate in [1, 2] {
            let together = &together;
            threads.spawn(move || {
                for queue in 0..QUEUES {
                    together.wait();
                    driver.limit_queue(namespace, &format!("q{queue}"), limit(rate));
                }
            });
        }
    });
    world.settle().await;
    let records = recorder.records(RECORD);
    assert_eq!(records.len(), QUEUES);
    for record in records {
        let stored = StoredLimit::read(record).unwrap();
        let key = Driver::queue_key(namespace, &stored.queue, TaskKind::Activity);
        let described = driver.queues(&key).matching.describe(&key, driver.now());
        assert_eq!(described.config, Some(stored.limit), "{}", stored.queue);
    }
}
