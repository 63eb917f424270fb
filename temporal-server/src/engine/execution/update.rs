//! Updates of one run: admitted, sent with a task, accepted, completed or refused. Who waits for them is the driver's
//! business.

use bytes::Bytes;
use prost::{Message as _, Name as _};
use temporal_protos::enums::{
    EventType, ResourceExhaustedCause, ResourceExhaustedScope, WorkflowTaskFailedCause as Cause,
};
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::failure::{ApplicationFailureInfo, Failure};
use temporal_protos::history::{
    WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateCompletedEventAttributes,
};
use temporal_protos::protocol::Message;
use temporal_protos::update::outcome::Value;
use temporal_protos::update::{Acceptance, Meta, Outcome, Rejection, Request, Response};

use super::commands::{Bad, Work};
use super::update_registry::{Attached, State};
use super::{Run, WorkflowTask};
use crate::engine::Context;
use crate::engine::effect::{Effect, UpdateView};
use crate::engine::refusal::Refusal;

const CAUSE: Cause = Cause::BadUpdateWorkflowExecutionMessage;
/// From this attempt of the workflow task on, updates and queries are refused.
const FAILING_ATTEMPT: i32 = 3;

/// Whether a worker's message refuses an update.
pub(crate) fn is_rejection(message: &Message) -> bool {
    message
        .body
        .as_ref()
        .is_some_and(|body| body.type_url == Rejection::type_url())
}

impl Run {
    /// Admits an update, or finds the one that has this id. Sees that a task brings it to the workflow.
    pub(crate) fn admit_update(
        &mut self,
        ctx: &mut Context<'_>,
        request: Request,
    ) -> Result<Attached, Refusal> {
        let id = request
            .meta
            .as_ref()
            .map(|meta| meta.update_id.clone())
            .unwrap_or_default();
        if let Some(known) = self.updates.find(&id) {
            return Ok(known);
        }
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        if self.task_attempt >= FAILING_ATTEMPT {
            return Err(Refusal::WorkflowNotReady(
                "Unable to perform workflow execution update due to Workflow Task in failed state."
                    .into(),
            ));
        }
        if self.refuses_now() {
            return Err(Refusal::closing());
        }
        self.check_update_limits(ctx)?;
        if request
            .input
            .as_ref()
            .and_then(|input| input.args.as_ref())
            .is_some_and(|args| args.encoded_len() > ctx.limits.blob_bytes)
        {
            return Err(Refusal::invalid("Blob data size exceeds limit."));
        }
        let serial = self.updates.add(request, State::Admitted, false);
        self.schedule_speculative_task(ctx);
        Ok(Attached {
            serial,
            view: UpdateView::Admitted,
        })
    }

    /// The updates that the started task brings. They come after all that was there when the worker took it.
    pub(crate) fn task_messages(&self) -> Vec<Message> {
        let started = |task: &WorkflowTask| {
            let started = task.started.as_ref()?;
            Some((task.stamp, started.event_id - 1))
        };
        self.task
            .as_ref()
            .and_then(started)
            .map_or_else(Vec::new, |(stamp, after)| {
                self.updates.messages(stamp, after)
            })
    }

    fn check_update_limits(&self, ctx: &Context<'_>) -> Result<(), Refusal> {
        if self.updates.open.len() >= ctx.limits.updates_in_flight {
            return Err(Refusal::ResourceExhausted {
                message: format!(
                    "limit on number of concurrent in-flight updates has been reached ({})",
                    ctx.limits.updates_in_flight
                ),
                cause: ResourceExhaustedCause::ConcurrentLimit,
                scope: ResourceExhaustedScope::Namespace,
            });
        }
        if self.updates.total() >= ctx.limits.updates_total {
            return Err(Refusal::precondition(format!(
                "limit on the total number of distinct updates in this workflow has been reached ({}). Make sure any duplicate updates share an Update ID so the server can deduplicate them, and consider rejecting updates that you aren't going to process",
                ctx.limits.updates_total
            )));
        }
        Ok(())
    }

    /// The command ProtocolMessage: the message that it names is taken here.
    pub(crate) fn take_placed_message(
        &mut self,
        ctx: &mut Context<'_>,
        id: &str,
        work: &mut Work,
    ) -> Result<(), Bad> {
        if id.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "MessageID is not set on ProtocolMessageCommand.",
            ));
        }
        let Some((_, message)) = work.messages.remove(id) else {
            return Err(Bad::command(
                CAUSE,
                format!("ProtocolMessageCommand referenced absent message ID {id}"),
            ));
        };
        self.take_message(ctx, message)
    }

    /// Messages that no command has put in a place, in the order of the request.
    pub(crate) fn take_leftover_messages(
        &mut self,
        ctx: &mut Context<'_>,
        work: &mut Work,
    ) -> Result<(), Bad> {
        let mut left: Vec<_> = std::mem::take(&mut work.messages).into_values().collect();
        left.sort_by_key(|(place, _)| *place);
        for (_, message) in left {
            // A rejection needs no event; everything else comes too late for a run that has closed.
            if self.is_running() || is_rejection(&message) {
                self.take_message(ctx, message)?;
            }
        }
        Ok(())
    }

    fn take_message(&mut self, ctx: &mut Context<'_>, message: Message) -> Result<(), Bad> {
        let id = message.protocol_instance_id;
        let Some(state) = self
            .updates
            .known
            .get(&id)
            .map(|update| update.state.clone())
        else {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "update {id} wasn't found on the server. This is most likely a transient error which will be resolved automatically by retries"
                ),
            ));
        };
        let body = message.body.unwrap_or_default();
        let unreadable = |_| {
            Bad::command(
                CAUSE,
                format!("unable to read the body of message {}", message.id),
            )
        };
        let wrong = |kind: &str| {
            let text = format!(
                "invalid state transition attempted for Update {id}: received *update.{kind} message while in state {}",
                self.state_name(&state)
            );
            Bad::command(CAUSE, text)
        };
        if body.type_url == Acceptance::type_url() {
            let acceptance: Acceptance =
                Acceptance::decode(Bytes::from(body.value)).map_err(unreadable)?;
            if !matches!(state, State::Sent(_)) {
                return Err(wrong("Acceptance"));
            }
            self.accept_update(ctx, &id, acceptance);
        } else if body.type_url == Response::type_url() {
            let response = Response::decode(Bytes::from(body.value)).map_err(unreadable)?;
            let State::Accepted(accepted_event_id) = state else {
                return Err(wrong("Response"));
            };
            self.complete_update(ctx, &id, response, accepted_event_id);
        } else if body.type_url == Rejection::type_url() {
            let rejection: Rejection =
                Rejection::decode(Bytes::from(body.value)).map_err(unreadable)?;
            if !matches!(state, State::Sent(_)) {
                return Err(wrong("Rejection"));
            }
            self.refuse_update(ctx, &id, rejection.failure.unwrap_or_default());
        } else {
            let text = format!("unknown message type {} for update {id}", body.type_url);
            return Err(Bad::command(CAUSE, text));
        }
        Ok(())
    }

    fn state_name(&self, state: &State) -> &'static str {
        match state {
            State::Admitted => "Admitted",
            State::Sent(_) => "Sent",
            State::Accepted(event_id) if *event_id > self.last_completed_event_id => {
                "ProvisionallyAccepted"
            }
            State::Accepted(_) => "Accepted",
            State::Completed(_) => "Completed",
        }
    }

    fn accept_update(&mut self, ctx: &mut Context<'_>, id: &str, acceptance: Acceptance) {
        let Some(update) = self.updates.known.get(id).cloned() else {
            return;
        };
        let attributes = WorkflowExecutionUpdateAcceptedEventAttributes {
            protocol_instance_id: id.into(),
            accepted_request_message_id: acceptance.accepted_request_message_id,
            accepted_request_sequencing_event_id: acceptance.accepted_request_sequencing_event_id,
            accepted_request: (!update.in_history).then(|| update.request.clone()),
        };
        let event_id = self.write(ctx, attributes);
        if !update.request.request_id.is_empty() {
            self.request_ids.insert(
                update.request.request_id,
                (EventType::WorkflowExecutionUpdateAccepted, event_id),
            );
        }
        self.updates.set(id, State::Accepted(event_id));
        ctx.emit(Effect::UpdateChanged(update.serial, UpdateView::Accepted));
    }

    fn complete_update(
        &mut self,
        ctx: &mut Context<'_>,
        id: &str,
        response: Response,
        accepted_event_id: i64,
    ) {
        let outcome = response.outcome.unwrap_or_default();
        let attributes = WorkflowExecutionUpdateCompletedEventAttributes {
            meta: response.meta.or_else(|| {
                Some(Meta {
                    update_id: id.into(),
                    ..Default::default()
                })
            }),
            accepted_event_id,
            outcome: Some(outcome.clone()),
        };
        self.write(ctx, attributes);
        self.finish_update(ctx, id, outcome);
    }

    fn finish_update(&mut self, ctx: &mut Context<'_>, id: &str, outcome: Outcome) {
        self.updates.finish(id, outcome.clone());
        let Some(serial) = self.updates.known.get(id).map(|update| update.serial) else {
            return;
        };
        ctx.emit(Effect::UpdateChanged(
            serial,
            UpdateView::Completed(outcome),
        ));
    }

    /// An update is refused: its caller gets the failure, and the run forgets it.
    fn refuse_update(&mut self, ctx: &mut Context<'_>, id: &str, why: Failure) {
        if let Some(update) = self.updates.forget(id) {
            let outcome = Outcome {
                value: Some(Value::Failure(why)),
            };
            ctx.emit(Effect::UpdateChanged(
                update.serial,
                UpdateView::Completed(outcome),
            ));
        }
    }

    /// Updates that were sent with a task whose completion says nothing of them.
    pub(crate) fn reject_ignored_updates(&mut self, ctx: &mut Context<'_>) {
        for id in self
            .updates
            .open_ids(|state| matches!(state, State::Sent(_)))
        {
            let why = by_server(
                "UnprocessedUpdate",
                "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported by the worker.",
            );
            self.refuse_update(ctx, &id, why);
        }
    }

    /// A completion was useless: those whose updates it was about are told.
    pub(crate) fn abort_sent_updates(&mut self, ctx: &mut Context<'_>) {
        for id in self
            .updates
            .open_ids(|state| matches!(state, State::Sent(_)))
        {
            if let Some(update) = self.updates.forget(&id) {
                let why = Refusal::WorkflowNotReady(
                    "Unable to perform workflow execution update due to unexpected workflow task failure.".into(),
                );
                ctx.emit(Effect::UpdateChanged(
                    update.serial,
                    UpdateView::Aborted(why),
                ));
            }
        }
    }

    /// The run has closed: what is open ends.
    pub(crate) fn close_updates(&mut self, ctx: &mut Context<'_>) {
        for id in self
            .updates
            .open_ids(|state| matches!(state, State::Accepted(_)))
        {
            let why = by_server(
                "AcceptedUpdateCompletedWorkflow",
                "Workflow Update failed because the Workflow completed before the Update completed.",
            );
            self.finish_update(
                ctx,
                &id,
                Outcome {
                    value: Some(Value::Failure(why)),
                },
            );
        }
        for id in self.updates.open_ids(|_| true) {
            if let Some(update) = self.updates.forget(&id) {
                let why = match &self.successor {
                    Some(_) => Refusal::closing(),
                    None => Refusal::not_found("workflow update was aborted by closing workflow"),
                };
                ctx.emit(Effect::UpdateChanged(
                    update.serial,
                    UpdateView::Aborted(why),
                ));
            }
        }
    }
}

fn by_server(kind: &str, message: &str) -> Failure {
    Failure {
        message: message.into(),
        source: "Server".into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                r#type: kind.into(),
                non_retryable: true,
                ..Default::default()
            },
        )),
        ..Default::default()
    }
}
