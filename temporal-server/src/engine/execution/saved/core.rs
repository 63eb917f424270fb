//! The part of a run that changes with most requests: its status and its workflow task. Kept small, because it is
//! written each time.

use std::time::Duration;

use temporal_protos::common::{Priority, WorkerVersionStamp};
use temporal_protos::enums::SuggestContinueAsNewReason;
use temporal_protos::workflow::ResetPointInfo;

use super::time_skipping::SavedTimeSkipping;
use super::{Damaged, enumerated, nanos};
use crate::engine::execution::Run;
use crate::engine::execution::reset::Resets;
use crate::engine::execution::update_registry::Updates;
use crate::engine::execution::workflow_task::{StartedTask, Sticky, WorkflowTask};
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedCore {
    #[prost(int64, tag = "1")]
    pub(super) start_time: i64,
    #[prost(int64, optional, tag = "2")]
    pub(super) close_time: Option<i64>,
    #[prost(int32, tag = "3")]
    pub(super) status: i32,
    #[prost(message, optional, tag = "4")]
    pub(super) task: Option<SavedTask>,
    #[prost(int32, tag = "5")]
    pub(super) task_attempt: i32,
    #[prost(uint32, tag = "6")]
    pub(super) task_problems: u32,
    #[prost(uint64, tag = "7")]
    pub(super) stamp: u64,
    #[prost(int64, tag = "8")]
    pub(super) previous_started_event_id: i64,
    #[prost(int64, tag = "9")]
    pub(super) last_completed_event_id: i64,
    #[prost(message, optional, tag = "10")]
    pub(super) sticky: Option<SavedSticky>,
    #[prost(bool, tag = "11")]
    pub(super) awaits_first_task: bool,
    #[prost(bool, tag = "12")]
    pub(super) refuses_until_closed: bool,
    #[prost(bool, tag = "13")]
    pub(super) waits_for_parent: bool,
    #[prost(uint64, tag = "14")]
    pub(super) update_serial: u64,
    #[prost(uint64, tag = "15")]
    pub(super) signal_count: u64,
    #[prost(string, optional, tag = "16")]
    pub(super) cancel_requested: Option<String>,
    #[prost(message, repeated, tag = "17")]
    pub(super) reset_points: Vec<ResetPointInfo>,
    #[prost(string, optional, tag = "18")]
    pub(super) successor: Option<String>,
    #[prost(int64, tag = "19")]
    pub(super) last_event_id: i64,
    #[prost(int64, tag = "20")]
    pub(super) history_bytes: i64,
    #[prost(message, optional, tag = "21")]
    pub(super) resets: Option<SavedResets>,
    /// What the run was started with, or has been given since.
    #[prost(message, optional, tag = "22")]
    pub(super) priority: Option<Priority>,
    #[prost(message, optional, tag = "23")]
    pub(super) time_skipping: Option<SavedTimeSkipping>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedResets {
    #[prost(int64, optional, tag = "1")]
    at: Option<i64>,
    #[prost(string, repeated, tag = "2")]
    from: Vec<String>,
    #[prost(string, optional, tag = "3")]
    run_id: Option<String>,
    #[prost(bool, tag = "4")]
    ended_by: bool,
}

impl SavedResets {
    fn of(resets: &Resets) -> Self {
        let Resets {
            at,
            from,
            run_id,
            ended_by,
        } = resets;
        Self {
            at: at.map(Time::as_nanos),
            from: from.iter().map(ToString::to_string).collect(),
            run_id: run_id.clone(),
            ended_by: *ended_by,
        }
    }

    pub(super) fn restore(self) -> Resets {
        Resets {
            at: self.at.map(Time::from_nanos),
            from: self.from.into_iter().map(Into::into).collect(),
            run_id: self.run_id,
            ended_by: self.ended_by,
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedSticky {
    #[prost(string, tag = "1")]
    queue: String,
    #[prost(uint64, tag = "2")]
    timeout: u64,
}

impl SavedSticky {
    pub(super) fn restore(self) -> Sticky {
        Sticky {
            queue: self.queue,
            timeout: Duration::from_nanos(self.timeout),
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedTask {
    #[prost(uint64, tag = "1")]
    stamp: u64,
    #[prost(int32, tag = "2")]
    attempt: i32,
    #[prost(bool, tag = "3")]
    speculative: bool,
    #[prost(int64, tag = "4")]
    scheduled_event_id: i64,
    #[prost(bool, tag = "5")]
    written: bool,
    #[prost(int64, tag = "6")]
    scheduled: i64,
    #[prost(int64, tag = "7")]
    originally_scheduled: i64,
    #[prost(uint64, tag = "8")]
    timeout: u64,
    #[prost(string, optional, tag = "9")]
    sticky: Option<String>,
    #[prost(message, optional, tag = "10")]
    started: Option<SavedStarted>,
    #[prost(int64, optional, tag = "11")]
    deadline: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedStarted {
    #[prost(int64, tag = "1")]
    event_id: i64,
    #[prost(int64, tag = "2")]
    at: i64,
    #[prost(string, tag = "3")]
    identity: String,
    #[prost(string, tag = "4")]
    request_id: String,
    #[prost(int32, repeated, tag = "5")]
    suggestions: Vec<i32>,
    #[prost(int64, tag = "6")]
    history_bytes: i64,
    #[prost(message, optional, tag = "7")]
    build: Option<WorkerVersionStamp>,
}

impl Run {
    #[expect(clippy::too_many_lines, reason = "flat: each field by its name")]
    pub(super) fn save_core(&self) -> SavedCore {
        let Self {
            // with the run's key
            namespace: _,
            workflow_id: _,
            run_id: _,
            // once
            start,
            // beside the record, because a refused request counts too
            transitions: _,
            // as parts
            activities: _,
            activity_ids: _,
            timers: _,
            children: _,
            signals: _,
            cancels: _,
            signal_requests: _,
            request_ids: _,
            memo: _,
            search_attributes: _,
            // never
            queries: _,
            start_time,
            close_time,
            time_skipping,
            status,
            history,
            task,
            task_attempt,
            task_problems,
            stamp,
            previous_started_event_id,
            last_completed_event_id,
            sticky,
            awaits_first_task,
            refuses_until_closed,
            updates:
                Updates {
                    known: _,
                    open: _,
                    serial: update_serial,
                },
            signal_count,
            cancel_requested,
            reset_points,
            successor,
            reset,
        } = self;
        SavedCore {
            start_time: start_time.as_nanos(),
            close_time: close_time.map(Time::as_nanos),
            status: (*status).into(),
            task: task.as_ref().map(save_task),
            task_attempt: *task_attempt,
            task_problems: *task_problems,
            stamp: *stamp,
            previous_started_event_id: *previous_started_event_id,
            last_completed_event_id: *last_completed_event_id,
            sticky: sticky.as_ref().map(|sticky| SavedSticky {
                queue: sticky.queue.clone(),
                timeout: nanos(sticky.timeout),
            }),
            awaits_first_task: *awaits_first_task,
            refuses_until_closed: *refuses_until_closed,
            waits_for_parent: start.waits_for_parent,
            update_serial: *update_serial,
            signal_count: *signal_count,
            cancel_requested: cancel_requested.clone(),
            reset_points: reset_points.clone(),
            successor: successor.clone(),
            last_event_id: history.last_event_id(),
            history_bytes: history.bytes(),
            resets: Some(SavedResets::of(reset)),
            priority: start.priority.clone(),
            time_skipping: SavedTimeSkipping::of(time_skipping),
        }
    }
}

fn save_task(task: &WorkflowTask) -> SavedTask {
    let WorkflowTask {
        stamp,
        attempt,
        speculative,
        scheduled_event_id,
        written,
        scheduled,
        originally_scheduled,
        timeout,
        sticky,
        started,
        deadline,
    } = task;
    SavedTask {
        stamp: *stamp,
        attempt: *attempt,
        speculative: *speculative,
        scheduled_event_id: *scheduled_event_id,
        written: *written,
        scheduled: scheduled.as_nanos(),
        originally_scheduled: originally_scheduled.as_nanos(),
        timeout: nanos(*timeout),
        sticky: sticky.clone(),
        started: started.as_ref().map(save_started),
        deadline: deadline.map(Time::as_nanos),
    }
}

fn save_started(started: &StartedTask) -> SavedStarted {
    let StartedTask {
        event_id,
        at,
        identity,
        request_id,
        build,
        suggestions,
        history_bytes,
    } = started;
    SavedStarted {
        event_id: *event_id,
        at: at.as_nanos(),
        identity: identity.clone(),
        request_id: request_id.clone(),
        suggestions: suggestions.iter().map(|reason| (*reason).into()).collect(),
        history_bytes: *history_bytes,
        build: build.clone(),
    }
}

impl SavedTask {
    pub(super) fn restore(self) -> Result<WorkflowTask, Damaged> {
        Ok(WorkflowTask {
            stamp: self.stamp,
            attempt: self.attempt,
            speculative: self.speculative,
            scheduled_event_id: self.scheduled_event_id,
            written: self.written,
            scheduled: Time::from_nanos(self.scheduled),
            originally_scheduled: Time::from_nanos(self.originally_scheduled),
            timeout: Duration::from_nanos(self.timeout),
            sticky: self.sticky,
            started: self.started.map(SavedStarted::restore).transpose()?,
            deadline: self.deadline.map(Time::from_nanos),
        })
    }
}

impl SavedStarted {
    fn restore(self) -> Result<StartedTask, Damaged> {
        let suggestions: Result<Vec<SuggestContinueAsNewReason>, Damaged> = self
            .suggestions
            .into_iter()
            .map(|number| enumerated(number, "reason to continue as new"))
            .collect();
        Ok(StartedTask {
            event_id: self.event_id,
            at: Time::from_nanos(self.at),
            identity: self.identity,
            request_id: self.request_id,
            suggestions: suggestions?,
            history_bytes: self.history_bytes,
            build: self.build,
        })
    }
}
