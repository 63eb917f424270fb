//! Random List Filters and page tokens: nothing panics, and what is taken can be asked of rows.

use super::*;
use crate::engine::fuzz::{Random, inputs};

/// Pieces that filters are made of: legal ones, nearly legal ones, and hostile ones.
const PIECES: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "and",
    "(",
    ")",
    "((",
    ",",
    "=",
    "!=",
    "<",
    ">=",
    "IN",
    "BETWEEN",
    "IS",
    "NULL",
    "STARTS_WITH",
    "GROUP BY",
    "ORDER BY",
    "LIKE",
    "''",
    "'alpha'",
    "\"alpha\"",
    "'it''s",
    "`",
    "`a b`",
    "1",
    "-1",
    "1.5",
    "1e999",
    "99999999999999999999",
    "true",
    "'2024-01-01T00:00:00Z'",
    "'99999-01-01T00:00:00Z'",
    "'1h5m'",
    "'25:61:61'",
    "ExecutionStatus",
    "'Running'",
    "WorkflowId",
    "StartTime",
    "ExecutionDuration",
    "CloseTime",
    "TemporalNamespaceDivision",
    "Nobody",
    "é",
    "\u{0}",
    ";",
    "--",
    "/*",
    "\\",
    "'\\",
    "*",
    "count(*)",
];

/// Conditions that are right.
const CONDITIONS: &[&str] = &[
    "CustomKeywordField = 'alpha'",
    "CustomIntField > 1",
    "CustomDoubleField BETWEEN 1 AND 2.5",
    "CustomBoolField = true",
    "CustomTextField = 'green'",
    "CustomKeywordListField IN ('a', 'c')",
    "CustomDatetimeField < '2024-05-05T00:00:00Z'",
    "ExecutionStatus = 'Running'",
    "WorkflowId STARTS_WITH 'wf'",
    "CloseTime IS NULL",
    "ExecutionDuration > '1s'",
    "StartTime >= 1750000000000000000",
];

fn filter(random: &mut Random, depth: usize) -> String {
    match random.below(10) {
        0..4 => random.pick(CONDITIONS).to_owned(),
        4..7 if depth < 6 => {
            let (one, other) = (filter(random, depth + 1), filter(random, depth + 1));
            format!(
                "{one} {} {other}",
                random.pick(&["AND", "OR", "and not", ","])
            )
        }
        7 if depth < 6 => format!("NOT ({})", filter(random, depth + 1)),
        _ => (0..1 + random.below(6))
            .map(|_| format!("{} ", random.pick(PIECES)))
            .collect(),
    }
}

#[test]
fn random_filters_are_taken_or_refused() {
    let mut random = Random::new(17);
    let (index, attributes) = (index(), attributes());
    let mut taken = 0;
    for _ in 0..inputs() {
        let mut text = filter(&mut random, 0);
        if random.below(4) == 0 {
            let mut bytes = text.into_bytes();
            random.spoil(&mut bytes);
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        let Ok(query) = Query::new(&text, &attributes) else {
            continue;
        };
        taken += 1;
        let listed = index
            .list("id", &query, 0, b"")
            .expect("no token")
            .executions
            .len();
        let counted = index.count("id", &query).total;
        assert_eq!(counted, i64::try_from(listed).unwrap(), "{text}");
    }
    assert!(taken > inputs() / 10, "only {taken} filters were taken");
}

/// What is nested deeper than any person writes is refused before it fills the stack.
#[test]
fn deep_filters_end() {
    for depth in [100, 10_000, 100_000] {
        let text = format!(
            "{}CustomIntField = 1{}",
            "(".repeat(depth),
            ")".repeat(depth)
        );
        let one = Query::new(&text, &attributes()).is_ok();
        let text = format!("{}CustomIntField = 1", "NOT ".repeat(depth));
        let other = Query::new(&text, &attributes()).is_ok();
        assert!((!one && !other) || depth == 100, "{depth}");
    }
}

#[test]
fn random_page_tokens_are_taken_or_refused() {
    let mut random = Random::new(19);
    let (index, attributes) = (index(), attributes());
    let query = Query::new("", &attributes).unwrap();
    let first = index.list("id", &query, 1, b"").unwrap();
    assert!(!first.next_page_token.is_empty());
    for _ in 0..inputs() {
        let mut token = first.next_page_token.clone();
        random.spoil(&mut token);
        if let Ok(page) = index.list("id", &query, 1, &token) {
            assert!(page.executions.len() <= 1);
        }
    }
}
