//! Order: messages before everything else, tasks as they become ready, and combinators that follow events.

use super::{Driver, HOUR, args};
use crate::prelude::*;

#[activity(start_to_close = "1m")]
async fn work(what: String) -> Result<String>;

#[workflow]
struct Journal {
    log: Vec<String>,
}

#[workflow]
impl Journal {
    #[init]
    fn new(name: String) -> Self {
        Self {
            log: vec![format!("init {name}")],
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, _name: String) -> Result<Vec<String>> {
        wf.log.push("run".into());
        wf.wait(|s| s.log.iter().any(|l| l == "stop")).await?;
        Ok(wf.log.clone())
    }

    #[signal]
    fn note(&mut self, text: String) {
        self.log.push(text);
    }

    #[signal]
    async fn note_later(wf: &mut Wf<Self>, text: String) -> Result<()> {
        wf.log.push(format!("begin {text}"));
        let done = wf.execute(work::with(text)).await?;
        wf.log.push(done);
        Ok(())
    }
}

#[test]
fn init_comes_first_then_signals_then_run() {
    let mut run = Driver::start_without_task("Journal", args(["a"]));
    run.signal("note", "early".to_owned());
    run.signal("note_later", "x".to_owned());
    assert_eq!(run.task(), ["schedule work 1"]);
    run.complete("1", "done".to_owned());
    run.signal("note", "stop".to_owned());
    assert_eq!(
        run.task(),
        [r#"complete ["init a","early","begin x","run","stop"]"#],
        "messages and the conditions they meet come before other events"
    );
}

#[test]
fn handlers_interleave_in_the_order_in_which_they_become_ready() {
    let mut run = Driver::start("Journal", args(["a"]));
    run.signal("note_later", "x".to_owned());
    run.signal("note_later", "y".to_owned());
    assert_eq!(run.task(), ["schedule work 1", "schedule work 2"]);
    run.complete("2", "second".to_owned());
    run.complete("1", "first".to_owned());
    run.task();
    run.signal("note", "stop".to_owned());
    assert_eq!(
        run.task(),
        [r#"complete ["init a","run","begin x","begin y","second","first","stop"]"#]
    );
}

#[test]
fn a_signal_without_a_handler_and_one_that_cannot_be_decoded_change_nothing() {
    let mut run = Driver::start("Journal", args(["a"]));
    run.signal("nobody", 5u32);
    run.signal("note", 5u32);
    assert_eq!(run.task(), [""; 0]);
    run.signal("note", "stop".to_owned());
    assert_eq!(run.task(), [r#"complete ["init a","run","stop"]"#]);
}

#[workflow]
async fn fan_out(wf: &mut Wf) -> Result<String> {
    let all = wf.join_all(["a", "b", "c"].map(work::with)).await?;
    let mut handles: Vec<_> = ["d", "e"].map(|w| wf.start(work::with(w))).into();
    let mut order = Vec::new();
    while let Some((_, done)) = wf.next(&mut handles).await {
        order.push(done?);
    }
    Ok(format!("{} then {}", all.join(""), order.join("")))
}

#[test]
fn join_all_keeps_the_order_of_the_calls_and_next_that_of_the_ends() {
    let mut run = Driver::start("fan_out", vec![]);
    assert_eq!(
        run.log,
        ["schedule work 1", "schedule work 2", "schedule work 3"]
    );
    run.complete("3", "C".to_owned());
    assert_eq!(run.task(), [""; 0]);
    run.complete("1", "A".to_owned());
    run.complete("2", "B".to_owned());
    assert_eq!(run.task(), ["schedule work 4", "schedule work 5"]);
    run.complete("5", "E".to_owned());
    assert_eq!(run.task(), [""; 0]);
    run.complete("4", "D".to_owned());
    assert_eq!(run.task(), ["complete \"ABC then ED\""]);
}

#[workflow]
async fn settled(wf: &mut Wf) -> Result<String> {
    let all = wf.settle_all(["a", "b"].map(work::with)).await;
    let (x, y) = wf.settle((work::with("c"), timer(HOUR))).await;
    Ok(format!(
        "{:?} {} {}",
        all.iter().map(|r| r.is_ok()).collect::<Vec<_>>(),
        x.is_ok(),
        y.is_ok()
    ))
}

#[test]
fn settle_waits_for_all_whatever_becomes_of_each() {
    let mut run = Driver::start("settled", vec![]);
    run.fail("1", "no");
    assert_eq!(run.task(), [""; 0]);
    run.complete("2", "b".to_owned());
    assert_eq!(run.task(), ["schedule work 3", "start timer 1 3600s"]);
    run.fail("3", "no");
    run.fire("1");
    assert_eq!(run.task(), ["complete \"[false, true] false true\""]);
}

#[workflow]
async fn waits_for_state(wf: &mut Wf) -> Result<String> {
    let waited = wf.race((until(|(): &()| false), timer(HOUR))).await?;
    Ok(format!("{waited:?}"))
}

#[test]
fn a_condition_with_a_timeout_is_a_race() {
    let mut run = Driver::start("waits_for_state", vec![]);
    run.fire("1");
    assert_eq!(run.task(), ["complete \"Second(())\""]);
}

#[workflow]
async fn dropped_handle(wf: &mut Wf) -> Result<()> {
    drop(wf.start(work::with("a")));
    wf.sleep(HOUR).await
}

#[test]
fn a_dropped_handle_issues_no_command() {
    let mut run = Driver::start("dropped_handle", vec![]);
    assert_eq!(run.log, ["schedule work 1", "start timer 1 3600s"]);
    run.complete("1", "late".to_owned());
    assert_eq!(run.task(), [""; 0]);
    run.fire("1");
    assert_eq!(run.task(), ["complete "]);
}
