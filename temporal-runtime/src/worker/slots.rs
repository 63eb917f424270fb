//! Slots: how much a worker does at once. One is taken before a task is asked for, and is free again when the task is
//! done. Never knows what is done with it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::resources::Usage;
use crate::error::Result;

/// How many tasks of one kind a worker does at once.
///
/// ```
/// use temporal_runtime::{ResourceBasedSlots, SlotSupplier, WorkerOptions};
///
/// // up to 500 activities, as long as the machine is at most 80 % busy and 70 % full
/// let by_load = ResourceBasedSlots::new(0.8, 0.7).maximum(500);
/// let options = WorkerOptions::new()
///     .workflow_slots(SlotSupplier::Fixed(100))
///     .activity_slots(SlotSupplier::ResourceBased(by_load));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SlotSupplier {
    /// So many.
    Fixed(usize),
    /// As many as the machine bears. Only on Linux: elsewhere the worker does not start, and says so.
    ResourceBased(ResourceBasedSlots),
}

/// Slots that are given out while the machine has room: below the minimum always, above it only while processor and
/// memory are used less than the targets, and one at a time, so that each has begun to be felt before the next.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ResourceBasedSlots {
    /// The part of the processors' time, from 0 to 1, above which no further slot is given out.
    pub target_cpu: f64,
    /// The part of the memory, from 0 to 1, above which no further slot is given out. In a container with a limit it is
    /// a part of that limit.
    pub target_memory: f64,
    /// So many are always given out: 5 if not set.
    pub minimum: usize,
    /// Never more than this: 500 if not set.
    pub maximum: usize,
    /// The least time between two slots above the minimum: 50 ms if not set.
    pub ramp_throttle: Duration,
}

impl ResourceBasedSlots {
    /// Targets between 0 and 1.
    #[must_use]
    pub const fn new(target_cpu: f64, target_memory: f64) -> Self {
        Self {
            target_cpu,
            target_memory,
            minimum: 5,
            maximum: 500,
            ramp_throttle: Duration::from_millis(50),
        }
    }

    /// Sets how many are always given out.
    #[must_use]
    pub const fn minimum(mut self, slots: usize) -> Self {
        self.minimum = slots;
        self
    }

    /// Sets how many there are at most.
    #[must_use]
    pub const fn maximum(mut self, slots: usize) -> Self {
        self.maximum = slots;
        self
    }

    /// Sets the least time between two slots above the minimum.
    #[must_use]
    pub const fn ramp_throttle(mut self, time: Duration) -> Self {
        self.ramp_throttle = time;
        self
    }
}

impl SlotSupplier {
    /// The same, with at least so many.
    pub(super) fn at_least(self, least: usize) -> Self {
        match self {
            Self::Fixed(slots) => Self::Fixed(slots.max(least)),
            Self::ResourceBased(slots) => {
                let minimum = slots.minimum.max(least);
                Self::ResourceBased(ResourceBasedSlots {
                    minimum,
                    maximum: slots.maximum.max(minimum),
                    ..slots
                })
            }
        }
    }

    /// How many there are at most.
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Fixed(slots) => slots,
            Self::ResourceBased(slots) => slots.maximum,
        }
    }
}

/// The slots of one kind of task.
#[derive(Debug)]
pub(super) struct Slots {
    supplier: SlotSupplier,
    usage: Option<Usage>,
    given: Arc<Given>,
}

#[derive(Debug, Default)]
struct Given {
    state: Mutex<State>,
    freed: Notify,
    /// Tasks that ran in a slot, so far.
    done: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    last: Option<Instant>,
}

/// One slot; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    given: Arc<Given>,
    ran: bool,
}

impl Slots {
    /// # Errors
    /// The load of this machine cannot be told.
    pub(super) fn new(supplier: SlotSupplier) -> Result<Self> {
        let usage = match supplier {
            SlotSupplier::Fixed(_) => None,
            SlotSupplier::ResourceBased(_) => Some(Usage::of_this_machine()?),
        };
        Ok(Self::with(supplier, usage))
    }

    fn with(supplier: SlotSupplier, usage: Option<Usage>) -> Self {
        Self {
            supplier,
            usage,
            given: Arc::default(),
        }
    }

    /// Waits for a free slot.
    pub(super) async fn reserve(&self) -> Slot {
        loop {
            // in line before looking, so that no slot that comes free meanwhile is missed
            let mut freed = std::pin::pin!(self.given.freed.notified());
            freed.as_mut().enable();
            if let Some(slot) = self.try_reserve() {
                return slot;
            }
            match self.supplier {
                SlotSupplier::Fixed(_) => freed.await,
                SlotSupplier::ResourceBased(slots) => {
                    // the load changes without anybody telling
                    let _ = tokio::time::timeout(slots.ramp_throttle.max(SHORTEST), freed).await;
                }
            }
        }
    }

    /// A slot, if one is free now.
    pub(super) fn try_reserve(&self) -> Option<Slot> {
        let now = Instant::now();
        let mut state = self.given.state();
        let free = match self.supplier {
            SlotSupplier::Fixed(slots) => state.used < slots,
            SlotSupplier::ResourceBased(slots) => self.bears(&slots, &state, now),
        };
        if !free {
            return None;
        }
        state.used += 1;
        state.last = Some(now);
        Some(Slot {
            given: self.given.clone(),
            ran: false,
        })
    }

    fn bears(&self, slots: &ResourceBasedSlots, state: &State, now: Instant) -> bool {
        if state.used < slots.minimum {
            return true;
        }
        let rested = state
            .last
            .is_none_or(|last| now.duration_since(last) >= slots.ramp_throttle);
        rested
            && state.used < slots.maximum
            && self.usage.as_ref().is_some_and(|usage| {
                let (cpu, memory) = usage.now();
                cpu < slots.target_cpu && memory < slots.target_memory
            })
    }

    pub(super) fn used(&self) -> usize {
        self.given.state().used
    }

    pub(super) fn done(&self) -> usize {
        self.given.done.load(Ordering::Relaxed)
    }

    pub(super) const fn supplier(&self) -> SlotSupplier {
        self.supplier
    }
}

/// How long a look at the load is put off at least.
const SHORTEST: Duration = Duration::from_millis(20);

impl Given {
    fn state(&self) -> MutexGuard<'_, State> {
        // nothing panics while it is locked
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// A task runs in it.
    pub(super) fn occupied(mut self) -> Self {
        self.ran = true;
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.given.state().used -= 1;
        if self.ran {
            self.given.done.fetch_add(1, Ordering::Relaxed);
        }
        self.given.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fixed_slots_are_given_out_and_come_back() {
        let slots = Slots::new(SlotSupplier::Fixed(2)).unwrap();
        let first = slots.reserve().await;
        let second = slots.try_reserve().unwrap();
        assert!(slots.try_reserve().is_none());
        assert_eq!((slots.used(), slots.done()), (2, 0));
        let waiting = slots.reserve();
        drop(first.occupied());
        drop(waiting.await);
        drop(second);
        assert_eq!((slots.used(), slots.done()), (0, 1));
    }

    #[test]
    fn resource_based_slots_follow_the_load() {
        let options = ResourceBasedSlots::new(0.8, 0.7)
            .minimum(1)
            .maximum(3)
            .ramp_throttle(Duration::ZERO);
        let (usage, told) = Usage::told();
        let slots = Slots::with(SlotSupplier::ResourceBased(options), Some(usage));
        told.send_replace((0.9, 0.1));
        let first = slots.try_reserve();
        assert!(
            first.is_some(),
            "the minimum is given out whatever the load is"
        );
        assert!(slots.try_reserve().is_none(), "the processors are busy");
        told.send_replace((0.1, 0.75));
        assert!(slots.try_reserve().is_none(), "the memory is full");
        told.send_replace((0.1, 0.1));
        let more = (slots.try_reserve(), slots.try_reserve());
        assert!(more.0.is_some() && more.1.is_some());
        assert!(slots.try_reserve().is_none(), "never more than the maximum");
    }

    #[test]
    fn slots_above_the_minimum_are_given_out_one_at_a_time() {
        let options = ResourceBasedSlots::new(0.8, 0.7)
            .minimum(1)
            .ramp_throttle(Duration::from_secs(3600));
        let (usage, told) = Usage::told();
        told.send_replace((0.0, 0.0));
        let slots = Slots::with(SlotSupplier::ResourceBased(options), Some(usage));
        let _first = slots.try_reserve().unwrap();
        assert!(
            slots.try_reserve().is_none(),
            "the first has yet to be felt"
        );
    }

    #[test]
    fn there_is_always_what_the_polls_need() {
        assert_eq!(SlotSupplier::Fixed(0).at_least(2).most(), 2);
        let few = ResourceBasedSlots::new(0.5, 0.5).minimum(0).maximum(1);
        let SlotSupplier::ResourceBased(slots) = SlotSupplier::ResourceBased(few).at_least(2)
        else {
            panic!("it stays what it is")
        };
        assert_eq!((slots.minimum, slots.maximum), (2, 2));
    }
}
