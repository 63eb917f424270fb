//! The tables of `temporal-runtime/FEATURES.md` are whole, and what they name exists.

use std::{collections::BTreeSet, fs};

use crate::rules::{defined, root, scenarios};

/// Area, how many of its rows there are, and those that belong to clients alone.
const AREAS: &[(&str, usize, &[std::ops::RangeInclusive<usize>])] = &[
    ("WF", 42, &[]),
    ("ACT", 64, &[]),
    ("MSG", 97, &[34..=36, 69..=78]),
    ("CHI", 22, &[]),
    ("CAN", 16, &[]),
    ("TIM", 14, &[]),
    ("INT", 21, &[]),
    ("RET", 34, &[]),
    ("DET", 38, &[]),
    ("WRK", 37, &[]),
    // deployments and what came before them are the service's
    ("VER", 29, &[12..=28]),
    ("RUN", 45, &[]),
];

const MOST_NAMES: usize = 3;

/// A row: id, status with its reason, and the names of what shows it.
struct Row {
    id: String,
    status: String,
    shown_by: Vec<String>,
}

impl Row {
    /// The status without its reason.
    fn kind(&self) -> &str {
        self.status.split(':').next().unwrap_or_default()
    }
}

fn table() -> String {
    fs::read_to_string(root().join("temporal-runtime/FEATURES.md")).unwrap()
}

fn rows() -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, _, status, shown_by] = cells[..] else {
            return None;
        };
        let (area, number) = id.split_once('-')?;
        number.parse::<usize>().ok()?;
        area.chars().all(char::is_uppercase).then(|| Row {
            id: id.to_owned(),
            status: status.to_owned(),
            shown_by: shown_by
                .split(", ")
                .filter(|name| !name.is_empty())
                .map(|name| name.trim_matches('`').to_owned())
                .collect(),
        })
    };
    table().lines().filter_map(row).collect()
}

#[test]
fn each_feature_has_one_row_and_one_status() {
    let rows = rows();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let expected = AREAS.iter().flat_map(|(area, count, left_out)| {
        (1..=*count)
            .filter(|number| !left_out.iter().any(|range| range.contains(number)))
            .map(move |number| format!("{area}-{number:02}"))
    });
    assert_eq!(ids, expected.collect::<Vec<_>>());
    for row in &rows {
        let (id, status) = (&row.id, &row.status);
        assert!(
            ["done", "differs", "documented", "later"].contains(&row.kind()),
            "{id}: {status}"
        );
        let shown = !row.shown_by.is_empty();
        match row.kind() {
            "done" | "documented" => assert!(shown, "{id} is {status}, but nothing shows it"),
            "differs" => assert!(status.len() > "differs: ".len(), "{id} differs: why?"),
            _ => {}
        }
        let names = row.shown_by.len();
        assert!(names <= MOST_NAMES, "{id} names {names} tests");
    }
}

#[test]
fn what_shows_a_feature_exists() {
    let scenarios = scenarios();
    let mut checks = BTreeSet::new();
    for folder in [
        "temporal-runtime",
        "temporal-macros/src",
        "temporal-server",
        "examples",
        "tests",
        "ui-tests",
    ] {
        checks.extend(defined(folder, "rs", &["fn "]));
    }
    checks.extend(defined("tests/python", "py", &["async def "]));
    let missing: Vec<String> = rows()
        .iter()
        .flat_map(|row| row.shown_by.iter().map(move |name| (&row.id, name)))
        .filter(|(_, name)| !(scenarios.contains(*name) || checks.contains(*name) || is_file(name)))
        .map(|(id, name)| format!("{id}: there is no `{name}`"))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// A program of `ui-tests`, a recorded history, or a file by its path.
fn is_file(name: &str) -> bool {
    if !name.contains('/') {
        return false;
    }
    if let Some(history) = name.strip_prefix("histories/") {
        return root()
            .join(format!("tests/histories/{history}.json"))
            .is_file();
    }
    root().join(format!("ui-tests/{name}.rs")).is_file() || root().join(name).is_file()
}

#[test]
fn the_counts_above_the_tables_are_those_of_the_tables() {
    let rows = rows();
    let count = |kind: &str| rows.iter().filter(|row| row.kind() == kind).count();
    let said = format!(
        "Of {} features {} are done, {} are documented, {} differ and {} are for later.",
        rows.len(),
        count("done"),
        count("documented"),
        count("differs"),
        count("later")
    );
    assert!(table().contains(&said), "it should say: {said}");
}
