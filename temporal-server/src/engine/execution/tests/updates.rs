//! Updates and speculative tasks.

use temporal_protos::protocol::Message as Sent;
use temporal_protos::update::outcome::Value;
use temporal_protos::update::{Acceptance, Input, Meta, Outcome, Rejection, Request, Response};
use temporal_protos::workflowservice::respond_workflow_task_completed_request::Capabilities;

use super::*;
use crate::engine::effect::UpdateView;

pub(super) fn update(id: &str) -> Request {
    Request {
        meta: Some(Meta {
            update_id: id.into(),
            ..Meta::default()
        }),
        input: Some(Input {
            name: "upd".into(),
            ..Input::default()
        }),
        ..Request::default()
    }
}

pub(super) fn admit(bench: &mut Bench, id: &str) -> Result<u64, Refusal> {
    bench
        .ask(|run, ctx| run.admit_update(ctx, update(id)))
        .map(|attached| attached.serial)
}

/// The messages of the started task.
pub(super) fn sent(bench: &Bench) -> Vec<Sent> {
    bench.run.task_messages()
}

pub(super) fn message<M: prost::Name>(of: &Sent, kind: &str, body: &M) -> Sent {
    Sent {
        id: format!("{}/{kind}", of.protocol_instance_id),
        protocol_instance_id: of.protocol_instance_id.clone(),
        body: prost_types::Any::from_msg(body).ok(),
        ..Sent::default()
    }
}

pub(super) fn accept(of: &Sent) -> Sent {
    let acceptance = Acceptance {
        accepted_request_message_id: of.id.clone(),
        ..Acceptance::default()
    };
    message(of, "accept", &acceptance)
}

pub(super) fn respond(of: &Sent) -> Sent {
    let outcome = Outcome {
        value: Some(Value::Success(text("out"))),
    };
    message(
        of,
        "response",
        &Response {
            outcome: Some(outcome),
            ..Response::default()
        },
    )
}

fn reject(of: &Sent) -> Sent {
    let rejection = Rejection {
        failure: Some(application_failure()),
        ..Rejection::default()
    };
    message(of, "reject", &rejection)
}

/// What those who wait for update `serial` were told.
fn told(bench: &Bench, serial: u64) -> Vec<UpdateView> {
    let of_it = |effect: &Effect| match effect {
        Effect::UpdateChanged(changed, view) if *changed == serial => Some(view.clone()),
        _ => None,
    };
    bench.effects.iter().filter_map(of_it).collect()
}

/// A run that waits, and update `u` with a worker.
fn asked() -> (Bench, u64, Sent) {
    let mut bench = Bench::start();
    bench.step(Vec::new());
    let serial = admit(&mut bench, "u").unwrap();
    bench.poll();
    let message = sent(&bench).remove(0);
    (bench, serial, message)
}

#[test]
fn rules_64_and_65_an_update_of_an_idle_run_comes_with_a_task_that_is_not_written() {
    let (bench, _, message) = asked();
    assert_eq!(bench.last(1), ["TaskCompleted"]);
    assert_eq!(message.id, "u/request");
    assert!(bench.run.task.as_ref().unwrap().speculative);
    assert_eq!(bench.run.unwritten_task_events(true).len(), 2);
}

#[test]
fn rule_63_the_same_id_is_the_same_update() {
    let mut bench = Bench::start();
    let first = admit(&mut bench, "u").unwrap();
    assert_eq!(admit(&mut bench, "u"), Ok(first));
    bench.poll();
    assert_eq!(sent(&bench).len(), 1);
}

#[test]
fn rule_62_only_so_many_are_in_flight() {
    let mut bench = Bench::start();
    bench.limits.updates_in_flight = 2;
    admit(&mut bench, "u").unwrap();
    admit(&mut bench, "v").unwrap();
    assert!(matches!(
        admit(&mut bench, "w"),
        Err(Refusal::ResourceExhausted { .. })
    ));
}

#[test]
fn rule_62_only_so_many_are_taken_in_all() {
    let mut bench = Bench::start();
    bench.limits.updates_total = 2;
    admit(&mut bench, "u").unwrap();
    admit(&mut bench, "v").unwrap();
    admit(&mut bench, "v").expect("it is known");
    let Err(Refusal::FailedPrecondition(message)) = admit(&mut bench, "w") else {
        panic!("the third is taken")
    };
    assert!(message.contains("has been reached (2)"), "{message}");
}

#[test]
fn rule_66_acceptance_and_response_are_written_in_one_completion() {
    let (mut bench, serial, message) = asked();
    bench
        .complete_with(Vec::new(), |r| {
            r.messages = vec![accept(&message), respond(&message)]
        })
        .unwrap();
    assert_eq!(
        bench.last(5),
        [
            "TaskScheduled",
            "TaskStarted",
            "TaskCompleted",
            "UpdateAccepted",
            "UpdateCompleted"
        ]
    );
    assert!(matches!(
        told(&bench, serial)[..],
        [UpdateView::Accepted, UpdateView::Completed(_)]
    ));
    assert!(matches!(
        bench.run.updates.find("u").unwrap().view,
        UpdateView::Completed(_)
    ));
}

#[test]
fn rule_66_a_response_without_an_acceptance_is_a_bad_message() {
    let (mut bench, _, message) = asked();
    let refused = bench.complete_with(Vec::new(), |r| r.messages = vec![respond(&message)]);
    assert_eq!(
        refused.unwrap_err(),
        Refusal::invalid(
            "BadUpdateWorkflowExecutionMessage: invalid state transition attempted for Update u: received *update.Response message while in state Sent"
        )
    );
}

#[test]
fn rule_68_a_rejection_alone_leaves_no_trace() {
    let (mut bench, serial, message) = asked();
    let completed = bench
        .complete_with(Vec::new(), |r| r.messages = vec![reject(&message)])
        .unwrap();
    assert_eq!(completed.reset_history_event_id, 3);
    assert_eq!(bench.last(1), ["TaskCompleted"]);
    assert_eq!(bench.events().len(), 4);
    assert!(matches!(
        told(&bench, serial)[..],
        [UpdateView::Completed(_)]
    ));
    assert!(
        bench.run.updates.find("u").is_none(),
        "the id can be used again"
    );
}

#[test]
fn rule_68_a_rejection_with_a_command_is_written() {
    let (mut bench, _, message) = asked();
    bench
        .complete_with(vec![start_timer("t", SECOND)], |r| {
            r.messages = vec![reject(&message)]
        })
        .unwrap();
    assert_eq!(
        bench.last(4),
        [
            "TaskScheduled",
            "TaskStarted",
            "TaskCompleted",
            "TimerStarted"
        ]
    );
}

#[test]
fn rule_67_an_update_that_the_worker_ignores_is_rejected() {
    let (mut bench, serial, _) = asked();
    bench.complete(Vec::new()).unwrap();
    let [UpdateView::Completed(outcome)] = &told(&bench, serial)[..] else {
        panic!("one outcome");
    };
    assert!(matches!(&outcome.value, Some(Value::Failure(why)) if why.source == "Server"));
}

#[test]
fn rule_69_a_signal_makes_a_speculative_task_a_normal_one() {
    let (mut bench, _, _) = asked();
    bench.signal("s").unwrap();
    assert_eq!(bench.last(2), ["TaskScheduled", "TaskStarted"]);
    assert!(!bench.run.task.as_ref().unwrap().speculative);
}

#[test]
fn rule_69_a_speculative_task_that_nobody_takes_becomes_a_normal_one() {
    let mut bench = Bench::start();
    bench.step(Vec::new());
    admit(&mut bench, "u").unwrap();
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::WorkflowTask);
    assert_eq!(
        bench.last(3),
        ["TaskScheduled", "TaskTimedOut", "TaskScheduled"]
    );
    bench.poll();
    assert_eq!(sent(&bench).len(), 1, "the update goes with it");
}

#[test]
fn rule_71_closing_ends_accepted_updates_and_aborts_the_others() {
    let (mut bench, first, message) = asked();
    let second = admit(&mut bench, "v").unwrap();
    bench
        .complete_with(vec![complete_workflow()], |r| {
            r.messages = vec![accept(&message)]
        })
        .unwrap();
    assert_eq!(
        bench.last(1),
        ["Completed"],
        "a message after the end is not taken"
    );
    let aborted = Refusal::not_found("workflow update was aborted by closing workflow");
    assert_eq!(told(&bench, first), [UpdateView::Aborted(aborted.clone())]);
    assert_eq!(told(&bench, second), [UpdateView::Aborted(aborted)]);
}

#[test]
fn rule_72_by_how_a_task_fails_its_updates_go_on_or_are_told() {
    let (mut bench, serial, _) = asked();
    bench.fail_task();
    assert!(told(&bench, serial).is_empty());
    bench.poll();
    assert_eq!(sent(&bench).len(), 1, "it is sent again");

    let (mut bench, serial, _) = asked();
    bench.complete(vec![start_timer("", SECOND)]).unwrap_err();
    assert!(matches!(
        told(&bench, serial)[..],
        [UpdateView::Aborted(Refusal::WorkflowNotReady(_))]
    ));
}

#[test]
fn rule_61_a_closed_run_knows_only_its_own_updates() {
    let (mut bench, serial, message) = asked();
    bench
        .complete_with(Vec::new(), |r| {
            r.messages = vec![accept(&message), respond(&message)]
        })
        .unwrap();
    bench.signal("s").unwrap();
    bench.step(vec![complete_workflow()]);
    assert_eq!(admit(&mut bench, "u"), Ok(serial));
    assert_eq!(admit(&mut bench, "v"), Err(Refusal::already_completed()));
}

#[test]
fn rule_53_a_refused_completion_forgets_the_request_ids_it_brought() {
    let mut bench = Bench::start();
    bench.step(Vec::new());
    let named = Request {
        request_id: "r".into(),
        ..update("u")
    };
    bench.ask(|run, ctx| run.admit_update(ctx, named)).unwrap();
    bench.poll();
    let message = sent(&bench).remove(0);
    let deliver = command(
        CommandType::ProtocolMessage,
        ProtocolMessageCommandAttributes {
            message_id: "u/accept".into(),
        },
    );
    bench
        .complete_with(vec![deliver, start_timer("", SECOND)], |r| {
            r.messages = vec![accept(&message)];
        })
        .unwrap_err();
    assert!(bench.run.request_ids.get("r").is_none());
    assert!(bench.run.request_ids.get("start-1").is_some());
}

#[test]
fn rule_20_an_update_does_not_wait_for_the_end_of_a_delay() {
    let delayed =
        || Bench::start_with(|request| request.workflow_start_delay = Some(to_proto(60 * SECOND)));
    let refuse = |bench: &mut Bench| {
        admit(bench, "u").unwrap();
        bench.poll();
        let message = sent(bench)[0].clone();
        let completed = bench.complete_with(Vec::new(), |request| {
            request.messages = vec![reject(&message)];
            request.capabilities = Some(Capabilities {
                discard_speculative_workflow_task_with_events: true,
            });
        });
        completed.unwrap();
    };
    let mut bench = delayed();
    refuse(&mut bench);
    assert_eq!(bench.events(), ["Started"], "the delay goes on");
    bench.pass(60 * SECOND);
    bench.fire(RunTimer::FirstTask);
    assert_eq!(bench.last(1), ["TaskScheduled"]);

    let mut bench = delayed();
    bench.pass(60 * SECOND);
    refuse(&mut bench);
    assert_eq!(
        bench.last(1),
        ["TaskScheduled"],
        "the delay was over meanwhile"
    );
}

#[test]
fn rule_71_a_rejection_that_comes_with_the_end_reaches_its_caller() {
    let mut bench = Bench::start();
    bench.step(vec![]);
    let first = admit(&mut bench, "u").unwrap();
    let second = admit(&mut bench, "v").unwrap();
    bench.poll();
    let messages = sent(&bench);
    let answers = vec![reject(&messages[0]), accept(&messages[1])];
    bench
        .complete_with(vec![complete_workflow()], |r| r.messages = answers)
        .unwrap();
    assert!(matches!(
        told(&bench, first)[..],
        [UpdateView::Completed(Outcome {
            value: Some(Value::Failure(_))
        })]
    ));
    assert!(matches!(
        told(&bench, second)[..],
        [UpdateView::Aborted(Refusal::NotFound { .. })]
    ));
}

#[test]
fn what_has_come_of_an_update_counts_as_history_alone() {
    let (mut bench, _, request) = asked();
    let before = bench.run.state_bytes();
    let outcome = Outcome {
        value: Some(Value::Success(text(&"x".repeat(10_000)))),
    };
    let response = Response {
        outcome: Some(outcome),
        ..Response::default()
    };
    bench
        .complete_with(Vec::new(), |r| {
            r.messages = vec![accept(&request), message(&request, "response", &response)];
        })
        .unwrap();
    assert!(bench.run.history.bytes() > 10_000);
    assert!(bench.run.state_bytes() <= before);
}
