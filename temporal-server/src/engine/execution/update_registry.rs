//! The updates that a run knows: in flight, or completed. What moves them on is in `update.rs`.

use std::collections::BTreeMap;

use temporal_protos::protocol::Message;
use temporal_protos::protocol::message::SequencingId;
use temporal_protos::update::{Outcome, Request};

use super::undo::UndoMap;
use crate::engine::effect::UpdateView;

/// How far an update has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// It waits for a task.
    Admitted,
    /// The task with this stamp has brought it to a worker.
    Sent(u64),
    /// The workflow has accepted it, by this event.
    Accepted(i64),
    /// It is done.
    Completed(Box<Outcome>),
}

/// One update.
#[derive(Debug, Clone)]
pub(super) struct Update {
    pub(super) serial: u64,
    pub(super) request: Request,
    pub(super) state: State,
    /// An event of history holds the request: it is not sent again, and the accepted event only points to it.
    pub(super) in_history: bool,
}

/// The updates of a run.
#[derive(Debug, Default)]
pub(crate) struct Updates {
    /// Those in flight and those completed, by id.
    pub(super) known: UndoMap<String, Update>,
    /// Those in flight, in order of admission.
    pub(super) open: UndoMap<u64, String>,
    pub(super) serial: u64,
}

/// What somebody who asks for an update is told at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    /// Names the update among those of its run.
    pub(crate) serial: u64,
    /// How far it is.
    pub(crate) view: UpdateView,
}

impl Updates {
    /// The updates as they were.
    pub(super) fn restore(known: BTreeMap<String, Update>, serial: u64) -> Self {
        let open = known
            .iter()
            .filter(|(_, update)| !matches!(update.state, State::Completed(_)))
            .map(|(id, update)| (update.serial, id.clone()))
            .collect();
        Self {
            known: known.into_iter().collect(),
            open,
            serial,
        }
    }

    /// How many updates the run has had.
    pub(crate) fn total(&self) -> usize {
        self.known.len()
    }

    /// Whether an update waits for a task.
    pub(crate) fn has_undelivered(&self) -> bool {
        self.open().any(|update| update.state == State::Admitted)
    }

    fn open(&self) -> impl Iterator<Item = &Update> {
        self.open.values().filter_map(|id| self.known.get(id))
    }

    pub(super) fn open_ids(&self, matches: impl Fn(&State) -> bool) -> Vec<String> {
        self.open()
            .filter(|update| matches(&update.state))
            .map(|update| update.id().to_string())
            .collect()
    }

    pub(super) fn set(&mut self, id: &str, state: State) {
        let id = id.to_string();
        if let Some(update) = self.known.get_mut(&id) {
            update.state = state;
        }
    }

    /// An update is done.
    pub(super) fn finish(&mut self, id: &str, outcome: Outcome) {
        self.set(id, State::Completed(Box::new(outcome)));
        if let Some(serial) = self.known.get(id).map(|update| update.serial) {
            self.open.remove(&serial);
        }
    }

    /// A task goes to a worker: what waits goes along.
    pub(crate) fn mark_sent(&mut self, stamp: u64) {
        for id in self.open_ids(|state| *state == State::Admitted) {
            self.set(&id, State::Sent(stamp));
        }
    }

    /// A task ended without being completed: what it brought is sent again.
    pub(crate) fn task_ended_badly(&mut self) {
        for id in self.open_ids(|state| matches!(state, State::Sent(_))) {
            self.set(&id, State::Admitted);
        }
    }

    /// The messages of a task.
    pub(crate) fn messages(&self, stamp: u64, sequencing_event_id: i64) -> Vec<Message> {
        self.open()
            .filter(|update| update.state == State::Sent(stamp) && !update.in_history)
            .map(|update| Message {
                id: format!("{}/request", update.id()),
                protocol_instance_id: update.id().into(),
                sequencing_id: Some(SequencingId::EventId(sequencing_event_id)),
                body: prost_types::Any::from_msg(&update.request).ok(),
            })
            .collect()
    }

    /// Takes an update in, as the newest.
    pub(super) fn add(&mut self, request: Request, state: State, in_history: bool) -> u64 {
        self.serial += 1;
        let update = Update {
            serial: self.serial,
            request,
            state,
            in_history,
        };
        let id = update.id().to_string();
        if !matches!(update.state, State::Completed(_)) {
            self.open.insert(self.serial, id.clone());
        }
        self.known.insert(id, update);
        self.serial
    }

    /// Takes an update out that ends without a trace.
    pub(super) fn forget(&mut self, id: &str) -> Option<Update> {
        let update = self.known.remove(&id.to_string())?;
        self.open.remove(&update.serial);
        Some(update)
    }

    /// How far an update is.
    pub(crate) fn find(&self, id: &str) -> Option<Attached> {
        self.known.get(id).map(|update| Attached {
            serial: update.serial,
            view: update.view(),
        })
    }

    pub(crate) fn mark(&mut self) {
        self.known.mark();
        self.open.mark();
    }

    pub(crate) fn keep(&mut self) {
        self.known.keep();
        self.open.keep();
    }

    pub(crate) fn undo(&mut self) {
        self.known.undo();
        self.open.undo();
    }
}

impl Update {
    fn id(&self) -> &str {
        self.request
            .meta
            .as_ref()
            .map_or("", |meta| meta.update_id.as_str())
    }

    fn view(&self) -> UpdateView {
        match &self.state {
            State::Admitted | State::Sent(_) => UpdateView::Admitted,
            State::Accepted(_) => UpdateView::Accepted,
            State::Completed(outcome) => UpdateView::Completed((**outcome).clone()),
        }
    }
}
