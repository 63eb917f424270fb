//! The client: starts workflows, talks to them, and waits for their results. Never runs user code.

mod api_key;
mod async_activity;
pub(crate) mod clock;
pub(crate) mod connection;
mod describe;
mod eager;
mod endpoint;
mod handle;
pub(crate) mod history;
mod idle;
mod list;
mod messages;
mod options;
mod result;
mod retry;
mod start;
pub(crate) mod status;
mod stuck;
mod tls;
mod untyped;

use std::sync::Arc;

use temporal_protos::workflowservice::{DescribeNamespaceRequest, GetSystemInfoRequest};

use tokio::sync::mpsc::UnboundedSender;

pub use self::{
    async_activity::AsyncActivityHandle,
    describe::{PendingActivity, WorkflowDescription, WorkflowExecution, WorkflowStatus},
    handle::{HandleOf, HandleSide, WorkflowHandle},
    list::{WorkflowHistories, WorkflowList},
    messages::{QueryCall, SignalCall, UpdateCall, UpdateHandle},
    options::{ClientOptions, IdConflictPolicy, QueryRejectCondition},
    start::{Execute, Start, StartWorkflow},
    tls::TlsOptions,
    untyped::{ArgumentList, StartByName, Untyped},
};
pub(crate) use self::{
    clock::SkippingClock,
    connection::{Call, Connection},
    eager::{LocalWorker, LocalWorkers, TakeTask},
    idle::Patience,
    options::DEFAULT,
    status::{Code, RpcFailure},
    stuck::Stuck,
};
pub use crate::options::IdReusePolicy;
use crate::{
    activity::ActivityInterceptors,
    convert::Coding,
    error::{Error, ErrorKind, Result},
    headers::Propagators,
    replay::WorkflowHistory,
    workflow::{WorkflowCall, WorkflowDef},
};

/// A connection to a service, in one namespace. Clones share it.
///
/// ```no_run
/// # use temporal_runtime::prelude::*;
/// # #[workflow] async fn hello(wf: &mut Wf, name: String) -> Result<String> { Ok(name) }
/// # async fn run() -> Result<()> {
/// let client = Client::connect("127.0.0.1:7233").await?;
/// let greeting = client.execute(hello::with("World")).id("hello-1").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

#[derive(Debug, Clone)]
struct Shared {
    connection: Connection,
    namespace: String,
    identity: String,
    task_queue: String,
    /// Of the workers that use this client.
    interceptors: ActivityInterceptors,
    propagators: Propagators,
    /// The workers of this process that may be given what this client starts.
    local_workers: LocalWorkers,
    /// In a test environment: workflows are started there, whatever their definition names.
    one_queue: bool,
    /// Hears of every start, to show it.
    observer: Option<UnboundedSender<Started>>,
    /// Set in a test environment: waiting for a result lets time be skipped.
    time_skipping: Option<SkippingClock>,
    /// Set in a test environment: workflows whose tasks fail over and over.
    stuck: Option<Stuck>,
    /// Set in a test environment whose clock skips.
    patience: Option<Patience>,
}

/// A workflow that was started.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
}

impl Client {
    /// Connects to a service: an address such as `127.0.0.1:7233`, or [`ClientOptions`].
    /// Without TLS and an API key in the options it is plaintext.
    ///
    /// # Errors
    /// After 10 s without an answer, with what was tried; at once if the service and this client do not agree on TLS, or
    /// the service refuses the API key; a namespace that does not exist; options that cannot be honoured.
    pub async fn connect(options: impl Into<ClientOptions>) -> Result<Self> {
        let options = options.into();
        let connection = Connection::tcp(&options)?;
        let client = Self::over(connection, options);
        client.greet().await?;
        Ok(client)
    }

    /// Connects as the environment says: `TEMPORAL_ADDRESS` (127.0.0.1:7233 if not set) and `TEMPORAL_NAMESPACE`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect); and always if `TEMPORAL_API_KEY` or a `TEMPORAL_TLS…` variable is set, because
    /// this version does not read them, and would send in plaintext.
    pub async fn from_env() -> Result<Self> {
        Self::connect(crate::settings::Settings::from_env()?.client_options()).await
    }

    pub(crate) fn over(connection: Connection, options: ClientOptions) -> Self {
        let connection = connection.with_coding(options.coding);
        Self(Arc::new(Shared {
            connection,
            namespace: options.namespace,
            identity: options.identity.unwrap_or_else(identity),
            task_queue: options.task_queue,
            interceptors: options.interceptors,
            propagators: options.propagators,
            local_workers: LocalWorkers::default(),
            one_queue: false,
            observer: None,
            time_skipping: None,
            stuck: None,
            patience: None,
        }))
    }

    /// The client of a test environment: it starts all workflows on its own queue and, if time can be skipped, lets
    /// that happen while it waits for a result.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "only tests need it")
    )]
    pub(crate) fn for_tests(connection: Connection, options: ClientOptions, skip: bool) -> Self {
        let plain = Self::over(connection, options);
        Self(Arc::new(Shared {
            one_queue: true,
            time_skipping: skip.then(|| SkippingClock::new(plain.clone())),
            stuck: Some(Stuck::default()),
            patience: skip.then(Patience::default),
            local_workers: LocalWorkers::default(),
            ..(*plain.0).clone()
        }))
    }

    /// The same client, whose payloads go through something else.
    pub(crate) fn with_coding(&self, coding: Coding) -> Self {
        Self(Arc::new(Shared {
            connection: self.0.connection.clone().with_coding(coding),
            ..(*self.0).clone()
        }))
    }

    /// The client of a demo: what it starts is shown.
    pub(crate) fn observed(&self, task_queue: String, observer: UnboundedSender<Started>) -> Self {
        Self(Arc::new(Shared {
            task_queue,
            observer: Some(observer),
            ..(*self.0).clone()
        }))
    }

    pub(crate) fn interceptors(&self) -> &ActivityInterceptors {
        &self.0.interceptors
    }

    pub(crate) fn propagators(&self) -> &Propagators {
        &self.0.propagators
    }

    pub(crate) fn local_workers(&self) -> &LocalWorkers {
        &self.0.local_workers
    }

    fn observe(&self, workflow_id: &str, run_id: &str) {
        if let Some(observer) = &self.0.observer {
            // nobody looks any more
            let _ = observer.send(Started {
                workflow_id: workflow_id.to_owned(),
                run_id: run_id.to_owned(),
            });
        }
    }

    /// The service answers, and has the namespace.
    async fn greet(&self) -> Result<()> {
        let connection = &self.0.connection;
        connection
            .get_system_info(GetSystemInfoRequest::default(), "", Call::Connect)
            .await
            .map_err(|mut failure| {
                if failure.code == Code::DeadlineExceeded {
                    failure.transport = true;
                    failure.message =
                        "something accepts connections there, but does not answer".to_owned();
                }
                failure.into_error(None)
            })?;
        self.describe_namespace().await.map(drop)
    }

    pub(crate) async fn describe_namespace(
        &self,
    ) -> Result<temporal_protos::workflowservice::DescribeNamespaceResponse> {
        let request = DescribeNamespaceRequest {
            namespace: self.0.namespace.clone(),
            ..DescribeNamespaceRequest::default()
        };
        let answer = self
            .0
            .connection
            .describe_namespace(request, self.namespace(), Call::Unary)
            .await;
        answer.map_err(|failure| match failure.code {
            Code::NotFound => Error::new(
                ErrorKind::NotFound,
                format!(
                    "the service at {} has no namespace `{}`",
                    self.0.connection.address(),
                    self.0.namespace
                ),
            )
            .with_status(failure.code.name(), &failure.message),
            _ => failure.into_error(None),
        })
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// Who calls, as histories show it.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.0.identity
    }

    /// Where the service is: its address, or `this process`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.connection.address()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// Where a workflow is started whose call names no queue.
    pub(crate) fn task_queue_of<'a>(&'a self, definition: Option<&'a str>) -> &'a str {
        match definition {
            Some(queue) if !self.0.one_queue => queue,
            _ => &self.0.task_queue,
        }
    }

    pub(crate) fn stuck(&self) -> Option<&Stuck> {
        self.0.stuck.as_ref()
    }

    pub(crate) fn patience(&self) -> Option<&Patience> {
        self.0.patience.as_ref()
    }

    pub(crate) fn time_skipping(&self) -> Option<&SkippingClock> {
        self.0.time_skipping.as_ref()
    }

    /// Takes another API key from the next call on, here and in all clients and workers of the same connection.
    ///
    /// # Errors
    /// A header cannot carry it; the connection is plaintext and leaves this machine. The key that was there stays.
    pub fn set_api_key(&self, key: impl AsRef<str>) -> Result<()> {
        self.0.connection.set_api_key(key.as_ref())
    }

    /// Starts a workflow and gives its typed handle: `client.start(Checkout::with(order)).id("order-1").await?`.
    pub fn start<W: WorkflowDef>(&self, call: WorkflowCall<W>) -> StartWorkflow<W, Start> {
        StartWorkflow::new(self.clone(), call)
    }

    /// Starts a workflow and waits for its result.
    pub fn execute<W: WorkflowDef>(&self, call: WorkflowCall<W>) -> StartWorkflow<W, Execute> {
        StartWorkflow::new(self.clone(), call)
    }

    /// The typed handle of the workflow with this id: of its latest run. Asks nobody.
    #[must_use]
    pub fn workflow<W: WorkflowDef>(&self, workflow_id: impl Into<String>) -> W::Handle<Self> {
        WorkflowHandle::new(self.clone(), workflow_id.into()).into()
    }

    /// The typed handle of one run. Asks nobody.
    #[must_use]
    pub fn workflow_run<W: WorkflowDef>(
        &self,
        workflow_id: impl Into<String>,
        run_id: impl Into<String>,
    ) -> W::Handle<Self> {
        WorkflowHandle::new(self.clone(), workflow_id.into())
            .of_run(run_id.into())
            .into()
    }

    /// The handle of a workflow whose definition is not at hand. Asks nobody.
    #[must_use]
    pub fn workflow_by_name(&self, workflow_id: impl Into<String>) -> WorkflowHandle<Untyped> {
        WorkflowHandle::new(self.clone(), workflow_id.into())
    }

    /// Starts a workflow whose definition is not at hand; the arguments are a tuple:
    /// `client.start_by_name("Checkout", (order,)).task_queue("orders").await?`.
    pub fn start_by_name(
        &self,
        workflow_type: impl Into<String>,
        arguments: impl ArgumentList,
    ) -> StartByName {
        StartByName::new(self.clone(), workflow_type.into(), arguments.encode())
    }

    /// The workflows that a query in Temporal's list filter language names, newest first:
    /// `client.list("WorkflowType = 'Checkout' AND ExecutionStatus = 'Running'")`.
    pub fn list(&self, query: impl Into<String>) -> WorkflowList {
        WorkflowList::new(self.clone(), query.into())
    }

    /// What happened to a workflow so far: to its latest run, or to the one that is named. For a
    /// [`Replayer`](crate::replay::Replayer).
    ///
    /// # Errors
    /// There is no such workflow; no answer.
    pub async fn fetch_history(
        &self,
        workflow_id: &str,
        run_id: Option<&str>,
    ) -> Result<WorkflowHistory> {
        let (run, mut token, mut events) =
            (run_id.unwrap_or_default(), bytes::Bytes::new(), Vec::new());
        loop {
            let page = history::page(self, workflow_id, run, token, false)
                .await
                .map_err(|failure| failure.into_error(Some((workflow_id, run_id))))?;
            events.extend(page.history.unwrap_or_default().events);
            token = page.next_page_token;
            if token.is_empty() {
                return WorkflowHistory::from_events(events);
            }
        }
    }

    /// A client of another namespace over the same connection. Asks nobody: a namespace that does not exist is told
    /// of by the first call.
    #[must_use]
    pub fn in_namespace(&self, namespace: impl Into<String>) -> Self {
        Self(Arc::new(Shared {
            namespace: namespace.into(),
            // workers serve one namespace
            local_workers: LocalWorkers::default(),
            ..(*self.0).clone()
        }))
    }

    /// How many workflows a query names.
    ///
    /// # Errors
    /// The query is not understood; no answer.
    pub async fn count(&self, query: impl Into<String>) -> Result<u64> {
        list::count(self, query.into()).await
    }
}

/// `pid@host`, as the other SDKs name themselves.
fn identity() -> String {
    format!("{}@{}", std::process::id(), host_name())
}

/// The name of this machine, if it tells.
pub(crate) fn host_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .unwrap_or_default();
    match host.trim() {
        "" => "localhost".to_owned(),
        host => host.to_owned(),
    }
}
