//! Names that the macros reserve for typed handles, held to the methods that have them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The texts of a list in `temporal-macros/src/model/names.rs`.
fn reserved(list: &str) -> BTreeSet<String> {
    let file = root().join("temporal-macros/src/model/names.rs");
    let source = fs::read_to_string(file).expect("the macros are there");
    let begin = source
        .find(&format!("const {list}"))
        .expect("the list is there");
    let end = begin + source[begin..].find("];").expect("a list ends");
    let texts = source[begin..end].split('"').skip(1).step_by(2);
    texts.map(str::to_owned).collect()
}

/// The public methods of `impl` blocks whose head has one of these endings, `self` among their parameters.
fn methods(folders: &[&str], is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in folders {
        let listed = fs::read_dir(root().join(folder)).expect("the folder is there");
        for file in listed.flatten().filter(|entry| entry.path().is_file()) {
            let source = fs::read_to_string(file.path()).expect("a source file");
            let mut inside = false;
            let mut lines = source.lines();
            while let Some(line) = lines.next() {
                if !line.starts_with(' ') && !line.is_empty() {
                    inside = line.starts_with("impl<") && line.ends_with('{') && is_meant(line);
                }
                let Some(begun) = line.strip_prefix("    pub ").filter(|_| inside) else {
                    continue;
                };
                let begun = begun
                    .trim_start_matches("const ")
                    .trim_start_matches("async ");
                let Some(head) = begun.strip_prefix("fn ") else {
                    continue;
                };
                let name: String = head
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                // a long list of parameters begins on the next line
                let first = match head.ends_with('(') {
                    true => lines.next().unwrap_or_default().trim(),
                    false => head.split_once('(').map_or("", |(_, rest)| rest),
                };
                let takes_self = ["self", "mut self", "&self", "&mut self", "&'a mut self"];
                if takes_self.iter().any(|s| first.starts_with(s)) && !name.starts_with("__") {
                    found.insert(name);
                }
            }
        }
    }
    found
}

#[test]
fn every_method_of_a_typed_handle_is_reserved_for_it() {
    let of_handles = |head: &str| {
        let typed = [
            "> WorkflowHandle<W",
            "> ChildHandle<C",
            "> Pending<W, T, H>",
        ];
        typed.iter().any(|start| head.contains(start))
    };
    let folders = [
        "temporal-runtime/src/client",
        "temporal-runtime/src/workflow",
    ];
    let methods = methods(&folders, of_handles);
    assert!(methods.len() > 8, "{methods:?}");
    assert_eq!(reserved("HANDLE_METHODS"), methods);
}
