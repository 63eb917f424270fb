//! What workflows say to each other: delivered one after the other, each with only the hearer's lock.

use std::collections::VecDeque;
use std::sync::Arc;

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::{ParentClosePolicy, WorkflowIdConflictPolicy as Conflict};

use super::Driver;
use super::entry::{Chain, Entry};
use super::keeping::Sent;
use crate::engine::effect::{
    ChildStart, ChildStartFailure, ExternalFailure, ExternalSignal, Message, Target,
};
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::execution::close::Termination;
use crate::engine::execution::id_policy::{Asked, Decision, decide};
use crate::engine::execution::signal::Signal;
use crate::engine::execution::{Run, start_check};
use crate::engine::refusal::Refusal;

/// A message that is being delivered. That it was taken, and the answer to it, are stored with what it did to its hearer:
/// however the process ends, it is heard once.
pub(super) struct Delivery {
    pub(super) number: u64,
    /// What it leads to.
    pub(super) more: Vec<Sent>,
}

impl Driver {
    /// Delivers messages that were sent, and those that they lead to. No workflow is locked by the caller.
    pub(super) fn deliver(&self, outbox: Vec<Sent>) {
        let mut queue = VecDeque::from(outbox);
        while let Some(Sent { number, message }) = queue.pop_front() {
            let mut delivery = Delivery {
                number,
                more: Vec::new(),
            };
            self.deliver_one(message, &mut delivery);
            queue.extend(delivery.more);
            self.skipping.add_work(-1);
            if queue.is_empty() {
                self.timers_changed.notify_one();
            }
        }
        self.bound_closed_runs();
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one flat match: each message and who hears it"
    )]
    fn deliver_one(&self, message: Message, delivery: &mut Delivery) {
        match message {
            Message::StartChild {
                parent,
                initiated_event_id,
                child,
            } => self.start_child(parent, initiated_event_id, *child, delivery),
            Message::ChildStarted {
                parent,
                initiated_event_id,
                result,
            } => self.tell_heir(&parent, delivery, |run, ctx| {
                run.child_started(ctx, initiated_event_id, result);
                Ok(())
            }),
            Message::ReleaseChild { child } => self.tell(&child, delivery, |run, ctx| {
                run.parent_knows(ctx);
                Ok(())
            }),
            Message::ChildClosed {
                parent,
                initiated_event_id,
                child,
                end,
            } => self.tell_heir(&parent, delivery, |run, ctx| {
                run.child_closed(ctx, initiated_event_id, child, &end);
                Ok(())
            }),
            Message::Signal {
                sender,
                initiated_event_id,
                target,
                child_only,
                signal,
            } => self.signal_external(
                sender,
                initiated_event_id,
                &target,
                child_only,
                *signal,
                delivery,
            ),
            Message::SignalDone {
                sender,
                initiated_event_id,
                result,
            } => self.tell_heir(&sender, delivery, |run, ctx| {
                run.signal_done(ctx, initiated_event_id, result);
                Ok(())
            }),
            Message::Cancel {
                sender,
                initiated_event_id,
                target,
                child_only,
                reason,
            } => self.cancel_external(
                sender,
                initiated_event_id,
                &target,
                child_only,
                reason,
                delivery,
            ),
            Message::CancelDone {
                sender,
                initiated_event_id,
                result,
            } => self.tell_heir(&sender, delivery, |run, ctx| {
                run.cancel_done(ctx, initiated_event_id, result);
                Ok(())
            }),
            Message::ParentClosed {
                parent,
                child,
                first_run_id,
                policy,
            } => self.parent_closed(&parent, &child, &first_run_id, policy, delivery),
            Message::Schedule(message) => self.deliver_for_schedule(*message, delivery),
        }
    }

    /// The message was taken, and this is the answer to it, if it wants one.
    fn conclude(&self, chain: &mut Chain, delivery: &mut Delivery, answer: Option<Message>) {
        self.taken(chain, delivery.number);
        if let Some(answer) = answer {
            let sent = self.send(chain, answer);
            delivery.more.push(sent);
        }
    }

    /// Gives a message to a run that answers nothing. A run that is gone, or closed, does not care.
    pub(super) fn tell(
        &self,
        target: &Target,
        delivery: &mut Delivery,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<(), Refusal>,
    ) {
        self.tell_at(target, delivery, |_, place| place, ask);
    }

    /// Gives an answer to the run that has asked for it, or to the one that has taken its place since by a reset.
    fn tell_heir(
        &self,
        target: &Target,
        delivery: &mut Delivery,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<(), Refusal>,
    ) {
        self.tell_at(target, delivery, Chain::heir, ask);
    }

    fn tell_at(
        &self,
        target: &Target,
        delivery: &mut Delivery,
        hearer: impl FnOnce(&mut Chain, usize) -> usize,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<(), Refusal>,
    ) {
        self.ask(target, delivery, hearer, ask, |told| {
            if told.is_err() {
                tracing::debug!(workflow_id = target.workflow_id, "nobody heard a message");
            }
            None
        });
    }

    /// Gives a message to a run, and collects what that leads to: with the answer that is made of what the run said, or
    /// of there being none.
    fn ask<T>(
        &self,
        target: &Target,
        delivery: &mut Delivery,
        hearer: impl FnOnce(&mut Chain, usize) -> usize,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<T, Refusal>,
        answer: impl FnOnce(Result<T, Refusal>) -> Option<Message>,
    ) {
        let found = self.find(&target.namespace, &target.workflow_id);
        let found = found.or_else(|refusal| {
            // Its closed runs cannot be read: an open one hears the message all the same.
            let known = self.known(&target.namespace, &target.workflow_id);
            known.ok_or(refusal)
        });
        let entry = match found {
            Ok(entry) => entry,
            Err(refusal) => {
                return self.conclude(&mut Chain::default(), delivery, answer(Err(refusal)));
            }
        };
        let mut chain = entry.lock();
        let place = match chain.find(&target.workflow_id, &target.run_id) {
            Ok(place) => place,
            Err(refusal) => return self.conclude(&mut chain, delivery, answer(Err(refusal))),
        };
        let place = hearer(&mut chain, place);
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (told, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            ask(run, ctx)
        });
        let outbox = self.perform(&entry, &mut chain, place, effects);
        delivery.more.extend(outbox);
        self.conclude(&mut chain, delivery, answer(told));
    }

    fn start_child(
        &self,
        parent: Target,
        initiated_event_id: i64,
        child: ChildStart,
        delivery: &mut Delivery,
    ) {
        let answer = |result| {
            Some(Message::ChildStarted {
                parent: parent.clone(),
                initiated_event_id,
                result,
            })
        };
        if self.directory.resolve(&parent.namespace.name).is_err() {
            let none = Err(ChildStartFailure::NamespaceNotFound);
            return self.conclude(&mut Chain::default(), delivery, answer(none));
        }
        loop {
            let Ok(entry) = self.find_or_make(&parent.namespace, &child.workflow_id) else {
                // As if its runs could not be read back.
                let result = Err(ChildStartFailure::WorkflowAlreadyExists);
                return self.conclude(&mut Chain::default(), delivery, answer(result));
            };
            let mut chain = entry.lock();
            if !chain.forgotten {
                let result = self.start_child_in(&entry, &mut chain, child, delivery);
                return self.conclude(&mut chain, delivery, answer(result));
            }
        }
    }

    fn start_child_in(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        child: ChildStart,
        delivery: &mut Delivery,
    ) -> Result<String, ChildStartFailure> {
        let policies =
            start_check::id_policies(child.reuse_policy, Conflict::Fail.into(), Conflict::Fail)
                .or_else(|_| start_check::id_policies(child.reuse_policy, 0, Conflict::Fail))
                .map_err(|_| ChildStartFailure::WorkflowAlreadyExists)?;
        let newest = chain
            .newest()
            .map_err(|_| ChildStartFailure::WorkflowAlreadyExists)?;
        let decision = decide(newest, policies, &child.run.request_id, Asked::Start)
            .map_err(|_| ChildStartFailure::WorkflowAlreadyExists)?;
        match decision {
            Decision::Known(_) | Decision::UseExisting => {
                return newest
                    .map(|run| run.run_id.to_string())
                    .ok_or(ChildStartFailure::WorkflowAlreadyExists);
            }
            Decision::TerminateExisting => {
                let outbox = self.terminate_newest(entry, chain, &child.run.run_id);
                delivery.more.extend(outbox);
            }
            Decision::Start => {}
        }
        let run_id = child.run.run_id.clone();
        let (run, effects) = self.in_context_of(child.run.ahead(), |ctx| {
            Run::new(ctx, entry.namespace.clone(), &child.workflow_id, child.run)
        });
        let outbox = self.add_run(entry, chain, run, effects);
        delivery.more.extend(outbox);
        Ok(run_id)
    }

    fn signal_external(
        &self,
        sender: Target,
        initiated_event_id: i64,
        target: &Target,
        child_only: bool,
        signal: ExternalSignal,
        delivery: &mut Delivery,
    ) {
        let answer = |result| {
            Some(Message::SignalDone {
                sender: sender.clone(),
                initiated_event_id,
                result,
            })
        };
        if self.directory.resolve(&target.namespace.name).is_err() {
            let nowhere = Err(ExternalFailure::NamespaceNotFound);
            return self.conclude(&mut Chain::default(), delivery, answer(nowhere));
        }
        let execution = WorkflowExecution {
            workflow_id: sender.workflow_id.clone(),
            run_id: sender.run_id.clone(),
        };
        let signal = Signal {
            name: signal.name,
            input: signal.input,
            header: signal.header,
            request_id: signal.request_id,
            identity: "history-service".into(),
            sender: Some(execution),
            ..Default::default()
        };
        let parents = self.parents_of_children(&sender, child_only);
        let ask = |run: &mut Run, ctx: &mut crate::engine::Context<'_>| {
            check_reachable(run, &sender, parents.as_deref())?;
            run.signal(ctx, signal)
        };
        self.ask(
            target,
            delivery,
            |_, place| place,
            ask,
            |told| {
                answer(told.map_err(|refusal| match refusal {
                    Refusal::InvalidArgument(_) => ExternalFailure::SignalCountLimit,
                    _ => ExternalFailure::NotFound,
                }))
            },
        );
    }

    fn cancel_external(
        &self,
        sender: Target,
        initiated_event_id: i64,
        target: &Target,
        child_only: bool,
        reason: String,
        delivery: &mut Delivery,
    ) {
        let answer = |result| {
            Some(Message::CancelDone {
                sender: sender.clone(),
                initiated_event_id,
                result,
            })
        };
        if self.directory.resolve(&target.namespace.name).is_err() {
            let nowhere = Err(ExternalFailure::NamespaceNotFound);
            return self.conclude(&mut Chain::default(), delivery, answer(nowhere));
        }
        let execution = WorkflowExecution {
            workflow_id: sender.workflow_id.clone(),
            run_id: sender.run_id.clone(),
        };
        let request = CancelRequest {
            identity: "history-service".into(),
            reason,
            sender: Some((execution, initiated_event_id)),
            ..Default::default()
        };
        let parents = self.parents_of_children(&sender, child_only);
        let ask = |run: &mut Run, ctx: &mut crate::engine::Context<'_>| {
            check_reachable(run, &sender, parents.as_deref())?;
            run.request_cancel(ctx, request);
            Ok(())
        };
        self.ask(
            target,
            delivery,
            |_, place| place,
            ask,
            |told| answer(told.map_err(|_| ExternalFailure::NotFound)),
        );
    }

    /// The runs whose children a message of this sender may reach: the sender, and those whose place it took by a reset.
    /// `None` if it may reach anybody.
    fn parents_of_children(&self, sender: &Target, child_only: bool) -> Option<Vec<Arc<str>>> {
        if !child_only {
            return None;
        }
        let mut parents = vec![sender.run_id.as_str().into()];
        if let Ok(entry) = self.find(&sender.namespace, &sender.workflow_id) {
            let mut chain = entry.lock();
            if let Ok(place) = chain.find(&sender.workflow_id, &sender.run_id) {
                parents.extend_from_slice(&chain.cells[place].run.reset.from);
            }
        }
        Some(parents)
    }

    fn parent_closed(
        &self,
        parent: &Target,
        child: &Target,
        first_run_id: &str,
        policy: ParentClosePolicy,
        delivery: &mut Delivery,
    ) {
        // A child that is missing, closed, or replaced by another chain of the same id is left alone.
        self.tell(child, delivery, |run, ctx| {
            if run.start.first_run_id() != first_run_id {
                return Err(Refusal::not_found("workflow execution not found"));
            }
            match policy {
                ParentClosePolicy::RequestCancel => {
                    let execution = WorkflowExecution {
                        workflow_id: parent.workflow_id.clone(),
                        run_id: parent.run_id.clone(),
                    };
                    let request = CancelRequest {
                        identity: "history-service".into(),
                        sender: Some((execution, 0)),
                        ..Default::default()
                    };
                    run.request_cancel(ctx, request);
                    Ok(())
                }
                ParentClosePolicy::Abandon => Ok(()),
                ParentClosePolicy::Terminate | ParentClosePolicy::Unspecified => {
                    let by = Termination {
                        reason: "by parent close policy".into(),
                        identity: "history-service".into(),
                        ..Default::default()
                    };
                    run.terminate(ctx, by)
                }
            }
        });
        tracing::trace!(
            parent = parent.workflow_id,
            child = child.workflow_id,
            "a parent closed"
        );
    }
}

/// A workflow cannot reach itself, and a message for a child reaches only a child of one of these `parents`.
fn check_reachable(
    run: &Run,
    sender: &Target,
    parents: Option<&[Arc<str>]>,
) -> Result<(), Refusal> {
    let is_itself = *run.run_id == *sender.run_id;
    let is_child_of = |parents: &[Arc<str>]| {
        run.start.parent.as_ref().is_some_and(|parent| {
            parent.target.workflow_id == sender.workflow_id
                && parents.iter().any(|id| **id == *parent.target.run_id)
        })
    };
    if is_itself || parents.is_some_and(|parents| !is_child_of(parents)) {
        return Err(Refusal::not_found("workflow execution not found"));
    }
    Ok(())
}
