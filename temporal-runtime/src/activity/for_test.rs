//! A context for unit tests of activities: what it says of the attempt, and who hears its heartbeats.

use super::{ActivityContext, ActivityInfo};
use crate::convert::RawValue;

impl ActivityContext {
    /// In a unit test: what the attempt knows of itself.
    ///
    /// ```
    /// use temporal_runtime::ActivityContext;
    ///
    /// let ctx = ActivityContext::for_test().with_info(|info| info.attempt = 3);
    /// assert_eq!(ctx.info().attempt, 3);
    /// ```
    #[must_use]
    pub fn with_info(mut self, set: impl FnOnce(&mut ActivityInfo)) -> Self {
        set(&mut self.info);
        self
    }

    /// In a unit test: hears the details of every heartbeat, in order. Nothing is left out, as a worker does.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// fn crawl(ctx: &ActivityContext, pages: u32) -> Result<u32> {
    ///     for page in 0..pages {
    ///         ctx.check_cancelled()?;
    ///         ctx.heartbeat(page);
    ///     }
    ///     Ok(pages)
    /// }
    ///
    /// let ctx = ActivityContext::for_test();
    /// let stop = ctx.clone();
    /// ctx.on_heartbeat(move |details| {
    ///     if details.decode::<u32>().is_ok_and(|page| page == 2) {
    ///         stop.cancel_for_test();
    ///     }
    /// });
    /// assert!(crawl(&ctx, 10).unwrap_err().is_cancelled());
    /// assert_eq!(ctx.last_heartbeat::<u32>()?, Some(2));
    /// # Ok::<(), temporal_runtime::Error>(())
    /// ```
    pub fn on_heartbeat(&self, listener: impl Fn(RawValue) + Send + Sync + 'static) {
        self.heartbeats()
            .listen(move |details| listener(RawValue::new(details)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn every_heartbeat_is_heard_in_order() {
        let ctx = ActivityContext::for_test();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = heard.clone();
        ctx.on_heartbeat(move |details| {
            keep.lock()
                .unwrap()
                .push(details.decode::<(u32, u32)>().unwrap());
        });
        ctx.heartbeat((1, 2));
        ctx.heartbeat((3, 4));
        assert_eq!(*heard.lock().unwrap(), [(1, 2), (3, 4)]);
    }

    #[test]
    fn a_clone_is_of_the_same_attempt() {
        let ctx = ActivityContext::for_test().with_info(|info| info.attempt = 2);
        let clone = ctx.clone();
        let beat = std::thread::spawn(move || {
            clone.heartbeat(7);
            clone.info().attempt
        });
        assert_eq!(beat.join().unwrap(), 2);
        ctx.cancel_for_test();
        assert_eq!(ctx.last_heartbeat::<u32>().unwrap(), Some(7));
        assert!(ctx.clone().is_cancelled());
    }
}
