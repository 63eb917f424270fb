//! The passing of time: what has become due, what backfills ask for, and what of it starts. Each look is bounded; what
//! is left is done at the next.

use std::time::Duration;

use temporal_protos::enums::ScheduleOverlapPolicy as Policy;

use super::spec::Match;
use super::start::Action;
use super::state::{Backfill, BufferedStart};
use super::{MAX_BUFFER, Schedule, overlap, to_millis};
use crate::engine::time::Time;

/// Times that one look goes through.
const TIMES_AT_ONCE: usize = 10_000;
/// Starts of a backfill at a time.
const BACKFILLS_AT_ONCE: usize = 10;
/// How often that is done in one look: a range may be as long as its caller likes, and nobody waits for its end.
const BACKFILL_ROUNDS: usize = 100;
/// How long to wait with what was left.
const PAUSE: Duration = Duration::from_secs(1);

impl Schedule {
    /// Puts into the buffer what has become due; says whether there is more.
    pub(super) fn pass_time(&mut self, now: Time) -> bool {
        let now = to_millis(now);
        if !self.may_act() {
            // What passes meanwhile is not made up for.
            self.state.cursor = self.state.cursor.max(now);
            return false;
        }
        let seed = self.seed();
        for _ in 0..TIMES_AT_ONCE {
            let next = self.spec.next(&seed, self.state.cursor);
            let Some(Match { nominal, actual }) = next.filter(|next| next.actual <= now) else {
                return false;
            };
            self.state.cursor = actual;
            if actual < self.state.updated {
                // The spec is newer.
                continue;
            }
            if now - actual > self.catchup_window() {
                self.state.info.missed_catchup_window += 1;
                continue;
            }
            self.add_start(BufferedStart {
                nominal,
                actual,
                overlap_policy: Policy::Unspecified.into(),
                manual: false,
            });
        }
        true
    }

    /// Starts what can be started; says whether there is more to do soon.
    pub(super) fn settle(
        &mut self,
        now: Time,
        fresh_id: &mut dyn FnMut() -> String,
        actions: &mut Vec<Action>,
    ) -> bool {
        for _ in 0..BACKFILL_ROUNDS {
            self.feed_backfills();
            while self.start_from_buffer(now, fresh_id, actions) {}
            let Some(next) = self.state.backfills.first() else {
                return false;
            };
            if self.backfills_wait() {
                return false;
            }
            if overlap::resolve(next.overlap_policy, self.policy()) == Policy::AllowAll {
                // So many at once are enough.
                return true;
            }
        }
        true
    }

    /// Half of the buffer is for backfills: they go on when a run ends.
    fn backfills_wait(&self) -> bool {
        self.state.buffer.len() >= MAX_BUFFER / 2
    }

    fn feed_backfills(&mut self) {
        let seed = self.seed();
        let mut left = BACKFILLS_AT_ONCE;
        while left > 0 && !self.backfills_wait() {
            let Some(Backfill {
                after,
                end,
                overlap_policy,
            }) = self.state.backfills.first().copied()
            else {
                return;
            };
            let next = self.spec.next(&seed, after);
            let Some(Match { nominal, actual }) = next.filter(|next| next.actual <= end) else {
                self.state.backfills.remove(0);
                continue;
            };
            self.state.backfills[0].after = actual;
            left -= 1;
            self.add_start(BufferedStart {
                nominal,
                actual,
                overlap_policy,
                manual: true,
            });
        }
    }

    /// Goes through the buffer once; says whether it is worth another look, because a start was not allowed.
    fn start_from_buffer(
        &mut self,
        now: Time,
        fresh_id: &mut dyn FnMut() -> String,
        actions: &mut Vec<Action>,
    ) -> bool {
        let due = std::mem::take(&mut self.state.buffer);
        if due.is_empty() || self.state.action.is_none() {
            return false;
        }
        let running = !self.state.info.running_workflows.is_empty();
        let plan = overlap::plan(due, running, self.policy());
        self.state.buffer = plan.waiting;
        self.state.info.overlap_skipped += plan.skipped;
        if plan.cancel || plan.terminate {
            for run in &self.state.info.running_workflows {
                actions.push(if plan.terminate {
                    Action::Terminate(run.clone())
                } else {
                    Action::Cancel(run.clone())
                });
            }
        }
        let mut again = false;
        for start in plan.at_once {
            again |= !self.start(start, true, now, fresh_id, actions);
        }
        if let Some(start) = plan.next {
            again |= !self.start(start, false, now, fresh_id, actions);
        }
        again
    }

    /// Whether an action may be taken; counts it if actions are limited. Manual ones always may, and do not count.
    pub(super) fn spend_action(&mut self, manual: bool) -> bool {
        if manual {
            return true;
        }
        if !self.may_act() {
            return false;
        }
        if self.state.state.limited_actions {
            self.state.state.remaining_actions -= 1;
            self.state.conflict_token += 1;
        }
        true
    }

    /// When to look again.
    pub(super) fn next_wake(&self, now: Time, more: bool) -> Option<Time> {
        let soon = more.then(|| now.plus(PAUSE));
        let due = if self.may_act() {
            self.next_due(now)
        } else {
            None
        };
        let due = due.map(|next| Time::from_nanos(next.actual.saturating_mul(1_000_000)));
        [soon, due].into_iter().flatten().min()
    }

    /// The first time of the spec that is still to come.
    pub(super) fn next_due(&self, now: Time) -> Option<Match> {
        let (now, seed) = (to_millis(now), self.seed());
        // A time that lies back farther than the jitter reaches is over.
        let earliest = now.saturating_sub(self.spec.most_jitter() + 1000);
        let mut cursor = self.state.cursor.max(earliest);
        loop {
            let next = self.spec.next(&seed, cursor)?;
            if next.actual > now {
                return Some(next);
            }
            cursor = next.actual;
        }
    }
}
