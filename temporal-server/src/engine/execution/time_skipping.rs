//! The time of one run, which may be ahead of the service's: while nothing of the run is under way, it jumps to what the
//! run waits for next (rule 172). Never looks at a clock: each request comes with the run's own time, and when that
//! jumps, the driver is told how much sooner the run's timers are due.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::{TimeSkippingConfig, TimeSkippingInfo, TimeSkippingStatePropagation};
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::history::{
    HistoryEvent, WorkflowExecutionTimeSkippingTransitionedEventAttributes,
};

use super::Run;
use super::activity::ActivityState;
use super::history::event;
use super::start::NewRun;
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::time::{self, Time};

/// Whether and how far a run's time is ahead.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TimeSkipping {
    /// What was asked for, if anything ever was, and is left of it.
    pub(crate) config: Option<TimeSkippingConfig>,
    /// How far the run is ahead of the service.
    pub(crate) ahead: Duration,
    /// Skips since the configuration was set, in all runs of the chain.
    pub(crate) skips: i32,
    /// Where time may be skipped to at most.
    pub(crate) fast_forward: Option<FastForward>,
    /// Whether the run has ever had a time of its own, for its description.
    pub(crate) known: bool,
}

/// The end of a fast-forward: skipping ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FastForward {
    pub(crate) target: Time,
    pub(crate) reached: bool,
}

/// A jump, before it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Jump {
    to: Option<Time>,
    ends_fast_forward: bool,
}

/// Checks what is asked for, and gives it the default budget.
pub(crate) fn checked(
    limits: &Limits,
    config: Option<TimeSkippingConfig>,
) -> Result<Option<TimeSkippingConfig>, Refusal> {
    let Some(mut config) = config else {
        return Ok(None);
    };
    check_enabled(limits)?;
    if config.max_session_skip_count <= 0 {
        config.max_session_skip_count = limits.skips_per_session.max(1);
    }
    if let Some(forward) = &config.fast_forward_config {
        if time::checked(forward.duration.as_ref()).is_zero() {
            return Err(Refusal::invalid(
                "Time skipping config invalid: fast_forward duration must be positive",
            ));
        }
        check_fast_forward_id(&forward.id)?;
        if !config.enabled {
            return Err(Refusal::invalid(
                "time_skipping_config: cannot set fast_forward when enabled is false",
            ));
        }
    }
    Ok(Some(config))
}

/// Refuses what has to do with a run's own time where that is switched off.
pub(crate) fn check_enabled(limits: &Limits) -> Result<(), Refusal> {
    if limits.skips_time_of_workflows {
        return Ok(());
    }
    Err(Refusal::Unimplemented(
        "The Time-Skipping feature is not enabled for namespace.".into(),
    ))
}

/// Refuses an empty id.
pub(crate) fn check_fast_forward_id(id: &str) -> Result<(), Refusal> {
    if !id.trim().is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "Time skipping config invalid: fast_forward_id must be set",
    ))
}

impl NewRun {
    /// How far the run begins ahead of the service.
    pub(crate) fn ahead(&self) -> Duration {
        let state = self.time_skipping_state.as_ref();
        state.map_or(Duration::ZERO, |state| {
            time::checked(state.initial_skipped_duration.as_ref())
        })
    }
}

impl TimeSkipping {
    /// What a run begins with, at this time of its own.
    pub(crate) fn begin(now: Time, start: &NewRun) -> Self {
        let state = start.time_skipping_state.as_ref();
        let mut begun = Self {
            config: start.time_skipping_config.clone(),
            ahead: start.ahead(),
            skips: state.map_or(0, |state| state.initial_skip_count),
            fast_forward: None,
            known: start.time_skipping_config.is_some() || !start.ahead().is_zero(),
        };
        let target = state.and_then(|state| state.fast_forward_target_time.as_ref());
        begun.set_fast_forward(now, target.map(Time::from_proto));
        begun
    }

    /// As it was for a run that began so, after these events of it.
    pub(super) fn after(start: &NewRun, events: &[Arc<HistoryEvent>]) -> Self {
        let began = events.first().and_then(|event| event.event_time);
        let began = began.as_ref().map_or(Time::from_nanos(0), Time::from_proto);
        let mut then = Self::begin(began, start);
        for event in events {
            let now = event.event_time.as_ref().map_or(began, Time::from_proto);
            match &event.attributes {
                Some(A::WorkflowExecutionOptionsUpdatedEventAttributes(a))
                    if a.time_skipping_config_updated =>
                {
                    then.change(now, a.time_skipping_config.clone());
                }
                Some(A::WorkflowExecutionTimeSkippingTransitionedEventAttributes(a)) => {
                    let target = a.target_time.as_ref().map_or(now, Time::from_proto);
                    then.ahead += target.since(now);
                    then.count(a.disabled_after_fast_forward);
                }
                _ => {}
            }
        }
        then
    }

    /// Another configuration begins another session.
    fn change(&mut self, now: Time, config: Option<TimeSkippingConfig>) {
        self.known |= config.is_some();
        self.config = config;
        self.skips = 0;
        self.set_fast_forward(now, None);
    }

    fn set_fast_forward(&mut self, now: Time, target: Option<Time>) {
        let forward = self.enabled().and_then(|config| {
            let duration = time::checked(config.fast_forward_config.as_ref()?.duration.as_ref());
            Some(target.unwrap_or_else(|| now.plus(duration)))
        });
        self.fast_forward = forward.map(|target| FastForward {
            target,
            reached: false,
        });
    }

    fn enabled(&self) -> Option<&TimeSkippingConfig> {
        self.config.as_ref().filter(|config| config.enabled)
    }

    /// The end of a fast-forward that is still to come.
    pub(crate) fn fast_forwards_to(&self) -> Option<Time> {
        self.enabled()?;
        let forward = self.fast_forward.filter(|forward| !forward.reached)?;
        Some(forward.target)
    }

    /// What the next run of the chain begins with.
    pub(crate) fn of_successor(
        &self,
    ) -> (
        Option<TimeSkippingConfig>,
        Option<TimeSkippingStatePropagation>,
    ) {
        let config = self.enabled().cloned();
        let state = TimeSkippingStatePropagation {
            initial_skipped_duration: time::to_proto_unless_zero(self.ahead),
            fast_forward_target_time: self.fast_forwards_to().map(Time::to_proto),
            initial_skip_count: if config.is_some() { self.skips } else { 0 },
        };
        let is_empty = state == TimeSkippingStatePropagation::default();
        (config, (!is_empty).then_some(state))
    }

    /// What a child begins with: the time of its parent, and a session of its own.
    pub(crate) fn of_child(
        &self,
    ) -> (
        Option<TimeSkippingConfig>,
        Option<TimeSkippingStatePropagation>,
    ) {
        let config = self.enabled().filter(|config| !config.disable_propagation);
        let config = config.map(|config| TimeSkippingConfig {
            enabled: true,
            max_session_skip_count: config.max_session_skip_count,
            ..TimeSkippingConfig::default()
        });
        let ahead = time::to_proto_unless_zero(self.ahead);
        let state = ahead.map(|ahead| TimeSkippingStatePropagation {
            initial_skipped_duration: Some(ahead),
            ..TimeSkippingStatePropagation::default()
        });
        (config, state)
    }

    /// For a description of the run at this time of its own.
    pub(crate) fn describe(&self, now: Time) -> Option<TimeSkippingInfo> {
        self.known.then(|| TimeSkippingInfo {
            current_time: Some(now.to_proto()),
            effective_config: self.config.clone(),
            ..TimeSkippingInfo::default()
        })
    }

    /// A jump was made.
    fn count(&mut self, ends_fast_forward: bool) {
        self.skips += 1;
        let skips = self.skips;
        let Some(config) = &mut self.config else {
            return;
        };
        if ends_fast_forward {
            config.enabled = false;
            if let Some(forward) = &mut self.fast_forward {
                forward.reached = true;
            }
        }
        if skips >= config.max_session_skip_count {
            config.enabled = false;
        }
    }
}

impl Run {
    /// Jumps to what the run waits for next, if nothing of it is under way. To be asked at the end of each request;
    /// returns how much sooner the run's timers are due.
    pub(crate) fn skip_time(&mut self, ctx: &mut Context<'_>) -> Option<Duration> {
        if self.time_skipping.enabled().is_none() || !self.only_waits() {
            return None;
        }
        let jump = self.next_jump(ctx.now)?;
        Some(self.jump(ctx, jump))
    }

    /// The end of a fast-forward has come by itself.
    pub(crate) fn fast_forward_is_due(&mut self, ctx: &mut Context<'_>) {
        let target = self.time_skipping.fast_forwards_to();
        if target.is_some_and(|target| target <= ctx.now) {
            let jump = Jump {
                to: None,
                ends_fast_forward: true,
            };
            self.jump(ctx, jump);
        }
    }

    fn jump(&mut self, ctx: &mut Context<'_>, jump: Jump) -> Duration {
        let attributes = WorkflowExecutionTimeSkippingTransitionedEventAttributes {
            target_time: jump.to.map(Time::to_proto),
            disabled_after_fast_forward: jump.ends_fast_forward,
            // What the protocol says; version 1.32 of the real service writes the run's own time here, too.
            wall_clock_time: Some(ctx.now.minus(self.time_skipping.ahead).to_proto()),
        };
        // A worker may have a task when the end comes by itself.
        self.receive(event(ctx.now, attributes));
        let far = jump.to.map_or(Duration::ZERO, |to| to.since(ctx.now));
        self.time_skipping.ahead += far;
        self.time_skipping.count(jump.ends_fast_forward);
        if jump.ends_fast_forward {
            ctx.emit(Effect::ClearTimer(RunTimer::FastForward));
        }
        far
    }

    /// Whether nobody has anything to do for the run.
    fn only_waits(&self) -> bool {
        let backs_off = |state: &ActivityState| matches!(state, ActivityState::Backoff(_));
        self.is_running()
            && self.task.is_none()
            && self.children.is_empty()
            && self.signals.is_empty()
            && self.cancels.is_empty()
            && self
                .activities
                .values()
                .all(|activity| backs_off(&activity.state) && activity.paused.is_none())
    }

    /// The nearest moment that the run waits for; none if there is none, or if one has come already.
    fn next_jump(&self, now: Time) -> Option<Jump> {
        let timers = self.timers.values().filter(|timer| !timer.fired);
        let retries = self
            .activities
            .values()
            .filter_map(|activity| match activity.state {
                ActivityState::Backoff(until) => Some(until),
                _ => None,
            });
        let first = timers.map(|timer| timer.due).chain(retries).min();
        let own = if !self.awaits_first_task {
            [self.own_deadline(), self.start.expires]
        } else if self.start.waits_for_parent || self.start.backoff.is_zero() {
            // Its first task is on its way.
            return None;
        } else {
            [Some(self.execution_time()), None]
        };
        let next = first.into_iter().chain(own.into_iter().flatten()).min();
        let forward = self.time_skipping.fast_forwards_to();
        let jump = match (next, forward) {
            (Some(next), Some(end)) if end <= next => Jump {
                to: Some(end),
                ends_fast_forward: true,
            },
            (None, Some(end)) => Jump {
                to: Some(end),
                ends_fast_forward: true,
            },
            (next, _) => Jump {
                to: next,
                ends_fast_forward: false,
            },
        };
        jump.to.filter(|to| *to > now).map(|_| jump)
    }

    /// What UpdateWorkflowExecutionOptions does to the run's time; timers of the fast-forward follow.
    pub(super) fn change_time_skipping(
        &mut self,
        ctx: &mut Context<'_>,
        config: Option<TimeSkippingConfig>,
    ) {
        self.time_skipping.change(ctx.now, config);
        self.set_fast_forward_timer(ctx);
    }

    /// A fast-forward ends at its time even if the run never only waits.
    pub(super) fn set_fast_forward_timer(&self, ctx: &mut Context<'_>) {
        ctx.emit(match self.time_skipping.fast_forwards_to() {
            Some(end) => Effect::SetTimer(RunTimer::FastForward, end),
            None => Effect::ClearTimer(RunTimer::FastForward),
        });
    }
}
