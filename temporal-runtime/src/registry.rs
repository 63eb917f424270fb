//! What is registered: collected by `inventory` at link time, sorted here, and checked before anything is polled.
//! Never looks at the order in which the linker put things.

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    activity::Invoke,
    workflow::{HandlerReg, Handlers, Inherited, VTable},
};

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
    /// It takes every name that has no activity of its own.
    pub dynamic: bool,
    /// How it is called.
    pub invoke: Invoke,
}

/// The key of what is dynamic: it takes every name that nobody else has.
const DYNAMIC: &str = "*";

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
    /// It takes every name that has no workflow of its own.
    pub dynamic: bool,
    /// The types of errors that end it, where others are taken for bugs.
    pub fail_on: &'static [&'static str],
    /// The signals it handles.
    pub signals: &'static [HandlerReg],
    /// The queries it answers.
    pub queries: &'static [HandlerReg],
    /// The updates it handles.
    pub updates: &'static [HandlerReg],
    /// What it handles besides.
    pub inherited: &'static [Inherited],
    /// How it is driven.
    pub vtable: VTable,
}

impl ActivityReg {
    const fn key(&self) -> &'static str {
        if self.dynamic { DYNAMIC } else { self.name }
    }
}

impl WorkflowReg {
    /// Everything that it handles.
    pub(crate) const fn handlers(&self) -> Handlers {
        Handlers {
            vtable: self.vtable,
            signals: self.signals,
            queries: self.queries,
            updates: self.updates,
            inherited: self.inherited,
        }
    }

    const fn key(&self) -> &'static str {
        if self.dynamic { DYNAMIC } else { self.name }
    }
}

inventory::collect!(ActivityReg);
inventory::collect!(WorkflowReg);

/// Everything that a worker may serve, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    pub(crate) workflows: Vec<&'static WorkflowReg>,
    pub(crate) activities: Vec<&'static ActivityReg>,
}

/// What one worker serves: the definitions of one task queue, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) task_queue: String,
    pub(crate) workflows: BTreeMap<&'static str, &'static WorkflowReg>,
    pub(crate) activities: BTreeMap<&'static str, &'static ActivityReg>,
    /// The queues that this one stands for: commands that name one of them go here.
    pub(crate) instead_of: BTreeSet<&'static str>,
}

impl Registry {
    /// Everything that is linked into this binary, by place: the linker's order means nothing.
    pub(crate) fn linked() -> Self {
        let mut registry = Self {
            workflows: inventory::iter::<WorkflowReg>().collect(),
            activities: inventory::iter::<ActivityReg>().collect(),
        };
        registry
            .workflows
            .sort_by_key(|w| (w.name, w.source.file, w.source.line));
        registry
            .activities
            .sort_by_key(|a| (a.name, a.source.file, a.source.line));
        registry
    }

    /// Only what is defined where `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Source) -> bool) {
        self.workflows.retain(|w| keep(&w.source));
        self.activities.retain(|a| keep(&a.source));
    }

    /// An activity in place of those with its name and queue.
    pub(crate) fn replace(&mut self, activity: &'static ActivityReg) {
        let same = |a: &ActivityReg| (a.name, a.task_queue) == (activity.name, activity.task_queue);
        self.activities.retain(|a| !same(a));
        self.activities.push(activity);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.workflows.is_empty() && self.activities.is_empty()
    }

    /// One plan per task queue. What names no queue is served on all of them, because a workflow calls it on its own.
    /// Of definitions that share a name and a queue the first is taken: [`duplicates`](Self::duplicates) tells of them.
    pub(crate) fn plans(&self, default_queue: &str) -> Vec<Plan> {
        let workflows = self.workflows.iter().map(|w| w.task_queue);
        let activities = self.activities.iter().map(|a| a.task_queue);
        let queues: BTreeSet<&str> = workflows
            .chain(activities)
            .map(|queue| queue.unwrap_or(default_queue))
            .collect();
        let plan = |queue: &str| {
            let mut plan = Plan {
                task_queue: queue.to_owned(),
                ..Plan::default()
            };
            // what names this queue comes first
            for named in [Some(queue), None] {
                for workflow in self.workflows.iter().filter(|w| w.task_queue == named) {
                    plan.workflows.entry(workflow.key()).or_insert(*workflow);
                }
                for activity in self.activities.iter().filter(|a| a.task_queue == named) {
                    plan.activities.entry(activity.key()).or_insert(*activity);
                }
            }
            plan
        };
        queues.into_iter().map(plan).collect()
    }

    /// Everything on one queue, whatever the definitions name.
    pub(crate) fn one_plan(&self, queue: &str) -> Plan {
        let mut plan = Plan {
            task_queue: queue.to_owned(),
            ..Plan::default()
        };
        for workflow in &self.workflows {
            plan.workflows.entry(workflow.key()).or_insert(*workflow);
            plan.instead_of.extend(workflow.task_queue);
        }
        for activity in &self.activities {
            plan.activities.entry(activity.key()).or_insert(*activity);
            plan.instead_of.extend(activity.task_queue);
        }
        plan
    }

    /// A message for each name that two definitions of one task queue share.
    pub(crate) fn duplicates(&self, default_queue: &str) -> Vec<String> {
        let workflows = self
            .workflows
            .iter()
            .map(|w| ("workflow", w.key(), w.task_queue, w.source));
        let activities = self
            .activities
            .iter()
            .map(|a| ("activity", a.key(), a.task_queue, a.source));
        let mut seen: BTreeMap<(&str, &str, &str), Source> = BTreeMap::new();
        let mut messages = Vec::new();
        for (kind, name, queue, source) in workflows.chain(activities) {
            let key = (kind, name, queue.unwrap_or(default_queue));
            match seen.get(&key) {
                Some(first) if name == DYNAMIC => {
                    let kinds = if kind == "workflow" {
                        "workflows"
                    } else {
                        "activities"
                    };
                    messages.push(format!(
                        "two dynamic {kinds}: {first} and {source}; a worker can have one"
                    ));
                }
                Some(first) => messages.push(format!(
                    "{kind} `{name}` is registered twice: {first} and {source}"
                )),
                None => drop(seen.insert(key, source)),
            }
        }
        messages
    }

    /// A message for each value that an activity needs and `has` does not know.
    pub(crate) fn missing_state(&self, has: impl Fn(TypeId) -> bool) -> Vec<String> {
        let mut messages = Vec::new();
        for activity in &self.activities {
            for need in activity.needs.iter().filter(|need| !has((need.id)())) {
                messages.push(format!(
                    "activity `{}` ({}) needs `&{}`: add `.state(..)` with one to the App",
                    activity.name,
                    activity.source,
                    (need.name)()
                ));
            }
        }
        messages
    }
}

impl Plan {
    /// The workflow of this type: the one of that name, or else the dynamic one.
    pub(crate) fn workflow(&self, name: &str) -> Option<&'static WorkflowReg> {
        let found = self.workflows.get(name).filter(|w| !w.dynamic);
        found.or_else(|| self.workflows.get(DYNAMIC)).copied()
    }

    /// The activity of this type: the one of that name, or else the dynamic one.
    pub(crate) fn activity(&self, name: &str) -> Option<&'static ActivityReg> {
        let found = self.activities.get(name).filter(|a| !a.dynamic);
        found.or_else(|| self.activities.get(DYNAMIC)).copied()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
