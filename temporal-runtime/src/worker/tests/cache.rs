//! What the cache keeps, and whom it lets go.

use std::time::Duration;

use super::{
    super::cache::{Owned, RunCache},
    app,
};
use crate::{
    EmbeddedService, WorkerOptions, prelude::*, registry::Registry, testing::block_on,
    workflow::Run,
};

#[workflow]
#[derive(Default)]
struct Parked {
    go_on: bool,
}

#[workflow]
impl Parked {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.wait(|s| s.go_on).await?;
        Ok(7)
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }

    #[query]
    fn waits(&self) -> bool {
        !self.go_on
    }
}

fn run(id: &str) -> Box<Run> {
    use temporal_protos::history::{HistoryEvent, WorkflowExecutionStartedEventAttributes};
    let registry = Registry::linked();
    let workflow = registry
        .workflows
        .iter()
        .find(|w| w.name == "Parked")
        .unwrap();
    let started = HistoryEvent {
        event_id: 1,
        attributes: Some(WorkflowExecutionStartedEventAttributes::default().into()),
        ..HistoryEvent::default()
    };
    Box::new(Run::new(workflow, "default", id, id, &[started]).unwrap())
}

async fn put(cache: &RunCache, id: &str) {
    let mut owned = cache.own(id).await;
    if owned.run().is_none() {
        owned.give_back(Some(run(id)));
    }
}

async fn has(cache: &RunCache, id: &str) -> bool {
    let owned: Owned = cache.own(id).await;
    owned.run().is_some()
}

#[tokio::test]
async fn the_least_recently_used_goes_first() {
    let cache = RunCache::new(2, None);
    for id in ["a", "b", "a", "c"] {
        put(&cache, id).await;
    }
    assert_eq!(cache.len(), 2);
    assert!(has(&cache, "a").await && has(&cache, "c").await);
    assert!(!has(&cache, "b").await);
}

#[tokio::test]
async fn a_run_in_the_middle_of_a_task_stays() {
    let cache = RunCache::new(1, None);
    put(&cache, "a").await;
    let mut owned = cache.own("a").await;
    put(&cache, "b").await;
    assert!(owned.run().is_some());
    let taken = owned.take();
    owned.give_back(taken);
    drop(owned);
    assert!(
        has(&cache, "a").await,
        "`b` had to go, because `a` had an owner"
    );
    assert_eq!(cache.len(), 1);
}

#[tokio::test]
async fn a_run_has_one_owner_at_a_time_and_is_handed_on_in_line() {
    let cache = RunCache::new(10, None);
    put(&cache, "a").await;
    let first = cache.own("a").await;
    let gone = tokio::time::timeout(Duration::ZERO, cache.own("a")).await;
    assert!(
        gone.is_err(),
        "it has an owner, and who gave up waiting is not given it"
    );
    let mut second = std::pin::pin!(cache.own("a"));
    let polled =
        std::future::poll_fn(|cx| std::task::Poll::Ready(second.as_mut().poll(cx).is_ready()));
    assert!(!polled.await);
    drop(first);
    assert!(second.await.run().is_some());
    assert!(has(&cache, "a").await);
}

#[tokio::test]
async fn what_is_forgotten_leaves_nothing_behind() {
    let cache = RunCache::new(10, None);
    put(&cache, "a").await;
    cache.own("a").await.forget();
    assert_eq!(cache.len(), 0);
    let off = RunCache::new(0, None);
    put(&off, "a").await;
    assert_eq!(off.len(), 0);
}

#[tokio::test]
async fn a_budget_of_bytes_bounds_the_cache() {
    let each = run("a").estimated_bytes();
    let cache = RunCache::new(1000, Some(3 * each));
    for id in 0..50 {
        put(&cache, &format!("{id}")).await;
    }
    assert_eq!(cache.len(), 3);
    assert!(has(&cache, "49").await && !has(&cache, "0").await);
}

#[test]
fn evicted_runs_are_replayed_when_they_are_needed() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let options = WorkerOptions::new().max_cached_workflows(3);
        let workers = app(module_path!(), options).start(client)?;
        let mut handles = Vec::new();
        for _ in 0..20 {
            let handle = client.start(Parked::with()).await?;
            assert!(handle.waits().await?);
            handles.push(handle);
        }
        assert!(
            workers.cached_workflows() <= 4,
            "three, and one that may have an owner"
        );
        for handle in handles {
            handle.proceed().await?;
            assert_eq!(handle.result().await?, 7);
        }
        workers.shutdown().await
    })
}
