//! Schedules: one takes an event at a time, and says what is to be started, cancelled or terminated, and when it must
//! be woken. Never looks at a clock, never touches a run or a timer itself; what its starts lead to comes back as
//! further events.

pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod cron_text;
pub(crate) mod describe;
mod due;
mod jitter;
pub(crate) mod overlap;
pub(crate) mod saved;
pub(crate) mod spec;
pub(crate) mod start;
pub(crate) mod state;
#[cfg(test)]
mod tests;
pub(crate) mod zone;

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::{Memo, Payloads, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::ScheduleOverlapPolicy as Policy;
use temporal_protos::enums::WorkflowExecutionStatus as Status;
use temporal_protos::failure::Failure;
use temporal_protos::schedule::{SchedulePatch, SchedulePolicies, ScheduleState};
use temporal_protos::workflow::NewWorkflowExecutionInfo;

use super::surroundings::Namespace;
use super::time::{self, Time};
use spec::{Spec, millis};
use start::Action;
use state::{Backfill, BufferedStart, State};

/// The id of the row of a schedule in visibility is this and the schedule's id; clients see it in errors.
pub(crate) const ID_PREFIX: &str = "temporal-sys-scheduler:";

/// Starts and backfills that may wait.
const MAX_BUFFER: usize = 1000;
/// Requests that are remembered, so that one whose answer was lost can be repeated.
const MAX_HEARD_REQUESTS: usize = 100;
/// The conflict token of a new schedule.
const FIRST_TOKEN: i64 = 1;
/// How long a schedule that has nothing left to do can be seen.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// A schedule.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) state: State,
    /// The compiled `state.spec`.
    spec: Spec,
}

/// A schedule, by its names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScheduleRef {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) schedule_id: String,
}

impl ScheduleRef {
    /// The identity that the schedule has in histories.
    pub(crate) fn identity(&self) -> String {
        format!(
            "temporal-scheduler-{}-{}",
            self.namespace.name, self.schedule_id
        )
    }
}

/// What workflows and schedules have to say to each other.
#[derive(Debug, Clone)]
pub(crate) enum ScheduleMessage {
    /// The schedule wants this.
    Act(ScheduleRef, Action),
    /// A run that the schedule has started, or the last of its chain, is over.
    RunClosed(ScheduleRef, Box<RunEnd>),
}

/// What a schedule is made of, checked.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) spec: Spec,
    pub(crate) action: Option<NewWorkflowExecutionInfo>,
    pub(crate) policies: SchedulePolicies,
    pub(crate) state: ScheduleState,
    pub(crate) memo: Option<Memo>,
    pub(crate) search_attributes: Option<SearchAttributes>,
}

/// Something that happens to a schedule.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Time has passed.
    Woken,
    Patched(SchedulePatch),
    /// An update, and the token that it expects the schedule to have.
    Updated(Box<Plan>, Option<i64>),
    /// By a request with this id. What was heard once is not heard again.
    Requested(String, Request),
    RunClosed(Box<RunEnd>),
    /// A start was refused.
    NotStarted {
        run_id: String,
    },
}

/// What a caller asks of a schedule.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Patch(SchedulePatch),
    /// The token is the one that the schedule is expected to have.
    Update(Box<Plan>, Option<i64>),
}

/// How the last run of a chain ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunEnd {
    pub(crate) workflow_id: String,
    /// The run that the schedule started.
    pub(crate) first_run_id: String,
    pub(crate) status: Status,
    pub(crate) result: Option<Payloads>,
    pub(crate) failure: Option<Failure>,
}

/// What follows from an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decisions {
    /// To be done in this order.
    pub(crate) actions: Vec<Action>,
    /// When the schedule must be woken; never if none.
    pub(crate) wake: Option<Time>,
    /// Whether visibility must show something else.
    pub(crate) row_changed: bool,
}

impl Schedule {
    /// A new schedule. It must be woken, or given its first patch, at once.
    pub(crate) fn new(
        namespace: Arc<Namespace>,
        schedule_id: String,
        request_id: String,
        run_id: String,
        plan: Plan,
        now: Time,
    ) -> Self {
        let mut schedule = Self {
            namespace,
            state: State {
                schedule_id,
                request_id,
                run_id,
                conflict_token: FIRST_TOKEN,
                cursor: to_millis(now),
                ..State::default()
            },
            spec: plan.spec.clone(),
        };
        schedule.state.info.create_time = Some(now.to_proto());
        schedule.adopt(plan);
        schedule
    }

    /// This schedule's names.
    pub(crate) fn reference(&self) -> ScheduleRef {
        ScheduleRef {
            namespace: self.namespace.clone(),
            schedule_id: self.state.schedule_id.clone(),
        }
    }

    /// Takes an event.
    pub(crate) fn handle(
        &mut self,
        event: Event,
        now: Time,
        fresh_id: &mut dyn FnMut() -> String,
    ) -> Decisions {
        let event = match event {
            Event::Requested(id, _) if !self.hears(&id) => Event::Woken,
            Event::Requested(_, Request::Patch(patch)) => Event::Patched(patch),
            Event::Requested(_, Request::Update(plan, token)) => Event::Updated(plan, token),
            other => other,
        };
        // A start that follows a refused one may be refused as well: it is for another call.
        let rests = matches!(event, Event::NotStarted { .. });
        let shown = self.shown();
        let mut more = self.pass_time(now);
        match event {
            Event::Woken | Event::Requested(..) => {}
            Event::Patched(patch) => self.patch(patch, now),
            Event::Updated(plan, token) => self.update(*plan, token, now),
            Event::RunClosed(end) => self.run_closed(*end),
            Event::NotStarted { run_id } => self.forget_start(&run_id),
        }
        let mut actions = Vec::new();
        more |= match rests {
            true => !self.state.buffer.is_empty() || !self.state.backfills.is_empty(),
            false => self.settle(now, fresh_id, &mut actions),
        };
        debug_assert!(
            self.state.buffer.len() <= MAX_BUFFER,
            "the buffer is bounded"
        );
        Decisions {
            actions,
            wake: self.next_wake(now, more),
            row_changed: shown != self.shown(),
        }
    }

    /// Whether a request is a new one.
    fn hears(&mut self, request_id: &str) -> bool {
        let heard = &mut self.state.heard_requests;
        if heard.iter().any(|known| known == request_id) {
            return false;
        }
        if !request_id.is_empty() {
            heard.push(request_id.to_owned());
            let beyond = heard.len().saturating_sub(MAX_HEARD_REQUESTS);
            heard.drain(..beyond);
        }
        true
    }

    /// What visibility shows and an event can change.
    fn shown(&self) -> (bool, Option<SearchAttributes>, Option<Memo>) {
        let State {
            search_attributes,
            memo,
            ..
        } = &self.state;
        let paused = self.state.state.paused;
        (paused, search_attributes.clone(), memo.clone())
    }

    fn patch(&mut self, patch: SchedulePatch, now: Time) {
        if let Some(trigger) = patch.trigger_immediately {
            let at = trigger
                .scheduled_time
                .map_or(to_millis(now), |at| millis(&at));
            self.add_start(BufferedStart {
                nominal: at.div_euclid(1000),
                actual: at,
                overlap_policy: trigger.overlap_policy,
                manual: true,
            });
        }
        for backfill in patch.backfill_request {
            if self.state.backfills.len() >= MAX_BUFFER {
                self.state.info.buffer_dropped += 1;
                continue;
            }
            let at = |time: Option<prost_types::Timestamp>| time.map_or(0, |at| millis(&at));
            self.state.backfills.push(Backfill {
                // Both ends belong to it.
                after: at(backfill.start_time) - 1,
                end: at(backfill.end_time),
                overlap_policy: backfill.overlap_policy,
            });
        }
        if !patch.pause.is_empty() {
            self.set_paused(true, patch.pause);
        }
        if !patch.unpause.is_empty() {
            self.set_paused(false, patch.unpause);
        }
    }

    fn set_paused(&mut self, paused: bool, notes: String) {
        self.state.state.paused = paused;
        self.state.state.notes = notes;
        self.state.conflict_token += 1;
    }

    /// An update that expects another token changes nothing, and nobody is told: clients of the real service know it
    /// so.
    fn update(&mut self, plan: Plan, token: Option<i64>, now: Time) {
        if token.is_some_and(|token| token != self.state.conflict_token) {
            return;
        }
        self.spec = plan.spec.clone();
        self.adopt(plan);
        let now_millis = to_millis(now);
        self.state.updated = now_millis;
        self.state.info.update_time = Some(now.to_proto());
        self.state.conflict_token += 1;
        // Times of the new spec may have passed whose jitter is not over; earlier ones need no look.
        let earliest = now_millis.saturating_sub(self.spec.most_jitter() + 1000);
        self.state.cursor = self.state.cursor.max(earliest);
    }

    /// Takes over what a plan says; memo and search attributes only if it has them.
    fn adopt(&mut self, plan: Plan) {
        let state = &mut self.state;
        state.spec = plan.spec.canonical().clone();
        state.action = plan.action;
        state.policies = plan.policies;
        state.state = plan.state;
        if plan.memo.is_some() {
            state.memo = plan.memo;
        }
        if plan.search_attributes.is_some() {
            state.search_attributes = plan.search_attributes;
        }
    }

    fn run_closed(&mut self, end: RunEnd) {
        let recent = &mut self.state.info.recent_actions;
        for action in recent.iter_mut() {
            let started = action.start_workflow_result.as_ref();
            if started.is_some_and(|run| run.run_id == end.first_run_id) {
                action.start_workflow_status = end.status.into();
            }
        }
        let running = &mut self.state.info.running_workflows;
        let Some(place) = running
            .iter()
            .position(|run| run.run_id == end.first_run_id)
        else {
            // Runs that may overlap are on their own.
            return;
        };
        running.remove(place);
        if self.state.policies.pause_on_failure && !self.state.state.paused {
            let id = &end.workflow_id;
            let why = end.failure.as_ref().map_or("", |why| why.message.as_str());
            match end.status {
                Status::Failed => {
                    self.set_paused(true, format!("paused due to workflow failure: {id}: {why}"));
                }
                Status::TimedOut => {
                    self.set_paused(true, format!("paused due to workflow timeout: {id}"));
                }
                _ => {}
            }
        }
        if end.result.is_some() {
            self.state.last_completion_result = end.result;
            self.state.continued_failure = None;
        } else if end.failure.is_some() {
            self.state.continued_failure = end.failure;
        }
    }

    fn forget_start(&mut self, run_id: &str) {
        let info = &mut self.state.info;
        let other = |run: &WorkflowExecution| run.run_id != run_id;
        info.running_workflows.retain(other);
        info.recent_actions
            .retain(|action| action.start_workflow_result.as_ref().is_none_or(other));
        info.action_count = (info.action_count - 1).max(0);
    }

    /// Puts a start into the buffer, unless it is full.
    fn add_start(&mut self, start: BufferedStart) {
        if self.state.buffer.len() >= MAX_BUFFER {
            self.state.info.buffer_dropped += 1;
        } else {
            self.state.buffer.push(start);
        }
    }

    /// The policy of starts that have none of their own.
    fn policy(&self) -> Policy {
        overlap::resolve(self.state.policies.overlap_policy, Policy::Skip)
    }

    /// What makes the jitter of this schedule its own.
    fn seed(&self) -> String {
        format!("{}-{}", self.namespace.id, self.state.schedule_id)
    }

    /// Whether the spec may start anything now.
    fn may_act(&self) -> bool {
        let state = &self.state.state;
        !state.paused && (!state.limited_actions || state.remaining_actions > 0)
    }

    /// Whether a schedule that has nothing left to do has been kept long enough.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        let state = &self.state;
        let waits = !state.buffer.is_empty()
            || !state.backfills.is_empty()
            || !state.info.running_workflows.is_empty();
        if state.state.paused || waits || (self.may_act() && self.next_due(now).is_some()) {
            return false;
        }
        let acted = state.info.recent_actions.last();
        let last = [
            acted.and_then(|action| action.actual_time.as_ref()),
            state.info.create_time.as_ref(),
            state.info.update_time.as_ref(),
        ];
        let last = last.into_iter().flatten().map(Time::from_proto).max();
        last.is_some_and(|last| last.plus(RETENTION) <= now)
    }

    /// How late a missed action may still be taken, in milliseconds.
    fn catchup_window(&self) -> i64 {
        let window = time::checked(self.state.policies.catchup_window.as_ref());
        i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Milliseconds since the epoch.
fn to_millis(at: Time) -> i64 {
    at.as_nanos().div_euclid(1_000_000)
}
