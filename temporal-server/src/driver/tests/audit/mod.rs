//! Looks at what is there at the end: histories that could have been, runs that agree with each other and with what
//! lists show, and all that callers were told.

mod history;
mod pending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use temporal_protos::enums::EventType as E;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes as A;

use super::program::{Ledger, What, payloads};
use super::{World, held};
use crate::engine::effect::VisibilityRow;

/// A run, as it is at the end.
#[derive(Debug)]
struct Seen {
    events: Vec<Arc<HistoryEvent>>,
    row: VisibilityRow,
}

/// Everything that is there at the end.
#[derive(Debug)]
pub(super) struct Audit {
    /// By workflow and run.
    runs: BTreeMap<(String, String), Seen>,
    /// What lists show.
    rows: BTreeMap<(String, String), VisibilityRow>,
    /// Runs that somebody may have deleted.
    gone: BTreeSet<(String, String)>,
    /// What waits for nothing any more.
    leftovers: Vec<String>,
}

impl Audit {
    /// What is there now.
    pub(super) fn of(world: &World) -> Self {
        world.load();
        let mut runs = BTreeMap::new();
        for shard in &world.driver.entries {
            let entries: Vec<_> = held(shard).all().cloned().collect();
            for entry in entries {
                let mut chain = entry.lock();
                for place in 0..chain.cells.len() {
                    chain.read_back(place).unwrap();
                    let run = &chain.cells[place].run;
                    let seen = Seen {
                        events: run.history.since(1).to_vec(),
                        row: run.visibility_row(),
                    };
                    runs.insert((run.workflow_id.to_string(), run.run_id.to_string()), seen);
                }
            }
        }
        let rows = world.driver.directory.index().rows();
        // Schedules have rows of their own.
        let rows = rows
            .into_iter()
            .filter(|row| !row.workflow_id.starts_with("temporal-sys-"));
        Self {
            runs,
            rows: rows
                .map(|row| ((row.workflow_id.to_string(), row.run_id.to_string()), row))
                .collect(),
            gone: BTreeSet::new(),
            leftovers: world.leftovers(),
        }
    }

    /// Checks everything, with what callers were told.
    pub(super) fn check_told(mut self, name: &str, ledger: &Ledger) {
        let gone = ledger
            .told
            .iter()
            .filter(|told| matches!(told.what, What::MayBeGone));
        self.gone = gone
            .map(|told| (told.workflow_id.clone(), told.run_id.clone()))
            .collect();
        self.check(name);
        for told in &ledger.told {
            let key = (told.workflow_id.clone(), told.run_id.clone());
            let place = format!("{name}, {told:?}");
            match (&told.what, self.runs.get(&key)) {
                (What::Gone, run) => assert!(run.is_none(), "{place}: it is there"),
                (_, None) => assert!(self.gone.contains(&key), "{place}: there is no such run"),
                (what, Some(run)) => run.check_told(&place, what),
            }
        }
    }

    /// Checks everything.
    pub(super) fn check(&self, name: &str) {
        for ((workflow_id, run_id), run) in &self.runs {
            let place = format!("{name}, run {run_id} of {workflow_id}");
            run.check_end(&place);
            history::check(&place, &run.events);
            pending::check(&place, &run.events);
            self.check_successor(&place, workflow_id, run_id, run);
            self.check_parent(&place, workflow_id, run);
            self.check_children(&place, run);
            let shown = self.rows.get(&(workflow_id.clone(), run_id.clone()));
            assert_eq!(shown, Some(&run.row), "{place}: what lists show");
        }
        for key in self.rows.keys() {
            assert!(self.runs.contains_key(key), "{name}: a list shows {key:?}");
        }
        assert!(self.leftovers.is_empty(), "{name}: {:?}", self.leftovers);
    }

    /// A run, unless somebody may have deleted it.
    fn run(&self, place: &str, workflow_id: &str, run_id: &str) -> Option<&Seen> {
        let key = (workflow_id.to_owned(), run_id.to_owned());
        let run = self.runs.get(&key);
        assert!(
            run.is_some() || self.gone.contains(&key),
            "{place}: run {run_id} of {workflow_id} is not there"
        );
        run
    }

    /// Who follows a run knows whom it follows.
    fn check_successor(&self, place: &str, workflow_id: &str, run_id: &str, run: &Seen) {
        let next = match run.last() {
            A::WorkflowExecutionCompletedEventAttributes(a) => &a.new_execution_run_id,
            A::WorkflowExecutionFailedEventAttributes(a) => &a.new_execution_run_id,
            A::WorkflowExecutionTimedOutEventAttributes(a) => &a.new_execution_run_id,
            A::WorkflowExecutionContinuedAsNewEventAttributes(a) => &a.new_execution_run_id,
            _ => return,
        };
        if next.is_empty() {
            return;
        }
        if let Some(next) = self.run(place, workflow_id, next) {
            let A::WorkflowExecutionStartedEventAttributes(started) = next.first() else {
                panic!("{place}: its successor does not begin with a start");
            };
            assert_eq!(started.continued_execution_run_id, run_id, "{place}");
        }
    }

    /// A child's parent has asked for it.
    fn check_parent(&self, place: &str, workflow_id: &str, run: &Seen) {
        let A::WorkflowExecutionStartedEventAttributes(started) = run.first() else {
            panic!("{place} does not begin with a start");
        };
        let Some(parent) = &started.parent_workflow_execution else {
            return;
        };
        let Some(parent) = self.run(place, &parent.workflow_id, &parent.run_id) else {
            return;
        };
        let asked = &parent.events[started.parent_initiated_event_id as usize - 1].attributes;
        let Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(asked)) = asked else {
            panic!("{place}: its parent has not asked for it, but {asked:?}");
        };
        assert_eq!(asked.workflow_id, workflow_id, "{place}");
    }

    /// A child that was started is there, and one that ended has ended as its parent was told.
    fn check_children(&self, place: &str, parent: &Seen) {
        for event in &parent.events {
            let (child, end) = match event.attributes.as_ref() {
                Some(A::ChildWorkflowExecutionStartedEventAttributes(a)) => {
                    (&a.workflow_execution, None)
                }
                Some(A::ChildWorkflowExecutionCompletedEventAttributes(a)) => {
                    (&a.workflow_execution, Some(E::WorkflowExecutionCompleted))
                }
                Some(A::ChildWorkflowExecutionFailedEventAttributes(a)) => {
                    (&a.workflow_execution, Some(E::WorkflowExecutionFailed))
                }
                Some(A::ChildWorkflowExecutionTerminatedEventAttributes(a)) => {
                    (&a.workflow_execution, Some(E::WorkflowExecutionTerminated))
                }
                _ => continue,
            };
            let child = child.as_ref().expect("an event of a child names it");
            let place = format!("{place}, event {}", event.event_id);
            let Some(run) = self.run(&place, &child.workflow_id, &child.run_id) else {
                continue;
            };
            if let Some(end) = end {
                assert_eq!(run.end(), end, "{place}");
            }
        }
    }
}

impl Seen {
    fn first(&self) -> &A {
        self.events[0]
            .attributes
            .as_ref()
            .expect("every event has attributes")
    }

    fn last(&self) -> &A {
        let last = self.events.last().and_then(|last| last.attributes.as_ref());
        last.expect("every run has events")
    }

    fn end(&self) -> E {
        self.events
            .last()
            .expect("every run has events")
            .event_type()
    }

    /// It has ended, and its row says how.
    fn check_end(&self, place: &str) {
        let row = &self.row;
        assert!(row.close_time.is_some(), "{place} is open: {row:?}");
        assert_eq!(row.history_length, self.events.len() as i64, "{place}");
        use temporal_protos::enums::WorkflowExecutionStatus as S;
        let status = match self.end() {
            E::WorkflowExecutionCompleted => S::Completed,
            E::WorkflowExecutionFailed => S::Failed,
            E::WorkflowExecutionTimedOut => S::TimedOut,
            E::WorkflowExecutionCanceled => S::Canceled,
            E::WorkflowExecutionTerminated => S::Terminated,
            E::WorkflowExecutionContinuedAsNew => S::ContinuedAsNew,
            other => panic!("{place} ends with {other:?}"),
        };
        assert_eq!(row.status, status, "{place}");
    }

    fn count(&self, is_it: impl Fn(&A) -> bool) -> usize {
        let events = self
            .events
            .iter()
            .filter_map(|event| event.attributes.as_ref());
        events.filter(|attributes| is_it(attributes)).count()
    }

    /// What a caller was told is there, once.
    fn check_told(&self, place: &str, what: &What) {
        let count = match what {
            What::Started | What::MayBeGone | What::Gone => return,
            What::Terminated => {
                return assert_eq!(self.end(), E::WorkflowExecutionTerminated, "{place}");
            }
            What::Signalled(text) => self.count(|event| {
                matches!(event, A::WorkflowExecutionSignaledEventAttributes(a) if a.input == payloads(text))
            }),
            What::CancelRequested => self.count(|event| {
                matches!(event, A::WorkflowExecutionCancelRequestedEventAttributes(_))
            }),
            What::TaskCompleted(identity, end) => {
                if let Some(end) = end {
                    assert_eq!(self.end(), *end, "{place}");
                }
                self.count(|event| {
                    matches!(event, A::WorkflowTaskCompletedEventAttributes(a) if a.identity == *identity)
                })
            }
            What::ActivityCompleted(text) => self.count(|event| {
                matches!(event, A::ActivityTaskCompletedEventAttributes(a) if a.result == payloads(text))
            }),
            What::ActivityCancelled(text) => self.count(|event| {
                matches!(event, A::ActivityTaskCanceledEventAttributes(a) if a.details == payloads(text))
            }),
            What::UpdateAccepted(id) => self.count(|event| {
                matches!(event, A::WorkflowExecutionUpdateAcceptedEventAttributes(a) if a.protocol_instance_id == *id)
            }),
            What::UpdateCompleted(id) => self.count(|event| {
                matches!(event, A::WorkflowExecutionUpdateCompletedEventAttributes(a)
                    if a.meta.as_ref().is_some_and(|meta| meta.update_id == *id))
            }),
        };
        assert_eq!(count, 1, "{place}: it is there {count} times");
    }
}
