//! Local activities: their results one at a time, their time, and what comes in between; each history replays.

use super::{Driver, args};
use crate::prelude::*;

#[activity(start_to_close = "1m")]
async fn work(what: String) -> Result<String>;

#[workflow]
async fn takes_the_quicker(wf: &mut Wf) -> Result<String> {
    let calls = (work::with("a").local(), work::with("b").local());
    match wf.race(calls).await? {
        First2::First(first) | First2::Second(first) => wf.execute(work::with(first)).await,
    }
}

#[test]
fn the_first_result_wins_whatever_was_begun_first() {
    let mut run = Driver::start_without_task("takes_the_quicker", vec![]);
    assert_eq!(run.open_task(), [1, 2]);
    assert_eq!(run.local_ended(2, "second".to_owned()), [0; 0]);
    // the loser was cancelled meanwhile
    assert_eq!(run.local_ended(1, "late".to_owned()), [0; 0]);
    let commands = ["record 2", "record 1", "schedule work 3"];
    assert_eq!(run.close_task(), commands);
}

#[workflow]
async fn branches_follow_their_results(wf: &mut Wf) -> Result<(String, String)> {
    let branch = |wf: &mut Wf, name: &'static str| {
        wf.spawn(move |mut wf| async move {
            let result = wf.execute(work::with(name).local()).await?;
            wf.execute(work::with(result)).await
        })
    };
    let first = branch(wf, "a");
    let second = branch(wf, "b");
    wf.join((first, second)).await
}

#[test]
fn what_follows_a_result_stands_behind_its_marker() {
    let mut run = Driver::start_without_task("branches_follow_their_results", vec![]);
    assert_eq!(run.open_task(), [1, 2]);
    run.local_ended(2, "b".to_owned());
    run.local_ended(1, "a".to_owned());
    assert_eq!(
        run.close_task(),
        ["record 2", "schedule work 3", "record 1", "schedule work 4"]
    );
}

#[workflow]
async fn tells_the_time(wf: &mut Wf) -> Result<u64> {
    let before = wf.now();
    wf.execute(work::with("a").local()).await?;
    let passed = wf.now().duration_since(before)?.as_secs();
    // another command if the time is another on replay
    if passed == 1 {
        wf.execute(work::with("later")).await?;
    }
    Ok(passed)
}

#[test]
fn time_passes_while_one_runs() {
    let mut run = Driver::start_without_task("tells_the_time", vec![]);
    assert_eq!(run.open_task(), [1]);
    run.local_ended(1, "done".to_owned());
    assert_eq!(run.close_task(), ["record 1", "schedule work 2"]);
    run.complete("2", "done".to_owned());
    assert_eq!(run.task(), ["complete 1"]);
}

#[workflow]
#[derive(Default)]
struct Noting {
    notes: Vec<String>,
}

#[workflow]
impl Noting {
    #[run]
    async fn run(wf: &mut Wf<Self>, last: String) -> Result<Vec<String>> {
        let done = wf.execute(work::with("local").local()).await?;
        wf.notes.push(done);
        wf.wait(move |s| s.notes.contains(&last)).await?;
        Ok(wf.notes.clone())
    }

    #[signal]
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    #[signal]
    async fn note_later(wf: &mut Wf<Self>, text: String) -> Result<()> {
        let done = wf.execute(work::with(text)).await?;
        wf.notes.push(done);
        Ok(())
    }
}

#[test]
fn a_signal_comes_with_the_task_that_takes_the_place_of_the_first() {
    let mut run = Driver::start_without_task("Noting", args(["done"]));
    assert_eq!(run.open_task(), [1]);
    assert_eq!(run.close_task(), [""; 0], "a heartbeat");
    run.signal("note", "between".to_owned());
    assert_eq!(run.open_task(), [0; 0], "it runs already");
    run.local_ended(1, "done".to_owned());
    assert_eq!(
        run.close_task(),
        ["record 1", r#"complete ["between","done"]"#]
    );
}

#[test]
fn an_attempt_after_a_timer_is_numbered_in_its_turn() {
    let mut run = Driver::start_without_task("Noting", args(["done"]));
    assert_eq!(run.open_task(), [1]);
    let minute = Duration::from_secs(60);
    assert_eq!(run.local_backs_off(1, minute), [0; 0]);
    assert_eq!(run.close_task(), ["record 1", "start timer 1 60s"]);
    // messages come first, though the timer fired before
    run.fire("1");
    run.signal("note_later", "x".to_owned());
    assert_eq!(run.open_task(), [3]);
    run.local_ended(3, "done".to_owned());
    assert_eq!(
        run.close_task(),
        ["schedule work 2", "record 3", r#"complete ["done"]"#]
    );
}

#[workflow]
async fn is_cancelled(wf: &mut Wf) -> Result<String> {
    let call = work::with("a").local();
    let waited = wf
        .execute(call.cancellation_type(CancellationType::WaitCompleted))
        .await;
    wf.shielded().execute(work::with("cleanup").local()).await?;
    waited
}

#[test]
fn one_that_swallows_its_cancellation_gives_its_result() {
    let mut run = Driver::start_without_task("is_cancelled", vec![]);
    assert_eq!(run.open_task(), [1]);
    assert_eq!(run.close_task(), [""; 0], "a heartbeat");
    run.request_cancel();
    assert_eq!(run.open_task(), [0; 0]);
    assert_eq!(run.local_ended(1, "all the same".to_owned()), [2]);
    run.local_ended(2, "clean".to_owned());
    let commands = ["record 1", "record 2", r#"complete "all the same""#];
    assert_eq!(run.close_task(), commands);
}
