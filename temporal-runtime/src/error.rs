//! The one error of this crate: what client calls, waits and start-up end with.

use std::{borrow::Cow, error::Error as StdError, fmt};

use crate::failure::{ApplicationError, Failure};

/// The result of everything here; `E` may be your own error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// What client calls, waits and start-up end with.
///
/// It is an ordinary error: `?` turns it into `anyhow::Error`, a box, or an enum of your own, and it converts from
/// text, boxed errors and the usual errors of `std` and `serde_json`, so a workflow or activity may simply return
/// [`Result<T>`]. What decides an outcome (a cancellation, a failure) is a node of its own in the chain of
/// [`source`](StdError::source)s, so it is found again below wrappers that hide the outermost error.
///
/// ```
/// use temporal_runtime::{Error, ErrorKind};
///
/// let error = Error::from("the shelf is empty");
/// assert_eq!(error.kind(), ErrorKind::Message);
/// assert!(!error.is_cancelled());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<BoxError>,
    execution: Option<Execution>,
    status: Option<RpcStatus>,
    /// The type of the error of another crate that this one was made from, where it is known.
    foreign_type: Option<&'static str>,
}

/// Which workflow execution an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Execution {
    workflow_id: String,
    run_id: Option<String>,
}

/// What kind of error it is: enough to decide what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Made from text.
    Message,
    /// Made from an error of another crate.
    Other,
    /// An operation of a workflow, or the scope it belongs to, was cancelled.
    Cancelled,
    /// An activity failed; [`Error::failure`] says why.
    Activity,
    /// A child workflow failed; [`Error::failure`] says why.
    ChildWorkflow,
    /// A workflow could not signal another one, or ask it to cancel; [`Error::failure`] says why.
    ExternalWorkflow,
    /// A workflow that a client waited for did not complete; [`Error::failure`] says why.
    Workflow,
    /// A query failed in the workflow, or was refused by its state.
    Query,
    /// An update was rejected, or failed.
    Update,
    /// A value could not be encoded or decoded.
    Payload,
    /// A workflow with this id runs, or ran, and the policies forbid another.
    AlreadyStarted,
    /// There is no such workflow, activity or namespace, or it has ended.
    NotFound,
    /// The service could not be reached.
    Unreachable,
    /// The service answered with another error; see [`Error::status`].
    Rpc,
    /// The settings are wrong, or cannot be honoured.
    Config,
    /// Workflows and activities are registered wrongly.
    Registration,
    /// The run asks to go on in a new one: returned from the run function, it does.
    ContinueAsNew,
    /// A workflow task could not be processed: a mismatch with history, a panic, a foreign wait.
    WorkflowTask,
}

/// What the service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RpcStatus {
    /// The name of the gRPC code, such as `NOT_FOUND`.
    pub code: &'static str,
    /// The service's own words.
    pub message: String,
}

impl Error {
    /// An error of your own words.
    #[must_use]
    pub fn msg(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Message, message.to_string())
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
            execution: None,
            status: None,
            foreign_type: None,
        }))
    }

    /// The same error, with what was at work in front of its text.
    pub(crate) fn within(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message).into();
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// For logs, which payloads must not get into: JSON that does not fit is quoted by the error, and by what it is from.
    pub(crate) fn without_values(&self) -> String {
        let mut next = StdError::source(self);
        while let Some(error) = next {
            if let Some(json) = error.downcast_ref::<serde_json::Error>() {
                let (line, column) = (json.line(), json.column());
                return format!("JSON of another form (line {line}, column {column})");
            }
            next = error.source();
        }
        format!("{self:?}")
    }

    pub(crate) fn with_execution(mut self, workflow_id: &str, run_id: Option<&str>) -> Self {
        self.0.execution = Some(Execution {
            workflow_id: workflow_id.to_owned(),
            run_id: run_id.filter(|r| !r.is_empty()).map(str::to_owned),
        });
        self
    }

    pub(crate) fn with_status(mut self, code: &'static str, message: &str) -> Self {
        self.0.status = Some(RpcStatus {
            code,
            message: message.to_owned(),
        });
        self
    }

    /// An error of another crate; its text becomes this error's text.
    pub(crate) fn from_boxed(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => *own,
            Err(other) => Self::new(ErrorKind::Other, other.to_string()).with_source(other),
        }
    }

    fn foreign<E: StdError + Send + Sync + 'static>(error: E) -> Self {
        let mut own = Self::from_boxed(Box::new(error));
        own.0.foreign_type = Some(crate::convert::short_type_name::<E>());
        own
    }

    pub(crate) const fn foreign_type(&self) -> Option<&'static str> {
        self.0.foreign_type
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether a cancellation is anywhere in the chain of causes.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        is_cancelled(self)
    }

    /// Why what was waited for did not end well, as it came over the wire: type, details, causes.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        chain(self).find_map(|e| e.downcast_ref())
    }

    /// What the service answered, if it was the service that refused.
    #[must_use]
    pub const fn status(&self) -> Option<&RpcStatus> {
        self.0.status.as_ref()
    }

    /// The workflow id that the error is about.
    #[must_use]
    pub fn workflow_id(&self) -> Option<&str> {
        self.0.execution.as_ref().map(|e| e.workflow_id.as_str())
    }

    /// The run id that the error is about, if it is about one run.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        self.0.execution.as_ref().and_then(|e| e.run_id.as_deref())
    }
}

/// Whether a cancellation is anywhere in the chain of causes of any error, whatever wraps it.
pub(crate) fn is_cancelled(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|e| {
        e.downcast_ref::<Error>()
            .is_some_and(|e| e.kind() == ErrorKind::Cancelled)
            || e.downcast_ref::<Cancelled>().is_some()
            || e.downcast_ref::<Failure>()
                .is_some_and(Failure::is_cancellation)
    })
}

/// Whether an error decides the fate of a workflow or update: it, or something in its chain, is ours. A value that
/// could not be decoded is not: the code that reads it can be mended.
pub(crate) fn is_own(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|e| {
        e.downcast_ref::<Error>()
            .is_some_and(|e| !matches!(e.kind(), ErrorKind::Other | ErrorKind::Payload))
            || e.downcast_ref::<Failure>().is_some()
            || e.downcast_ref::<Cancelled>().is_some()
            || e.downcast_ref::<ApplicationError>().is_some()
    })
}

/// The error and its causes, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e: &&'a (dyn StdError + 'static)| {
        (*e).source()
    })
}

/// The node that says that something was cancelled, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cancelled(pub(crate) String);

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cancelled: {}", self.0)
    }
}

impl StdError for Cancelled {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// The error with its causes, one after the other: what `main` and `unwrap` print.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = String::new();
        for error in chain(self) {
            let text = error.to_string();
            if text == last {
                continue;
            }
            if !last.is_empty() {
                f.write_str(": ")?;
            }
            f.write_str(&text)?;
            last = text;
        }
        if let Some(id) = self.workflow_id() {
            write!(f, " (workflow `{id}`")?;
            if let Some(run) = self.run_id() {
                write!(f, ", run {run}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|e| e as &(dyn StdError + 'static))
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(ErrorKind::Message, message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::msg(message)
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        Self::from_boxed(error)
    }
}

impl From<Box<dyn StdError>> for Error {
    fn from(error: Box<dyn StdError>) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => *own,
            Err(other) => Self::new(ErrorKind::Message, other.to_string()),
        }
    }
}

impl From<ApplicationError> for Error {
    fn from(error: ApplicationError) -> Self {
        Self::new(ErrorKind::Message, error.to_string()).with_source(error)
    }
}

macro_rules! from_errors {
    ($($error:ty),* $(,)?) => { $(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::foreign(error)
            }
        }
    )* };
}

from_errors!(
    std::io::Error,
    fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::str::ParseBoolError,
    std::char::ParseCharError,
    std::time::SystemTimeError,
    std::env::VarError,
    std::net::AddrParseError,
    serde_json::Error,
    tokio::task::JoinError,
);

/// An error as a workflow, activity or handler returned it, with the name of its type.
#[derive(Debug)]
pub struct Returned {
    pub(crate) error: BoxError,
    pub(crate) type_name: &'static str,
}

/// Why generated code could not give a result.
#[derive(Debug)]
pub enum Failed {
    /// The arguments did not fit.
    Arguments(Error),
    /// The function returned an error.
    Returned(Returned),
    /// The result could not be encoded.
    Output(Error),
}

impl Failed {
    /// For results that cannot be encoded.
    pub const fn output(error: Error) -> Self {
        Self::Output(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Arguments(error)
    }
}

impl From<Returned> for Failed {
    fn from(error: Returned) -> Self {
        Self::Returned(error)
    }
}

/// What a workflow, activity, update or signal function may return: `()` or `Result<T, E>`, by any alias.
#[diagnostic::on_unimplemented(
    message = "a workflow, activity, signal or update function must return `Result<T, E>` or nothing, not `{Self}`",
    label = "wrap this: `Result<{Self}>`",
    note = "`E` is any type that converts into `Box<dyn std::error::Error + Send + Sync>`: every error type does, and `anyhow::Error`, `String` and `&str`"
)]
pub trait Returns {
    /// What travels when all is well.
    type Ok;
    /// Tells success from failure.
    fn into_result(self) -> std::result::Result<Self::Ok, Returned>;
}

impl Returns for () {
    type Ok = ();
    fn into_result(self) -> std::result::Result<(), Returned> {
        Ok(())
    }
}

/// An error that a workflow, activity or handler may return: whatever becomes a boxed error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error type, so a workflow or activity cannot return it",
    label = "`{Self}` does not become a `Box<dyn std::error::Error + Send + Sync>`",
    note = "implement `std::error::Error` for it (`thiserror` derives it), or return `anyhow::Error`, a `String` or `temporal_runtime::Error`"
)]
pub trait ReturnedError {
    #[doc(hidden)]
    fn into_boxed(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ReturnedError for E {
    fn into_boxed(self) -> BoxError {
        self.into()
    }
}

impl<T, E: ReturnedError> Returns for std::result::Result<T, E> {
    type Ok = T;
    fn into_result(self) -> std::result::Result<T, Returned> {
        self.map_err(|error| Returned {
            error: error.into_boxed(),
            type_name: std::any::type_name::<E>(),
        })
    }
}
