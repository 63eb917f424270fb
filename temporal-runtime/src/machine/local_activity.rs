//! Local activities of one run: the worker executes them inside the workflow task, and history knows of them by a
//! marker alone. Never runs anything and never looks at a clock: requests go out, results come in, from the worker or
//! from the markers of a replayed task.
//!
//! Every local activity that ends leaves a marker, a cancelled one too: the other SDKs wait for it on replay. Results
//! reach workflow code one at a time, in the order of their markers.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use temporal_protos::{
    common::Payload,
    enums::TimeoutType,
    failure::{Failure, TimeoutFailureInfo, failure::FailureInfo},
};

use super::{
    Job, Machine, Mismatch, OpId, Outcome,
    activity::canceled,
    command::{Command, Issued},
    local_marker::LocalMarker,
};
use crate::options::{CancellationType, RetryPolicy};

/// What workflow code asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LocalActivityCommand {
    /// `None`: numbered by the machine.
    pub(crate) activity_id: Option<String>,
    pub(crate) activity_type: String,
    pub(crate) input: Vec<Payload>,
    pub(crate) schedule_to_close: Option<Duration>,
    pub(crate) schedule_to_start: Option<Duration>,
    pub(crate) start_to_close: Option<Duration>,
    pub(crate) retry_policy: RetryPolicy,
    /// A longer wait between attempts is a timer; `None`: the timeout of the workflow task.
    pub(crate) local_retry_threshold: Option<Duration>,
    pub(crate) summary: Option<String>,
}

/// What the worker is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LocalRequest {
    /// Run it until it ends, or until the next attempt is so far away that a timer waits for it.
    Run(LocalRun),
    /// Ask it to stop.
    Cancel { seq: u64 },
}

/// A local activity to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LocalRun {
    pub(crate) seq: u64,
    pub(crate) activity_id: String,
    /// The first attempt to make; more than 1 after a timer.
    pub(crate) attempt: u32,
    /// When it was asked for at first.
    pub(crate) scheduled: SystemTime,
    /// How much of the workflow's time has passed since then: attempts and waits before a timer, by whatever clock.
    pub(crate) passed: Duration,
    pub(crate) command: Arc<LocalActivityCommand>,
    /// Its cancellation was asked for before any worker had it.
    pub(crate) cancelled: bool,
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LocalResult {
    pub(crate) seq: u64,
    /// The last attempt that was made.
    pub(crate) attempt: u32,
    /// How long that attempt took.
    pub(crate) runtime: Duration,
    pub(crate) outcome: Outcome,
    /// It failed, and another attempt is to be made after that time.
    pub(crate) backoff: Option<Duration>,
}

impl LocalResult {
    /// The failure of one that was cancelled.
    pub(crate) fn cancelled() -> Failure {
        canceled("Activity cancelled", None)
    }

    /// The failure of one whose time was over.
    pub(crate) fn timed_out(kind: TimeoutType, cause: Option<Failure>) -> Failure {
        Failure {
            message: "Activity timed out".to_owned(),
            cause: cause.map(Box::new),
            failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
                timeout_type: kind.into(),
                ..TimeoutFailureInfo::default()
            })),
            ..Failure::default()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be run: no worker has it yet, unless one was lost.
    Requested,
    /// A worker has it.
    Running,
    /// A timer runs until the next attempt.
    BackingOff,
}

/// One local activity, from its start until workflow code has its result.
#[derive(Debug)]
struct LocalActivity {
    command: Arc<LocalActivityCommand>,
    cancellation: CancellationType,
    seq: u64,
    activity_id: String,
    /// As other SDKs count it in markers: 0 until an attempt after a timer.
    attempt: u32,
    state: State,
    cancel_requested: bool,
    /// The activation that asked for it.
    activation: u64,
    /// The workflow's time then.
    asked: SystemTime,
    /// The workflow's time when it was asked for at first.
    first_asked: SystemTime,
    /// The worker's time when it was first run.
    scheduled: Option<SystemTime>,
}

/// The local activities of a run.
#[derive(Debug, Default)]
pub(super) struct LocalActivities {
    open: BTreeMap<OpId, LocalActivity>,
    /// What no worker was asked yet.
    requests: VecDeque<(OpId, LocalRequest)>,
    /// Markers of the replayed task that are not resolved yet.
    ahead: VecDeque<LocalMarker>,
    /// The activation before the current task's first.
    before_task: u64,
    /// How many activations of the current task had something for workflow code.
    pub(super) delivered: u64,
    /// The last event that was such a marker.
    last_marker: i64,
}

impl Machine {
    /// Asks for a local activity, at workflow time `now`. Activities and local activities are numbered together.
    pub(crate) fn start_local_activity(
        &mut self,
        op: OpId,
        command: LocalActivityCommand,
        cancellation: CancellationType,
        now: SystemTime,
    ) {
        self.request_local_activity(
            LocalActivity {
                command: Arc::new(command),
                cancellation,
                seq: 0,
                activity_id: String::new(),
                attempt: 0,
                state: State::Requested,
                cancel_requested: false,
                activation: 0,
                asked: now,
                first_asked: now,
                scheduled: None,
            },
            op,
        );
    }

    fn request_local_activity(&mut self, mut local: LocalActivity, op: OpId) {
        self.next_activity += 1;
        local.seq = self.next_activity;
        local.activity_id = match &local.command.activity_id {
            Some(id) => id.clone(),
            None => local.seq.to_string(),
        };
        local.activation = self.activation;
        local.state = State::Requested;
        let run = LocalRun {
            seq: local.seq,
            activity_id: local.activity_id.clone(),
            attempt: local.attempt.max(1),
            scheduled: local.asked,
            passed: (local.asked.duration_since(local.first_asked)).unwrap_or_default(),
            command: local.command.clone(),
            cancelled: false,
        };
        self.locals.open.insert(op, local);
        self.locals.requests.push_back((op, LocalRequest::Run(run)));
    }

    /// Asks for its cancellation, by its [`CancellationType`]: what comes back is the answer that workflow code gets at
    /// once, if it gets one.
    pub(crate) fn cancel_local_activity(&mut self, op: OpId) -> Option<Outcome> {
        let activation = self.activation;
        let local = self.locals.open.get_mut(&op)?;
        if local.state == State::BackingOff {
            self.cancel_timer(op);
            let local = self.locals.open.remove(&op)?;
            return Some(local.outcome(cancelled()));
        }
        if std::mem::replace(&mut local.cancel_requested, true) {
            return None;
        }
        let may_run = local.activation != activation;
        if may_run {
            let seq = local.seq;
            if local.cancellation != CancellationType::Abandon {
                let cancel = LocalRequest::Cancel { seq };
                self.locals.requests.push_back((op, cancel));
            }
            if local.cancellation == CancellationType::WaitCompleted {
                return None;
            }
        }
        let local = self.locals.open.remove(&op)?;
        let known = self.locals.ahead.iter().position(|m| m.seq == local.seq);
        let marker = known.and_then(|at| self.locals.ahead.remove(at));
        let outcome = marker.map_or_else(cancelled, |m| m.outcome);
        self.forget_requests(op, local.state == State::Running);
        self.record(&local, local.attempt, outcome.clone(), None, None);
        Some(local.outcome(outcome))
    }

    /// What the worker must do now; `now` is its clock. Only of the live task.
    pub(crate) fn poll_local_request(&mut self, now: SystemTime) -> Option<LocalRequest> {
        let (op, mut request) = self.locals.requests.pop_front()?;
        if let (LocalRequest::Run(run), Some(local)) = (&mut request, self.locals.open.get_mut(&op))
        {
            local.state = State::Running;
            run.scheduled = *local.scheduled.get_or_insert(now);
            run.cancelled = local.cancel_requested;
        }
        Some(request)
    }

    /// Whether the workflow task must stay open for a local activity.
    pub(crate) fn has_local_activities(&self) -> bool {
        !self.closed
            && self
                .locals
                .open
                .values()
                .any(|local| local.state != State::BackingOff)
    }

    /// One has ended, or failed until a timer fires. What comes back is the workflow's time from then on; nothing comes
    /// back if nobody waits for it any more: the result that came with it may have ended the run.
    pub(crate) fn handle_local_result(&mut self, result: LocalResult) -> Option<SystemTime> {
        if self.closed {
            return None;
        }
        let op = self.locals.op_of(result.seq)?;
        let local = self.locals.open.get(&op)?;
        let time = local
            .asked
            .checked_add(result.runtime)
            .unwrap_or(local.asked);
        self.end_local(
            op,
            result.attempt,
            result.outcome,
            result.backoff,
            Some(time),
        );
        Some(time)
    }

    /// A task begins. If it is replayed, these are the markers that follow it.
    pub(crate) fn begin_task(&mut self, markers: Vec<LocalMarker>) {
        self.locals.ahead = markers.into();
        self.locals.before_task = self.activation;
        self.locals.delivered = 0;
    }

    /// Resolves what the next marker of the replayed task tells of, and what reached workflow code together with it.
    /// What comes back is the workflow's time from then on. A marker that fits nothing is left for its event to report.
    pub(crate) fn resolve_next_marker(&mut self) -> Option<Option<SystemTime>> {
        let mut resolved = None;
        let mut group = None;
        while let Some(marker) = self.locals.ahead.front() {
            if resolved.is_some() && (group.is_none() || marker.activation_index != group) {
                break;
            }
            let op = self.locals.op_of(marker.seq);
            let Some(op) = op.filter(|op| !self.closed && self.locals.open[op].is(marker)) else {
                break;
            };
            let Some(marker) = self.locals.ahead.pop_front() else {
                break;
            };
            group = marker.activation_index;
            resolved = Some(marker.complete_time.max(resolved.flatten()));
            let LocalMarker {
                attempt,
                outcome,
                backoff,
                complete_time,
                original_schedule_time,
                ..
            } = marker;
            if let Some(local) = self.locals.open.get_mut(&op) {
                local.scheduled = original_schedule_time;
            }
            self.end_local(op, attempt, outcome, backoff, complete_time);
        }
        resolved
    }

    fn end_local(
        &mut self,
        op: OpId,
        attempt: u32,
        outcome: Outcome,
        backoff: Option<Duration>,
        complete_time: Option<SystemTime>,
    ) {
        let Some(mut local) = self.locals.open.remove(&op) else {
            return;
        };
        self.forget_requests(op, false);
        self.record(&local, attempt, outcome.clone(), backoff, complete_time);
        match backoff {
            None => {
                local.attempt = attempt;
                self.resolve(op, local.outcome(outcome));
            }
            Some(delay) => {
                local.attempt = attempt.saturating_add(1);
                local.state = State::BackingOff;
                self.locals.open.insert(op, local);
                self.jobs.push_back(Job::BackOff(op, delay));
            }
        }
    }

    fn record(
        &mut self,
        local: &LocalActivity,
        attempt: u32,
        outcome: Outcome,
        backoff: Option<Duration>,
        complete_time: Option<SystemTime>,
    ) {
        let marker = LocalMarker {
            seq: local.seq,
            attempt,
            activity_id: local.activity_id.clone(),
            activity_type: local.command.activity_type.clone(),
            complete_time,
            backoff,
            original_schedule_time: local.scheduled,
            activation_index: Some(self.locals.delivered),
            outcome,
            summary: local.command.summary.clone(),
            begun_before: local.activation <= self.locals.before_task,
        };
        self.issue(
            Command::RecordLocalActivity(Box::new(marker)),
            Issued::Message,
        );
    }

    /// A timer is started until the next attempt.
    pub(crate) fn back_off(&mut self, op: OpId, delay: Duration) {
        if self.locals.is_backing_off(op) {
            self.start_timer(op, delay);
        }
    }

    /// That timer has fired: the next attempt has a number of its own, as in the other SDKs.
    pub(crate) fn retry_local_activity(&mut self, op: OpId, now: SystemTime) {
        if self.locals.is_backing_off(op)
            && let Some(mut local) = self.locals.open.remove(&op)
        {
            local.asked = now;
            self.request_local_activity(local, op);
        }
    }

    /// A worker that runs it must still hear of its cancellation.
    fn forget_requests(&mut self, op: OpId, but_cancel: bool) {
        self.locals.requests.retain(|(of, request)| {
            *of != op || (but_cancel && matches!(request, LocalRequest::Cancel { .. }))
        });
    }

    /// The marker of one that was resolved. Another SDK may have written it before what workflow code did in the
    /// meantime: it gives several results to workflow code at once, or gets one while that runs.
    pub(super) fn handle_local_marker(
        &mut self,
        event_id: i64,
        marker: &LocalMarker,
    ) -> Result<(), Mismatch> {
        let follows = self.locals.last_marker == event_id - 1;
        let found = self.outgoing.iter().position(
            |out| matches!(&out.command, Command::RecordLocalActivity(m) if m.is_same(marker)),
        );
        let may_overtake = |at: usize| {
            at == 0
                || follows
                || matches!(&self.outgoing[at].command, Command::RecordLocalActivity(m) if m.begun_before)
        };
        match found.filter(|at| may_overtake(*at)) {
            Some(at) => {
                self.locals.last_marker = event_id;
                drop(self.outgoing.remove(at));
                Ok(())
            }
            None => self
                .confirm(event_id, &marker.describe(), |_| false)
                .map(drop),
        }
    }

    /// What there is instead of a command, in the words of a mismatch.
    pub(super) fn no_command(&self) -> String {
        let mut open = self.locals.open.values();
        match open.find(|local| local.state != State::BackingOff) {
            None => "no command".to_owned(),
            Some(local) => format!(
                "no command (local activity `{}` (id {}) runs)",
                local.command.activity_type, local.activity_id
            ),
        }
    }
}

impl LocalActivities {
    fn op_of(&self, seq: u64) -> Option<OpId> {
        let mut open = self.open.iter();
        open.find(|(_, local)| local.seq == seq && local.state != State::BackingOff)
            .map(|(op, _)| *op)
    }

    pub(super) fn is_backing_off(&self, op: OpId) -> bool {
        self.open
            .get(&op)
            .is_some_and(|local| local.state == State::BackingOff)
    }
}

impl LocalActivity {
    fn is(&self, marker: &LocalMarker) -> bool {
        self.activity_id == marker.activity_id
            && self.command.activity_type == marker.activity_type
            && (self.cancel_requested || !marker.is_cancelled())
    }

    /// As workflow code sees it: around a failure stands an activity failure, as around that of any other activity.
    fn outcome(&self, outcome: Outcome) -> Outcome {
        super::local_marker::wrapped(
            outcome,
            &self.command,
            &self.activity_id,
            self.attempt,
            self.cancel_requested,
        )
    }
}

fn cancelled() -> Outcome {
    Outcome::Failed(Box::new(LocalResult::cancelled()))
}
