//! Local activities of one workflow task: they run here, beside the task, which waits for them. Attempts, retries,
//! timeouts and cancellation, all without the service; what comes of them goes to the run, which makes markers of it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use temporal_protos::{
    common::Payload as RawPayload,
    enums::TimeoutType,
    failure::{Failure, failure::FailureInfo},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    Shared,
    attempt::{self, Ended},
    deadlock::Watch,
    slots::Slot,
    workflow_tasks::About,
};
use crate::{
    activity::{ActivityContext, ActivityInfo, CancelReason, Invocation},
    failure::{application_failure, as_application_failure},
    headers::Headers,
    machine::{LocalRequest, LocalResult, LocalRun, Outcome, Retry},
    workflow::{Completion, Run, TaskFailure},
};

/// How much of the time that the service waits for a task is used up before a new one must take its place.
const HEARTBEAT_AT: f64 = 0.8;

/// Why a workflow task that had local activities can be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// None is left.
    Over,
    /// The task would time out: a new one must take its place.
    Heartbeat,
    /// This worker stops, and another one must run them.
    GivenUp,
}

/// What came of one.
enum Came {
    Result(LocalResult),
    /// It was stopped for a reason that is none of the workflow's.
    GivenUp,
}

/// Asks one to stop.
type Stop = watch::Sender<Option<CancelReason>>;

/// The local activities of one run, from task to task as long as these are heartbeats. Dropped, those that run are told
/// that nobody waits for them.
pub(super) struct LocalActivities {
    running: BTreeMap<u64, Stop>,
    sender: mpsc::UnboundedSender<Came>,
    came: mpsc::UnboundedReceiver<Came>,
}

impl Default for LocalActivities {
    fn default() -> Self {
        let (sender, came) = mpsc::unbounded_channel();
        Self {
            running: BTreeMap::new(),
            sender,
            came,
        }
    }
}

impl Drop for LocalActivities {
    fn drop(&mut self) {
        for stop in self.running.values() {
            tell(stop, CancelReason::Gone);
        }
    }
}

/// The first reason counts.
fn tell(stop: &Stop, reason: CancelReason) {
    stop.send_if_modified(|told| {
        let first = told.is_none();
        if first {
            *told = Some(reason);
        }
        first
    });
}

impl LocalActivities {
    /// Those that still run were left alone by the workflow.
    fn leave(&mut self) {
        self.running.clear();
    }

    /// The results that are there, at least one; or why none is waited for any more.
    async fn next(&mut self, deadline: Instant) -> (Vec<LocalResult>, Option<Waited>) {
        let mut came = tokio::select! {
            biased;
            came = self.came.recv() => came,
            () = tokio::time::sleep_until(deadline) => return (Vec::new(), Some(Waited::Heartbeat)),
        };
        let mut results = Vec::new();
        loop {
            match came {
                Some(Came::Result(result)) => {
                    self.running.remove(&result.seq);
                    results.push(result);
                }
                Some(Came::GivenUp) => return (results, Some(Waited::GivenUp)),
                None => return (results, None),
            }
            came = self.came.try_recv().ok();
        }
    }
}

/// Workflow code goes on with what has ended. If it waits for no more, or must not, the task is completed.
fn go_on(
    mut run: Box<Run>,
    results: Vec<LocalResult>,
    waited: Option<Waited>,
    watch: &Watch,
) -> Result<(Box<Run>, Option<Completion>), TaskFailure> {
    watch.see(run.probe());
    for result in results {
        watch.begin();
        run.handle_local_result(result)?;
    }
    let over = waited.is_some() || !run.has_local_activities();
    let completion = over.then(|| run.complete_task(&|| watch.begin()));
    if over {
        run.rest();
    }
    Ok((run, completion))
}

impl Shared {
    /// Runs what the run asks for, and gives it the results, until its task can be completed: before it times out, at
    /// the latest.
    pub(super) async fn run_local_activities(
        self: &Arc<Self>,
        about: &Arc<About>,
        mut run: Box<Run>,
        locals: &mut LocalActivities,
        received: Instant,
    ) -> Result<(Box<Run>, Completion, Waited), TaskFailure> {
        let deadline = received + run.task_timeout().mul_f64(HEARTBEAT_AT);
        loop {
            for request in run.local_requests(SystemTime::now()) {
                self.handle_request(about, &run, locals, request);
            }
            let (results, waited) = locals.next(deadline).await;
            let work = move |watch: &Watch| go_on(run, results, waited, watch);
            let (back, completion) = self.on_thread(about, work).await?;
            run = back;
            if let Some(completion) = completion {
                // a cancellation may be among them
                for request in run.local_requests(SystemTime::now()) {
                    self.handle_request(about, &run, locals, request);
                }
                let waited = waited.unwrap_or(Waited::Over);
                if waited == Waited::Over && !completion.closed {
                    locals.leave();
                }
                return Ok((run, completion, waited));
            }
        }
    }

    fn handle_request(
        self: &Arc<Self>,
        about: &Arc<About>,
        of: &Run,
        locals: &mut LocalActivities,
        request: LocalRequest,
    ) {
        match request {
            LocalRequest::Cancel { seq } => {
                if let Some(stop) = locals.running.get(&seq) {
                    tell(stop, CancelReason::Requested);
                }
            }
            LocalRequest::Run(run) => {
                let stop = Stop::new(run.cancelled.then_some(CancelReason::Requested));
                let threshold = run
                    .command
                    .local_retry_threshold
                    .unwrap_or(of.task_timeout());
                let one = LocalActivity {
                    worker: self.clone(),
                    about: about.clone(),
                    headers: of.passed_on(),
                    stop: stop.subscribe(),
                    until: ends_at(&run),
                    threshold,
                    run,
                };
                locals.running.insert(one.run.seq, stop);
                let sender = locals.sender.clone();
                tokio::spawn(async move {
                    // nobody listens any more if the run is gone
                    let _ = sender.send(one.attempts().await);
                });
            }
        }
    }
}

/// When its time is over, attempts before a timer included.
fn ends_at(run: &LocalRun) -> Option<Instant> {
    let time = run.command.schedule_to_close?;
    let here = SystemTime::now().duration_since(run.scheduled);
    // a clock that skips is ahead of ours
    let passed = here.unwrap_or_default().max(run.passed);
    Some(Instant::now() + time.saturating_sub(passed))
}

/// One local activity.
struct LocalActivity {
    worker: Arc<Shared>,
    about: Arc<About>,
    headers: Headers,
    run: LocalRun,
    stop: watch::Receiver<Option<CancelReason>>,
    until: Option<Instant>,
    threshold: Duration,
}

/// What follows an attempt.
enum Next {
    Over(Came),
    Again(Duration),
}

impl LocalActivity {
    async fn attempts(mut self) -> Came {
        let mut attempt = self.run.attempt;
        loop {
            let slot = match self.slot(attempt).await {
                Ok(slot) => slot,
                Err(came) => return came,
            };
            match self.attempt(attempt, slot).await {
                Next::Over(came) => return came,
                Next::Again(wait) => {
                    tokio::select! {
                        biased;
                        reason = told(&mut self.stop) => return self.stopped(reason, attempt),
                        () = self.worker.shutdown.requested() => return Came::GivenUp,
                        () = tokio::time::sleep(wait) => attempt = attempt.saturating_add(1),
                    }
                }
            }
        }
    }

    async fn slot(&self, attempt: u32) -> Result<Slot, Came> {
        let slots = &self.worker.local_activity_slots;
        let mut stop = self.stop.clone();
        let began = Instant::now();
        let start = self.run.command.schedule_to_start.map(|time| began + time);
        let timed_out = |kind| {
            let failure = LocalResult::timed_out(kind, None);
            Err(self.failed(failure, attempt, began))
        };
        tokio::select! {
            biased;
            reason = told(&mut stop) => Err(self.stopped(reason, attempt)),
            slot = slots.reserve() => Ok(slot),
            () = at(self.until) => timed_out(TimeoutType::ScheduleToClose),
            () = at(start) => timed_out(TimeoutType::ScheduleToStart),
        }
    }

    async fn attempt(&mut self, attempt: u32, slot: Slot) -> Next {
        let began = Instant::now();
        let context = Arc::new(self.context(attempt));
        let _running = self.worker.running.enter(context.clone());
        let activity_type = &self.run.command.activity_type;
        let Some(activity) = self.worker.plan.activities.get(activity_type.as_str()) else {
            let failure = self.worker.unknown(context.info());
            return self.after(failure, attempt, began, None);
        };
        let invocation = Invocation {
            state: self.worker.state.clone(),
            context: context.clone(),
        };
        let input = self.run.command.input.clone();
        let place = (slot.occupied(), self.worker.activity_threads.clone());
        let around = &self.worker.options.interceptors;
        let code = attempt::run(
            activity.name,
            activity.invoke,
            invocation,
            input,
            place,
            around,
            self.worker.client.connection().coding(),
        );
        let mut code = std::pin::pin!(code);
        let (limit, kind) = self.limit(began);
        let mut is_told = false;
        loop {
            tokio::select! {
                biased;
                ended = &mut code => return self.ended(ended, attempt, began, context.cancel_reason()),
                reason = told(&mut self.stop), if !is_told => {
                    is_told = true;
                    context.cancel(reason);
                }
                () = at(limit) => {
                    context.cancel(CancelReason::TimedOut);
                    let failure = LocalResult::timed_out(kind, None);
                    return self.after(failure, attempt, began, context.cancel_reason());
                }
            }
        }
    }

    /// When the attempt has taken too long, and by which of its timeouts.
    fn limit(&self, began: Instant) -> (Option<Instant>, TimeoutType) {
        let own = self.run.command.start_to_close.map(|time| began + time);
        match (own, self.until) {
            (Some(own), Some(all)) if all <= own => (Some(all), TimeoutType::ScheduleToClose),
            (Some(own), _) => (Some(own), TimeoutType::StartToClose),
            (None, all) => (all, TimeoutType::ScheduleToClose),
        }
    }

    fn ended(
        &self,
        ended: Ended,
        attempt: u32,
        began: Instant,
        reason: Option<CancelReason>,
    ) -> Next {
        Next::Over(match (ended, reason) {
            (Ended::Completed(payload), _) => self.completed(payload, attempt, began),
            (Ended::Abandoned, _)
            | (_, Some(CancelReason::WorkerShutdown | CancelReason::Gone)) => Came::GivenUp,
            (Ended::Cancelled(_), Some(CancelReason::Requested)) => {
                self.stopped(CancelReason::Requested, attempt)
            }
            (Ended::LeftOpen, _) => {
                let text = "a local activity cannot be ended elsewhere: call it without `.local()`";
                let mut failure = application_failure("LeftOpen", text.to_owned(), None);
                if let Some(FailureInfo::ApplicationFailureInfo(info)) = &mut failure.failure_info {
                    info.non_retryable = true;
                }
                return self.after(failure, attempt, began, reason);
            }
            // a cancellation that nobody asked for is a failure like any other
            (Ended::Failed(failure) | Ended::Cancelled(failure), _) => {
                return self.after(as_application_failure(failure), attempt, began, reason);
            }
        })
    }

    /// What follows a failure.
    fn after(
        &self,
        failure: Failure,
        attempt: u32,
        began: Instant,
        reason: Option<CancelReason>,
    ) -> Next {
        let wait = match Retry::of(&self.run.command.retry_policy, attempt, &failure) {
            Retry::After(wait) if reason != Some(CancelReason::Requested) => wait,
            _ => return Next::Over(self.failed(failure, attempt, began)),
        };
        if self
            .until
            .is_some_and(|until| Instant::now() + wait >= until)
        {
            let kind = TimeoutType::ScheduleToClose;
            let failure = LocalResult::timed_out(kind, Some(failure));
            return Next::Over(self.failed(failure, attempt, began));
        }
        if wait <= self.threshold {
            return Next::Again(wait);
        }
        let outcome = Outcome::Failed(Box::new(failure));
        Next::Over(self.result(outcome, attempt, began, Some(wait)))
    }

    fn stopped(&self, reason: CancelReason, attempt: u32) -> Came {
        if reason != CancelReason::Requested {
            return Came::GivenUp;
        }
        self.failed(LocalResult::cancelled(), attempt, Instant::now())
    }

    fn completed(&self, payload: RawPayload, attempt: u32, began: Instant) -> Came {
        self.result(Outcome::Completed(Some(payload)), attempt, began, None)
    }

    fn failed(&self, failure: Failure, attempt: u32, began: Instant) -> Came {
        self.result(Outcome::Failed(Box::new(failure)), attempt, began, None)
    }

    fn result(
        &self,
        outcome: Outcome,
        attempt: u32,
        began: Instant,
        backoff: Option<Duration>,
    ) -> Came {
        Came::Result(LocalResult {
            seq: self.run.seq,
            attempt,
            runtime: began.elapsed(),
            outcome,
            backoff,
        })
    }

    fn context(&self, attempt: u32) -> ActivityContext {
        let (about, command) = (&self.about, &self.run.command);
        let info = ActivityInfo {
            activity_id: self.run.activity_id.clone(),
            activity_type: command.activity_type.clone(),
            workflow_id: about.workflow_id.clone(),
            run_id: about.run_id.clone(),
            workflow_type: about.workflow_type.clone(),
            namespace: self.worker.client.namespace().to_owned(),
            task_queue: self.worker.plan.task_queue.clone(),
            attempt,
            scheduled_time: Some(self.run.scheduled),
            attempt_scheduled_time: Some(SystemTime::now()),
            started_time: Some(SystemTime::now()),
            start_to_close: command.start_to_close,
            schedule_to_close: command.schedule_to_close,
            is_local: true,
            headers: self.headers.clone(),
            ..ActivityInfo::default()
        };
        ActivityContext::new(info, Vec::new())
    }
}

async fn told(stop: &mut watch::Receiver<Option<CancelReason>>) -> CancelReason {
    match stop.wait_for(Option::is_some).await.map(|reason| *reason) {
        Ok(Some(reason)) => reason,
        // left alone: it runs on, and nobody can ask it to stop
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
