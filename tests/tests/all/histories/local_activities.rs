//! Local activities: one workflow for each way in which they can go, and what comes while they keep a task open.

use temporal_runtime::prelude::*;

use super::{
    activities::{fail_until_attempt, fail_with_chain},
    attributes::KEYWORD,
    basics::{add, greet, sleep_for, square},
    children::{ChildWait, child_greet},
    failures::{chain, outcome},
};

fn last(failed: Result<impl Sized>) -> Vec<String> {
    let chain = failed.err().as_ref().map(chain).unwrap_or_default();
    chain.into_iter().next_back().into_iter().collect()
}

#[workflow(name = "LocalActivity")]
async fn local_activity(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(greet::with(name).local()).await
}

#[workflow(name = "LocalActivityFanOut")]
async fn local_activity_fan_out(wf: &mut Wf, count: i64) -> Result<i64> {
    let calls = (0..count).map(|n| square::with(n).local());
    let squares = wf.join_all(calls).await?;
    wf.execute(add::with(squares.iter().sum::<i64>(), 1)).await
}

#[workflow(name = "LocalActivityRetry")]
async fn local_activity_retry(wf: &mut Wf) -> Result<u32> {
    let call = fail_until_attempt::with(3).local();
    wf.execute(call.local_retry_threshold(Duration::from_secs(5)))
        .await
}

#[workflow(name = "LocalActivityRetryTimer")]
async fn local_activity_retry_timer(wf: &mut Wf) -> Result<u32> {
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(2))
        .backoff_coefficient(1.0);
    let call = fail_until_attempt::with(3).local().retry_policy(retries);
    wf.execute(call.local_retry_threshold(Duration::from_secs(1)))
        .await
}

#[workflow(name = "LocalActivityFailure")]
async fn local_activity_failure(wf: &mut Wf) -> Result<Vec<String>> {
    Ok(last(wf.execute(fail_with_chain::with().local()).await))
}

#[workflow(name = "LocalActivityTimeout")]
async fn local_activity_timeout(wf: &mut Wf) -> Result<Vec<String>> {
    let call = sleep_for::with(5.0)
        .local()
        .start_to_close(Duration::from_secs(1))
        .max_attempts(1);
    Ok(last(wf.execute(call).await))
}

#[workflow(name = "LocalActivityLong")]
async fn local_activity_long(wf: &mut Wf) -> Result<String> {
    wf.execute(sleep_for::with(5.0).local()).await
}

#[workflow(name = "LocalActivityCancel")]
async fn local_activity_cancel(wf: &mut Wf) -> Result<String> {
    let mut handle = wf.start(sleep_for::with(20.0).local());
    wf.sleep(Duration::from_secs(1)).await?;
    handle.cancel();
    Ok(outcome(wf.execute(handle).await))
}

#[workflow(name = "SignalBuffered")]
#[derive(Default)]
struct SignalBuffered {
    values: Vec<String>,
}

#[workflow]
impl SignalBuffered {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.execute(sleep_for::with(1.5).local()).await?;
        wf.sleep(Duration::from_millis(200)).await?;
        wf.wait(|s| !s.values.is_empty()).await?;
        Ok(wf.values.clone())
    }

    #[signal]
    fn add_value(&mut self, value: String) {
        self.values.push(value);
    }
}

#[workflow(name = "SignalUnhandledCommand")]
#[derive(Default)]
struct SignalUnhandledCommand {
    values: Vec<String>,
}

#[workflow]
impl SignalUnhandledCommand {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.execute(sleep_for::with(1.5).local()).await?;
        Ok(wf.values.clone())
    }

    #[signal]
    fn add_value(&mut self, value: String) {
        self.values.push(value);
    }
}

#[workflow(name = "BufferedMixed")]
#[derive(Default)]
struct BufferedMixed {
    values: Vec<String>,
}

#[workflow]
impl BufferedMixed {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        let id = format!("{}-child", wf.info().workflow_id);
        let child = wf.start(ChildWait::with().id(id));
        wf.execute(child.started()).await?;
        // the recorded one scheduled its activity first, too: there the timer is a task of its own
        let job = wf.start(sleep_for::with(1.0));
        let limit = wf.start(timer(Duration::from_secs(1)));
        wf.wait(|s| s.values.len() == 1).await?;
        wf.execute(sleep_for::with(4.0).local()).await?;
        wf.join((limit, job, child)).await?;
        wf.wait(|s| s.values.len() == 3).await?;
        Ok(wf.values.clone())
    }

    #[signal]
    fn add_value(&mut self, value: String) {
        self.values.push(value);
    }
}

#[workflow(name = "UpdateDuringTask")]
#[derive(Default)]
struct UpdateDuringTask {
    log: Vec<String>,
}

#[workflow]
impl UpdateDuringTask {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.execute(sleep_for::with(2.0).local()).await?;
        wf.log.push("local activity".into());
        wf.wait(|s| s.log.len() == 3).await?;
        Ok(wf.log.clone())
    }

    #[update]
    fn note_update(&mut self, text: String) -> Result<usize> {
        self.log.push(text);
        Ok(self.log.len())
    }

    #[signal]
    fn note_signal(&mut self, text: String) {
        self.log.push(text);
    }
}

/// An interceptor added the header `tenant` there; replay compares no headers.
#[workflow(name = "HeaderPassedOn")]
async fn header_passed_on(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(greet::with(name.clone()).local()).await?;
    let id = format!("{}-child", wf.info().workflow_id);
    wf.execute(child_greet::with(name.clone()).id(id)).await?;
    wf.execute(greet::with(name)).await
}

#[workflow(name = "EverythingAtOnce")]
async fn everything_at_once(wf: &mut Wf) -> Result<(i64, i64, String, Option<()>, bool)> {
    wf.upsert_search_attributes([KEYWORD.set("busy")]);
    let patched = wf.patched("mixed");
    let id = format!("{}-child", wf.info().workflow_id);
    let activity = square::with(2);
    let local = square::with(3).local();
    let child = child_greet::with("child").id(id);
    let limit = timer(Duration::from_millis(200));
    let (remote, here, greeting, ()) = wf.join((activity, local, child, limit)).await?;
    Ok((remote, here, greeting, None, patched))
}

#[workflow(name = "UserMetadata")]
#[derive(Default)]
struct UserMetadata {
    go_on: bool,
}

#[workflow]
impl UserMetadata {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        wf.set_current_details("step 1: **greet**");
        wf.execute(greet::with("Ada").summary("greet Ada")).await?;
        wf.execute(greet::with("Bob").local().summary("greet Bob here"))
            .await?;
        wf.set_current_details("step 2: wait");
        wf.execute(timer(Duration::from_millis(200)).summary("a short rest"))
            .await?;
        wf.wait_for(|_| false, Duration::from_millis(200)).await?;
        let id = format!("{}-child", wf.info().workflow_id);
        let child = child_greet::with("Cy")
            .id(id)
            .static_summary("greets Cy")
            .static_details("a child that greets *Cy*");
        wf.execute(child).await?;
        wf.wait(|s| s.go_on).await?;
        wf.set_current_details("done");
        Ok(wf.current_details())
    }

    /// Ends the wait.
    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }
}
