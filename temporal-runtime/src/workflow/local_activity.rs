//! Local activities, as workflow code asks for them and as a task goes on when one has ended.

use std::time::{Duration, SystemTime};

use temporal_protos::common::Payload as RawPayload;

use super::{
    executor::{Executor, TaskFailure},
    operation::{Begin, Kind, Name},
    role::Role,
    run::Run,
    wait::{Decode, Op, Starter, activity_result, starter},
};
use crate::{
    activity::{ActivityDef, HasTimeout, LocalActivityCall},
    machine::{LocalActivityCommand, LocalRequest, LocalResult, OpId},
};

impl<W, A: ActivityDef, T: HasTimeout<A> + 'static> Op<W> for LocalActivityCall<A, T> {
    type Output = A::Output;
    type Handle = ();
    fn starter(self) -> Starter<W, A::Output> {
        let Self {
            args,
            defaults,
            more,
            ..
        } = self;
        starter(Decode::Payload(activity_result::<A>), move |_| {
            let name = more.activity_type.map_or(A::NAME.into(), Name::from);
            let input = match A::encode(args) {
                Ok(input) => input,
                Err(error) => return Begin::Broken(Kind::LocalActivity(name), error),
            };
            let policy = more.retry_policy.or_else(|| defaults.retry_policy());
            let command = LocalActivityCommand {
                activity_id: more.activity_id,
                activity_type: name.to_string(),
                input,
                schedule_to_close: defaults.schedule_to_close,
                schedule_to_start: defaults.schedule_to_start,
                start_to_close: defaults.start_to_close,
                retry_policy: policy.unwrap_or_default(),
                local_retry_threshold: more.local_retry_threshold,
                summary: more.summary,
            };
            Begin::LocalActivity(name, command, defaults.cancellation)
        })
    }
}

impl Run {
    /// What the worker must do for this run now; `now` is its clock.
    pub(crate) fn local_requests(&self, now: SystemTime) -> Vec<LocalRequest> {
        let core = self.executor.core();
        std::iter::from_fn(|| core.machine(|m| m.poll_local_request(now))).collect()
    }

    /// How long the service waits for a task of this run.
    pub(crate) const fn task_timeout(&self) -> Duration {
        self.task_timeout
    }

    /// Whether the task must stay open.
    pub(crate) fn has_local_activities(&self) -> bool {
        self.executor.core().machine(|m| m.has_local_activities())
    }

    /// A local activity of the live task has ended: workflow code goes on.
    pub(crate) fn handle_local_result(&mut self, result: LocalResult) -> Result<(), TaskFailure> {
        let core = self.executor.core().clone();
        match core.machine(|m| m.handle_local_result(result)) {
            Some(time) => self.executor.activate(time, false),
            None => Ok(()),
        }
    }

    /// Those that ended in a replayed task, in the order of their markers.
    pub(super) fn resolve_markers(
        &mut self,
        now: SystemTime,
        each: &dyn Fn(),
    ) -> Result<(), TaskFailure> {
        let core = self.executor.core().clone();
        while let Some(time) = core.machine(|m| m.resolve_next_marker()) {
            each();
            self.executor.activate(time.unwrap_or(now), true)?;
        }
        Ok(())
    }
}

impl Executor {
    /// In its turn, like any task that waited for the timer: others may ask for activities before it does.
    pub(super) fn retry_local_activity(&mut self, op: OpId) {
        let core = self.core.clone();
        let retry = async move {
            let now = core.now();
            core.machine(|m| m.retry_local_activity(op, now));
            Ok(RawPayload::default())
        };
        self.spawn(Role::Spawned, Box::pin(retry));
    }
}
