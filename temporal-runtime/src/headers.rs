//! Values that travel beside the arguments of calls: who asks, on whose behalf, as a part of what. Never looked at by
//! this crate.

use std::{collections::BTreeMap, fmt, sync::Arc};

use temporal_protos::common::{Header, Payload as RawPayload};

use crate::{
    convert::{Payload, RawValue},
    error::Result,
};

/// Values by name that go along with a call.
///
/// ```
/// use temporal_runtime::Headers;
///
/// let mut headers = Headers::new();
/// headers.set("tenant", "acme")?;
/// assert_eq!(headers.get::<String>("tenant")?.as_deref(), Some("acme"));
/// assert_eq!(headers.names().collect::<Vec<_>>(), ["tenant"]);
/// # Ok::<(), temporal_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers(BTreeMap<String, RawPayload>);

impl Headers {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, in place of one of the same name. It is encoded as an argument is, and a
    /// [`PayloadCodec`](crate::PayloadCodec) hides it.
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn set(
        &mut self,
        name: impl Into<String>,
        value: impl serde::Serialize + Send + 'static,
    ) -> Result<()> {
        self.0.insert(name.into(), crate::convert::encode(value)?);
        Ok(())
    }

    /// The value of a name, if there is one.
    ///
    /// # Errors
    /// It is of another type.
    pub fn get<T: Payload>(&self, name: &str) -> Result<Option<T>> {
        let value = self.0.get(name).cloned();
        value.map(T::decode).transpose()
    }

    /// The value of a name, as it is.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<RawValue> {
        self.0.get(name).cloned().map(RawValue::new)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_proto(header: Option<Header>) -> Self {
        Self(header.unwrap_or_default().fields)
    }

    /// No headers are no message, as the other SDKs write it.
    pub(crate) fn into_proto(self) -> Option<Header> {
        (!self.0.is_empty()).then_some(Header { fields: self.0 })
    }

    pub(crate) fn insert(&mut self, name: String, value: RawValue) {
        self.0.insert(name, value.into_inner());
    }

    /// The others win.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

/// Carries values from who calls a client through workflows into activities, and on: a user, a tenant, a trace. Set by
/// [`ClientOptions::context_propagator`](crate::client::ClientOptions::context_propagator), for the client and for the
/// workers that use it.
///
/// - A client asks [`inject`](Self::inject) for the headers of each start, signal, query and update.
/// - A workflow passes on the headers that it was started with, where [`passes_on`](Self::passes_on) says so: to its
///   activities, children, the workflows that it signals, and the runs that follow it. They are in
///   [`WorkflowInfo::headers`](crate::WorkflowInfo::headers).
/// - An activity has them in [`ActivityInfo::headers`](crate::ActivityInfo::headers). An
///   [`ActivityInterceptor`](crate::ActivityInterceptor) can put them where code looks for them, so that a client in
///   the activity injects them again.
///
/// ```
/// use temporal_runtime::{ContextPropagator, Headers, Result, client::ClientOptions};
///
/// tokio::task_local! {
///     static TENANT: String;
/// }
///
/// struct Tenant;
///
/// impl ContextPropagator for Tenant {
///     fn inject(&self, headers: &mut Headers) -> Result<()> {
///         match TENANT.try_with(String::clone) {
///             Ok(tenant) => headers.set("tenant", tenant),
///             Err(_) => Ok(()),
///         }
///     }
///
///     fn passes_on(&self, name: &str) -> bool {
///         name == "tenant"
///     }
/// }
///
/// let options = ClientOptions::new("127.0.0.1:7233").context_propagator(Tenant);
/// # let _ = options;
/// ```
pub trait ContextPropagator: Send + Sync + 'static {
    /// Adds headers to a call that a client is about to send. It runs where the call is awaited.
    ///
    /// # Errors
    /// The call is not sent, and fails with this error.
    fn inject(&self, headers: &mut Headers) -> Result<()>;

    /// Whether a workflow passes on a header that it was started with. The answer must depend on the name alone.
    fn passes_on(&self, name: &str) -> bool;
}

/// Those of a client.
#[derive(Clone, Default)]
pub(crate) struct Propagators(Vec<Arc<dyn ContextPropagator>>);

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Propagators({})", self.0.len())
    }
}

impl Propagators {
    pub(crate) fn push(&mut self, propagator: impl ContextPropagator) {
        self.0.push(Arc::new(propagator));
    }

    /// The headers of a call; later ones win over earlier ones.
    pub(crate) fn inject(&self) -> Result<Headers> {
        let mut headers = Headers::new();
        for propagator in &self.0 {
            propagator.inject(&mut headers)?;
        }
        Ok(headers)
    }

    pub(crate) fn pass_on(&self, name: &str) -> bool {
        self.0.iter().any(|propagator| propagator.passes_on(name))
    }
}
