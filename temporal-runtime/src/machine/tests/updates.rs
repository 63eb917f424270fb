//! Updates: those that history accepted, those that fail, and histories of other code.

use super::*;

fn accepted(id: &str) -> EventKind {
    EventKind::Update(UpdateEvent::Accepted { id: id.to_owned() })
}

fn ended(id: &str) -> EventKind {
    EventKind::Update(UpdateEvent::Completed { id: id.to_owned() })
}

fn delivered(id: &str, replayed: bool) -> Machine {
    let mut machine = begun();
    machine.deliver_update(update(id), replayed);
    machine.poll_job().expect("the update");
    machine.accept_update(id);
    machine
}

#[test]
fn a_replayed_update_is_said_to_be_one() {
    let mut machine = begun();
    machine.deliver_update(update("u"), true);
    let job = machine.poll_job();
    assert!(matches!(job, Some(Job::Update { replayed: true, .. })));
    machine.accept_update("u");
    machine.complete_update("u", Outcome::Completed(None));
    assert_eq!(
        feed(&mut machine, [(5, accepted("u")), (6, ended("u"))]),
        Ok(vec![])
    );
    assert_eq!(machine.expect_no_commands(6), Ok(()));
}

#[test]
fn an_update_that_fails_is_completed_all_the_same() {
    let mut machine = delivered("u", false);
    machine.complete_update("u", Outcome::Failed(Box::default()));
    machine.complete_update("u", Outcome::Completed(None));
    assert_eq!(
        described(&machine),
        ["update `u` accepted", "update `u` completed"],
        "it has one outcome"
    );
    let last = machine.commands().last();
    assert!(matches!(
        last,
        Some(Command::CompleteUpdate {
            outcome: Outcome::Failed(_),
            ..
        })
    ));
}

#[test]
fn an_update_that_a_reset_brings_back_is_new() {
    let mut machine = begun();
    let admitted = EventKind::Update(UpdateEvent::Admitted(Box::new(update("u"))));
    let jobs = feed(&mut machine, [(3, admitted)]).unwrap();
    assert!(matches!(
        &jobs[..],
        [Job::Update {
            replayed: false,
            ..
        }]
    ));
}

#[test]
fn an_update_of_another_id_is_a_mismatch() {
    let mut machine = delivered("u", true);
    let mismatch = feed(&mut machine, [(5, accepted("v"))]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        ("update `v` accepted", "update `u` accepted")
    );
}

#[test]
fn an_end_that_the_code_has_not_reached_is_a_mismatch() {
    let mut machine = delivered("u", true);
    let mismatch = feed(&mut machine, [(5, accepted("u")), (6, ended("u"))]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (6, "update `u` completed", "no command")
    );
}

#[test]
fn a_rejected_update_is_forgotten() {
    let mut machine = begun();
    machine.deliver_update(update("u"), false);
    machine.reject_update("u", Failure::default());
    machine.accept_update("u");
    machine.complete_update("u", Outcome::Completed(None));
    assert_eq!(described(&machine), [""; 0]);
}
