//! Errors that are listed end a run or an update; the same errors fail the task where nobody lists them.

use super::{Driver, args};
use crate::prelude::*;

#[derive(Debug)]
struct InvalidInput;

impl std::fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such shelf")
    }
}

impl std::error::Error for InvalidInput {}

/// Fails where it is told to.
#[workflow]
struct Fails {
    ends: bool,
}

#[workflow]
impl Fails {
    #[init]
    fn new(place: String) -> Result<Self, InvalidInput> {
        match place.as_str() {
            "init" => Err(InvalidInput),
            "panic in init" => panic!("a bug"),
            _ => Ok(Self { ends: false }),
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, place: String) -> Result<bool, InvalidInput> {
        match place.as_str() {
            "run" => return Err(InvalidInput),
            "panic" => panic!("a bug"),
            _ => {}
        }
        drop(wf.wait(|s| s.ends).await);
        Ok(wf.ends)
    }

    #[signal]
    async fn poke(_wf: &mut Wf<Self>, how: String) -> Result<(), InvalidInput> {
        assert!(how != "panic", "a bug");
        Err(InvalidInput)
    }

    #[update]
    fn change(&mut self, how: String) -> Result<(), InvalidInput> {
        assert!(how != "panic", "a bug");
        Err(InvalidInput)
    }

    #[update]
    async fn change_slowly(wf: &mut Wf<Self>, how: String) -> Result<(), InvalidInput> {
        drop(wf.sleep(Duration::from_secs(1)).await);
        assert!(how != "panic", "a bug");
        Err(InvalidInput)
    }

    #[query]
    fn ends(&self) -> bool {
        self.ends
    }
}

/// [`Fails`], with its error listed.
#[workflow(fail_on = ["InvalidInput"])]
async fn listed_by_itself(_wf: &mut Wf) -> Result<(), InvalidInput> {
    Err(InvalidInput)
}

/// `?` keeps the name of what it converts.
#[workflow(fail_on = ["ParseIntError"])]
async fn listed_and_converted(_wf: &mut Wf) -> Result<u32> {
    Ok("x".parse::<u32>()?)
}

fn started(place: &str, listed: &[&str]) -> Driver {
    let mut run = Driver::start_without_task("Fails", args([place]));
    run.fail_on(listed);
    run
}

#[test]
fn a_listed_error_fails_the_workflow() {
    for listed in ["InvalidInput", "*"] {
        assert_eq!(started("run", &[listed]).task(), ["fail no such shelf"]);
        assert_eq!(started("init", &[listed]).task(), ["fail no such shelf"]);
    }
    let run = Driver::start("listed_by_itself", vec![]);
    assert_eq!(run.closed.as_deref(), Some("fail no such shelf"));
    let run = Driver::start("listed_and_converted", vec![]);
    let closed = run.closed.expect("it ends");
    assert_eq!(closed, "fail invalid digit found in string");
}

#[test]
fn another_error_fails_the_task_and_says_what_to_list() {
    let text = started("run", &["InvalidOutput"]).failing_task();
    let start = "the workflow (`Fails`) ended with a `InvalidInput`, which is taken for a bug: ";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("To fail the workflow instead, return an `ApplicationError` or `Error::msg(..)`, or list the type: `#[workflow(fail_on = [\"InvalidInput\"])]`: no such shelf"), "{text}");
    let text = started("init", &[]).failing_task();
    let start =
        "the `#[init]` function of the workflow (`Fails`) ended with a `InvalidInput`, which is";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn a_panic_is_listed_by_name_only() {
    let text = started("panic", &["*"]).failing_task();
    let start = "the run function of workflow `Fails` panicked: a bug (";
    assert!(text.starts_with(start), "{text}");
    assert!(
        text.contains("or list panics: `#[workflow(fail_on = [\"panic\"])]`"),
        "{text}"
    );
    let text = started("panic in init", &["*"]).failing_task();
    let start = "the `#[init]` function of workflow `Fails` panicked: a bug (";
    assert!(text.starts_with(start), "{text}");
    for place in ["panic", "panic in init"] {
        let commands = started(place, &["panic"]).task();
        assert_eq!(commands.len(), 1);
        assert!(commands[0].starts_with("fail a bug ("), "{commands:?}");
    }
}

#[test]
fn in_a_signal_handler_it_is_the_workflow_that_fails() {
    let mut run = started("", &["InvalidInput", "panic"]);
    run.signal("poke", "error".to_owned());
    assert_eq!(run.task(), ["fail no such shelf"]);
    let mut run = started("", &["panic"]);
    run.signal("poke", "panic".to_owned());
    assert!(run.task()[0].starts_with("fail a bug ("));
    let mut run = started("", &[]);
    run.signal("poke", "error".to_owned());
    let text = run.failing_task();
    let start = "the signal handler `poke` of the workflow (`Fails`) ended with a `InvalidInput`";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn in_an_update_handler_it_is_the_update_that_fails() {
    let mut run = started("", &["InvalidInput", "panic"]);
    run.update("u1", "change", "error".to_owned());
    run.update("u2", "change", "panic".to_owned());
    run.update("u3", "change_slowly", "error".to_owned());
    let commands = run.task();
    assert_eq!(
        commands[..2],
        ["accept u1", "update u1 fails: InvalidInput no such shelf"]
    );
    assert!(commands[3].starts_with("update u2 fails: panic a bug ("));
    run.fire("1");
    assert_eq!(
        run.task(),
        ["update u3 fails: InvalidInput no such shelf"],
        "and the workflow goes on"
    );
    let mut run = started("", &[]);
    run.update("u1", "change", "error".to_owned());
    let text = run.failing_task();
    let start = "the handler of update `change` (id u1) of the workflow (`Fails`) ended with a `InvalidInput`";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("To fail the update instead"), "{text}");
}

#[test]
fn a_run_whose_init_failed_answers_no_query() {
    let mut run = started("init", &["*"]);
    run.task();
    let refused = run.refused_query("ends");
    assert!(
        refused.contains("the workflow never began, because its `#[init]` function failed"),
        "{refused}"
    );
}

#[workflow]
async fn reads_wrongly(_wf: &mut Wf, text: crate::RawValue) -> Result<u32> {
    text.decode()
}

#[test]
fn a_value_of_another_type_is_taken_for_a_bug() {
    let mut run = Driver::start_without_task("reads_wrongly", args(["seven"]));
    let text = run.failing_task();
    assert!(text.contains("which is taken for a bug"), "{text}");
    assert!(text.contains("`\"seven\"` is not a `u32`"), "{text}");
    let mut run = Driver::start_without_task("reads_wrongly", args(["seven"]));
    run.fail_on(&["*"]);
    assert_eq!(run.task(), ["fail `\"seven\"` is not a `u32`"]);
}

#[workflow]
async fn sets_every_flag(_wf: &mut Wf) -> Result<()> {
    let error = ApplicationError::new("later")
        .benign()
        .next_retry_delay(Duration::from_secs(7));
    Err(error.into())
}

#[test]
fn the_flags_of_an_application_error_reach_the_command() {
    let run = Driver::start("sets_every_flag", vec![]);
    let failure = run.failure.expect("it failed");
    assert_eq!(failure.next_retry_delay(), Some(Duration::from_secs(7)));
    assert!(failure.is_benign());
}
