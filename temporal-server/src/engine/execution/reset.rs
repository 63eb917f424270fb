//! Reset: a new run from a point in the history of another, which is ended if it is open. What came from outside after
//! the point (signals, updates, the answers of other workflows) comes to the new run as well, in its old order.
//!
//! Nothing is sent to another workflow a second time: a child or a signal that was on its way is answered to the run
//! that sent it, and the driver passes the answer on to the run that took its place.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::enums::{
    EventType, ResetReapplyExcludeType as Exclude, ResetReapplyType as Reapply,
    UpdateAdmittedEventOrigin, WorkflowTaskFailedCause,
};
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::failure::{Failure, ResetWorkflowFailureInfo};
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::history::*;
use temporal_protos::update::Request as UpdateRequest;
use temporal_protos::workflow::ResetPointInfo;

use super::Run;
use super::close::Termination;
use super::options::OptionsChange;
use super::rebuild::{answered_cancel, answered_signal, ended_child};
use super::signal::Signal;
use super::update_registry::State;
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;

/// Who fails the open task of a reset run.
const IDENTITY: &str = "history-service";
/// Who ends the run that was current.
const RESETTER: &str = "history-resetter";

/// How long a reset point is good for.
const RESET_POINT_AGE: Duration = Duration::from_secs(24 * 3600);
/// The request that has started a task which nobody took.
const NO_REQUEST: &str = "emptyUuid";
/// The reset points of a chain: one for each build of its workers.
const RESET_POINTS: usize = 20;

/// What resets have to do with a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resets {
    /// When the run was made by a reset.
    pub(crate) at: Option<Time>,
    /// The runs whose history it goes on with, each of which had been reset.
    pub(crate) from: Vec<Arc<str>>,
    /// The run that the last reset of this one has made.
    pub(crate) run_id: Option<String>,
    /// Whether a reset ended it: then neither parent nor children hear of its end.
    pub(crate) ended_by: bool,
}

/// A request to reset, checked.
#[derive(Debug, Clone)]
pub(crate) struct Reset {
    /// The first event that the new run does not share.
    pub(crate) finish_event_id: i64,
    /// If the newest run is of this request, there is nothing to do.
    pub(crate) request_id: String,
    pub(crate) new_run_id: String,
    pub(crate) reason: String,
    pub(crate) keeps: Kept,
    /// Changes of its options that the new run gets at once, one after the other.
    pub(crate) options: Vec<OptionsChange>,
}

/// What from after the point comes to the new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) signals: bool,
    pub(crate) updates: bool,
}

impl Kept {
    /// From the two fields of a request: the older one says what is kept, the newer what is not.
    pub(crate) fn new(reapply: i32, excluded: &[i32]) -> Self {
        let reapply = Reapply::try_from(reapply).unwrap_or_default();
        let excludes = |kind: Exclude| excluded.contains(&kind.into());
        Self {
            signals: reapply != Reapply::None && !excludes(Exclude::Signal),
            updates: !matches!(reapply, Reapply::None | Reapply::Signal)
                && !excludes(Exclude::Update),
        }
    }
}

impl Run {
    /// A worker has completed a task: the first of each build is where runs may be reset to.
    pub(super) fn note_reset_point(&mut self, ctx: &Context<'_>, completed: i64, build_id: String) {
        let is_known = self
            .reset_points
            .iter()
            .any(|point| point.build_id == build_id);
        if is_known || self.reset_points.len() >= RESET_POINTS {
            return;
        }
        self.reset_points.push(ResetPointInfo {
            run_id: self.run_id.to_string(),
            build_id,
            first_workflow_task_completed_id: completed,
            create_time: Some(ctx.now.to_proto()),
            resettable: true,
            ..Default::default()
        });
    }

    /// The points that a successor takes over; those of this run last as long as it is kept.
    pub(super) fn reset_points_for_successor(&self, now: Time) -> Vec<ResetPointInfo> {
        let mut points = self.reset_points.clone();
        for point in &mut points {
            if *point.run_id == *self.run_id {
                point.expire_time = Some(now.plus(RESET_POINT_AGE).to_proto());
            }
        }
        points
    }

    /// Whether the run can be reset to this event: the end of a workflow task, or where it could be.
    pub(crate) fn check_reset(&self, at: i64) -> Result<(), Refusal> {
        if at <= 1 || at > self.history.last_event_id() {
            return Err(Refusal::invalid(
                "Workflow task finish ID must be > 1 && <= workflow last event ID.",
            ));
        }
        if self.history.start_of_batch(at) != at {
            return Err(Refusal::invalid(format!(
                "StateRebuilder unable to Rebuild mutable state to event ID: {}, version: 0, this event must be at the boundary",
                at - 1
            )));
        }
        match self.last_task_event(at) {
            Some(EventType::WorkflowTaskScheduled | EventType::WorkflowTaskStarted) => Ok(()),
            Some(_) | None => Err(Refusal::invalid(format!(
                "Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: {at}"
            ))),
        }
    }

    /// The last event of a workflow task before this one.
    fn last_task_event(&self, before: i64) -> Option<EventType> {
        let before = usize::try_from(before - 1).unwrap_or(0);
        let events = self.history.since(1);
        events[..before.min(events.len())]
            .iter()
            .rev()
            .filter_map(|event| EventType::try_from(event.event_type).ok())
            .find(|kind| {
                matches!(
                    kind,
                    EventType::WorkflowTaskScheduled
                        | EventType::WorkflowTaskStarted
                        | EventType::WorkflowTaskCompleted
                        | EventType::WorkflowTaskFailed
                        | EventType::WorkflowTaskTimedOut
                )
            })
    }

    /// The run gives way to another one.
    pub(crate) fn end_by_reset(&mut self, ctx: &mut Context<'_>, reason: &str) {
        if !self.is_running() {
            return;
        }
        self.reset.ended_by = true;
        let by = Termination {
            reason: reason.into(),
            identity: RESETTER.into(),
            ..Default::default()
        };
        drop(self.terminate(ctx, by));
    }

    /// The run that takes this one's place. `later` are the events of this run from the point on, `following` those of
    /// the runs that followed it in its chain.
    pub(crate) fn reset(
        &self,
        ctx: &mut Context<'_>,
        reset: &Reset,
        later: &[Arc<HistoryEvent>],
        following: &[Arc<HistoryEvent>],
    ) -> Self {
        let at = reset.finish_event_id;
        let mut run = self.rebuilt(ctx, at, reset.new_run_id.clone());
        run.reset.at = Some(ctx.now);
        run.reset.from.clone_from(&self.reset.from);
        run.reset.from.push(self.run_id.clone());
        run.history.begin_batch();
        run.fail_open_task(ctx, &self.run_id, &reset.reason);
        for event in later {
            run.take_answer(ctx, event);
            run.take_again(ctx, event, reset.keeps);
        }
        for event in following {
            run.take_again(ctx, event, reset.keeps);
        }
        for change in &reset.options {
            if let Some(event) = run.apply_options(ctx, change.clone(), "") {
                run.history.add(event);
            }
        }
        run.resume(ctx);
        run
    }

    /// The task that is open at the point fails.
    fn fail_open_task(&mut self, ctx: &mut Context<'_>, base_run_id: &str, reason: &str) {
        let last = self.history.last_event_id();
        let scheduled_event_id = self.last_scheduled_task();
        let started_event_id = match self.last_task_event(last + 1) {
            // while a task is started, nothing else is written
            Some(EventType::WorkflowTaskStarted) => last,
            None => return,
            Some(_) => {
                let attributes = WorkflowTaskStartedEventAttributes {
                    scheduled_event_id,
                    identity: IDENTITY.into(),
                    request_id: NO_REQUEST.into(),
                    history_size_bytes: self.history.bytes(),
                    ..Default::default()
                };
                self.write(ctx, attributes)
            }
        };
        let attributes = WorkflowTaskFailedEventAttributes {
            scheduled_event_id,
            started_event_id,
            cause: WorkflowTaskFailedCause::ResetWorkflow.into(),
            failure: Some(Failure {
                message: reason.into(),
                failure_info: Some(FailureInfo::ResetWorkflowFailureInfo(
                    ResetWorkflowFailureInfo::default(),
                )),
                ..Default::default()
            }),
            identity: IDENTITY.into(),
            base_run_id: base_run_id.into(),
            new_run_id: self.run_id.to_string(),
            ..Default::default()
        };
        self.write(ctx, attributes);
    }

    fn last_scheduled_task(&self) -> i64 {
        self.history
            .since(1)
            .iter()
            .rev()
            .find(|event| event.event_type == EventType::WorkflowTaskScheduled as i32)
            .map_or(0, |event| event.event_id)
    }

    /// What a child or another workflow has answered after the point, to something that was asked before it.
    fn take_answer(&mut self, ctx: &mut Context<'_>, answer: &HistoryEvent) {
        let Some(attributes) = &answer.attributes else {
            return;
        };
        let waits_for = |initiated: Option<i64>, pending: &dyn Fn(&i64) -> bool| {
            initiated.is_some_and(|initiated| pending(&initiated))
        };
        let started = match attributes {
            A::ChildWorkflowExecutionStartedEventAttributes(a) => Some(a.initiated_event_id),
            _ => None,
        };
        let is_wanted = waits_for(started, &|id| {
            self.children
                .get(id)
                .is_some_and(|child| child.started_event_id == 0)
        }) || waits_for(ended_child(attributes), &|id| {
            self.children.get(id).is_some()
        }) || waits_for(answered_signal(attributes), &|id| {
            self.signals.get(id).is_some()
        }) || waits_for(answered_cancel(attributes), &|id| {
            self.cancels.get(id).is_some()
        });
        if !is_wanted {
            return;
        }
        let mut copy = answer.clone();
        copy.event_time = Some(ctx.now.to_proto());
        if let Some(initiated) = ended_child(attributes)
            && let Some(child) = self.children.get(&initiated)
        {
            point_to(&mut copy, child.started_event_id);
        }
        let id = self.history.add(copy.clone());
        copy.event_id = id;
        self.recall_other_workflow(&copy);
    }

    /// A signal or an update that came after the point comes again, and so does a change of options, whatever is left out.
    fn take_again(&mut self, ctx: &mut Context<'_>, event: &HistoryEvent, keeps: Kept) {
        match &event.attributes {
            Some(A::WorkflowExecutionSignaledEventAttributes(a)) if keeps.signals => {
                let signal = Signal {
                    name: a.signal_name.clone(),
                    input: a.input.clone(),
                    header: a.header.clone(),
                    identity: a.identity.clone(),
                    request_id: a.request_id.clone(),
                    links: event.links.clone(),
                    sender: a.external_workflow_execution.clone(),
                };
                // What was taken once is within the limits, and one that is known already needs no second event.
                drop(self.write_signal(ctx, signal));
            }
            Some(A::WorkflowExecutionOptionsUpdatedEventAttributes(a)) => {
                self.change_options_again(ctx, event, a);
            }
            Some(A::WorkflowExecutionUpdateAcceptedEventAttributes(a)) if keeps.updates => {
                if let Some(request) = &a.accepted_request {
                    self.admit_again(ctx, request);
                }
            }
            Some(A::WorkflowExecutionUpdateAdmittedEventAttributes(a)) if keeps.updates => {
                if let Some(request) = &a.request {
                    self.admit_again(ctx, request);
                }
            }
            _ => {}
        }
    }

    fn admit_again(&mut self, ctx: &mut Context<'_>, request: &UpdateRequest) {
        let id = request
            .meta
            .as_ref()
            .map_or("", |meta| meta.update_id.as_str());
        if self.updates.find(id).is_some() {
            return;
        }
        let attributes = WorkflowExecutionUpdateAdmittedEventAttributes {
            request: Some(request.clone()),
            origin: UpdateAdmittedEventOrigin::Reapply.into(),
        };
        self.write(ctx, attributes);
        self.updates.add(request.clone(), State::Admitted, true);
    }

    /// The run goes on: its timers are set, its activities dispatched, and a workflow task is due.
    fn resume(&mut self, ctx: &mut Context<'_>) {
        self.set_own_timeouts(ctx);
        self.show(ctx);
        for timer in self.timers.values() {
            ctx.emit(Effect::SetTimer(
                RunTimer::User(timer.started_event_id),
                timer.due,
            ));
        }
        let activities: BTreeSet<i64> = self.activities.iter().map(|(id, _)| *id).collect();
        for id in activities {
            self.dispatch_activity(ctx, id);
        }
        if self.awaits_first_task {
            self.begin_run(ctx);
        } else {
            self.schedule_task(ctx);
        }
    }
}

/// The end of a child names its started event, which has another id in the new run.
fn point_to(event: &mut HistoryEvent, started: i64) {
    let place = match &mut event.attributes {
        Some(A::ChildWorkflowExecutionCompletedEventAttributes(a)) => &mut a.started_event_id,
        Some(A::ChildWorkflowExecutionFailedEventAttributes(a)) => &mut a.started_event_id,
        Some(A::ChildWorkflowExecutionCanceledEventAttributes(a)) => &mut a.started_event_id,
        Some(A::ChildWorkflowExecutionTimedOutEventAttributes(a)) => &mut a.started_event_id,
        Some(A::ChildWorkflowExecutionTerminatedEventAttributes(a)) => &mut a.started_event_id,
        _ => return,
    };
    *place = started;
}
