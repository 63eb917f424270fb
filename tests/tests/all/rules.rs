//! The table of rules in `temporal-server/RULES.md` is whole, and what it names exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const RULES: usize = 172;

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A row of the table: number, title, status, and the names of what shows it.
struct Row {
    number: usize,
    status: String,
    shown_by: Vec<String>,
}

fn rows() -> Vec<Row> {
    let table = fs::read_to_string(root().join("temporal-server/RULES.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, status, shown_by] = cells[..] else {
            return None;
        };
        Some(Row {
            number: number.parse().ok()?,
            status: status.to_owned(),
            shown_by: shown_by
                .split(", ")
                .filter(|name| !name.is_empty())
                .map(|name| name.trim_matches('`').to_owned())
                .collect(),
        })
    };
    table.lines().filter_map(row).collect()
}

/// Every file below a folder that has this ending, but for what was built or installed there.
pub(super) fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["target", "node_modules", ".venv"]
                .iter()
                .any(|skipped| name == *skipped)
            {
                files(&path, ending, found);
            }
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            found.push(path);
        }
    }
}

/// The recorded scenarios that our service must pass.
pub(super) fn scenarios() -> BTreeSet<String> {
    let expected = fs::read_to_string(root().join("tests/contract/expected.txt")).unwrap();
    expected.lines().map(str::to_owned).collect()
}

/// The names of all tests that stand after one of these words: `fn`, or what makes a check in another language.
pub(super) fn defined(folder: &str, ending: &str, words: &[&str]) -> BTreeSet<String> {
    let mut found = Vec::new();
    files(&root().join(folder), ending, &mut found);
    let mut names = BTreeSet::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for word in words {
            for (place, _) in text.match_indices(word) {
                let rest = &text[place + word.len()..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                names.insert(rest[..end.unwrap_or(rest.len())].to_owned());
            }
        }
    }
    names
}

#[test]
fn each_rule_has_one_row_and_one_status() {
    let rows = rows();
    let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=RULES).collect::<Vec<_>>());
    for row in &rows {
        let status = row.status.as_str();
        assert!(
            ["done", "differs", "later"].contains(&status),
            "{}: {status}",
            row.number
        );
        assert!(
            status != "done" || !row.shown_by.is_empty(),
            "rule {} is done, but nothing shows it",
            row.number
        );
    }
}

#[test]
fn what_shows_a_rule_exists() {
    let scenarios = scenarios();
    let mut checks = defined("temporal-server", "rs", &["fn "]);
    checks.extend(defined("tests", "rs", &["fn ", "mod "]));
    checks.extend(defined("tests/python", "py", &["async def "]));
    checks.extend(defined("tests/typescript", "js", &["async "]));
    let missing: Vec<String> = rows()
        .iter()
        .flat_map(|row| row.shown_by.iter().map(move |name| (row.number, name)))
        .filter(|(_, name)| !scenarios.contains(*name) && !checks.contains(*name))
        .map(|(number, name)| format!("rule {number}: there is no `{name}`"))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_counts_above_the_table_are_those_of_the_table() {
    let rows = rows();
    let count = |status: &str| rows.iter().filter(|row| row.status == status).count();
    let (done, differ, later) = (count("done"), count("differs"), count("later"));
    let said =
        format!("Of {RULES} rules {done} are done, {differ} differ and {later} are for later.");
    let text = fs::read_to_string(root().join("temporal-server/RULES.md")).unwrap();
    assert!(text.contains(&said), "it should say: {said}");
}
