//! Where a client connects, and as whom. Nothing here reads the environment: see `settings.rs`.

use std::{fmt, time::Duration};

use temporal_protos::enums::{
    QueryRejectCondition as ProtoRejectCondition, WorkflowIdConflictPolicy,
};

use super::tls::TlsOptions;
use crate::{
    activity::{ActivityInterceptor, ActivityInterceptors},
    convert::{Coding, PayloadCodec},
    headers::{ContextPropagator, Propagators},
};

/// Where a client connects, and as whom.
///
/// ```
/// use temporal_runtime::client::ClientOptions;
///
/// let options = ClientOptions::new("127.0.0.1:7233").namespace("orders");
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// `host:port` of the service; `http://host:port` is plaintext in any case, `https://host:port` is TLS.
    pub address: String,
    /// The namespace; `default` if not given.
    pub namespace: String,
    /// Who calls, as histories show it; `pid@host` if not given.
    pub identity: Option<String>,
    /// Where workflows are started whose definition and call name no task queue; `default` if not given.
    pub task_queue: String,
    /// How long a call that fails is repeated before it is given up; 10 s if not given.
    pub retry_for: Duration,
    pub(crate) tls: Option<TlsOptions>,
    pub(crate) api_key: Option<Secret>,
    pub(crate) coding: Coding,
    pub(crate) interceptors: ActivityInterceptors,
    pub(crate) propagators: Propagators,
}

/// Text that is never shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl std::ops::Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// The namespace and the task queue of those who name none.
pub(crate) const DEFAULT: &str = "default";

/// How long the other SDKs repeat a call.
pub(super) const RETRY_FOR: Duration = Duration::from_secs(10);

impl ClientOptions {
    /// A service at `host:port`, in plaintext unless TLS or an API key is set.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            namespace: DEFAULT.to_owned(),
            identity: None,
            task_queue: DEFAULT.to_owned(),
            retry_for: RETRY_FOR,
            tls: None,
            api_key: None,
            coding: Coding::default(),
            interceptors: ActivityInterceptors::default(),
            propagators: Propagators::default(),
        }
    }

    /// Sets the namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sets who calls, as histories show it.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Sets how long a call that fails is repeated before it is given up.
    #[must_use]
    pub const fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// Sends this API key with each call, over TLS; in plaintext only to this machine, and only if the address says
    /// `http://`. See [`Client::set_api_key`](super::Client::set_api_key) for a new one.
    ///
    /// ```
    /// use temporal_runtime::client::ClientOptions;
    ///
    /// let options = ClientOptions::new("eu-central-1.aws.api.temporal.io:7233")
    ///     .namespace("orders.a1b2c")
    ///     .api_key("the key");
    /// assert!(!format!("{options:?}").contains("the key"));
    /// ```
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Secret(key.into()));
        self
    }

    /// Connects with TLS. It takes the feature `tls`.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets what every payload goes through, of this client and of the workers that use it; nothing if not set.
    #[must_use]
    pub fn payload_codec(mut self, codec: impl PayloadCodec) -> Self {
        self.coding.set_codec(codec);
        self
    }

    /// Stands around every attempt of an activity of the workers that use this client, inside of those that were set
    /// before and around those of the worker itself.
    #[must_use]
    pub fn activity_interceptor(mut self, interceptor: impl ActivityInterceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Carries headers from the callers of this client through workflows into activities; see [`ContextPropagator`].
    /// Workers that use this client pass on what it says.
    #[must_use]
    pub fn context_propagator(mut self, propagator: impl ContextPropagator) -> Self {
        self.propagators.push(propagator);
        self
    }

    /// Sends messages and stack traces of failures as payloads, so that a [`PayloadCodec`] hides them, too: the service
    /// shows `Encoded failure` instead. Failures that others encoded are read in any case. The log of a worker then names
    /// only the type of an error that fails an attempt of an activity; why a workflow task failed it tells in any case,
    /// with the text of the panic or error, because somebody has to mend that code.
    #[must_use]
    pub const fn encode_common_attributes(mut self) -> Self {
        self.coding.set_encode_common_attributes();
        self
    }

    /// Sets where workflows are started whose definition and call name no task queue.
    #[must_use]
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.task_queue = task_queue.into();
        self
    }
}

impl From<&str> for ClientOptions {
    fn from(address: &str) -> Self {
        Self::new(address)
    }
}

impl From<String> for ClientOptions {
    fn from(address: String) -> Self {
        Self::new(address)
    }
}

/// What a start does when a workflow with the same id runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdConflictPolicy {
    /// It is refused, with [`ErrorKind::AlreadyStarted`](crate::ErrorKind::AlreadyStarted). The default.
    #[default]
    Fail,
    /// The handle is that of the running workflow.
    UseExisting,
    /// The running workflow is terminated first.
    TerminateExisting,
}

/// In which states of a workflow a query is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryRejectCondition {
    /// It has closed.
    NotOpen,
    /// It has closed in any way but by completing.
    NotCompletedCleanly,
}

impl IdConflictPolicy {
    pub(super) fn to_proto(self) -> i32 {
        match self {
            Self::Fail => WorkflowIdConflictPolicy::Fail,
            Self::UseExisting => WorkflowIdConflictPolicy::UseExisting,
            Self::TerminateExisting => WorkflowIdConflictPolicy::TerminateExisting,
        }
        .into()
    }
}

impl QueryRejectCondition {
    pub(super) fn to_proto(condition: Option<Self>) -> i32 {
        match condition {
            None => ProtoRejectCondition::None,
            Some(Self::NotOpen) => ProtoRejectCondition::NotOpen,
            Some(Self::NotCompletedCleanly) => ProtoRejectCondition::NotCompletedCleanly,
        }
        .into()
    }
}
