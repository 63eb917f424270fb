//! What fails a workflow, what fails its task, and in which words.

use super::Driver;
use crate::prelude::*;

fn failing(workflow_type: &str) -> String {
    Driver::start_without_task(workflow_type, vec![]).failing_task()
}

fn ending(workflow_type: &str) -> String {
    Driver::start(workflow_type, vec![])
        .closed
        .expect("it ends")
}

#[workflow]
async fn fails_with_text(_wf: &mut Wf) -> Result<()> {
    Err("too much".into())
}

#[workflow]
async fn fails_with_an_application_error(
    _wf: &mut Wf,
) -> std::result::Result<(), ApplicationError> {
    Err(ApplicationError::new("refused").error_type("Refused"))
}

#[workflow]
async fn fails_with_a_foreign_error(
    _wf: &mut Wf,
) -> std::result::Result<u32, std::num::ParseIntError> {
    "x".parse()
}

#[workflow]
async fn passes_a_foreign_error_on(_wf: &mut Wf) -> Result<u32> {
    Ok("x".parse::<u32>()?)
}

#[workflow]
async fn panics(_wf: &mut Wf) -> Result<()> {
    panic!("a bug")
}

#[test]
fn our_own_errors_fail_the_workflow() {
    assert_eq!(ending("fails_with_text"), "fail too much");
    assert_eq!(ending("fails_with_an_application_error"), "fail refused");
}

#[test]
fn foreign_errors_fail_the_task_and_say_how_to_fail_the_workflow() {
    for workflow in ["fails_with_a_foreign_error", "passes_a_foreign_error_on"] {
        let message = failing(workflow);
        assert!(
            message.contains("invalid digit found in string"),
            "{message}"
        );
        assert!(
            message.contains("return an `ApplicationError` or `Error::msg(..)`"),
            "{message}"
        );
    }
    assert!(failing("fails_with_a_foreign_error").contains("`ParseIntError`"));
}

#[test]
fn a_panic_fails_the_task_with_its_place() {
    let message = failing("panics");
    assert!(
        message.starts_with("the run function of workflow `panics` panicked: a bug ("),
        "{message}"
    );
    assert!(message.contains("refused.rs:"), "{message}");
}

#[workflow]
async fn sleeps_on_tokio(_wf: &mut Wf) -> Result<()> {
    #[nondeterministic]
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

#[workflow]
async fn waits_for_a_channel(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(1)).await?;
    #[nondeterministic]
    let (_keep, mut receiver) = tokio::sync::mpsc::channel::<()>(1);
    receiver.recv().await;
    Ok(())
}

#[test]
fn a_foreign_wait_fails_the_task_at_its_first_suspension() {
    let without_reactor = failing("sleeps_on_tokio");
    let mut run = Driver::start("waits_for_a_channel", vec![]);
    run.fire("1");
    let suspended = run.failing_task();
    for message in [&without_reactor, &suspended] {
        assert!(
            message.starts_with("[TMPRL1100] the workflow `"),
            "{message}"
        );
        assert!(
            message.contains("is suspended in an `.await` that is not one of its own operations"),
            "{message}"
        );
        assert!(message.contains("(its run function is at "), "{message}");
        assert!(
            message.contains("In a workflow write `wf.sleep(..)` for time"),
            "{message}"
        );
    }
    assert!(
        without_reactor.contains("it has not started any operation"),
        "{without_reactor}"
    );
    assert!(
        suspended.contains("its last operation was started at "),
        "{suspended}"
    );
    assert!(suspended.contains("refused.rs:"), "{suspended}");
}

#[activity(start_to_close = "1m")]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

#[workflow]
async fn calls_an_activity_directly(_wf: &mut Wf) -> Result<String> {
    greet("x".into()).await
}

#[test]
fn an_activity_called_directly_is_caught() {
    let message = failing("calls_an_activity_directly");
    assert!(
        message.contains("the activity `greet` was called directly inside a workflow; write `wf.execute(greet::with(..)).await?`"),
        "{message}"
    );
}
