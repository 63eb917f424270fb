//! Forms that the macros accept: each module compiles without a warning, and registers what it should.
#![deny(warnings, missing_docs)]
#![allow(
    clippy::print_stdout,
    clippy::unused_async,
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    clippy::extra_unused_lifetimes,
    reason = "the modules show forms"
)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use temporal_runtime::__private::{
    ActivityDef, ActivityDefaults, ActivityReg, HandlerReg, RawPayload, WorkflowDef, WorkflowReg,
    inventory,
};

#[path = "../workflow/pass/cfg.rs"]
mod cfg;
#[path = "../workflow/pass/declared.rs"]
pub mod declared;
#[path = "../lint/pass/deterministic.rs"]
mod deterministic;
#[path = "../workflow/pass/documented.rs"]
pub mod documented;
#[path = "../signal/pass/dynamic.rs"]
mod dynamic;
#[path = "../workflow/pass/dynamic.rs"]
mod dynamic_definitions;
#[path = "../workflow/pass/enum_state.rs"]
mod enum_state;
#[path = "../lint/pass/excused.rs"]
mod excused;
#[path = "../workflow/pass/hostile_names.rs"]
mod hostile_names;
#[path = "../workflow/pass/inherited.rs"]
mod inherited;
#[path = "../init/pass/forms.rs"]
mod init_forms;
#[path = "../activity/pass/injected.rs"]
mod injected;
#[path = "../activity/pass/inside_a_function.rs"]
mod inside_a_function;
#[path = "../workflow/pass/macro_rules.rs"]
mod macro_rules;
#[path = "../workflow/pass/no_implicit_prelude.rs"]
mod no_implicit_prelude;
#[path = "../activity/pass/options.rs"]
mod options;
#[path = "../workflow/pass/page_one.rs"]
mod page_one;
#[path = "../workflow/pass/patterns.rs"]
mod patterns;
#[path = "../activity/pass/prefix.rs"]
mod prefix;
#[path = "../workflow/pass/raw_identifiers.rs"]
mod raw_identifiers;
#[path = "../workflow/pass/result_alias.rs"]
mod result_alias;

/// The names of handlers.
fn names(handlers: &[HandlerReg]) -> Vec<&'static str> {
    handlers.iter().map(|handler| handler.name).collect()
}

/// The registration of a workflow, by the name that goes over the wire.
fn workflow(name: &str) -> &'static WorkflowReg {
    let mut found = inventory::iter::<WorkflowReg>
        .into_iter()
        .filter(|registered| registered.name == name);
    let workflow = found.next().expect("it is registered");
    assert!(found.next().is_none(), "`{name}` is registered once");
    assert!(
        workflow.source.line > 0 && workflow.source.file.ends_with(".rs"),
        "{workflow:?}"
    );
    workflow
}

fn activity(name: &str) -> &'static ActivityReg {
    find_activity(name).expect("it is registered")
}

fn find_activity(name: &str) -> Option<&'static ActivityReg> {
    inventory::iter::<ActivityReg>
        .into_iter()
        .find(|registered| registered.name == name)
}

fn defaults_of<A: ActivityDef>() -> ActivityDefaults {
    A::DEFAULTS
}

fn payload(json: &str) -> RawPayload {
    let mut payload = RawPayload {
        data: json.to_owned().into(),
        ..RawPayload::default()
    };
    payload
        .metadata
        .insert("encoding".to_owned(), "json/plain".into());
    payload
}

fn result_of<W: WorkflowDef>(payload: RawPayload) -> W::Output {
    W::decode(payload).expect("the result has the workflow's type")
}

fn result_of_activity<A: ActivityDef>(payload: RawPayload) -> A::Output {
    A::decode(payload).expect("the result has the activity's type")
}

/// The value of a future that never waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
