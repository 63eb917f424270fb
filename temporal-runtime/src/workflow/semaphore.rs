//! Locks and semaphores of workflow code: first come, first served, in the order in which the waits began.
//!
//! Nothing but the code of one run ever holds their mutex, and only for a few instructions.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Starter,
    operation::{Begin, Value},
    wait::{Decode, Op, starter},
};

#[derive(Debug)]
struct Permits {
    free: usize,
    /// The tickets of those who wait, first come first served.
    line: BTreeSet<u64>,
    next_ticket: u64,
}

/// Lets so many pieces of workflow code in at once, in the order in which they came.
///
/// Keep it in the state: every handler, spawned task and the run function reach it there. A permit may be held across
/// waits; dropped, also by an error that leaves with `?` or by a cancellation, it is given back. As everything in
/// workflow code it works the same on replay, and it belongs to one run.
///
/// ```
/// use temporal_runtime::{Semaphore, prelude::*};
///
/// #[activity(start_to_close = "1m")]
/// async fn fetch(page: String) -> Result<usize> { Ok(page.len()) }
///
/// #[workflow]
/// struct Crawler { fetches: Semaphore, bytes: usize }
///
/// #[workflow]
/// impl Crawler {
///     #[init]
///     fn new() -> Self { Self { fetches: Semaphore::new(3), bytes: 0 } }
///
///     /// However many of these come, three activities run at once.
///     #[update]
///     async fn visit(wf: &mut Wf<Self>, page: String) -> Result<usize> {
///         let _permit = wf.execute(wf.fetches.acquire()).await?;
///         let bytes = wf.execute(fetch::with(page)).await?;
///         wf.bytes += bytes;
///         Ok(wf.bytes)
///     }
///     // ..
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<usize> { Ok(wf.bytes) }
/// }
/// ```
#[derive(Debug)]
pub struct Semaphore(Arc<Mutex<Permits>>);

fn lock(permits: &Mutex<Permits>) -> MutexGuard<'_, Permits> {
    // nothing panics while it is held
    permits.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Semaphore {
    /// A semaphore with so many permits. With none, nobody ever gets in.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(Permits {
            free: permits,
            line: BTreeSet::new(),
            next_ticket: 0,
        })))
    }

    /// Describes a wait for a permit: `wf.execute(wf.semaphore.acquire()).await?`, or in a race with a timer.
    pub fn acquire(&self) -> Acquire {
        Acquire {
            permits: self.0.clone(),
            what: "a permit",
        }
    }

    /// A permit, if there is one and nobody waits for it. It takes `&mut self`, so that a query cannot do it.
    pub fn try_acquire(&mut self) -> Option<Permit> {
        let mut permits = lock(&self.0);
        if permits.free == 0 || !permits.line.is_empty() {
            return None;
        }
        permits.free -= 1;
        Some(Permit(self.0.clone()))
    }

    /// How many permits are free.
    #[must_use]
    pub fn available(&self) -> usize {
        lock(&self.0).free
    }
}

/// Makes pieces of workflow code take turns: who holds it may wait without another one coming between.
///
/// ```
/// use temporal_runtime::{Lock, prelude::*};
///
/// #[activity(start_to_close = "1m")]
/// async fn position(of: String) -> Result<(i64, i64)> { Ok((of.len() as i64, 0)) }
///
/// #[workflow]
/// #[derive(Default)]
/// struct Robot { turn: Lock, x: i64, y: i64 }
///
/// #[workflow]
/// impl Robot {
///     /// `x` and `y` are of the same call, whatever else arrives meanwhile.
///     #[signal]
///     async fn locate(wf: &mut Wf<Self>, of: String) -> Result<()> {
///         let _turn = wf.execute(wf.turn.acquire()).await?;
///         let (x, y) = wf.execute(position::with(of)).await?;
///         wf.x = x;
///         wf.sleep(Duration::from_secs(1)).await?;
///         wf.y = y;
///         Ok(())
///     }
///     // ..
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<i64> { Ok(wf.x + wf.y) }
/// }
/// ```
#[derive(Debug)]
pub struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Lock {
    /// A lock that nobody holds.
    #[must_use]
    pub fn new() -> Self {
        Self(Semaphore::new(1))
    }

    /// Describes a wait for the lock; whoever waits longest gets it first.
    pub fn acquire(&self) -> Acquire {
        Acquire {
            what: "a lock",
            ..self.0.acquire()
        }
    }

    /// The lock, if nobody holds it or waits for it. It takes `&mut self`, so that a query cannot do it.
    pub fn try_acquire(&mut self) -> Option<Permit> {
        self.0.try_acquire()
    }

    /// Whether somebody holds it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.0.available() == 0
    }
}

/// What [`Semaphore`] and [`Lock`] give; dropped, it is given back.
#[must_use = "a permit that is dropped at once guards nothing: `let _permit = ..` keeps it to the end of the block"]
#[derive(Debug)]
pub struct Permit(Arc<Mutex<Permits>>);

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.0).free += 1;
    }
}

/// A wait for a [`Semaphore`] or [`Lock`].
#[must_use = "nobody waits until you pass it to `wf.execute`, `wf.join` or `wf.race`"]
#[derive(Debug)]
pub struct Acquire {
    permits: Arc<Mutex<Permits>>,
    what: &'static str,
}

impl<W> Op<W> for Acquire {
    type Output = Permit;
    type Handle = ();
    fn starter(self) -> Starter<W, Permit> {
        starter(Decode::Any, move |_| {
            let ticket = Ticket::draw(self.permits);
            Begin::Grant(
                self.what,
                Box::new(move || ticket.permit().map(|permit| Value::Any(Box::new(permit)))),
            )
        })
    }
}

/// A place in the line, which goes with who waits.
struct Ticket {
    permits: Arc<Mutex<Permits>>,
    number: u64,
}

impl Ticket {
    fn draw(permits: Arc<Mutex<Permits>>) -> Self {
        let number = {
            let mut permits = lock(&permits);
            let number = permits.next_ticket;
            permits.next_ticket += 1;
            permits.line.insert(number);
            number
        };
        Self { permits, number }
    }

    /// The permit, when it is this one's turn.
    fn permit(&self) -> Option<Permit> {
        let mut permits = lock(&self.permits);
        if permits.free == 0 || permits.line.first() != Some(&self.number) {
            return None;
        }
        permits.free -= 1;
        permits.line.remove(&self.number);
        Some(Permit(self.permits.clone()))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.permits).line.remove(&self.number);
    }
}
