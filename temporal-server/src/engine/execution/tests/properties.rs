//! Memo, search attributes and markers, as commands change them; and how much history there is.

use temporal_protos::common::Memo;
use temporal_protos::enums::SuggestContinueAsNewReason as Reason;
use temporal_protos::history::history_event::Attributes;

use super::*;

fn value(json: &str) -> Payload {
    Payload {
        data: json.as_bytes().to_vec().into(),
        ..Payload::default()
    }
}

/// A removal, as SDKs write it.
fn null() -> Payload {
    let encoding = bytes::Bytes::from_static(b"binary/null");
    Payload {
        metadata: [("encoding".to_owned(), encoding)].into(),
        ..Payload::default()
    }
}

fn fields(pairs: &[(&str, Payload)]) -> std::collections::BTreeMap<String, Payload> {
    let pair = |(name, value): &(&str, Payload)| ((*name).to_owned(), value.clone());
    pairs.iter().map(pair).collect()
}

fn upsert(pairs: &[(&str, Payload)]) -> Command {
    command(
        CommandType::UpsertWorkflowSearchAttributes,
        UpsertWorkflowSearchAttributesCommandAttributes {
            search_attributes: Some(SearchAttributes {
                indexed_fields: fields(pairs),
            }),
        },
    )
}

fn modify_memo(pairs: &[(&str, Payload)]) -> Command {
    command(
        CommandType::ModifyWorkflowProperties,
        ModifyWorkflowPropertiesCommandAttributes {
            upserted_memo: Some(Memo {
                fields: fields(pairs),
            }),
        },
    )
}

fn refusal(mut bench: Bench, command: Command) -> String {
    bench.poll();
    let refused = bench.complete(vec![command]).expect_err("it is refused");
    assert_eq!(bench.last(2), ["TaskStarted", "TaskFailed"]);
    format!("{refused:?}")
}

#[test]
fn rule_131_an_upsert_lays_values_over_old_ones_and_nulls_take_them_away() {
    let mut bench = Bench::start_with(|request| {
        request.search_attributes = Some(SearchAttributes {
            indexed_fields: fields(&[
                ("CustomA", value("1")),
                ("CustomB", value("2")),
                ("CustomC", value("[3]")),
            ]),
        });
    });
    bench.step(vec![upsert(&[
        ("CustomB", null()),
        ("CustomC", value("[]")),
        ("CustomD", value("4")),
    ])]);
    assert_eq!(bench.last(2), ["TaskCompleted", "UpsertSearchAttributes"]);
    let mut kept = bench.run.search_attributes.indexed_fields.clone();
    kept.remove("BuildIds");
    assert_eq!(
        kept,
        fields(&[("CustomA", value("1")), ("CustomD", value("4"))])
    );
}

#[test]
fn rule_131_an_upsert_of_an_unknown_name_or_of_nothing_fails_the_task() {
    let unknown = refusal(Bench::start(), upsert(&[("Unknown", value("1"))]));
    assert!(
        unknown.contains("BadSearchAttributes: no such attribute Unknown"),
        "{unknown}"
    );
    let nothing = refusal(Bench::start(), upsert(&[]));
    assert!(nothing.contains("BadSearchAttributes"), "{nothing}");
}

#[test]
fn the_memo_keeps_what_a_change_does_not_name() {
    let mut bench = Bench::start_with(|request| {
        request.memo = Some(Memo {
            fields: fields(&[("a", value("1")), ("b", value("2"))]),
        });
    });
    bench.step(vec![modify_memo(&[("b", null()), ("c", value("3"))])]);
    assert_eq!(bench.last(1), ["PropertiesModified"]);
    assert_eq!(
        bench.run.memo.fields,
        fields(&[("a", value("1")), ("c", value("3"))])
    );
    let nothing = refusal(Bench::start(), modify_memo(&[]));
    assert!(
        nothing.contains("BadModifyWorkflowPropertiesAttributes"),
        "{nothing}"
    );
}

#[test]
fn a_marker_is_kept_as_it_came_and_needs_a_name() {
    let marker = |name: &str| {
        command(
            CommandType::RecordMarker,
            RecordMarkerCommandAttributes {
                marker_name: name.into(),
                details: [("patch-data".to_owned(), text("a"))].into(),
                ..Default::default()
            },
        )
    };
    let mut bench = Bench::start();
    bench.step(vec![marker("core_patch")]);
    let event = bench.run.history.event(5).unwrap();
    match &event.attributes {
        Some(Attributes::MarkerRecordedEventAttributes(a)) => {
            assert_eq!(a.marker_name, "core_patch");
            assert_eq!(a.details["patch-data"], text("a"));
            assert_eq!(a.workflow_task_completed_event_id, 4);
        }
        other => panic!("no marker: {other:?}"),
    }
    let nameless = refusal(Bench::start(), marker(""));
    assert!(nameless.contains("BadRecordMarkerAttributes"), "{nameless}");
}

#[test]
fn rule_28_a_task_is_told_how_long_history_is_and_when_to_continue_as_new() {
    let started =
        |bench: &Bench, id: i64| match bench.run.history.event(id).unwrap().attributes.clone() {
            Some(Attributes::WorkflowTaskStartedEventAttributes(a)) => a,
            other => panic!("no started task: {other:?}"),
        };
    let mut bench = Bench::start();
    bench.limits.suggest_events = 8;
    bench.step(vec![]);
    let first = started(&bench, 3);
    assert!(first.history_size_bytes > 0);
    assert!(!first.suggest_continue_as_new);
    assert_eq!(first.suggest_continue_as_new_reasons, [0; 0]);
    for _ in 0..3 {
        bench.signal("s").unwrap();
    }
    bench.step(vec![]);
    let second = started(&bench, 9);
    assert!(second.suggest_continue_as_new);
    let reasons = [i32::from(Reason::TooManyHistoryEvents)];
    assert_eq!(second.suggest_continue_as_new_reasons, reasons);
    assert!(second.history_size_bytes > first.history_size_bytes);
}
