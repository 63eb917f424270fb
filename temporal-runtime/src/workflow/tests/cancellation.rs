//! The rules of cancellation, one by one.

use super::{Driver, HOUR, args};
use crate::prelude::*;

#[activity(start_to_close = "1m")]
async fn crawl(site: String) -> Result<u32>;

#[activity(start_to_close = "1m")]
async fn release(what: String) -> Result<()>;

#[workflow]
#[derive(Default)]
struct Lease {
    log: Vec<String>,
}

#[workflow]
impl Lease {
    #[run]
    async fn run(wf: &mut Wf<Self>, what: String) -> Result<()> {
        let held = Self::hold(wf).await;
        let mut wf = wf.shielded();
        wf.execute(release::with(what)).await?;
        held
    }

    async fn hold(wf: &mut Wf<Self>) -> Result<()> {
        loop {
            wf.sleep(HOUR).await?;
            wf.log.push("renewed".into());
        }
    }

    #[signal]
    async fn later(wf: &mut Wf<Self>, what: String) -> Result<()> {
        wf.sleep(HOUR).await?;
        wf.log.push(what);
        Ok(())
    }

    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}

#[test]
fn a_request_ends_the_wait_and_cleanup_runs_in_a_shield() {
    let mut run = Driver::start("Lease", args(["flat"]));
    run.fire("1");
    run.task();
    run.request_cancel();
    assert_eq!(run.task(), ["cancel timer 2", "schedule release 1"]);
    run.complete("1", ());
    assert_eq!(run.task(), ["cancel the workflow"]);
    assert_eq!(run.query::<Vec<String>>("log"), ["renewed"]);
}

#[test]
fn a_second_request_does_nothing() {
    let mut run = Driver::start("Lease", args(["flat"]));
    run.request_cancel();
    run.request_cancel();
    assert_eq!(run.task(), ["cancel timer 1", "schedule release 1"]);
}

#[test]
fn a_request_does_not_reach_a_handler() {
    let mut run = Driver::start("Lease", args(["flat"]));
    run.signal("later", "noted".to_owned());
    assert_eq!(run.task(), ["start timer 2 3600s"]);
    run.request_cancel();
    assert_eq!(run.task(), ["cancel timer 1", "schedule release 1"]);
    run.fire("2");
    assert_eq!(run.task(), [""; 0]);
    assert_eq!(run.query::<Vec<String>>("log"), ["noted"]);
}

/// Catches the request, sees that it is still cancelled, cleans up and completes.
#[workflow]
async fn nap(wf: &mut Wf, hours: String) -> Result<String> {
    match wf.sleep(HOUR).await {
        Err(e) if e.is_cancelled() => {
            assert!(wf.is_cancelled() && wf.sleep(HOUR).await.is_err());
            wf.shielded().execute(release::with(hours)).await?;
            Ok("woken".into())
        }
        slept => slept.map(|()| "slept".into()),
    }
}

#[test]
fn cancelled_stays_cancelled_and_may_be_ignored() {
    let mut run = Driver::start("nap", args(["8"]));
    run.request_cancel();
    assert_eq!(run.task(), ["cancel timer 1", "schedule release 1"]);
    run.complete("1", ());
    assert_eq!(run.task(), ["complete \"woken\""]);
}

#[workflow]
async fn survey(wf: &mut Wf, kind: String) -> Result<String> {
    let kind = match kind.as_str() {
        "wait" => CancellationType::WaitCompleted,
        "abandon" => CancellationType::Abandon,
        _ => CancellationType::TryCancel,
    };
    let mut job = wf.start(crawl::with("site").cancellation_type(kind));
    wf.sleep(Duration::from_secs(3)).await?;
    job.cancel();
    match wf.execute(job).await {
        Ok(pages) => Ok(format!("{pages} pages")),
        Err(e) if e.is_cancelled() => Ok("gave up".into()),
        Err(e) => Err(e),
    }
}

#[test]
fn try_cancel_does_not_wait_for_the_activity() {
    let mut run = Driver::start("survey", args(["try"]));
    run.fire("1");
    assert_eq!(run.task(), ["cancel activity", "complete \"gave up\""]);
}

#[test]
fn wait_completed_takes_what_it_ends_with() {
    let mut run = Driver::start("survey", args(["wait"]));
    run.fire("1");
    assert_eq!(run.task(), ["cancel activity"]);
    run.complete("1", 7u32);
    assert_eq!(run.task(), ["complete \"7 pages\""]);

    let mut run = Driver::start("survey", args(["wait"]));
    run.fire("1");
    run.task();
    run.acknowledge_cancel("1");
    assert_eq!(run.task(), ["complete \"gave up\""]);
}

#[test]
fn abandon_asks_nobody() {
    let mut run = Driver::start("survey", args(["abandon"]));
    run.fire("1");
    assert_eq!(run.task(), ["complete \"gave up\""]);
}

#[workflow]
async fn hurry(wf: &mut Wf, site: String) -> Result<String> {
    let mut job = wf.start(crawl::with(site));
    if let First2::First(pages) = wf.race((&mut job, timer(HOUR))).await? {
        return Ok(format!("{pages} pages"));
    }
    match wf.race((job, timer(HOUR))).await? {
        First2::First(pages) => Ok(format!("{pages} pages, late")),
        First2::Second(()) => Ok("too slow".into()),
    }
}

#[test]
fn a_lent_loser_goes_on_and_a_given_one_is_cancelled() {
    let mut run = Driver::start("hurry", args(["site"]));
    run.fire("1");
    assert_eq!(run.task(), ["start timer 2 3600s"]);
    run.fire("2");
    assert_eq!(run.task(), ["cancel activity", "complete \"too slow\""]);

    let mut run = Driver::start("hurry", args(["site"]));
    run.fire("1");
    run.task();
    run.complete("1", 3u32);
    assert_eq!(run.task(), ["cancel timer 2", "complete \"3 pages, late\""]);
}

#[workflow]
async fn leftovers(wf: &mut Wf, site: String) -> Result<String> {
    let failed = wf.join((crawl::with("broken"), crawl::with(site))).await;
    {
        let mut asleep = std::pin::pin!(wf.sleep(HOUR));
        std::future::poll_fn(|cx| {
            assert!(asleep.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    Ok(format!(
        "failed: {}",
        failed.is_err_and(|e| !e.is_cancelled())
    ))
}

#[test]
fn a_failed_join_and_a_dropped_wait_cancel_what_they_were_given() {
    let mut run = Driver::start("leftovers", args(["site"]));
    run.fail("1", "broken");
    // the dropped timer began and ended in one task: no trace of it
    assert_eq!(run.task(), ["cancel activity", "complete \"failed: true\""]);
}

#[workflow]
#[derive(Default)]
struct Sweep {
    stop: Option<Canceller>,
}

#[workflow]
impl Sweep {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let done = {
            let mut wf = wf.scope();
            wf.stop = Some(wf.canceller());
            wf.settle((crawl::with("a"), timer(HOUR))).await
        };
        wf.sleep(HOUR).await?;
        Ok(format!("{} {}", done.0.is_err(), done.1.is_err()))
    }

    #[signal]
    fn skip(&mut self, _why: String) {
        if let Some(stop) = &mut self.stop {
            stop.cancel();
        }
    }
}

#[test]
fn a_signal_cancels_a_scope_and_nothing_else() {
    let mut run = Driver::start("Sweep", vec![]);
    run.signal("skip", "enough".to_owned());
    assert_eq!(
        run.task(),
        ["cancel activity", "cancel timer 1", "start timer 2 3600s"]
    );
    run.fire("2");
    assert_eq!(run.task(), ["complete \"true true\""]);
}

#[workflow]
#[derive(Default)]
struct Tie {
    ready: bool,
    stop: Option<Canceller>,
}

#[workflow]
impl Tie {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let mut wf = wf.scope();
        wf.stop = Some(wf.canceller());
        let first = wf.race((timer(HOUR), until(|s: &Self| s.ready))).await?;
        let then = wf.sleep(HOUR).await;
        Ok(format!(
            "{first:?} {}",
            then.is_err_and(|e| e.is_cancelled())
        ))
    }

    #[signal]
    fn both(&mut self, _x: String) {
        self.ready = true;
        if let Some(stop) = &mut self.stop {
            stop.cancel();
        }
    }
}

#[test]
fn an_answer_that_is_there_wins_and_the_wait_after_it_ends() {
    let mut run = Driver::start("Tie", vec![]);
    run.signal("both", String::new());
    assert_eq!(
        run.task(),
        ["cancel timer 1", "complete \"Second(()) true\""]
    );
}

#[workflow]
async fn guarded(wf: &mut Wf, site: String) -> Result<String> {
    let mut task = wf.spawn(|mut wf| async move {
        let found = wf.execute(crawl::with(site)).await;
        wf.shielded().execute(release::with("the crawler")).await?;
        found
    });
    wf.sleep(Duration::from_secs(1)).await?;
    task.cancel();
    Ok(match wf.execute(task).await {
        Ok(n) => n.to_string(),
        Err(e) => format!("cancelled: {}", e.is_cancelled()),
    })
}

#[test]
fn a_spawned_task_is_cancelled_alone_and_gives_what_it_returns() {
    let mut run = Driver::start("guarded", args(["site"]));
    assert_eq!(run.log, ["start timer 1 1s", "schedule crawl 1"]);
    run.fire("1");
    assert_eq!(run.task(), ["cancel activity", "schedule release 2"]);
    run.complete("2", ());
    assert_eq!(run.task(), ["complete \"cancelled: true\""]);
}

#[workflow]
async fn stubborn(wf: &mut Wf, _hours: String) -> Result<String> {
    let mut wf = wf.shielded();
    wf.sleep(HOUR).await?;
    Ok("slept all the same".into())
}

#[test]
fn a_whole_run_may_ignore_a_request() {
    let mut run = Driver::start("stubborn", args(["8"]));
    run.request_cancel();
    assert_eq!(run.task(), [""; 0]);
    run.fire("1");
    assert_eq!(run.task(), ["complete \"slept all the same\""]);
}

#[workflow]
async fn own_cancel(wf: &mut Wf) -> Result<u32> {
    let mut job = wf.start(crawl::with("site"));
    job.cancel();
    wf.execute(job).await
}

#[test]
fn a_cancellation_that_nobody_asked_for_is_a_failure() {
    let run = Driver::start("own_cancel", vec![]);
    assert_eq!(run.closed.as_deref(), Some("fail Activity cancelled"));
}

#[workflow]
async fn swallows(wf: &mut Wf) -> Result<()> {
    while wf.sleep(HOUR).await.is_err() {}
    Ok(())
}

#[test]
fn a_loop_that_swallows_its_cancellation_fails_the_task() {
    let mut run = Driver::start("swallows", vec![]);
    run.request_cancel();
    let message = run.failing_task();
    assert!(
        message.contains("the workflow keeps waiting in a cancelled scope ("),
        "{message}"
    );
    assert!(
        message.contains("leave the loop with `?`, or put it into `wf.shielded()`"),
        "{message}"
    );
}
