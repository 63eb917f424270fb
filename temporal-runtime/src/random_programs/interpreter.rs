//! The workflow that does what a program says, and its activity. What it returns is a log of all that it saw.

use std::{collections::BTreeMap, fmt::Debug, future::Future, pin::Pin};

use super::program::*;
use crate::{Canceller, MemoUpdate, ParentClosePolicy, SearchAttributeKey, prelude::*};

/// An attribute that the service of a simulation knows.
const MOOD: SearchAttributeKey<String> = SearchAttributeKey::keyword("Mood");

/// The state: what handlers and steps share.
#[workflow]
#[derive(Default)]
pub(super) struct Interpreter {
    pokes: u32,
    log: Vec<String>,
    open: Vec<Canceller>,
    /// How long history was when a child of that id was last started.
    raised: BTreeMap<String, u64>,
}

#[workflow]
impl Interpreter {
    #[run]
    async fn run(wf: &mut Wf<Self>, program: Program) -> Result<Vec<String>> {
        let Program { steps, ending } = program;
        perform(wf, steps, "/".to_owned()).await?;
        match ending {
            Ending::Log => Ok(wf.log.clone()),
            Ending::Again(program) => {
                let next = Self::with(*program);
                wf.continue_as_new(next)
            }
            Ending::Failure => Err(ApplicationError::new(wf.log.join("; ")).into()),
        }
    }

    #[signal]
    fn poke(&mut self) {
        self.pokes += 1;
        self.log.push(format!("poke {}", self.pokes));
    }

    #[signal]
    fn cut(&mut self) {
        if let Some(innermost) = self.open.last_mut() {
            innermost.cancel();
        }
        self.log.push("cut".to_owned());
    }

    #[signal]
    async fn also(wf: &mut Wf<Self>, steps: Vec<Step>) -> Result<()> {
        perform(wf, steps, "also/".to_owned()).await
    }

    #[update]
    async fn change(wf: &mut Wf<Self>, steps: Vec<Step>) -> Result<usize> {
        perform(wf, steps, "change/".to_owned()).await?;
        Ok(wf.log.len())
    }

    #[validator(change)]
    fn check_change(&self, steps: &[Step]) -> Result<()> {
        if steps.is_empty() {
            return Err("nothing to do".into());
        }
        Ok(())
    }

    #[update]
    fn add(&mut self, pokes: u32) -> Result<u32> {
        self.pokes += pokes;
        Ok(self.pokes)
    }

    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}

#[activity(name = "random_act", start_to_close = "10s", heartbeat = "2s")]
async fn act(context: &ActivityContext, act: Act) -> Result<String> {
    let attempt = context.info().attempt;
    let said = format!("act {} in attempt {attempt}", act.value);
    match act.doing {
        Doing::Succeed => Ok(said),
        Doing::FailFirst(times) if attempt > times => Ok(said),
        Doing::FailFirst(_) => Err(format!("{said} fails").into()),
        Doing::Fail => Err(ApplicationError::new(format!("{said} fails for good"))
            .non_retryable()
            .into()),
        Doing::Hang => std::future::pending().await,
        Doing::UntilCancelled | Doing::SwallowCancellation => {
            context.heartbeat(attempt);
            let cancelled = context.cancelled().await;
            if act.doing == Doing::SwallowCancellation {
                return Ok(format!("{said} was cancelled"));
            }
            Err(cancelled)
        }
    }
}

impl Act {
    fn call(self) -> crate::ActivityCall<act> {
        let id = self.id.clone();
        let stop = self.stop.into();
        let attempts = self.attempts;
        let call = act::with(self)
            .max_attempts(attempts)
            .cancellation_type(stop);
        match id {
            Some(id) => call.id(id),
            None => call,
        }
    }
}

impl Local {
    fn call(self) -> crate::LocalActivityCall<act> {
        let threshold = Duration::from_millis(if self.patient { 60_000 } else { 10 });
        let (stop, attempts) = (self.act.stop.into(), self.act.attempts);
        act::with(self.act)
            .local()
            .max_attempts(attempts)
            .cancellation_type(stop)
            .local_retry_threshold(threshold)
    }
}

impl Child {
    fn call(self) -> crate::WorkflowCall<Interpreter> {
        let policy = match self.outlives {
            Outlives::No => ParentClosePolicy::Terminate,
            Outlives::Yes => ParentClosePolicy::Abandon,
            Outlives::Asked => ParentClosePolicy::RequestCancel,
        };
        let call = Interpreter::with(self.program)
            .cancellation_type(self.stop.into())
            .parent_close_policy(policy);
        match self.id {
            Some(id) => call.id(id),
            None => call,
        }
    }
}

impl From<Stop> for CancellationType {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Try => Self::TryCancel,
            Stop::Wait => Self::WaitCompleted,
            Stop::Abandon => Self::Abandon,
        }
    }
}

/// What became of an operation, in words.
fn told<T: Debug>(result: &Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            let cause = error.failure().map(|failure| failure.message().to_owned());
            format!("{error} ({})", cause.unwrap_or_default())
        }
    }
}

/// Does something with an operation, whatever its type.
macro_rules! with_op {
    ($wf:ident, $work:expr, $op:ident => $body:expr) => {
        match $work {
            Work::Act(act) => {
                let $op = act.call();
                $body
            }
            Work::Local(local) => {
                let $op = local.call();
                $body
            }
            Work::Timer { millis } => {
                let $op = timer(Duration::from_millis(millis));
                $body
            }
            Work::Child(child) => {
                let $op = raise($wf, *child);
                $body
            }
            Work::Poke { to } => {
                let $op = $wf.external_for::<Interpreter>(to).poke();
                $body
            }
            Work::Cancel { of } => {
                // the service refuses a task that starts a child and has it cancelled by its id
                let now = $wf.info().history_length;
                let of = if $wf.raised.get(&of) == Some(&now) {
                    "nobody".to_owned()
                } else {
                    of
                };
                let $op = $wf.external(of).cancel().reason("a program said so");
                $body
            }
            Work::Pokes { more } => {
                let enough = $wf.pokes + more;
                let $op = until(move |s: &Interpreter| s.pokes >= enough);
                $body
            }
        }
    };
}

/// A call of a child, of which is kept when it was made. A run uses no id twice: to cancel a child and to start one of the
/// same id in one task is refused by the service.
fn raise(wf: &mut Wf<Interpreter>, mut child: Child) -> crate::WorkflowCall<Interpreter> {
    let now = wf.info().history_length;
    child.id = child.id.filter(|id| !wf.raised.contains_key(id));
    if let Some(id) = child.id.clone() {
        wf.raised.insert(id, now);
    }
    child.call()
}

type Steps<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Does steps one after the other. The path tells of which list a line of the log is.
fn perform(wf: &mut Wf<Interpreter>, steps: Vec<Step>, path: String) -> Steps<'_, Result<()>> {
    Box::pin(async move {
        for (place, step) in steps.into_iter().enumerate() {
            let path = format!("{path}{place}");
            let line = one(wf, step, &path).await?;
            wf.log.push(format!("{path} {line}"));
        }
        Ok(())
    })
}

#[expect(
    clippy::too_many_lines,
    reason = "one flat match: each kind of step and what it does"
)]
async fn one(wf: &mut Wf<Interpreter>, step: Step, path: &str) -> Result<String> {
    Ok(match step {
        Step::Do { work, must } => {
            let (line, failed) = single(wf, work).await;
            match failed {
                Some(error) if must => return Err(error),
                _ => line,
            }
        }
        Step::Two { how, first, second } => two(wf, how, first, second).await,
        Step::Many { how, acts } => many(wf, how, acts).await,
        Step::Locals { acts } => {
            let settled = wf.settle_all(acts.into_iter().map(Local::call)).await;
            settled.iter().map(told).collect::<Vec<_>>().join(" and ")
        }
        Step::Lend { act, millis, then } => {
            let mut handle = wf.start(act.call());
            let limit = timer(Duration::from_millis(millis));
            let first = told(&wf.race((&mut handle, limit)).await);
            format!("{first}, then {}", come_back(wf, handle, then).await)
        }
        Step::Start {
            act,
            meanwhile,
            then,
        } => {
            let handle = wf.start(act.call());
            let ended = perform(wf, meanwhile, format!("{path}-")).await;
            let line = come_back(wf, handle, then).await;
            ended?;
            line
        }
        Step::Spawn {
            steps,
            meanwhile,
            then,
        } => {
            let inner = format!("{path}+");
            let handle = wf.spawn(move |mut wf| async move {
                perform(&mut wf, steps, inner).await?;
                Ok::<_, Error>(wf.pokes)
            });
            let ended = perform(wf, meanwhile, format!("{path}-")).await;
            let line = come_back(wf, handle, then).await;
            ended?;
            line
        }
        Step::Raise {
            child,
            pokes,
            cancels,
            meanwhile,
            then,
        } => {
            let call = raise(wf, child);
            let handle = wf.start(call);
            let early: Vec<_> = (0..pokes).map(|_| wf.start(handle.poke())).collect();
            let ended = perform(wf, meanwhile, format!("{path}-")).await;
            let started = wf.execute(handle.started()).await.is_ok();
            let told_it: Vec<_> = wf.settle_all(early).await.iter().map(told).collect();
            let cancelled = if cancels {
                let request = handle.clone().cancel();
                told(&wf.execute(request).await)
            } else {
                String::new()
            };
            let line = come_back(wf, handle, then).await;
            ended?;
            format!("started: {started}, {told_it:?}, {cancelled}, {line}")
        }
        Step::Within { shielded, steps } => within(wf, shielded, steps, path).await,
        Step::Cut => {
            if let Some(innermost) = wf.open.last_mut() {
                innermost.cancel();
            }
            "cut".to_owned()
        }
        Step::Patched { id, since, before } => {
            let steps = if wf.patched(&id) { since } else { before };
            perform(wf, steps, format!("{path}p")).await?;
            format!("patch {id}")
        }
        Step::Deprecate { id } => {
            wf.deprecate_patch(&id);
            format!("no patch {id}")
        }
        Step::Draw => {
            let (millis, id) = (wf.random().range(0..50_000), wf.uuid4());
            wf.sleep(Duration::from_millis(millis)).await?;
            format!("drew {millis} and {id}")
        }
        Step::Describe { value } => {
            if value % 2 == 0 {
                wf.upsert_search_attributes([MOOD.set(format!("mood {value}"))]);
            }
            wf.upsert_memo(MemoUpdate::new().set("value", value))?;
            let memo = wf.memo().get::<u32>("value")?;
            format!("{memo:?} and {:?}", wf.search_attributes().get(&MOOD))
        }
        Step::Note => format!(
            "{:?}, {} pokes, {} open, cancelled: {}",
            wf.now(),
            wf.pokes,
            wf.open.len(),
            wf.is_cancelled()
        ),
    })
}

async fn single(wf: &mut Wf<Interpreter>, work: Work) -> (String, Option<Error>) {
    with_op!(wf, work, op => {
        let result = wf.execute(op).await;
        (told(&result), result.err())
    })
}

fn two(wf: &mut Wf<Interpreter>, how: Two, first: Work, second: Work) -> Steps<'_, String> {
    match how {
        Two::Join => Box::pin(async move {
            with_op!(wf, first, a => with_op!(wf, second, b => told(&wf.join((a, b)).await)))
        }),
        Two::Race => Box::pin(async move {
            with_op!(wf, first, a => with_op!(wf, second, b => told(&wf.race((a, b)).await)))
        }),
        Two::Settle => Box::pin(async move {
            with_op!(wf, first, a => with_op!(wf, second, b => {
                let (first, second) = wf.settle((a, b)).await;
                format!("{} and {}", told(&first), told(&second))
            }))
        }),
    }
}

async fn many(wf: &mut Wf<Interpreter>, how: Many, acts: Vec<Act>) -> String {
    match how {
        Many::Join => told(&wf.join_all(acts.into_iter().map(Act::call)).await),
        Many::Settle => {
            let settled = wf.settle_all(acts.into_iter().map(Act::call)).await;
            settled.iter().map(told).collect::<Vec<_>>().join(" and ")
        }
        Many::Next => {
            let mut handles: Vec<_> = acts.into_iter().map(|act| wf.start(act.call())).collect();
            let mut lines = Vec::new();
            while let Some((place, result)) = wf.next(&mut handles).await {
                lines.push(format!("{place}: {}", told(&result)));
            }
            lines.join(" then ")
        }
    }
}

async fn come_back<T: Debug + Send + 'static, H: Send>(
    wf: &mut Wf<Interpreter>,
    mut handle: Pending<Interpreter, T, H>,
    then: Then,
) -> String {
    match then {
        Then::Wait => told(&wf.execute(handle).await),
        Then::CancelAndWait => {
            handle.cancel();
            told(&wf.execute(handle).await)
        }
        Then::CancelAndForget => {
            handle.cancel();
            "cancelled".to_owned()
        }
        Then::Forget => format!("ready: {}", handle.is_ready()),
    }
}

async fn within(wf: &mut Wf<Interpreter>, shielded: bool, steps: Vec<Step>, path: &str) -> String {
    let mut scope = if shielded { wf.shielded() } else { wf.scope() };
    let canceller = scope.canceller();
    scope.open.push(canceller);
    let result = perform(&mut scope, steps, format!("{path}.")).await;
    // of scopes in different tasks the last to open may not be the first to close: any will do, as long as it is the
    // same each time
    scope.open.pop();
    told(&result)
}
