//! What the recorded answers of the real service say of queries, checked without a service.

mod fuzz;

use std::collections::BTreeMap;
use std::sync::Arc;

use temporal_protos::common::{Payload, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus as Status;

use super::*;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

fn json(data: &str) -> Payload {
    Payload {
        metadata: BTreeMap::from([("encoding".to_owned(), "json/plain".into())]),
        data: data.to_owned().into(),
        ..Payload::default()
    }
}

fn fields<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> SearchAttributes {
    let indexed_fields = values
        .into_iter()
        .map(|(name, data)| (name.to_owned(), json(data)))
        .collect();
    SearchAttributes { indexed_fields }
}

fn attributes() -> Attributes {
    let mut attributes = Attributes::default();
    for kind in [
        "Text",
        "Int",
        "Keyword",
        "Double",
        "Bool",
        "Datetime",
        "KeywordList",
    ] {
        attributes.add(
            &format!("Custom{kind}Field"),
            ValueType::from_name(kind).unwrap(),
        );
    }
    attributes
}

pub(super) fn row(number: usize, status: Status, values: SearchAttributes) -> VisibilityRow {
    let start = i64::try_from(number).unwrap() * 1_000_000_000 + 1_750_000_000_000_000_000;
    let execution = WorkflowExecution {
        workflow_id: format!("wf-{number}"),
        run_id: format!("run-{number}"),
    };
    VisibilityRow {
        namespace: Arc::new(Namespace {
            id: "id".into(),
            name: "default".into(),
        }),
        workflow_id: execution.workflow_id.as_str().into(),
        run_id: execution.run_id.as_str().into(),
        workflow_type: "probe".into(),
        task_queue: "tq".into(),
        status,
        start_time: Time::from_nanos(start),
        execution_time: Time::from_nanos(start),
        close_time: (status != Status::Running).then(|| Time::from_nanos(start + 5)),
        history_length: 3,
        history_size_bytes: 300,
        state_transition_count: 2,
        parent: None,
        root: execution,
        memo: temporal_protos::common::Memo::default(),
        search_attributes: values,
    }
}

/// The three rows of the recorded scenarios.
fn index() -> Index {
    let mut index = Index::default();
    let rows = [
        fields([
            ("CustomKeywordField", "\"alpha\""),
            ("CustomIntField", "1"),
            ("CustomDoubleField", "1.5"),
            ("CustomBoolField", "true"),
            ("CustomDatetimeField", "\"2024-01-01T00:00:00Z\""),
            ("CustomTextField", "\"red green\""),
            ("CustomKeywordListField", "[\"a\", \"b\"]"),
        ]),
        fields([
            ("CustomKeywordField", "\"alpine\""),
            ("CustomIntField", "2"),
            ("CustomDoubleField", "2.5"),
            ("CustomBoolField", "false"),
            ("CustomDatetimeField", "\"2024-06-01T12:00:00.123456789Z\""),
            ("CustomTextField", "\"green blue\""),
            ("CustomKeywordListField", "[\"b\"]"),
        ]),
        fields([]),
    ];
    for (number, values) in rows.into_iter().enumerate() {
        index.upsert(row(number, Status::Running, values), &attributes());
    }
    index
}

fn found(query: &str) -> Vec<usize> {
    let query = Query::new(query, &attributes()).unwrap();
    let page = index().list("id", &query, 0, b"").unwrap();
    let mut rows: Vec<usize> = page
        .executions
        .iter()
        .map(|e| {
            e.execution.as_ref().unwrap().workflow_id[3..]
                .parse()
                .unwrap()
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn refusal(query: &str) -> String {
    Query::new(query, &attributes()).unwrap_err().to_string()
}

#[test]
fn rows_without_a_value_answer_as_recorded() {
    for (query, expected) in [
        ("CustomKeywordField != 'alpha'", vec![1]),
        ("CustomKeywordField NOT IN ('alpha')", vec![1]),
        ("NOT CustomKeywordField = 'alpha'", vec![1]),
        ("CustomIntField NOT BETWEEN 1 AND 1", vec![1]),
        ("CustomBoolField != true", vec![1]),
        ("CustomTextField != 'green'", vec![2]),
        ("NOT CustomTextField = 'red'", vec![1, 2]),
        ("CustomKeywordListField != 'a'", vec![1, 2]),
        ("CustomKeywordListField NOT IN ('a', 'c')", vec![1, 2]),
        ("CustomKeywordListField IN ('a', 'c')", vec![0]),
        ("CustomKeywordField IS NULL", vec![2]),
        ("CustomKeywordField IS NOT NULL", vec![0, 1]),
        ("NOT (CustomIntField = 1 OR CustomIntField = 2)", vec![]),
    ] {
        assert_eq!(found(query), expected, "{query}");
    }
}

#[test]
fn comparisons_follow_the_type() {
    for (query, expected) in [
        ("CustomKeywordField < 'alpine'", vec![0]),
        ("CustomKeywordField NOT STARTS_WITH 'alpi'", vec![0]),
        ("CustomIntField = 1.0", vec![0]),
        ("CustomIntField > -1.5", vec![0, 1]),
        ("CustomDoubleField BETWEEN 1.5 AND 2", vec![0]),
        ("CustomBoolField <= true", vec![0, 1]),
        ("CustomDatetimeField > 1709251200000000000", vec![1]),
        (
            "CustomDatetimeField BETWEEN '2023-01-01T00:00:00+02:00' AND '2024-03-01T00:00:00Z'",
            vec![0],
        ),
        ("CustomTextField = 'green red'", vec![0, 1]),
        ("CustomTextField = 'GREEN'", vec![0, 1]),
        ("CustomTextField = 'gree'", vec![]),
        (
            "ExecutionStatus IN ('Running', 'ContinuedAsNew')",
            vec![0, 1, 2],
        ),
        ("ExecutionStatus > 'Running'", vec![]),
        (
            "CustomIntField = 1 or CustomIntField = 2 and CustomBoolField = true",
            vec![0],
        ),
        ("ExecutionDuration > '1h5m'", vec![]),
        ("ScheduleId = 'wf-1'", vec![1]),
        ("HistoryLength IS NULL and CloseTime is null", vec![0, 1, 2]),
    ] {
        assert_eq!(found(query), expected, "{query}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn what_is_not_supported_is_refused_and_named() {
    for (query, text) in [
        (
            "VisibilityTime IS NULL",
            "invalid search attribute: VisibilityTime",
        ),
        ("WorkflowId", "invalid expression: incomplete expression"),
        (
            "true",
            "operation is not supported: expression of type sqlparser.BoolVal",
        ),
        (
            "1 = 1",
            "invalid expression: must be a column name but was *sqlparser.SQLVal",
        ),
        (
            "WorkflowId = upper('x')",
            "operation is not supported: nested func",
        ),
        (
            "WorkflowId IN (SELECT 1)",
            "invalid expression: unexpected value type *sqlparser.Subquery",
        ),
        (
            "WorkflowId = 'x' LIMIT 1",
            "operation is not supported: 'LIMIT' clause",
        ),
        (
            "ORDER BY StartTime",
            "operation is not supported: 'ORDER BY' clause",
        ),
        (
            "ORDER BY CustomTextField",
            "operation is not supported: unable to sort by search attribute type Text",
        ),
        (
            "CustomIntField = NULL",
            "invalid expression: unexpected value type *sqlparser.NullVal",
        ),
        (
            "CustomTextField = ' '",
            "invalid expression: no tokens found filtering on Text type search attribute CustomTextField",
        ),
        (
            "CustomTextField IN ('a')",
            "operation is not supported: operator 'IN' not supported for Text type search attribute 'CustomTextField'",
        ),
        (
            "CustomIntField NOT STARTS_WITH 1",
            "operation is not supported: operator 'NOT STARTS_WITH' not supported for Int type search attribute \
          'CustomIntField'",
        ),
        (
            "CustomBoolField = 1",
            "invalid expression: invalid value type for search attribute CustomBoolField of type Bool: 1 (type: int64)",
        ),
        (
            "CustomKeywordListField BETWEEN 'a' AND 'b'",
            "invalid expression: cannot do range condition on search attribute 'CustomKeywordListField' of type KeywordList",
        ),
        (
            "ExecutionStatus = '1'",
            "invalid expression: invalid ExecutionStatus value '1'",
        ),
        (
            "WorkflowId = RunId",
            "operation is not supported: column name on the right side of comparison expression (did you forget to quote \
          \"RunId\"?)",
        ),
        (
            "WorkflowId = ('a', 'b')",
            "invalid expression: operator '=' takes one value, not a list",
        ),
    ] {
        assert_eq!(refusal(query), text, "{query}");
    }
}

#[test]
fn pages_meet_without_gaps_or_repeats() {
    let mut index = Index::default();
    for number in 0..25 {
        let status = if number % 3 == 0 {
            Status::Completed
        } else {
            Status::Running
        };
        index.upsert(row(number, status, fields([])), &attributes());
    }
    let query = Query::new("", &attributes()).unwrap();
    let all = index.list("id", &query, 0, b"").unwrap();
    assert!(all.next_page_token.is_empty());
    let (mut token, mut seen, mut pages) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = index.list("id", &query, 4, &token).unwrap();
        seen.extend(page.executions);
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((pages, seen.len()), (7, 25));
    assert_eq!(seen, all.executions);
    assert!(
        seen[..16].iter().all(|e| e.close_time.is_none()),
        "open runs come first"
    );
    assert_eq!(
        index.list("id", &query, 4, b"nonsense").unwrap_err(),
        BadPageToken
    );
    assert_eq!(index.list("other", &query, 4, b"").unwrap().executions, []);
}

#[test]
fn a_change_replaces_the_row() {
    let mut index = index();
    index.upsert(
        row(
            1,
            Status::Failed,
            fields([("CustomKeywordField", "\"beta\"")]),
        ),
        &attributes(),
    );
    let count =
        |index: &Index, query: &str| index.count("id", &Query::new(query, &attributes()).unwrap());
    assert_eq!(
        count(
            &index,
            "CustomKeywordField = 'beta' AND ExecutionStatus = 'Failed'"
        )
        .total,
        1
    );
    assert_eq!(count(&index, "CustomKeywordField = 'alpine'").total, 0);
    let grouped = count(&index, "GROUP BY ExecutionStatus");
    assert_eq!((grouped.total, grouped.groups.len()), (3, 2));
    assert_eq!(grouped.groups[0], (keyword_payload("Failed"), 1));
    index.remove("id", "run-1");
    assert_eq!(count(&index, "").total, 2);
}

#[test]
fn other_divisions_show_only_when_named() {
    let mut index = index();
    index.upsert(
        row(
            9,
            Status::Running,
            fields([("TemporalNamespaceDivision", "\"d\"")]),
        ),
        &attributes(),
    );
    let total = |query: &str| {
        index
            .count("id", &Query::new(query, &attributes()).unwrap())
            .total
    };
    assert_eq!(total(""), 3);
    assert_eq!(total("TemporalNamespaceDivision = 'd'"), 1);
    assert_eq!(total("TemporalNamespaceDivision != 'd'"), 0);
    assert_eq!(total("TemporalNamespaceDivision IS NULL"), 3);
    let groups = index.count("id", &Query::new(
        "TemporalNamespaceDivision IS NULL OR TemporalNamespaceDivision = 'd' GROUP BY TemporalNamespaceDivision",
        &attributes(),
    ).unwrap());
    assert_eq!(
        groups
            .groups
            .iter()
            .map(|(_, rows)| *rows)
            .collect::<Vec<_>>(),
        [3, 1]
    );
}

#[test]
fn writing_is_judged_as_recorded() {
    let limits = AttributeLimits::default();
    let write =
        |name: &str, data: &str| check(&attributes(), "default", &fields([(name, data)]), limits);
    let refused = |name: &str, data: &str| write(name, data).unwrap_err();
    let map = "invalid value for search attribute CustomKeywordField of type Keyword: ";
    assert_eq!(
        refused("No", "1"),
        "Namespace default has no mapping defined for search attribute No"
    );
    assert_eq!(
        refused("WorkflowId", "1"),
        "WorkflowId attribute can't be set in SearchAttributes"
    );
    assert_eq!(
        refused("CustomIntField", "1.5"),
        "invalid value for search attribute CustomIntField of type Int: 1.5"
    );
    assert_eq!(refused("CustomKeywordField", "{}"), format!("{map}map[]"));
    assert_eq!(
        refused("CustomKeywordField", "[\"a\", \"b\"]"),
        format!("{map}[a b]")
    );
    assert_eq!(
        refused("CustomKeywordField", "not json"),
        format!(
            "{map}value from <metadata:{{key:\"encoding\" value:\"json/plain\"}} data:\"not json\">"
        )
    );
    assert!(
        refused("CustomTextField", &format!("\"{}\"", "x".repeat(2047)))
            .contains("exceeds size limit 2048")
    );
    for (name, data) in [
        ("CustomIntField", "[5]"),
        ("CustomDoubleField", "1"),
        ("CustomKeywordField", "null"),
    ] {
        let checked = write(name, data).unwrap();
        assert_eq!(checked.indexed_fields[name].data, data);
        assert!(checked.indexed_fields[name].metadata.contains_key("type"));
    }
}

#[test]
fn nonsense_never_panics() {
    // Every prefix and every one-byte change of a long query is answered somehow.
    let query = "`CustomIntField` = -1.5 AND (CustomTextField != \"é\" OR NOT a.b IN (1, 'x')) -- c\n IS NOT NULL GROUP BY x;";
    for end in (0..=query.len()).filter(|end| query.is_char_boundary(*end)) {
        let _ = Query::new(&query[..end], &attributes());
        for byte in ["'", "(", ")", "`", "\\", "é", "0", ",", "/*", "not ", "- "] {
            let _ = Query::new(
                &format!("{}{byte}{}", &query[..end], &query[end..]),
                &attributes(),
            );
        }
    }
}
