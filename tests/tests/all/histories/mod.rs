//! Histories that the real service and the official Python SDK made, against the same workflows in Rust.
//!
//! Each history of `tests/histories` is in exactly one list: it replays here, it is refused because this version lacks
//! something, or the reason why the workflow cannot be written yet is named.

mod activities;
mod attributes;
mod basics;
mod changed;
mod children;
mod codec;
mod damaged;
mod endings;
mod exported;
mod external;
mod failures;
mod local_activities;
mod messages;
mod mutated;
mod patches;
mod recorded;
mod replay;
mod tasks;
mod timers;
mod unsupported;
mod updates;
mod zlib;

/// A recorded history, for tests of other things than histories.
pub(crate) fn recorded(name: &str) -> temporal_runtime::replay::WorkflowHistory {
    recorded::Recorded::load(name).history
}
