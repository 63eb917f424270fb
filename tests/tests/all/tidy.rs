//! Rules of this code base that no lint knows: who may import whom, what a core may name, how long a file may be.
//!
//! Only code is looked at: a comment may speak of anything.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folders of `temporal-runtime/src`, upper ones first: a lower one never imports an upper one. Those of one line
/// may import each other.
const RUNTIME: &[&[&str]] = &[
    &["app", "testing", "embedded"],
    &["worker"],
    &["client", "settings"],
    &["replay"],
    &["registry"],
    &["workflow"],
    &["panics"],
    &["activity"],
    &["machine"],
    &["headers", "memo", "search_attributes"],
    &["failure", "error", "convert", "options"],
];

/// The same for `temporal-server/src`.
const SERVER: &[&[&str]] = &[
    &["cli"],
    &["server"],
    &["service"],
    &["driver", "directory"],
    &["options"],
    &["api_key", "store", "tls"],
    &["engine"],
];

/// File, what it imports from above, and why.
const UPWARD: &[(&str, &str, &str)] = &[
    (
        "temporal-runtime/src/workflow/by_name.rs",
        "client",
        "a call by name has the client's arguments, and its handle",
    ),
    (
        "temporal-runtime/src/workflow/definition.rs",
        "client",
        "a definition names its typed handle, which is the client's",
    ),
    (
        "temporal-runtime/src/workflow/external.rs",
        "client",
        "workflow code talks to other workflows through the client's handle type, on a side of its own",
    ),
    (
        "temporal-runtime/src/workflow/handle.rs",
        "client",
        "workflow code talks to other workflows through the client's handle type, on a side of its own",
    ),
    (
        "temporal-runtime/src/workflow/executor.rs",
        "registry",
        "where a workflow is defined, for messages",
    ),
    (
        "temporal-runtime/src/workflow/arguments.rs",
        "registry",
        "what the registry holds is how a run is driven",
    ),
    (
        "temporal-runtime/src/workflow/run.rs",
        "registry",
        "what the registry holds is how a run is driven",
    ),
];

/// The longest file, tests not counted.
const MAX_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lives in the workspace")
        .to_owned()
}

/// All files below a folder, by their paths from the root, in order.
fn files(folder: &str) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            // a link may lead anywhere
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let skipped = ["target", ".git", "node_modules", ".venv"];
            if skipped.iter().any(|s| name == *s) {
                continue;
            }
            if kind.is_dir() {
                walk(root, &path, found);
            } else if kind.is_file()
                && let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str)
            {
                found.push(path.to_owned());
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root.join(folder), &mut found);
    found.sort();
    found
}

fn rust_files(folder: &str) -> Vec<String> {
    let mut files = files(folder);
    files.retain(|path| path.ends_with(".rs"));
    assert!(!files.is_empty(), "no Rust below `{folder}`: has it moved?");
    files
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of a file up to its tests, without comments and texts, each with its number.
fn code(path: &str) -> Vec<(usize, String)> {
    read(path)
        .lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]" || is_test_declaration(path))
        .map(|(at, line)| (at + 1, without_texts(line)))
        .collect()
}

/// What stands between quotes or behind two slashes is for people.
fn without_texts(line: &str) -> String {
    let parts = line.split('"').step_by(2);
    let code: Vec<&str> = parts.collect();
    let code = code.join("\"\"");
    code.split("//").next().unwrap_or_default().to_owned()
}

/// In these files `#[cfg(test)]` only declares the module of the tests, and code follows.
fn is_test_declaration(path: &str) -> bool {
    path.ends_with("mod.rs") || path.ends_with("lib.rs")
}

fn is_tests(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

/// The place of a module in its map, from the top.
fn line_of(map: &[&[&str]], module: &str) -> Option<usize> {
    map.iter().position(|line| line.contains(&module))
}

/// The module of a file: the first folder below `src`, or the file.
fn module_of(path: &str) -> &str {
    let below = path.split("/src/").nth(1).unwrap_or_default();
    let first = below.split('/').next().unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Every `crate::module` that code names, one by one or in the braces of a `use crate::{..}`.
fn imports(code: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (at, line) in code {
        let mut rest = line.as_str();
        if depth == 0 {
            while let Some(place) = rest.find("crate::") {
                rest = &rest[place + "crate::".len()..];
                if let Some(list) = rest.strip_prefix('{') {
                    depth = 1;
                    rest = list;
                    break;
                }
                found.push((*at, word(rest)));
            }
        }
        if depth > 0 {
            list(rest, &mut depth, |name| found.push((*at, name)));
        }
    }
    found
}

/// Reads on in a braced list; names at its first level are modules.
fn list(text: &str, depth: &mut usize, mut name: impl FnMut(String)) {
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => *depth += 1,
            '}' => *depth -= 1,
            letter if *depth == 1 && letter.is_alphanumeric() && " ,{".contains(before) => {
                name(word(&text[at..]));
            }
            _ => {}
        }
        if *depth == 0 {
            return;
        }
        before = letter;
    }
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}

fn upward(folder: &str, map: &[&[&str]]) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in rust_files(folder) {
        let Some(own) = line_of(map, module_of(&path)) else {
            continue;
        };
        if is_tests(&path) {
            continue;
        }
        for (at, module) in imports(&code(&path)) {
            let allowed = UPWARD
                .iter()
                .any(|(file, what, _)| *file == path && *what == module);
            if line_of(map, &module).is_some_and(|line| line < own) && !allowed {
                wrong.push(format!("{path}:{at} imports `{module}` from above"));
            }
        }
    }
    wrong
}

/// The lines of code of these folders that name a crate.
fn naming(crate_name: &str, folders: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in folders.iter().flat_map(|folder| rust_files(folder)) {
        if is_tests(&path) || allowed.iter().any(|start| path.starts_with(start)) {
            continue;
        }
        for (at, line) in code(&path) {
            let named = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == crate_name);
            if named {
                wrong.push(format!("{path}:{at} names `{crate_name}`"));
            }
        }
    }
    wrong
}

fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lower_modules_do_not_import_upper_ones() {
    let mut wrong = upward("temporal-runtime/src", RUNTIME);
    wrong.extend(upward("temporal-server/src", SERVER));
    nothing(&wrong);
}

#[test]
fn only_the_shells_name_tonic() {
    nothing(&naming(
        "tonic",
        &["temporal-runtime/src", "temporal-server/src"],
        &[
            "temporal-runtime/src/client/",
            "temporal-server/src/service/",
            "temporal-server/src/lib.rs",
            // binds the sockets that the services listen on
            "temporal-server/src/server.rs",
        ],
    ));
}

#[test]
fn the_cores_do_not_name_tokio() {
    nothing(&naming(
        "tokio",
        &[
            "temporal-runtime/src/replay",
            "temporal-runtime/src/workflow",
            "temporal-runtime/src/machine",
            "temporal-server/src/engine",
        ],
        &[],
    ));
}

#[test]
fn the_macros_know_no_crate_of_the_workspace() {
    for name in ["temporal_protos", "temporal_server"] {
        nothing(&naming(name, &["temporal-macros/src"], &[]));
    }
}

#[test]
fn files_are_short_enough_to_read() {
    let mut wrong = Vec::new();
    for path in rust_files("") {
        if path.contains("/generated/") || is_tests(&path) {
            continue;
        }
        let lines = code(&path).len();
        if lines > MAX_LINES {
            wrong.push(format!(
                "{path} has {lines} lines: what second thing lives there?"
            ));
        }
    }
    nothing(&wrong);
}

#[test]
fn every_case_that_must_fail_has_its_expected_output() {
    let wrong: Vec<String> = rust_files("ui-tests")
        .into_iter()
        .filter(|path| path.contains("/fail/"))
        .filter(|path| !root().join(path.replace(".rs", ".stderr")).exists())
        .map(|path| format!("{path} has no `.stderr` beside it"))
        .collect();
    nothing(&wrong);
}

#[test]
fn nothing_names_the_place_where_it_was_written() {
    // spelt so that this file does not name them either
    let places = [["..", "/shared"].concat(), ["/wo", "rk/"].concat()];
    let mut wrong = Vec::new();
    for path in files("") {
        let bytes = fs::read(root().join(&path)).unwrap_or_default();
        for place in &places {
            if bytes.windows(place.len()).any(|w| w == place.as_bytes()) {
                wrong.push(format!("{path} names `{place}`"));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn every_exception_is_still_needed() {
    let wrong: Vec<String> = UPWARD
        .iter()
        .filter(|(file, module, _)| !imports(&code(file)).iter().any(|(_, name)| name == module))
        .map(|(file, module, why)| format!("{file} no longer imports `{module}` ({why})"))
        .collect();
    nothing(&wrong);
}

#[test]
fn imports_are_read_in_braces_and_alone() {
    let text = [
        "use crate::{",
        "    error::{Error, Result}, options,",
        "    machine::Machine,",
        "};",
        "fn f() { crate::panics::install(); }",
    ];
    let code: Vec<(usize, String)> = (1..).zip(text.iter().map(ToString::to_string)).collect();
    let names: Vec<String> = imports(&code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["error", "options", "machine", "panics"]);
}
