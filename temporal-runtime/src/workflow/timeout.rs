//! A wait for a condition that gives up after a while.

use std::{panic::Location, time::Duration};

use super::{First2, Race, Scoped, Wait, Waiting, Wf, timer, wait::BeginWait, wait::Condition};
use crate::error::Result;

fn begin<W: 'static>(
    condition: impl FnMut(&W) -> bool + Send + 'static,
    timeout: Duration,
) -> BeginWait<Result<bool>> {
    let race = (Condition(condition), timer(timeout)).race();
    Box::new(move |core, scope| {
        let Waiting {
            mut poll,
            watched,
            owned,
            until,
        } = race(core, scope);
        Waiting {
            poll: Box::new(move || {
                poll().map(|first| first.map(|first| matches!(first, First2::First(()))))
            }),
            watched,
            owned,
            until,
        }
    })
}

impl<W: Send + 'static> Wf<W> {
    /// Waits until a condition on the state holds, but not longer than `timeout`: `true` if it came to hold, `false` if
    /// the time ran out. The time is that of a durable timer, which goes when the wait is over.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[workflow] #[derive(Default)] struct Order { paid: bool }
    /// #[workflow]
    /// impl Order {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>) -> Result<String> {
    ///         let paid = wf.wait_for(|s| s.paid, Duration::from_secs(24 * 3600)).await?;
    ///         Ok(if paid { "shipped" } else { "expired" }.into())
    ///     }
    ///     // ..
    /// }
    /// ```
    ///
    /// # Errors
    /// It was cancelled.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        condition: impl FnMut(&W) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Wait<'_, W, Result<bool>> {
        Wait::new(self, Location::caller(), begin(condition, timeout))
    }
}

impl<W: Send + 'static> Scoped<'_, W> {
    /// As [`Wf::wait_for`].
    #[track_caller]
    pub fn wait_for(
        &mut self,
        condition: impl FnMut(&W) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Wait<'_, W, Result<bool>> {
        (**self).wait_for(condition, timeout)
    }
}
