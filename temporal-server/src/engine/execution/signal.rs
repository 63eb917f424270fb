//! Signals that come to a run.

use prost::Message as _;
use temporal_protos::common::{Header, Payloads, WorkflowExecution};
use temporal_protos::enums::EventType;
use temporal_protos::history::WorkflowExecutionSignaledEventAttributes;

use super::Run;
use super::history::event;
use crate::engine::Context;
use crate::engine::refusal::Refusal;

/// A signal, from a client or from another workflow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal {
    pub(crate) name: String,
    pub(crate) input: Option<Payloads>,
    pub(crate) header: Option<Header>,
    pub(crate) identity: String,
    /// Makes the signal count once; may be empty.
    pub(crate) request_id: String,
    pub(crate) links: Vec<temporal_protos::common::Link>,
    /// The workflow that sent it.
    pub(crate) sender: Option<WorkflowExecution>,
}

impl Run {
    /// Takes a signal and sees that the workflow gets it.
    pub(crate) fn signal(&mut self, ctx: &mut Context<'_>, signal: Signal) -> Result<(), Refusal> {
        if self.write_signal(ctx, signal)? {
            self.notify_workflow(ctx);
        }
        Ok(())
    }

    /// Takes a signal; says whether it was new.
    pub(crate) fn write_signal(
        &mut self,
        ctx: &mut Context<'_>,
        signal: Signal,
    ) -> Result<bool, Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        if self.signal_requests.contains(&signal.request_id) {
            return Ok(false);
        }
        if self.refuses_now() {
            return Err(Refusal::closing());
        }
        if signal
            .input
            .as_ref()
            .is_some_and(|input| input.encoded_len() > ctx.limits.blob_bytes)
        {
            return Err(Refusal::invalid("Blob data size exceeds limit."));
        }
        if self.signal_count >= ctx.limits.signals {
            return Err(Refusal::invalid(
                "exceeded workflow execution limit for signal events",
            ));
        }
        self.signal_count += 1;
        let request_id = signal.request_id;
        let mut signaled = event(
            ctx.now,
            WorkflowExecutionSignaledEventAttributes {
                signal_name: signal.name,
                input: signal.input,
                identity: signal.identity,
                header: signal.header,
                external_workflow_execution: signal.sender,
                request_id: request_id.clone(),
                ..Default::default()
            },
        );
        signaled.links = signal.links;
        let id = self.receive(signaled);
        if !request_id.is_empty() {
            self.note_signal_request(request_id, id);
        }
        Ok(true)
    }

    /// A signal of this request will not count again. What the id stands for already, it goes on to stand for.
    pub(super) fn note_signal_request(&mut self, request_id: String, event_id: i64) {
        if self.request_ids.get(&request_id).is_none() {
            let made = (EventType::WorkflowExecutionSignaled, event_id);
            self.request_ids.insert(request_id.clone(), made);
        }
        self.signal_requests.insert(request_id);
    }

    /// After an unhandled command, while the task that may close the run is started, nothing more comes in.
    pub(crate) fn refuses_now(&self) -> bool {
        self.refuses_until_closed
            && self
                .task
                .as_ref()
                .is_some_and(super::WorkflowTask::is_started)
    }
}
