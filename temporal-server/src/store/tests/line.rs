//! Who waits for what: a disk that only goes on when it is told to.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};

use temporal_protos::enums::ResourceExhaustedCause;

use crate::engine::execution::saved::Stored;
use crate::engine::refusal::Refusal;
use crate::store::{Archive, Batch, ClosedRun, Disk, DiskError, Progress, Store};

/// A disk whose commits are let through one at a time, or fail.
#[derive(Debug, Clone, Default)]
struct Gate(Arc<(Mutex<Passed>, Condvar)>);

#[derive(Debug, Default)]
struct Passed {
    /// Commits that may go on.
    allowed: usize,
    /// Whether the next ones fail.
    fails: bool,
    /// Commits that wait at the gate.
    waiting: usize,
    /// How many changes each commit had.
    groups: Vec<usize>,
    /// The numbers up to which the commits said that all are given out.
    serials: Vec<u64>,
}

impl Gate {
    fn change(&self, change: impl FnOnce(&mut Passed)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    /// Waits until it is so.
    fn until(&self, is_so: impl Fn(&Passed) -> bool) {
        let passed = self.0.0.lock().unwrap();
        drop(
            self.0
                .1
                .wait_while(passed, |passed| !is_so(passed))
                .unwrap(),
        );
    }

    fn store(&self) -> Arc<Store> {
        Store::start(
            Box::new(self.clone()),
            Box::new(self.clone()),
            "gate".as_ref(),
        )
    }
}

impl Disk for Gate {
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        let group: Vec<&Batch> = group.collect();
        let count = group.len();
        let progress = group.iter().filter_map(|batch| batch.progress);
        let serials: Vec<u64> = progress.map(|progress| progress.serial).collect();
        self.change(|passed| passed.waiting += 1);
        self.until(|passed| passed.allowed > 0);
        let mut result = Ok(());
        self.change(|passed| {
            passed.waiting -= 1;
            passed.allowed -= 1;
            if passed.fails {
                result = Err(DiskError {
                    full: true,
                    text: "no room".into(),
                    ..DiskError::default()
                });
            } else {
                passed.groups.push(count);
                passed.serials.extend(serials);
            }
        });
        result
    }

    fn close(&mut self) {}
}

impl Archive for Gate {
    fn read(&mut self, number: u64) -> Result<Stored, DiskError> {
        unreachable!("run {number} is not asked for")
    }

    fn closed_between(&mut self, _: (u64, u64), _: usize) -> Result<Vec<ClosedRun>, DiskError> {
        Ok(Vec::new())
    }

    fn closed_of(&mut self, _: &str) -> Result<Vec<ClosedRun>, DiskError> {
        Ok(Vec::new())
    }

    fn close(&mut self) {}
}

fn is_ready(future: Pin<&mut impl Future<Output = Result<(), Refusal>>>) -> bool {
    matches!(
        future.poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(_)
    )
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit_and_many_share_one() {
    let gate = Gate::default();
    let store = gate.store();
    assert!(store.settled().await.is_ok(), "nothing is under way");
    drop(store.begin());
    gate.until(|passed| passed.waiting == 1);
    let mut first = pin!(store.settled());
    assert!(!is_ready(first.as_mut()));
    // While the first commit lasts, others gather.
    for _ in 0..20 {
        drop(store.begin());
    }
    let mut second = pin!(store.settled());
    assert!(!is_ready(second.as_mut()));
    gate.change(|passed| passed.allowed = 1);
    assert_eq!(first.await, Ok(()));
    gate.until(|passed| passed.waiting == 1);
    assert!(!is_ready(second.as_mut()));
    gate.change(|passed| passed.allowed = 1);
    assert_eq!(second.await, Ok(()));
    gate.until(|passed| passed.groups == [1, 20]);
}

#[tokio::test]
async fn what_was_stored_before_a_place_is_not_held_back_by_what_comes_after_it() {
    let gate = Gate::default();
    gate.change(|passed| passed.allowed = 1);
    let store = gate.store();
    let first = store.begin().place();
    gate.until(|passed| passed.groups == [1]);
    let later = store.begin();
    assert_eq!(store.settled_up_to(first).await, Ok(()));
    let mut all = pin!(store.settled());
    assert!(!is_ready(all.as_mut()));
    gate.change(|passed| passed.allowed = 1);
    drop(later);
    assert_eq!(all.await, Ok(()));
}

#[tokio::test]
async fn numbers_are_not_given_out_again_whatever_order_changes_are_handed_over_in() {
    let gate = Gate::default();
    gate.change(|passed| passed.allowed = 10);
    let store = gate.store();
    let begin = |serial| {
        let mut unit = store.begin();
        unit.batch().progress = Some(Progress {
            serial,
            ..Progress::default()
        });
        unit
    };
    let slow = begin(7);
    drop(begin(8));
    drop(slow);
    drop(begin(9));
    assert_eq!(store.settled().await, Ok(()));
    gate.until(|passed| passed.serials == [8, 8, 9]);
}

#[tokio::test]
async fn a_change_that_is_being_made_holds_answers_back_from_its_beginning() {
    let gate = Gate::default();
    gate.change(|passed| passed.allowed = 10);
    let store = gate.store();
    let unit = store.begin();
    let place = unit.place();
    // A later change that is done sooner does not let anybody past the earlier one.
    drop(store.begin());
    gate.until(|passed| passed.groups == [1]);
    let mut settled = pin!(store.settled());
    assert!(!is_ready(settled.as_mut()));
    assert!(!store.is_settled(place));
    drop(unit);
    assert_eq!(settled.await, Ok(()));
    assert!(store.is_settled(place));
}

#[tokio::test]
async fn a_full_disk_is_said_to_everybody_and_left_by_itself() {
    let gate = Gate::default();
    gate.change(|passed| (passed.allowed, passed.fails) = (1, true));
    let store = gate.store();
    let unit = store.begin();
    let settled = store.settled();
    let mut settled = pin!(settled);
    assert!(!is_ready(settled.as_mut()));
    drop(unit);
    let refusal = settled.await.unwrap_err();
    let Refusal::ResourceExhausted { message, cause, .. } = &refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(*cause, ResourceExhaustedCause::PersistenceStorageLimit);
    assert!(
        message.contains("no room for changes in gate (no room)"),
        "{message}"
    );
    // Until there is room, whoever comes is told at once.
    assert_eq!(store.check_writable(), Err(refusal.clone()));
    assert_eq!(store.settled().await, Err(refusal));
    gate.change(|passed| (passed.allowed, passed.fails) = (1, false));
    gate.until(|passed| passed.groups == [1]);
    while store.is_failing() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.check_writable(), Ok(()));
    assert_eq!(store.settled().await, Ok(()));
}

#[tokio::test]
async fn the_end_writes_what_is_there_and_refuses_what_comes_later() {
    let gate = Gate::default();
    gate.change(|passed| passed.allowed = 10);
    let store = gate.store();
    drop(store.begin());
    store.end();
    gate.until(|passed| passed.groups.iter().sum::<usize>() == 1);
    drop(store.begin());
    assert!(matches!(
        store.settled().await,
        Err(Refusal::Unavailable(_))
    ));
}
