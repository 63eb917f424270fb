//! The workflows that are measured.

use temporal_runtime::prelude::*;

/// The cheapest useful activity: one small argument in, the same out.
#[activity(start_to_close = "60s")]
pub async fn echo(value: u32) -> Result<u32> {
    Ok(value)
}

/// `size` activities, one after another. With size 1: the one-activity workflow.
#[workflow(name = "Chain")]
pub async fn chain(wf: &mut Wf, size: u32) -> Result<u32> {
    let mut last = 0;
    for i in 0..size {
        last = wf.execute(echo::with(i)).await?;
    }
    Ok(last)
}

/// The same, each in the worker itself.
#[workflow(name = "LocalActivities")]
pub async fn local_activities(wf: &mut Wf, size: u32) -> Result<u32> {
    let mut last = 0;
    for i in 0..size {
        last = wf.execute(echo::with(i).local()).await?;
    }
    Ok(last)
}

/// `size` activities at once.
#[workflow(name = "FanOut")]
pub async fn fan_out(wf: &mut Wf, size: u32) -> Result<u32> {
    let echoed = wf.join_all((0..size).map(echo::with)).await?;
    Ok(u32::try_from(echoed.len())?)
}

/// `size` timers of a millisecond at once.
#[workflow(name = "Timers")]
pub async fn timers(wf: &mut Wf, size: u32) -> Result<u32> {
    let fired = wf
        .join_all((0..size).map(|_| timer(Duration::from_millis(1))))
        .await?;
    Ok(u32::try_from(fired.len())?)
}

/// Gives what it was given.
#[workflow(name = "Nothing")]
pub async fn nothing(_wf: &mut Wf, value: u32) -> Result<u32> {
    Ok(value)
}

/// `size` child workflows at once.
#[workflow(name = "Parent")]
pub async fn parent(wf: &mut Wf, size: u32) -> Result<u32> {
    let given = wf.join_all((0..size).map(nothing::with)).await?;
    Ok(u32::try_from(given.len())?)
}

/// Counts messages, and ends when it has counted `target` of them.
#[workflow(name = "Counter")]
#[derive(Default)]
pub struct Counter {
    count: u32,
}

#[workflow]
impl Counter {
    /// Gives the count.
    #[run]
    pub async fn run(wf: &mut Wf<Self>, target: u32) -> Result<u32> {
        wf.wait(move |s| s.count >= target).await?;
        Ok(wf.count)
    }

    /// One more.
    #[signal]
    pub fn increment(&mut self) {
        self.count += 1;
    }

    /// One more, and how many there are then.
    #[update]
    pub fn add_and_get(&mut self) -> Result<u32> {
        self.count += 1;
        Ok(self.count)
    }

    /// How many so far.
    #[query]
    pub fn count(&self) -> u32 {
        self.count
    }
}
