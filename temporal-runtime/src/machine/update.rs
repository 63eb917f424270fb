//! Updates of one run. Accepting, rejecting and completing are messages; accepted and completed ones leave events,
//! in the order in which workflow code made them. A rejected update leaves no trace.

use temporal_protos::{common::Payload, failure::Failure, update};

use super::{
    Job, Machine, Mismatch, Outcome,
    command::{Command, Issued},
};

/// An update as it reaches the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct UpdateRequest {
    /// The update's id, which is the instance id of the protocol.
    pub(crate) id: String,
    /// The message that carried it; empty on replay of an admitted one.
    pub(crate) message_id: String,
    pub(crate) sequencing_event_id: i64,
    /// The update's name.
    pub(crate) name: String,
    pub(crate) input: Vec<Payload>,
    /// What the acceptance must repeat.
    pub(crate) request: update::Request,
}

/// What history says of an update.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum UpdateEvent {
    /// Applied again by a reset, before any worker saw it.
    Admitted(Box<UpdateRequest>),
    Accepted {
        id: String,
    },
    Completed {
        id: String,
    },
}

impl Machine {
    /// An update was delivered with the live task, or history shows that the replayed task accepted it.
    pub(crate) fn deliver_update(&mut self, request: UpdateRequest, replayed: bool) {
        if self.updates.contains_key(&request.id) {
            return;
        }
        self.updates.insert(request.id.clone(), request.clone());
        self.jobs.push_back(Job::Update { request, replayed });
    }

    /// The update passed its validator.
    pub(crate) fn accept_update(&mut self, id: &str) {
        if let Some(request) = self.updates.get(id) {
            let command = Command::AcceptUpdate(Box::new(request.clone()));
            self.issue(command, Issued::Message);
        }
    }

    /// The update was refused: there is a message, but neither a command nor an event.
    pub(crate) fn reject_update(
        &mut self,
        id: &str,
        failure: Failure,
    ) -> Option<(UpdateRequest, Failure)> {
        self.updates.remove(id).map(|request| (request, failure))
    }

    /// The handler of an accepted update ended.
    pub(crate) fn complete_update(&mut self, id: &str, outcome: Outcome) {
        if let Some(request) = self.updates.remove(id) {
            let command = Command::CompleteUpdate {
                request: Box::new(request),
                outcome,
            };
            self.issue(command, Issued::Message);
        }
    }

    pub(super) fn handle_update(
        &mut self,
        event_id: i64,
        event: UpdateEvent,
    ) -> Result<(), Mismatch> {
        match event {
            UpdateEvent::Admitted(request) => {
                self.deliver_update(*request, false);
                Ok(())
            }
            UpdateEvent::Accepted { id } => self
                .confirm(
                    event_id,
                    &format!("update `{id}` accepted"),
                    |c| matches!(c, Command::AcceptUpdate(r) if r.id == id),
                )
                .map(drop),
            UpdateEvent::Completed { id } => self
                .confirm(
                    event_id,
                    &format!("update `{id}` completed"),
                    |c| matches!(c, Command::CompleteUpdate { request, .. } if request.id == id),
                )
                .map(drop),
        }
    }
}
