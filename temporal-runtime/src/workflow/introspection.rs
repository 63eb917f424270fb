//! What people may ask of any run: where it waits, what it can be asked, and what it says of itself.
//!
//! These are queries under names that are reserved; user interfaces and the command line know them.

use std::{collections::BTreeMap, panic::Location};

use serde_json::{Value as Json, json};
use temporal_protos::{common::Payload as RawPayload, failure::Failure};

use super::{HandlerReg, Wf, executor::Executor, tasks::TaskId};
use crate::convert::{protobuf_json, text_payload};

const STACK_TRACE: &str = "__stack_trace";
const ENHANCED_STACK_TRACE: &str = "__enhanced_stack_trace";
const METADATA: &str = "__temporal_workflow_metadata";

const BUILT_IN: &[(&str, &str)] = &[
    (
        ENHANCED_STACK_TRACE,
        "Where the workflow waits, in the form that user interfaces read.",
    ),
    (STACK_TRACE, "Where the workflow waits, and for what."),
    (
        METADATA,
        "What can be sent to the workflow, and its current details.",
    ),
];

/// One wait of a task: where the code is, and for what it waits.
struct Place {
    task: TaskId,
    at: &'static Location<'static>,
    what: Vec<String>,
}

impl Executor {
    /// The answer of a query that every workflow has.
    pub(super) fn built_in(&self, name: &str) -> Option<Result<RawPayload, Failure>> {
        Some(Ok(match name {
            STACK_TRACE => text_payload(&self.stack_trace()),
            ENHANCED_STACK_TRACE => {
                protobuf_json("temporal.api.sdk.v1.EnhancedStackTrace", &self.enhanced())
            }
            METADATA => protobuf_json("temporal.api.sdk.v1.WorkflowMetadata", &self.metadata()),
            _ => return None,
        }))
    }

    /// The waits, by task in the order in which the tasks began.
    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        let mut seen: BTreeMap<(TaskId, &'static str, u32, u32), usize> = BTreeMap::new();
        for (task, at, what) in self.core.waits() {
            let key = (task, at.file(), at.line(), at.column());
            let index = *seen.entry(key).or_insert_with(|| {
                places.push(Place {
                    task,
                    at,
                    what: Vec::new(),
                });
                places.len() - 1
            });
            places[index].what.push(what);
        }
        places.sort_by_key(|place| place.task);
        places
    }

    /// The code that a task runs.
    fn code(&self, task: TaskId) -> String {
        let role = self.role(task);
        role.map_or_else(|| "a task".to_owned(), |role| role.describe())
    }

    fn stack_trace(&self) -> String {
        let places = self.places();
        if places.is_empty() {
            return "nothing waits".to_owned();
        }
        let lines = places.iter().map(|place| {
            format!(
                "{}\n    waits at {}\n    for {}",
                self.code(place.task),
                place.at,
                place.what.join(", ")
            )
        });
        lines.collect::<Vec<_>>().join("\n\n")
    }

    fn enhanced(&self) -> Json {
        let stacks: Vec<Json> = self
            .places()
            .iter()
            .map(|place| {
                json!({"locations": [{
                    "filePath": place.at.file(),
                    "line": place.at.line(),
                    "column": place.at.column(),
                    "functionName": format!("{}, waiting for {}", self.code(place.task), place.what.join(", ")),
                }]})
            })
            .collect();
        json!({
            "sdk": {"name": "temporal-rust", "version": env!("CARGO_PKG_VERSION")},
            "stacks": stacks,
        })
    }

    fn metadata(&self) -> Json {
        let handlers = self.definition.handlers;
        let built_in = BUILT_IN.iter().map(|(name, doc)| defined(name, doc));
        let set = self.core.set_names();
        let queries: Vec<Json> = defined_all(handlers.queries(), &set.queries)
            .chain(built_in)
            .collect();
        json!({
            "definition": {
                "type": self.core.info().workflow_type,
                "queryDefinitions": queries,
                "signalDefinitions": defined_all(handlers.signals(), &set.signals).collect::<Vec<_>>(),
                "updateDefinitions": defined_all(handlers.updates(), &set.updates).collect::<Vec<_>>(),
            },
            "currentDetails": self.core.details(),
        })
    }
}

/// What is declared, and what was set and has no name among that. The form has no name for what takes every name.
fn defined_all<'a>(
    declared: impl Iterator<Item = &'static HandlerReg> + Clone + 'a,
    set: &'a [Option<String>],
) -> impl Iterator<Item = Json> + 'a {
    let shown = |name: &'static str| if name == "*" { "" } else { name };
    let all = declared.clone();
    let set = set.iter().map(|name| name.as_deref().unwrap_or_default());
    let only_set = set.filter(move |name| all.clone().all(|h| shown(h.name) != *name));
    (declared.map(move |h| defined(shown(h.name), h.doc)))
        .chain(only_set.map(|name| defined(name, "")))
}

fn defined(name: &str, doc: &str) -> Json {
    json!({"name": name, "description": doc})
}

impl<W: Send + 'static> Wf<W> {
    /// Says in what state the run is, for people who look at it: text, in Markdown if you like. It is asked for with
    /// the run's metadata, and kept nowhere else: in place of writing history it is set again on replay.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// async fn slow(wf: &mut Wf) -> Result<()> {
    ///     wf.set_current_details("waits for the second of January");
    ///     wf.sleep(Duration::from_secs(24 * 3600)).await
    /// }
    /// ```
    pub fn set_current_details(&mut self, details: impl Into<String>) {
        self.core().assert_may_command();
        self.core().set_details(details.into());
    }

    /// What was set last with [`set_current_details`](Self::set_current_details); empty if nothing was.
    #[must_use]
    pub fn current_details(&self) -> String {
        self.core().details()
    }
}
