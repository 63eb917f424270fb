//! Commands whose events answer nothing, and the one that ends a run for another: plain, replayed, mismatched.

use std::collections::BTreeMap;

use super::*;
use crate::machine::continue_as_new::ContinueCommand;

fn fields() -> BTreeMap<String, Payload> {
    BTreeMap::from([("key".to_owned(), text_payload("value"))])
}

fn proto(machine: &Machine) -> Attributes {
    let context = CommandContext {
        machine,
        task_queue: "q",
        header: None,
    };
    let command = machine.commands().next().expect("a command");
    (context.to_proto(command).attributes).expect("every command has attributes")
}

fn next_run() -> ContinueCommand {
    ContinueCommand {
        workflow_type: "Next".to_owned(),
        input: vec![text_payload("argument")],
        run_timeout: Some(Duration::from_secs(30)),
        ..ContinueCommand::default()
    }
}

#[test]
fn search_attributes_are_upserted_and_confirmed() {
    let mut machine = begun();
    machine.upsert_search_attributes(fields());
    assert_eq!(described(&machine), ["an upsert of search attributes"]);
    let Attributes::UpsertWorkflowSearchAttributesCommandAttributes(upsert) = proto(&machine)
    else {
        panic!("another command")
    };
    let sent = upsert.search_attributes.unwrap_or_default();
    assert_eq!(sent.indexed_fields, fields());
    assert_eq!(
        feed(&mut machine, [(5, EventKind::SearchAttributes)]),
        Ok(vec![])
    );
    assert_eq!(machine.expect_no_commands(5), Ok(()));
}

#[test]
fn the_memo_is_changed_and_confirmed() {
    let mut machine = begun();
    machine.upsert_memo(fields());
    assert_eq!(described(&machine), ["a change of the memo"]);
    let Attributes::ModifyWorkflowPropertiesCommandAttributes(modify) = proto(&machine) else {
        panic!("another command")
    };
    assert_eq!(modify.upserted_memo.unwrap_or_default().fields, fields());
    assert_eq!(feed(&mut machine, [(5, EventKind::Memo)]), Ok(vec![]));
    assert_eq!(machine.expect_no_commands(5), Ok(()));
}

#[test]
fn a_run_goes_on_as_new_and_history_confirms_it() {
    let mut machine = begun();
    machine.close(Command::ContinueAsNew(Box::new(next_run())));
    assert!(machine.is_closed());
    let Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(next) = proto(&machine) else {
        panic!("another command")
    };
    assert_eq!(next.workflow_type.unwrap_or_default().name, "Next");
    assert_eq!(next.task_queue.unwrap_or_default().name, "q");
    let input = next.input.unwrap_or_default().payloads;
    assert_eq!(input, [text_payload("argument")]);
    assert_eq!(
        next.workflow_run_timeout.map(|t| t.seconds),
        Some(30),
        "given"
    );
    assert_eq!(next.workflow_task_timeout, None, "the service's to fill in");
    assert_eq!((next.memo, next.search_attributes), (None, None));
    let closed = EventKind::Closed(CloseEvent::ContinuedAsNew);
    assert_eq!(feed(&mut machine, [(5, closed)]), Ok(vec![]));
    assert_eq!(machine.expect_no_commands(5), Ok(()));
}

/// What history has, what the code did, and what the mismatch says of each.
#[test]
fn none_of_them_is_taken_for_another() {
    let upsert: fn(&mut Machine) = |m| m.upsert_search_attributes(fields());
    let memo: fn(&mut Machine) = |m| m.upsert_memo(fields());
    let next: fn(&mut Machine) = |m| m.close(Command::ContinueAsNew(Box::new(next_run())));
    let patch: fn(&mut Machine) = |m| {
        m.patched("a", false, false);
    };
    let nothing: fn(&mut Machine) = |_| {};
    let continued = EventKind::Closed(CloseEvent::ContinuedAsNew);
    let completed = EventKind::Closed(CloseEvent::Completed);
    for (code, event, expected, found) in [
        (
            memo,
            EventKind::SearchAttributes,
            "an upsert of search attributes",
            "a change of the memo",
        ),
        (
            upsert,
            EventKind::Memo,
            "a change of the memo",
            "an upsert of search attributes",
        ),
        (
            upsert,
            EventKind::PatchesListed,
            "the list of patches",
            "an upsert of search attributes",
        ),
        (
            patch,
            EventKind::SearchAttributes,
            "an upsert of search attributes",
            "patch `a`",
        ),
        (
            nothing,
            EventKind::Memo,
            "a change of the memo",
            "no command",
        ),
        (
            next,
            completed,
            "the workflow completed",
            "the workflow continued as new",
        ),
        (
            memo,
            continued,
            "the workflow continued as new",
            "a change of the memo",
        ),
    ] {
        let mut machine = begun();
        code(&mut machine);
        let mismatch = feed(&mut machine, [(5, event)]).unwrap_err();
        assert_eq!(
            (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
            (5, expected, found)
        );
    }
}
