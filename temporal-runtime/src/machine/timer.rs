//! Timers of one run. Never looks at a clock: firing is an event in history, cancelling is a command.

use std::time::Duration;

use super::{
    Job, Machine, Mismatch, OpId, Outcome,
    command::{Command, Issued},
};

/// What history says of a timer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TimerEvent {
    Started { timer_id: String },
    Fired { timer_id: String, started: i64 },
    Canceled { timer_id: String, started: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Asked for; its event is still to come.
    Issued,
    /// In history, and running.
    Started,
    /// Its cancellation was asked for.
    Cancelling,
}

#[derive(Debug)]
pub(super) struct Timer {
    id: String,
    state: State,
}

impl Machine {
    /// Starts a timer, numbered as the other SDKs do: "1", "2", ….
    pub(crate) fn start_timer(&mut self, op: OpId, delay: Duration) {
        self.start_described_timer(op, delay, None);
    }

    /// As [`start_timer`](Self::start_timer), with a line for people.
    pub(crate) fn start_described_timer(
        &mut self,
        op: OpId,
        delay: Duration,
        summary: Option<String>,
    ) {
        self.next_timer += 1;
        let id = self.next_timer.to_string();
        let command = Command::StartTimer {
            timer_id: id.clone(),
            delay,
            summary,
        };
        self.timers.insert(
            op,
            Timer {
                id,
                state: State::Issued,
            },
        );
        self.issue(command, Issued::Begin(op));
    }

    /// Cancels a timer. One that began in this very task leaves no trace.
    pub(crate) fn cancel_timer(&mut self, op: OpId) {
        if self.take_back(op) {
            self.timers.remove(&op);
            return;
        }
        let Some(timer) = self.timers.get_mut(&op) else {
            return;
        };
        if timer.state == State::Cancelling {
            return;
        }
        timer.state = State::Cancelling;
        let timer_id = timer.id.clone();
        self.issue(Command::CancelTimer { timer_id }, Issued::Cancel(op));
    }

    pub(super) fn handle_timer(
        &mut self,
        event_id: i64,
        event: TimerEvent,
    ) -> Result<(), Mismatch> {
        match event {
            TimerEvent::Started { timer_id } => self.timer_started(event_id, &timer_id),
            TimerEvent::Fired { timer_id, started } => {
                let what = format!("timer `{timer_id}` fired");
                let op = self.op_of(event_id, started, &what)?;
                match self.timers.remove(&op).map(|t| t.state) {
                    Some(State::Started) => {
                        if self.locals.is_backing_off(op) {
                            self.jobs.push_back(Job::RetryLocalActivity(op));
                        } else {
                            self.resolve(op, Outcome::Completed(None));
                        }
                        Ok(())
                    }
                    state => Err(Mismatch::new(
                        event_id,
                        &what,
                        format!("the timer is {state:?}"),
                    )),
                }
            }
            TimerEvent::Canceled { timer_id, started } => {
                let what = format!("timer `{timer_id}` cancelled");
                self.confirm(
                    event_id,
                    &what,
                    |c| matches!(c, Command::CancelTimer { timer_id: t } if *t == timer_id),
                )?;
                let op = self.op_of(event_id, started, &what)?;
                self.timers.remove(&op);
                Ok(())
            }
        }
    }

    fn timer_started(&mut self, event_id: i64, timer_id: &str) -> Result<(), Mismatch> {
        let out = self.confirm(
            event_id,
            &format!("timer `{timer_id}` started"),
            |c| matches!(c, Command::StartTimer { timer_id: t, .. } if t == timer_id),
        )?;
        let op = out.op();
        self.begun_by.insert(event_id, op);
        // a cancellation may have been issued already, in the same task or after it
        if let Some(timer) = self.timers.get_mut(&op)
            && timer.state == State::Issued
        {
            timer.state = State::Started;
        }
        Ok(())
    }
}
