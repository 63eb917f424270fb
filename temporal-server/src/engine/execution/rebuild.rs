//! A run made anew from the first events of another's history: the ground of a reset. Sets no timer, fills no queue and
//! tells nobody; what the events do not hold (attempts of activities, stickiness) is as if it had never been.

use std::sync::Arc;

use temporal_protos::enums::EventType;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::update::Request;

use super::Run;
use super::activity::new_activity;
use super::child::Child;
use super::external::Pending;
use super::properties::{is_nothing, merge};
use super::start::NewRun;
use super::time_skipping::TimeSkipping;
use super::timer::Timer;
use super::update_registry::State;
use crate::engine::Context;
use crate::engine::time::{self, Time};

impl Run {
    /// A run of its own with the events of this one before `end`, where a batch begins.
    pub(super) fn rebuilt(&self, ctx: &mut Context<'_>, end: i64, run_id: String) -> Self {
        let start = NewRun {
            run_id,
            first_run_id: self.start.first_run_id().into(),
            expires: None,
            ..self.start.clone()
        };
        let namespace = self.namespace.clone();
        let mut run = Self::unwritten(ctx.now, namespace, &self.workflow_id, start);
        run.history = self.history.before(end);
        run.time_skipping = self.time_skipping_before(end);
        for event in run.history.since(1).to_vec() {
            run.recall_progress(ctx, &event);
            run.recall_operation(ctx, &event);
            run.recall_other_workflow(&event);
        }
        let points = self.reset_points.iter().filter(|point| {
            point.run_id != *self.run_id || point.first_workflow_task_completed_id < end
        });
        run.reset_points = points
            .cloned()
            .map(|mut point| {
                if point.run_id == *self.run_id {
                    point.run_id = run.run_id.to_string();
                }
                point
            })
            .collect();
        if !run.awaits_first_task {
            // The back-off is over, and the timeouts begin anew.
            run.start.backoff = std::time::Duration::ZERO;
        }
        if !run.start.execution_timeout.is_zero() {
            let timeout = run.start.execution_timeout;
            run.start.expires = Some(ctx.now.plus(run.start.backoff).plus(timeout));
        }
        run
    }

    /// The time of the run as it was before event `end`: a run that begins there has skipped what was skipped until then.
    pub(crate) fn time_skipping_before(&self, end: i64) -> TimeSkipping {
        TimeSkipping::after(&self.start, self.history.before(end).since(1))
    }

    /// What an event says about the run as a whole, and about messages to it.
    fn recall_progress(&mut self, ctx: &mut Context<'_>, event: &HistoryEvent) {
        let id = event.event_id;
        match &event.attributes {
            Some(A::WorkflowExecutionStartedEventAttributes(a)) => {
                self.start.priority.clone_from(&a.priority);
                let request_id = self.start.request_id.clone();
                self.request_ids
                    .insert(request_id, (EventType::WorkflowExecutionStarted, id));
            }
            Some(A::WorkflowExecutionSignaledEventAttributes(a)) => {
                self.signal_count += 1;
                if !a.request_id.is_empty() {
                    self.note_signal_request(a.request_id.clone(), id);
                }
            }
            Some(A::WorkflowExecutionCancelRequestedEventAttributes(_)) => {
                self.cancel_requested = Some(String::new());
            }
            Some(A::WorkflowExecutionOptionsUpdatedEventAttributes(a)) => {
                if !a.attached_request_id.is_empty() {
                    let made = (EventType::WorkflowExecutionOptionsUpdated, id);
                    self.request_ids.insert(a.attached_request_id.clone(), made);
                }
                if a.priority.is_some() {
                    self.start.priority = a.priority.clone();
                }
            }
            Some(A::WorkflowTaskScheduledEventAttributes(_)) => self.awaits_first_task = false,
            Some(A::WorkflowTaskCompletedEventAttributes(a)) => {
                self.previous_started_event_id = a.started_event_id;
                self.last_completed_event_id = id;
                self.note_build_id(ctx, a.worker_version.as_ref());
            }
            Some(A::UpsertWorkflowSearchAttributesEventAttributes(a)) => {
                let new = a.search_attributes.clone().unwrap_or_default();
                let fields = &mut Arc::make_mut(&mut self.search_attributes).indexed_fields;
                merge(fields, new.indexed_fields, is_nothing);
            }
            Some(A::WorkflowPropertiesModifiedEventAttributes(a)) => {
                let new = a.upserted_memo.clone().unwrap_or_default();
                merge(
                    &mut Arc::make_mut(&mut self.memo).fields,
                    new.fields,
                    is_nothing,
                );
            }
            Some(A::WorkflowExecutionUpdateAdmittedEventAttributes(a)) => {
                let request = a.request.clone().unwrap_or_default();
                self.updates.add(request, State::Admitted, true);
            }
            Some(A::WorkflowExecutionUpdateAcceptedEventAttributes(a)) => {
                self.recall_accepted(&a.protocol_instance_id, a.accepted_request.clone(), id);
            }
            Some(A::WorkflowExecutionUpdateCompletedEventAttributes(a)) => {
                let update_id = a.meta.as_ref().map_or("", |meta| meta.update_id.as_str());
                let outcome = a.outcome.clone().unwrap_or_default();
                self.updates.finish(update_id, outcome);
            }
            _ => {}
        }
    }

    fn recall_accepted(&mut self, update_id: &str, request: Option<Request>, event_id: i64) {
        match request {
            Some(request) => {
                if !request.request_id.is_empty() {
                    let made = (EventType::WorkflowExecutionUpdateAccepted, event_id);
                    self.request_ids.insert(request.request_id.clone(), made);
                }
                self.updates.add(request, State::Accepted(event_id), false);
            }
            None => self.updates.set(update_id, State::Accepted(event_id)),
        }
    }

    /// What an event says about activities and timers.
    fn recall_operation(&mut self, ctx: &Context<'_>, event: &Arc<HistoryEvent>) {
        let id = event.event_id;
        match &event.attributes {
            Some(A::ActivityTaskScheduledEventAttributes(a)) => {
                let stamp = self.next_stamp();
                self.activity_ids.insert(a.activity_id.clone(), id);
                self.activities
                    .insert(id, new_activity(ctx.now, event.clone(), stamp));
            }
            Some(A::ActivityTaskCancelRequestedEventAttributes(a)) => {
                if let Some(activity) = self.activities.get_mut(&a.scheduled_event_id) {
                    activity.cancel_requested = Some(id);
                }
            }
            Some(A::ActivityTaskCompletedEventAttributes(a)) => {
                self.forget_activity(a.scheduled_event_id);
            }
            Some(A::ActivityTaskFailedEventAttributes(a)) => {
                self.forget_activity(a.scheduled_event_id);
            }
            Some(A::ActivityTaskTimedOutEventAttributes(a)) => {
                self.forget_activity(a.scheduled_event_id);
            }
            Some(A::ActivityTaskCanceledEventAttributes(a)) => {
                self.forget_activity(a.scheduled_event_id);
            }
            Some(A::TimerStartedEventAttributes(a)) => {
                let started = event.event_time.as_ref().map(Time::from_proto);
                let after = time::checked(a.start_to_fire_timeout.as_ref());
                let timer = Timer {
                    started_event_id: id,
                    due: started.unwrap_or(ctx.now).plus(after),
                    fired: false,
                };
                self.timers.insert(a.timer_id.clone(), timer);
            }
            Some(A::TimerFiredEventAttributes(a)) => drop(self.timers.remove(&a.timer_id)),
            Some(A::TimerCanceledEventAttributes(a)) => drop(self.timers.remove(&a.timer_id)),
            _ => {}
        }
    }

    fn forget_activity(&mut self, id: i64) {
        if let Some(activity) = self.activities.remove(&id) {
            self.activity_ids.remove(&activity.activity_id);
        }
    }

    /// What an event says about children, and about signals and cancel requests to other workflows.
    pub(super) fn recall_other_workflow(&mut self, event: &HistoryEvent) {
        let id = event.event_id;
        match &event.attributes {
            Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(a)) => {
                let child = Child {
                    started_event_id: 0,
                    namespace: self.namespace.clone(),
                    workflow_id: a.workflow_id.clone(),
                    run_id: String::new(),
                    workflow_type: a.workflow_type.clone().unwrap_or_default().name,
                    close_policy: a.parent_close_policy.try_into().unwrap_or_default(),
                };
                self.children.insert(id, child);
            }
            Some(A::ChildWorkflowExecutionStartedEventAttributes(a)) => {
                if let Some(child) = self.children.get_mut(&a.initiated_event_id) {
                    child.started_event_id = id;
                    child.run_id = a.workflow_execution.clone().unwrap_or_default().run_id;
                }
            }
            Some(A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_)) => {
                self.signals.insert(id, Pending);
            }
            Some(A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_)) => {
                self.cancels.insert(id, Pending);
            }
            Some(attributes) => {
                if let Some(initiated) = answered_signal(attributes) {
                    self.signals.remove(&initiated);
                }
                if let Some(initiated) = answered_cancel(attributes) {
                    self.cancels.remove(&initiated);
                }
                if let Some(initiated) = ended_child(attributes) {
                    self.children.remove(&initiated);
                }
            }
            None => {}
        }
    }
}

/// The initiated event of a signal that was delivered, or not.
pub(super) fn answered_signal(attributes: &A) -> Option<i64> {
    match attributes {
        A::ExternalWorkflowExecutionSignaledEventAttributes(a) => Some(a.initiated_event_id),
        A::SignalExternalWorkflowExecutionFailedEventAttributes(a) => Some(a.initiated_event_id),
        _ => None,
    }
}

/// The initiated event of a cancel request that was delivered, or not.
pub(super) fn answered_cancel(attributes: &A) -> Option<i64> {
    match attributes {
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(a) => Some(a.initiated_event_id),
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(a) => {
            Some(a.initiated_event_id)
        }
        _ => None,
    }
}

/// The initiated event of a child that ended, or was not started.
pub(super) fn ended_child(attributes: &A) -> Option<i64> {
    match attributes {
        A::StartChildWorkflowExecutionFailedEventAttributes(a) => Some(a.initiated_event_id),
        A::ChildWorkflowExecutionCompletedEventAttributes(a) => Some(a.initiated_event_id),
        A::ChildWorkflowExecutionFailedEventAttributes(a) => Some(a.initiated_event_id),
        A::ChildWorkflowExecutionCanceledEventAttributes(a) => Some(a.initiated_event_id),
        A::ChildWorkflowExecutionTimedOutEventAttributes(a) => Some(a.initiated_event_id),
        A::ChildWorkflowExecutionTerminatedEventAttributes(a) => Some(a.initiated_event_id),
        _ => None,
    }
}
