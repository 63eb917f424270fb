//! What workflows say to each other: delivered one after the other, each with only the hearer's lock.

use std::collections::VecDeque;
use std::sync::Arc;

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::{ParentClosePolicy, WorkflowIdConflictPolicy as Conflict};

use super::entry::Chain;
use super::{Driver, held};
use crate::engine::effect::{
    ChildStart, ChildStartFailure, ExternalFailure, ExternalSignal, Message, Target,
};
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::execution::close::Termination;
use crate::engine::execution::id_policy::{Decision, decide};
use crate::engine::execution::signal::Signal;
use crate::engine::execution::{Run, start_check};
use crate::engine::refusal::Refusal;

impl Driver {
    /// Holds time while messages are on their way; to be called before the sender's lock is released.
    pub(super) fn put_out(&self, outbox: &[Message]) {
        self.skipping
            .add_work(i64::try_from(outbox.len()).unwrap_or(0));
    }

    /// Delivers messages that were put out, and those that they lead to. No workflow is locked by the caller.
    pub(super) fn deliver(&self, outbox: Vec<Message>) {
        let mut queue = VecDeque::from(outbox);
        while let Some(message) = queue.pop_front() {
            queue.extend(self.deliver_one(message));
            self.skipping.add_work(-1);
            if queue.is_empty() {
                self.timers_changed.notify_one();
            }
        }
        if held(&self.closed_runs).len() > self.limits.closed_runs {
            self.forget_old_runs();
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one flat match: each message and who hears it"
    )]
    fn deliver_one(&self, message: Message) -> Vec<Message> {
        let mut more = Vec::new();
        match message {
            Message::StartChild {
                parent,
                initiated_event_id,
                child,
            } => {
                let result = self.start_child(&parent, *child, &mut more);
                self.answer(
                    &mut more,
                    Message::ChildStarted {
                        parent,
                        initiated_event_id,
                        result,
                    },
                );
            }
            Message::ChildStarted {
                parent,
                initiated_event_id,
                result,
            } => {
                let told = self.tell_heir(&parent, &mut more, |run, ctx| {
                    run.child_started(ctx, initiated_event_id, result.clone());
                    Ok(())
                });
                if told.is_err() {
                    tracing::debug!(
                        workflow_id = parent.workflow_id,
                        "a child was started whose parent is gone"
                    );
                }
            }
            Message::ReleaseChild { child } => {
                // A child that is gone already needs no release.
                drop(self.tell(&child, &mut more, |run, ctx| {
                    run.parent_knows(ctx);
                    Ok(())
                }));
            }
            Message::ChildClosed {
                parent,
                initiated_event_id,
                child,
                end,
            } => {
                // A parent that is gone or closed does not care.
                drop(self.tell_heir(&parent, &mut more, |run, ctx| {
                    run.child_closed(ctx, initiated_event_id, child, &end);
                    Ok(())
                }));
            }
            Message::Signal {
                sender,
                initiated_event_id,
                target,
                child_only,
                signal,
            } => {
                let result = self.signal_external(&sender, &target, child_only, *signal, &mut more);
                self.answer(
                    &mut more,
                    Message::SignalDone {
                        sender,
                        initiated_event_id,
                        result,
                    },
                );
            }
            Message::SignalDone {
                sender,
                initiated_event_id,
                result,
            } => {
                // The sender may have closed meanwhile.
                drop(self.tell_heir(&sender, &mut more, |run, ctx| {
                    run.signal_done(ctx, initiated_event_id, result);
                    Ok(())
                }));
            }
            Message::Cancel {
                sender,
                initiated_event_id,
                target,
                child_only,
                reason,
            } => {
                let asked = (&sender, initiated_event_id);
                let result = self.cancel_external(asked, &target, child_only, reason, &mut more);
                self.answer(
                    &mut more,
                    Message::CancelDone {
                        sender,
                        initiated_event_id,
                        result,
                    },
                );
            }
            Message::CancelDone {
                sender,
                initiated_event_id,
                result,
            } => {
                // The sender may have closed meanwhile.
                drop(self.tell_heir(&sender, &mut more, |run, ctx| {
                    run.cancel_done(ctx, initiated_event_id, result);
                    Ok(())
                }));
            }
            Message::ParentClosed {
                parent,
                child,
                first_run_id,
                policy,
            } => {
                self.parent_closed(&parent, &child, &first_run_id, policy, &mut more);
            }
            Message::Schedule(message) => self.deliver_for_schedule(*message, &mut more),
        }
        more
    }

    fn answer(&self, more: &mut Vec<Message>, message: Message) {
        self.put_out(std::slice::from_ref(&message));
        more.push(message);
    }

    /// Gives a message to a run, and collects what that leads to.
    pub(super) fn tell<T>(
        &self,
        target: &Target,
        more: &mut Vec<Message>,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.tell_at(target, more, |_, place| place, ask)
    }

    /// Gives an answer to the run that has asked for it, or to the one that has taken its place since by a reset.
    fn tell_heir<T>(
        &self,
        target: &Target,
        more: &mut Vec<Message>,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.tell_at(target, more, Chain::heir, ask)
    }

    fn tell_at<T>(
        &self,
        target: &Target,
        more: &mut Vec<Message>,
        hearer: impl FnOnce(&Chain, usize) -> usize,
        ask: impl FnOnce(&mut Run, &mut crate::engine::Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let entry = self.find(&target.namespace, &target.workflow_id)?;
        let mut chain = entry.lock();
        let place = chain.find(&target.workflow_id, &target.run_id)?;
        let place = hearer(&chain, place);
        let (answer, effects) = self.in_context(|ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            ask(run, ctx)
        });
        let outbox = self.perform(&entry, &mut chain, place, effects);
        self.put_out(&outbox);
        more.extend(outbox);
        answer
    }

    fn start_child(
        &self,
        parent: &Target,
        child: ChildStart,
        more: &mut Vec<Message>,
    ) -> Result<String, ChildStartFailure> {
        if self.directory.resolve(&parent.namespace.name).is_err() {
            return Err(ChildStartFailure::NamespaceNotFound);
        }
        let policies =
            start_check::id_policies(child.reuse_policy, Conflict::Fail.into(), Conflict::Fail)
                .or_else(|_| start_check::id_policies(child.reuse_policy, 0, Conflict::Fail))
                .map_err(|_| ChildStartFailure::WorkflowAlreadyExists)?;
        loop {
            let entry = self.find_or_make(&parent.namespace, &child.workflow_id);
            let mut chain = entry.lock();
            if chain.forgotten {
                continue;
            }
            let decision = decide(chain.newest(), policies, &child.run.request_id)
                .map_err(|_| ChildStartFailure::WorkflowAlreadyExists)?;
            match decision {
                Decision::Known(_) | Decision::UseExisting => {
                    return chain
                        .newest()
                        .map(|run| run.run_id.to_string())
                        .ok_or(ChildStartFailure::WorkflowAlreadyExists);
                }
                Decision::TerminateExisting => {
                    let outbox = self.terminate_newest(&entry, &mut chain, &child.run.run_id);
                    self.put_out(&outbox);
                    more.extend(outbox);
                }
                Decision::Start => {}
            }
            let run_id = child.run.run_id.clone();
            let (run, effects) = self.in_context(|ctx| {
                Run::new(ctx, parent.namespace.clone(), &child.workflow_id, child.run)
            });
            let outbox = self.add_run(&entry, &mut chain, run, effects);
            self.put_out(&outbox);
            more.extend(outbox);
            return Ok(run_id);
        }
    }

    fn signal_external(
        &self,
        sender: &Target,
        target: &Target,
        child_only: bool,
        signal: ExternalSignal,
        more: &mut Vec<Message>,
    ) -> Result<(), ExternalFailure> {
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
        if self.directory.resolve(&target.namespace.name).is_err() {
            return Err(ExternalFailure::NamespaceNotFound);
        }
        let parents = self.parents_of_children(sender, child_only);
        let sent = self.tell(target, more, |run, ctx| {
            check_reachable(run, sender, parents.as_deref())?;
            run.signal(ctx, signal)
        });
        sent.map_err(|refusal| match refusal {
            Refusal::InvalidArgument(_) => ExternalFailure::SignalCountLimit,
            _ => ExternalFailure::NotFound,
        })
    }

    fn cancel_external(
        &self,
        asked: (&Target, i64),
        target: &Target,
        child_only: bool,
        reason: String,
        more: &mut Vec<Message>,
    ) -> Result<(), ExternalFailure> {
        let (sender, initiated_event_id) = asked;
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
        if self.directory.resolve(&target.namespace.name).is_err() {
            return Err(ExternalFailure::NamespaceNotFound);
        }
        let parents = self.parents_of_children(sender, child_only);
        let sent = self.tell(target, more, |run, ctx| {
            check_reachable(run, sender, parents.as_deref())?;
            run.request_cancel(ctx, request);
            Ok(())
        });
        sent.map_err(|_| ExternalFailure::NotFound)
    }

    /// The runs whose children a message of this sender may reach: the sender, and those whose place it took by a reset.
    /// `None` if it may reach anybody.
    fn parents_of_children(&self, sender: &Target, child_only: bool) -> Option<Vec<Arc<str>>> {
        if !child_only {
            return None;
        }
        let mut parents = vec![sender.run_id.as_str().into()];
        if let Ok(entry) = self.find(&sender.namespace, &sender.workflow_id) {
            let chain = entry.lock();
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
        more: &mut Vec<Message>,
    ) {
        // A child that is missing, closed, or replaced by another chain of the same id is left alone.
        drop(self.tell(child, more, |run, ctx| {
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
        }));
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
