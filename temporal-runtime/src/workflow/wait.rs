//! Operations, handles and the one suspension point of workflow code.

use std::{
    any::Any,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use temporal_protos::common::Payload as RawPayload;

use super::{
    Wf,
    core::Core,
    definition::{WorkflowCall, WorkflowDef},
    handle::{ChildHandle, StartedAs, StartedRun},
    operation::{Begin, Kind, Name, Until, Value},
    scope::ScopeId,
};
use crate::{
    activity::{ActivityCall, ActivityDef, HasTimeout},
    error::{Error, Result},
    machine::{ActivityCommand, ChildCommand, OpId},
    options::{CancellationType, ParentClosePolicy},
};

/// Something a workflow can wait for. Deliberately not a `Future`: only a [`Wf`] can wait for it.
#[diagnostic::on_unimplemented(
    message = "a workflow cannot wait for `{Self}`",
    label = "expected an activity call, a timer, a condition, a child workflow call, or a handle of one of these",
    note = "to run an activity `f(x)` write `wf.execute(f::with(x)).await?`; other futures cannot be awaited, because a workflow is replayed"
)]
pub trait Op<W> {
    /// What it gives.
    type Output: Send + 'static;
    /// What its handle can do besides; `()` but for child workflows.
    type Handle: StartedAs;
    #[doc(hidden)]
    fn starter(self) -> Starter<W, Self::Output>;
}

/// Starts an operation in a scope.
#[doc(hidden)]
pub struct Starter<W, T>(pub(super) StartFn<W, T>);

type StartFn<W, T> = Box<dyn FnOnce(&Arc<Core>, ScopeId) -> Pending<W, T> + Send>;

/// A started operation. Wait for it with `wf.execute(handle)`; dropped, it runs on.
///
/// Of a child workflow it is a [`ChildHandle`] too: see there for its signals, its ids and its start.
#[must_use = "a started operation is only waited for when you pass it to `wf.execute`, `wf.join` or `wf.race`"]
pub struct Pending<W, T, H = ()> {
    pub(super) id: OpId,
    /// Lent handles belong to somebody else: who holds one neither cancels nor forgets the operation.
    pub(super) lent: bool,
    decode: Decode<T>,
    core: Arc<Core>,
    pub(super) handle: H,
    workflow: PhantomData<fn(W)>,
}

pub(super) enum Decode<T> {
    Payload(fn(RawPayload) -> Result<T>),
    Any,
}

impl<T> Clone for Decode<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Decode<T> {}

impl<W, T, H> std::fmt::Debug for Pending<W, T, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({})", self.id.0)
    }
}

impl<W, T: 'static> Pending<W, T> {
    pub(super) const fn new(core: Arc<Core>, id: OpId, decode: Decode<T>) -> Self {
        Self {
            id,
            lent: false,
            decode,
            core,
            handle: (),
            workflow: PhantomData,
        }
    }

    pub(super) fn with_handle<H: StartedAs>(mut self) -> Pending<W, T, H> {
        // this one goes without a word, because the operation has another handle now
        let lent = std::mem::replace(&mut self.lent, true);
        Pending {
            id: self.id,
            lent,
            decode: self.decode,
            core: self.core.clone(),
            handle: H::started(&self.core, self.id.0),
            workflow: PhantomData,
        }
    }
}

impl<W, T: 'static, H> Pending<W, T, H> {
    /// Asks the operation to stop, and returns at once. It takes `&mut self`, so that a query cannot do it.
    pub fn cancel(&mut self) {
        self.core.assert_may_command();
        self.core.cancel(self.id, "its handle was cancelled");
    }

    /// Whether a wait for it would be over at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.core.is_ready(self.id)
    }

    pub(super) fn poll(&mut self) -> Poll<Result<T>> {
        self.core.poll(self.id).map(|result| self.decode(result?))
    }

    fn decode(&self, value: Value) -> Result<T> {
        match (value, self.decode) {
            (Value::Payload(payload), Decode::Payload(decode)) => {
                decode(payload.unwrap_or_default_null())
            }
            (Value::Any(any), _) => any
                .downcast()
                .map(|v| *v)
                .map_err(|_| Error::msg("the operation gave a value of another type")),
            (Value::Unit, _) => (Box::new(()) as Box<dyn Any>)
                .downcast()
                .map(|v| *v)
                .map_err(|_| Error::msg("the operation gave no value")),
            (Value::Payload(_), Decode::Any) => Err(Error::msg("the operation gave a payload")),
        }
    }

    pub(super) fn owned(&self) -> Option<OpId> {
        (!self.lent).then_some(self.id)
    }
}

/// An absent result reads as null, as the other SDKs write nothing for nothing.
trait OrNull {
    fn unwrap_or_default_null(self) -> RawPayload;
}

impl OrNull for Option<RawPayload> {
    fn unwrap_or_default_null(self) -> RawPayload {
        self.unwrap_or_else(|| crate::convert::json_payload(&()).unwrap_or_default())
    }
}

impl<W, T, H> Drop for Pending<W, T, H> {
    fn drop(&mut self) {
        if !self.lent {
            self.core.detach(self.id);
        }
    }
}

pub(super) fn starter<W, T: 'static>(
    decode: Decode<T>,
    begin: impl FnOnce(&Core) -> Begin + Send + 'static,
) -> Starter<W, T> {
    Starter(Box::new(move |core, scope| {
        let begin = begin(core);
        Pending::new(core.clone(), core.begin(scope, begin), decode)
    }))
}

impl<W: 'static, T: Send + 'static, H> Op<W> for Pending<W, T, H> {
    type Output = T;
    type Handle = ();
    fn starter(mut self) -> Starter<W, T> {
        let mut whole = Pending::new(self.core.clone(), self.id, self.decode);
        // what this one owned, the other one owns now
        whole.lent = std::mem::replace(&mut self.lent, true);
        Starter(Box::new(move |_, _| whole))
    }
}

/// A lent handle: if it loses a race or a join fails, it is not cancelled, and may be waited for again.
impl<W: 'static, T: Send + 'static, H> Op<W> for &mut Pending<W, T, H> {
    type Output = T;
    type Handle = ();
    fn starter(self) -> Starter<W, T> {
        let mut lent = Pending::new(self.core.clone(), self.id, self.decode);
        lent.lent = true;
        Starter(Box::new(move |_, _| lent))
    }
}

impl<W, A: ActivityDef, T: HasTimeout<A> + 'static> Op<W> for ActivityCall<A, T> {
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
                Err(error) => {
                    let error = unsendable("activity", &name, &error);
                    return Begin::Broken(Kind::Activity(name), error);
                }
            };
            let policy = more.retry_policy.or_else(|| defaults.retry_policy());
            let command = ActivityCommand {
                activity_id: more.activity_id,
                activity_type: name.to_string(),
                task_queue: more.task_queue.or_else(|| A::TASK_QUEUE.map(str::to_owned)),
                input,
                schedule_to_close: defaults.schedule_to_close,
                schedule_to_start: defaults.schedule_to_start,
                start_to_close: defaults.start_to_close,
                heartbeat: defaults.heartbeat,
                retry_policy: policy.map(|p| p.to_proto()),
                summary: more.summary,
                priority: more.priority.map(|p| p.to_proto()),
                disable_eager: more.disable_eager,
            };
            Begin::Activity(name, command, defaults.cancellation)
        })
    }
}

impl<W, C: WorkflowDef> Op<W> for WorkflowCall<C> {
    type Output = C::Output;
    type Handle = ChildHandle<C>;
    fn starter(self) -> Starter<W, C::Output> {
        let Self { args, options, .. } = self;
        starter(Decode::Payload(child_result::<C>), move |core| {
            let name = options
                .workflow_type
                .map_or(C::META.name.into(), Name::from);
            let input = match C::encode(args) {
                Ok(input) => input,
                Err(error) => {
                    let error = unsendable("child workflow", &name, &error);
                    return Begin::Broken(Kind::Child(name), error);
                }
            };
            let memo = match options.memo.unwrap_or_default().into_fields() {
                Ok(memo) => memo,
                Err(error) => return Begin::Broken(Kind::Child(name), error),
            };
            let info = core.info();
            let id_is_given = options.id.is_some();
            let command = ChildCommand {
                namespace: info.namespace.clone(),
                workflow_id: options.id.unwrap_or_else(|| core.child_id()),
                id_is_given,
                workflow_type: name.to_string(),
                task_queue: options
                    .task_queue
                    .or_else(|| C::META.task_queue.map(str::to_owned)),
                input,
                execution_timeout: options.execution_timeout,
                run_timeout: options.run_timeout,
                task_timeout: options.task_timeout,
                retry_policy: options.retry_policy.map(|p| p.to_proto()),
                parent_close_policy: parent_close_policy(options.parent_close_policy),
                id_reuse_policy: options.id_reuse_policy.to_proto(),
                cron_schedule: options.cron_schedule.unwrap_or_default(),
                summary: options.static_summary,
                details: options.static_details,
                priority: options.priority.map(|p| p.to_proto()),
                memo,
                search_attributes: options.search_attributes.unwrap_or_default(),
            };
            let cancellation = options
                .cancellation
                .unwrap_or(CancellationType::WaitCompleted);
            Begin::Child(name, command, cancellation)
        })
    }
}

pub(super) fn activity_result<A: ActivityDef>(payload: RawPayload) -> Result<A::Output> {
    A::decode(payload).map_err(|error| misfit("activity", A::NAME, error))
}

fn child_result<C: WorkflowDef>(payload: RawPayload) -> Result<C::Output> {
    C::decode(payload).map_err(|error| misfit("child workflow", C::META.name, error))
}

/// Arguments that have no encoding, or are too large.
fn unsendable(what: &str, name: &str, error: &Error) -> Error {
    let text = format!("the arguments of the {what} `{name}` cannot be sent: {error:?}");
    Error::new(error.kind(), text)
}

/// A result of another type than the caller has for it.
fn misfit(what: &str, name: &str, error: Error) -> Error {
    let who = match name {
        "" => format!("the {what} that was called by name"),
        name => format!("the {what} `{name}`"),
    };
    Error::new(error.kind(), format!("the result of {who} does not fit")).with_source(error)
}

fn parent_close_policy(policy: ParentClosePolicy) -> temporal_protos::enums::ParentClosePolicy {
    use temporal_protos::enums::ParentClosePolicy as Proto;
    match policy {
        ParentClosePolicy::Terminate => Proto::Terminate,
        ParentClosePolicy::Abandon => Proto::Abandon,
        ParentClosePolicy::RequestCancel => Proto::RequestCancel,
    }
}

/// A timer, to be joined or raced; alone it is [`Wf::sleep`].
#[must_use = "a timer does nothing until you pass it to `wf.execute`, `wf.join` or `wf.race`"]
#[derive(Debug, Clone)]
pub struct Timer {
    delay: Duration,
    summary: Option<String>,
}

/// Describes a timer, for [`Wf::join`], [`Wf::race`] and [`Wf::execute`]. None is too short or too long: more than
/// 10,000 years count as 10,000 years.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// async fn rests(wf: &mut Wf) -> Result<()> {
///     wf.execute(timer(Duration::from_secs(60)).summary("a short rest")).await
/// }
/// ```
pub const fn timer(delay: Duration) -> Timer {
    Timer {
        delay,
        summary: None,
    }
}

impl Timer {
    /// One line for people who look at the run.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }
}

impl<W> Op<W> for Timer {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        starter(Decode::Any, move |_| Begin::Timer(self.delay, self.summary))
    }
}

/// The start of a child workflow; see [`ChildHandle::started`].
#[must_use = "the start is only waited for when you pass it to `wf.execute`, `wf.join` or `wf.race`"]
#[derive(Debug, Clone)]
pub struct Started {
    pub(super) child: OpId,
    pub(super) run: StartedRun,
}

impl<W> Op<W> for Started {
    type Output = String;
    type Handle = ();
    fn starter(self) -> Starter<W, String> {
        starter(Decode::Any, move |_| Begin::Started(self.child, self.run))
    }
}

/// A condition on the state, to be raced; alone it is [`Wf::wait`].
#[must_use = "a condition does nothing until you pass it to `wf.execute`, `wf.join` or `wf.race`"]
pub struct Condition<F>(pub(super) F);

/// Describes a condition on the state, for [`Wf::race`]: `until(|s: &Self| s.ready)`.
pub const fn until<W, F: FnMut(&W) -> bool + Send + 'static>(condition: F) -> Condition<F> {
    Condition(condition)
}

impl<W: 'static, F: FnMut(&W) -> bool + Send + 'static> Op<W> for Condition<F> {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        let Self(mut condition) = self;
        starter(Decode::Any, move |_| {
            Begin::Condition(Box::new(move |state| {
                let holds = state.downcast_ref().is_some_and(&mut condition);
                holds.then_some(Value::Unit)
            }))
        })
    }
}

/// A started wait: how to ask for its result, whom to watch, and what to cancel if it is given up.
#[doc(hidden)]
pub struct Waiting<R> {
    pub(super) poll: Box<dyn FnMut() -> Poll<R> + Send>,
    pub(super) watched: Vec<OpId>,
    pub(super) owned: Vec<OpId>,
    pub(super) until: Until,
}

#[doc(hidden)]
pub type BeginWait<R> = Box<dyn FnOnce(&Arc<Core>, ScopeId) -> Waiting<R> + Send>;

/// The only suspension point of workflow code. It starts at the first poll; dropped half-way, it cancels what it was
/// given.
#[must_use = "nothing happens until you `.await` this"]
pub struct Wait<'a, W: 'static, R> {
    wf: &'a mut Wf<W>,
    at: &'static Location<'static>,
    begin: Option<BeginWait<R>>,
    waiting: Option<Waiting<R>>,
}

impl<W: 'static, R> std::fmt::Debug for Wait<'_, W, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wait({})", self.at)
    }
}

impl<'a, W: 'static, R> Wait<'a, W, R> {
    pub(super) const fn new(
        wf: &'a mut Wf<W>,
        at: &'static Location<'static>,
        begin: BeginWait<R>,
    ) -> Self {
        Self {
            wf,
            at,
            begin: Some(begin),
            waiting: None,
        }
    }
}

impl<W: 'static, R> Future for Wait<'_, W, R> {
    type Output = R;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = &mut *self;
        let core = this.wf.core().clone();
        if let Some(begin) = this.begin.take() {
            core.set_last_op(this.at);
            this.waiting = Some(begin(&core, this.wf.scope_id()));
        }
        let Some(waiting) = &mut this.waiting else {
            panic!("a wait was polled again after it was over ({})", this.at)
        };
        this.wf.__put();
        match (waiting.poll)() {
            Poll::Ready(result) => {
                this.wf.__take();
                if let Some(over) = this.waiting.take() {
                    core.abandon(&over.owned);
                }
                Poll::Ready(result)
            }
            Poll::Pending => {
                core.park(&waiting.watched, waiting.until, cx.waker(), this.at);
                Poll::Pending
            }
        }
    }
}

impl<W: 'static, R> Drop for Wait<'_, W, R> {
    fn drop(&mut self) {
        self.wf.__take();
        if let Some(given_up) = &self.waiting {
            self.wf.core().abandon(&given_up.owned);
        }
    }
}

/// The wait for one operation.
pub(super) fn wait_for<W, T: Send + 'static>(Starter(start): Starter<W, T>) -> BeginWait<Result<T>>
where
    W: 'static,
{
    Box::new(move |core, scope| {
        let mut pending = start(core, scope);
        Waiting {
            watched: vec![pending.id],
            owned: pending.owned().into_iter().collect(),
            until: Until::Any,
            poll: Box::new(move || pending.poll()),
        }
    })
}
