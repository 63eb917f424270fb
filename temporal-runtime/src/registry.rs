//! What is registered: collected by `inventory` at link time, sorted here, and checked before anything is polled.
//! Never looks at the order in which the linker put things.

use std::any::TypeId;

use crate::{activity::Invoke, workflow::VTable};

/// Where something was defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The crate's name.
    pub krate: &'static str,
    /// The module's path.
    pub module: &'static str,
    /// The file.
    pub file: &'static str,
    /// The line of the function's or type's name.
    pub line: u32,
}

/// A value that must be given to the `App` before an activity can run.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Its type.
    pub id: fn() -> TypeId,
    /// The type's name.
    pub name: fn() -> &'static str,
}

/// A registered activity.
#[derive(Debug)]
pub struct ActivityReg {
    /// The activity type.
    pub name: &'static str,
    /// Its own task queue, if it has one.
    pub task_queue: Option<&'static str>,
    /// Where it is.
    pub source: Source,
    /// What it needs.
    pub needs: &'static [Need],
    /// "name: Type" of each argument.
    pub args: &'static [&'static str],
    /// Its documentation.
    pub doc: &'static str,
    /// How it is called.
    pub invoke: Invoke,
}

/// A registered workflow.
#[derive(Debug)]
pub struct WorkflowReg {
    /// The workflow type.
    pub name: &'static str,
    /// Its own task queue, if it has one.
    pub task_queue: Option<&'static str>,
    /// Where it is.
    pub source: Source,
    /// "name: Type" of each argument.
    pub args: &'static [&'static str],
    /// Its documentation.
    pub doc: &'static str,
    /// The signals it handles; "*" for a dynamic handler.
    pub signals: &'static [&'static str],
    /// The queries it answers; "*" for a dynamic handler.
    pub queries: &'static [&'static str],
    /// The updates it handles; "*" for a dynamic handler.
    pub updates: &'static [&'static str],
    /// How it is driven.
    pub vtable: VTable,
}

inventory::collect!(ActivityReg);
inventory::collect!(WorkflowReg);
