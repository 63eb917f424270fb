//! A child that is started under the id of an older one, and the older one is cancelled in the same task.

use temporal_protos::enums::StartChildWorkflowExecutionFailedCause;

use super::*;

const NEWER: OpId = OpId(71);
const EXTERNAL: OpId = OpId(72);

fn of(event: ChildEvent) -> EventKind {
    EventKind::Child(Box::new(event))
}

fn start_failed(initiated: i64) -> EventKind {
    of(ChildEvent::StartFailed {
        initiated,
        cause: StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists,
    })
}

fn started(initiated: i64, run_id: &str) -> EventKind {
    of(ChildEvent::Started {
        initiated,
        run_id: run_id.to_owned(),
    })
}

/// The older child runs, and a newer one is started in the task that is open.
fn with_two(cancellation: CancellationType) -> Machine {
    let mut machine = begun();
    machine.start_child(OP, child(), cancellation);
    feed(&mut machine, [(5, initiated()), (6, started(5, "older"))]).expect("it starts");
    machine.start_child(NEWER, child(), CancellationType::WaitCompleted);
    machine
}

const START: &str = "child workflow `Child` (id c) started";
const CANCEL: &str = "a request to cancel workflow `c`";

#[test]
fn the_request_leaves_when_the_newer_child_was_refused() {
    let mut machine = with_two(CancellationType::WaitCompleted);
    assert_eq!(machine.cancel_child(OP), None);
    assert_eq!(machine.cancel_child(OP), None, "once is enough");
    assert_eq!(described(&machine), [START]);
    let jobs = feed(&mut machine, [(10, initiated()), (11, start_failed(10))]);
    let jobs = jobs.expect("it replays");
    let [Job::Resolve(NEWER, Outcome::Failed(_)), again] = &jobs[..] else {
        panic!("{jobs:?}")
    };
    assert_eq!(*again, Job::CancelChildAgain(OP));
    machine.cancel_child_again(OP);
    assert_eq!(described(&machine), [CANCEL]);
    // of the run that was meant
    let canceled = of(ChildEvent::Canceled {
        initiated: 5,
        started: 6,
        details: None,
    });
    let asked = of(ChildEvent::CancelInitiated {
        workflow_id: "c".to_owned(),
    });
    let jobs = feed(&mut machine, [(15, asked), (20, canceled)]).expect("it replays");
    assert!(
        matches!(&jobs[..], [Job::Resolve(OP, Outcome::Failed(_))]),
        "{jobs:?}"
    );
}

#[test]
fn the_request_is_dropped_with_the_older_child() {
    let mut machine = with_two(CancellationType::TryCancel);
    assert!(
        machine.cancel_child(OP).is_some(),
        "its wait is over at once"
    );
    let done = of(ChildEvent::Completed {
        initiated: 5,
        result: None,
    });
    let events = [(8, done), (10, initiated()), (11, started(10, "newer"))];
    // events of the task itself come first in a history
    let jobs = feed(
        &mut machine,
        [events[1].clone(), events[0].clone(), events[2].clone()],
    );
    assert_eq!(jobs, Ok(vec![Job::ChildStarted(NEWER, "newer".to_owned())]));
    assert_eq!(
        described(&machine),
        [""; 0],
        "nothing asks the newer one to cancel"
    );
}

#[test]
fn the_request_leaves_at_once_when_the_newer_child_is_taken_back() {
    let mut machine = with_two(CancellationType::WaitCompleted);
    assert_eq!(machine.cancel_child(OP), None);
    assert!(machine.cancel_child(NEWER).is_some());
    assert_eq!(described(&machine), [CANCEL]);
}

#[test]
fn other_ids_and_other_tasks_are_not_held_up() {
    let mut machine = with_two(CancellationType::WaitCompleted);
    feed(&mut machine, [(10, initiated())]).expect("it replays");
    assert_eq!(machine.cancel_child(OP), None);
    assert_eq!(described(&machine), [CANCEL], "in a later task");
    // before the newer one is started
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    feed(&mut machine, [(5, initiated()), (6, started(5, "older"))]).expect("it starts");
    assert_eq!(machine.cancel_child(OP), None);
    machine.start_child(NEWER, child(), CancellationType::WaitCompleted);
    assert_eq!(described(&machine), [CANCEL, START]);
}

#[test]
fn a_request_by_the_id_alone_fails_and_says_what_to_do() {
    let mut machine = with_two(CancellationType::WaitCompleted);
    let request = |id: &str| ExternalCommand {
        namespace: String::new(),
        workflow_id: id.to_owned(),
        run_id: String::new(),
        child_only: false,
        deed: Deed::Cancel {
            reason: "enough".to_owned(),
        },
    };
    let refused = machine.reach(EXTERNAL, request("c"), Some(OP));
    let Some(Outcome::Failed(failure)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        failure
            .message
            .contains("starts a child with the same id, `c`"),
        "{failure:?}"
    );
    assert_eq!(described(&machine), [START]);
    // anybody else may be asked, and a signal goes to whoever has the id
    assert_eq!(machine.reach(EXTERNAL, request("d"), None), None);
    assert_eq!(described(&machine).len(), 2);
}
