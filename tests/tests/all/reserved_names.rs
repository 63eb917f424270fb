//! A handler may not be called like a method of `Wf`: workflow code that calls it through `wf.` would call that one. The
//! macros know no crate of the workspace, so they have a list of those names, and this holds it to the methods.

use std::{collections::BTreeSet, fs};

use crate::rules::{files, root};

/// The names in the list of that name in `temporal-macros`.
fn reserved(list: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("temporal-macros/src/model/names.rs")).unwrap();
    let (_, rest) = text
        .split_once(&format!("const {list}: &[&str] = &["))
        .expect("the list is there");
    let (names, _) = rest.split_once("];").expect("it ends");
    let names = names.split(',').map(|name| name.trim().trim_matches('"'));
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The methods in blocks that begin with this, but for those that only generated code calls.
fn methods(block: &str) -> BTreeSet<String> {
    let mut found = Vec::new();
    files(
        &root().join("temporal-runtime/src/workflow"),
        "rs",
        &mut found,
    );
    let mut names = BTreeSet::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let blocks = text.split("\nimpl<").skip(1);
        let bodies = blocks.filter_map(|rest| {
            let (head, body) = rest.split_once('\n')?;
            let (_, target) = head.split_once("> ")?;
            let whole = body.split_once("\n}").map_or(body, |(body, _)| body);
            target.starts_with(block).then(|| whole.to_owned())
        });
        for body in bodies {
            names.extend(body.split("\n    pub ").skip(1).filter_map(method));
        }
    }
    names
}

/// The name of a method, if it takes `self`.
fn method(declared: &str) -> Option<String> {
    let (_, rest) = declared.split_once("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (name, rest) = rest.split_at(end);
    let (_, parameters) = rest.split_once('(')?;
    let first = parameters.split([',', ')']).next()?;
    let takes_self = first.trim().ends_with("self");
    (takes_self && !name.starts_with("__")).then(|| name.to_owned())
}

#[test]
fn no_handler_hides_behind_a_method_of_wf() {
    let methods = methods("Wf<W>");
    assert!(methods.contains("sleep"), "{methods:?}");
    assert_eq!(reserved("WF_METHODS"), methods);
}
