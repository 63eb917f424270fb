//! Waiting for several operations at once: all follow the order of events and of starts, never who is polled first.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    core::Core,
    operation::Until,
    scope::ScopeId,
    wait::{BeginWait, Op, Pending, Starter, Wait, Waiting},
};
use crate::{error::Result, machine::OpId};

/// A tuple of operations that are waited for together.
pub trait Join<W> {
    /// The results, if all end well.
    type Output;
    /// The results, whatever became of each.
    type Settled;
    #[doc(hidden)]
    fn join(self) -> BeginWait<Result<Self::Output>>;
    #[doc(hidden)]
    fn settle(self) -> BeginWait<Self::Settled>;
}

/// A tuple of operations of which the first end counts.
pub trait Race<W> {
    /// Which ended first, with its result.
    type First;
    #[doc(hidden)]
    fn race(self) -> BeginWait<Result<Self::First>>;
}

/// The operations of one wait and the results that are there.
struct Slots<W, T> {
    all: Vec<Slot<W, T>>,
}

struct Slot<W, T> {
    pending: Pending<W, T>,
    done: Option<Result<T>>,
}

impl<W, T: 'static> Slots<W, T> {
    fn start(starters: Vec<Starter<W, T>>, core: &Arc<Core>, scope: ScopeId) -> Self {
        let all = starters
            .into_iter()
            .map(|Starter(start)| Slot {
                pending: start(core, scope),
                done: None,
            })
            .collect();
        Self { all }
    }

    fn watched(&self) -> Vec<OpId> {
        self.all.iter().map(|s| s.pending.id).collect()
    }

    fn owned(&self) -> Vec<OpId> {
        self.all.iter().filter_map(|s| s.pending.owned()).collect()
    }

    fn poll(&mut self) {
        for slot in &mut self.all {
            if slot.done.is_none()
                && let Poll::Ready(result) = slot.pending.poll()
            {
                slot.done = Some(result);
            }
        }
    }

    fn all_done(&self) -> bool {
        self.all.iter().all(|s| s.done.is_some())
    }

    fn failed(&self) -> bool {
        self.all.iter().any(|s| matches!(s.done, Some(Err(_))))
    }

    fn take(&mut self) -> Vec<Result<T>> {
        self.all.iter_mut().filter_map(|s| s.done.take()).collect()
    }
}

fn starters<W, O: Op<W>>(ops: impl IntoIterator<Item = O>) -> Vec<Starter<W, O::Output>> {
    ops.into_iter().map(Op::starter).collect()
}

pub(super) fn join_all<W: 'static, O: Op<W>>(
    ops: impl IntoIterator<Item = O>,
) -> BeginWait<Result<Vec<O::Output>>> {
    let starters = starters(ops);
    Box::new(move |core, scope| {
        let mut slots = Slots::start(starters, core, scope);
        Waiting {
            watched: slots.watched(),
            owned: slots.owned(),
            until: Until::AllOk,
            poll: Box::new(move || {
                slots.poll();
                if slots.all_done() || slots.failed() {
                    // of several failures the leftmost
                    return Poll::Ready(slots.take().into_iter().collect());
                }
                Poll::Pending
            }),
        }
    })
}

pub(super) fn settle_all<W: 'static, O: Op<W>>(
    ops: impl IntoIterator<Item = O>,
) -> BeginWait<Vec<Result<O::Output>>> {
    let starters = starters(ops);
    Box::new(move |core, scope| {
        let mut slots = Slots::start(starters, core, scope);
        Waiting {
            watched: slots.watched(),
            owned: slots.owned(),
            until: Until::All,
            poll: Box::new(move || {
                slots.poll();
                if slots.all_done() {
                    return Poll::Ready(slots.take());
                }
                Poll::Pending
            }),
        }
    })
}

/// The next of many handles to end.
pub(super) fn next<W: 'static, T: Send + 'static, H>(
    handles: &mut [Pending<W, T, H>],
) -> BeginWait<Option<(usize, Result<T>)>> {
    let starters = starters(handles.iter_mut());
    Box::new(move |core, scope| {
        let mut slots = Slots::start(starters, core, scope);
        Waiting {
            watched: slots.watched(),
            owned: slots.owned(),
            until: Until::Any,
            poll: Box::new(move || {
                if slots.all.is_empty() {
                    return Poll::Ready(None);
                }
                for (place, slot) in slots.all.iter_mut().enumerate() {
                    if let Poll::Ready(result) = slot.pending.poll() {
                        return Poll::Ready(Some((place, result)));
                    }
                }
                Poll::Pending
            }),
        }
    })
}

/// The wait for the next of many handles; see [`Wf::next`](super::Wf::next).
#[must_use = "nothing happens until you `.await` this"]
#[derive(Debug)]
pub struct Next<'a, W: 'static, T, H = ()> {
    pub(super) wait: Wait<'a, W, Option<(usize, Result<T>)>>,
    pub(super) handles: &'a mut Vec<Pending<W, T, H>>,
}

impl<W: 'static, T, H> Future for Next<'_, W, T, H> {
    type Output = Option<(usize, Result<T>)>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let ended = Pin::new(&mut this.wait).poll(cx);
        if let Poll::Ready(Some((place, _))) = &ended {
            // its result is taken: the handle has nothing more to give
            drop(this.handles.remove(*place));
        }
        ended
    }
}

macro_rules! tuples {
    ($race:ident, $doc:literal: $($t:ident $p:ident $r:ident $v:ident $nth:literal),*) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $race<$($t),*> {
            $(
                #[doc = $nth]
                $v($t)
            ),*
        }

        impl<W: 'static, $($t: Op<W>),*> Join<W> for ($($t,)*) {
            type Output = ($($t::Output,)*);
            type Settled = ($(Result<$t::Output>,)*);

            fn join(self) -> BeginWait<Result<Self::Output>> {
                let ($($p,)*) = self;
                $(let $p = $p.starter();)*
                Box::new(move |core, scope| {
                    $(let mut $p = ($p.0)(core, scope); let mut $r = None;)*
                    Waiting {
                        watched: vec![$($p.id),*],
                        owned: [$($p.owned()),*].into_iter().flatten().collect(),
                        until: Until::AllOk,
                        poll: Box::new(move || {
                            $(
                                if $r.is_none() && let Poll::Ready(done) = $p.poll() {
                                    match done {
                                        Ok(value) => $r = Some(value),
                                        Err(error) => return Poll::Ready(Err(error)),
                                    }
                                }
                            )*
                            match ($($r.take(),)*) {
                                ($(Some($r),)*) => Poll::Ready(Ok(($($r,)*))),
                                ($($p,)*) => {
                                    $($r = $p;)*
                                    Poll::Pending
                                }
                            }
                        }),
                    }
                })
            }

            fn settle(self) -> BeginWait<Self::Settled> {
                let ($($p,)*) = self;
                $(let $p = $p.starter();)*
                Box::new(move |core, scope| {
                    $(let mut $p = ($p.0)(core, scope); let mut $r = None;)*
                    Waiting {
                        watched: vec![$($p.id),*],
                        owned: [$($p.owned()),*].into_iter().flatten().collect(),
                        until: Until::All,
                        poll: Box::new(move || {
                            $(if $r.is_none() && let Poll::Ready(done) = $p.poll() { $r = Some(done); })*
                            match ($($r.take(),)*) {
                                ($(Some($r),)*) => Poll::Ready(($($r,)*)),
                                ($($p,)*) => {
                                    $($r = $p;)*
                                    Poll::Pending
                                }
                            }
                        }),
                    }
                })
            }
        }

        impl<W: 'static, $($t: Op<W>),*> Race<W> for ($($t,)*) {
            type First = $race<$($t::Output),*>;

            fn race(self) -> BeginWait<Result<Self::First>> {
                let ($($p,)*) = self;
                $(let $p = $p.starter();)*
                Box::new(move |core, scope| {
                    $(let mut $p = ($p.0)(core, scope); let mut $r = None;)*
                    Waiting {
                        watched: vec![$($p.id),*],
                        owned: [$($p.owned()),*].into_iter().flatten().collect(),
                        until: Until::Any,
                        poll: Box::new(move || {
                            $(
                                if $r.is_none() && let Poll::Ready(done) = $p.poll() {
                                    match done {
                                        // a cancellation counts only if nothing else has ended
                                        Err(error) if error.is_cancelled() => $r = Some(error),
                                        done => return Poll::Ready(done.map($race::$v)),
                                    }
                                }
                            )*
                            match [$($r.take()),*].into_iter().flatten().next() {
                                Some(error) => Poll::Ready(Err(error)),
                                None => Poll::Pending,
                            }
                        }),
                    }
                })
            }
        }
    };
}

tuples!(First2, "Which of two operations ended first.": A a ra First "The first.", B b rb Second "The second.");
tuples!(First3, "Which of three operations ended first.": A a ra First "The first.", B b rb Second "The second.", C c rc Third "The third.");
tuples!(First4, "Which of four operations ended first.": A a ra First "The first.", B b rb Second "The second.", C c rc Third "The third.", D d rd Fourth "The fourth.");
