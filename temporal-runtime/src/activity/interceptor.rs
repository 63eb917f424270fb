//! What stands around every attempt of every activity of a worker. Only the worker runs it.

use std::{error::Error as StdError, fmt, future::Future, pin::Pin, sync::Arc};

use temporal_protos::common::Payload as RawPayload;

use super::ActivityContext;
use crate::{
    convert::RawValue,
    error::{Error, Failed, Returned, ReturnedError, is_cancelled},
    failure::ApplicationError,
};

/// What an attempt gives, sooner or later.
pub type ActivityAnswer<'a> =
    Pin<Box<dyn Future<Output = Result<RawValue, ActivityError>> + Send + 'a>>;

/// Stands around every attempt of every activity of a worker, local ones included: for what all of them need before or
/// after, such as measurements, permissions, or cleaning up. Set by
/// [`WorkerOptions::activity_interceptor`](crate::WorkerOptions::activity_interceptor), or, for all workers that use a
/// client, by [`ClientOptions::activity_interceptor`](crate::client::ClientOptions::activity_interceptor).
///
/// The first that is set is the outermost; the client's stand around the worker's. A panic is a failure of the attempt.
///
/// ```
/// use temporal_runtime::{ActivityAnswer, ActivityContext, ActivityInterceptor, NextActivity, RawValue, WorkerOptions};
///
/// struct Told;
///
/// impl ActivityInterceptor for Told {
///     fn execute_activity<'a>(
///         &'a self,
///         ctx: &'a ActivityContext,
///         arguments: Vec<RawValue>,
///         next: NextActivity<'a>,
///     ) -> ActivityAnswer<'a> {
///         Box::pin(async move {
///             let result = next.run(arguments).await;
///             println!("{} ended {}", ctx.info().activity_type, if result.is_ok() { "well" } else { "badly" });
///             result
///         })
///     }
/// }
///
/// let options = WorkerOptions::new().activity_interceptor(Told);
/// # let _ = options;
/// ```
pub trait ActivityInterceptor: Send + Sync + 'static {
    /// Runs the attempt by `next.run(arguments)`, or answers in its place. The default does nothing else.
    fn execute_activity<'a>(
        &'a self,
        ctx: &'a ActivityContext,
        arguments: Vec<RawValue>,
        next: NextActivity<'a>,
    ) -> ActivityAnswer<'a> {
        let _ = ctx;
        next.run(arguments)
    }
}

/// The rest of the chain, and the activity at its end.
pub struct NextActivity<'a> {
    rest: &'a [Arc<dyn ActivityInterceptor>],
    ctx: &'a ActivityContext,
    call: AttemptCall<'a>,
}

/// The attempt itself.
pub(crate) type AttemptCall<'a> =
    Box<dyn FnOnce(Vec<RawPayload>) -> ActivityAnswer<'a> + Send + 'a>;

impl fmt::Debug for NextActivity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextActivity({})", self.ctx.info().activity_type)
    }
}

impl<'a> NextActivity<'a> {
    /// Goes on, with these arguments.
    #[must_use = "the activity does not run until this is awaited"]
    pub fn run(self, arguments: Vec<RawValue>) -> ActivityAnswer<'a> {
        match self.rest.split_first() {
            Some((first, rest)) => {
                first.execute_activity(self.ctx, arguments, Self { rest, ..self })
            }
            None => (self.call)(arguments.into_iter().map(RawValue::into_inner).collect()),
        }
    }
}

/// Why an attempt gave no result: the activity's own error, or that of an interceptor.
///
/// Passed on as it is, the attempt fails as it would without interceptors, with the type of the activity's own error.
#[derive(Debug)]
pub struct ActivityError(pub(crate) AttemptError);

#[derive(Debug)]
pub(crate) enum AttemptError {
    Failed(Failed),
    /// With what the panic said.
    Panicked(String),
    /// The runtime is shutting down.
    Abandoned,
}

impl ActivityError {
    /// An error as an activity would return it.
    pub fn new<E: ReturnedError>(error: E) -> Self {
        let error = Returned {
            error: error.into_boxed(),
            type_name: std::any::type_name::<E>(),
        };
        Self(AttemptError::Failed(Failed::Returned(error)))
    }

    /// Whether the attempt stopped because it was asked to.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        is_cancelled(self)
    }
}

impl fmt::Display for ActivityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AttemptError::Failed(Failed::Returned(returned)) => returned.error.fmt(f),
            AttemptError::Failed(Failed::Arguments(error) | Failed::Output(error)) => error.fmt(f),
            AttemptError::Panicked(text) => write!(f, "the activity panicked: {text}"),
            AttemptError::Abandoned => f.write_str("the worker is shutting down"),
        }
    }
}

impl StdError for ActivityError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            AttemptError::Failed(Failed::Returned(returned)) => Some(&*returned.error),
            AttemptError::Failed(Failed::Arguments(error) | Failed::Output(error)) => Some(error),
            AttemptError::Panicked(_) | AttemptError::Abandoned => None,
        }
    }
}

impl From<Error> for ActivityError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl From<ApplicationError> for ActivityError {
    fn from(error: ApplicationError) -> Self {
        Self::new(error)
    }
}

/// A chain, the outermost first.
#[derive(Clone, Default)]
pub(crate) struct ActivityInterceptors(Vec<Arc<dyn ActivityInterceptor>>);

impl fmt::Debug for ActivityInterceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivityInterceptors({})", self.0.len())
    }
}

impl ActivityInterceptors {
    pub(crate) fn push(&mut self, interceptor: impl ActivityInterceptor) {
        self.0.push(Arc::new(interceptor));
    }

    /// These, and others inside of them.
    pub(crate) fn around(&self, inner: &Self) -> Self {
        Self(self.0.iter().chain(&inner.0).cloned().collect())
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn begin<'a>(
        &'a self,
        ctx: &'a ActivityContext,
        arguments: Vec<RawPayload>,
        call: AttemptCall<'a>,
    ) -> ActivityAnswer<'a> {
        let next = NextActivity {
            rest: &self.0,
            ctx,
            call,
        };
        next.run(arguments.into_iter().map(RawValue::new).collect())
    }
}
