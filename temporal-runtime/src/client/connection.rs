//! The calls, and what carries them: the headers, deadlines, and the repetition of calls.
//! Never decides what an answer means.

use std::{
    convert::Infallible,
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use prost::{Message, Name};
use temporal_protos::{
    testservice::{self, test_service_client::TestServiceClient},
    workflowservice::{self as wire, workflow_service_client::WorkflowServiceClient},
};
use tonic::{
    Request, Response, Status, TimeoutExpired,
    body::Body,
    metadata::{MetadataMap, MetadataValue},
    transport::Channel,
};
use tower_service::Service;

use super::{
    api_key::ApiKey,
    endpoint::{self, Privacy},
    options::{ClientOptions, RETRY_FOR},
    retry::Retry,
    status::{Code, RpcFailure},
};
use crate::{
    activity::InWorkflow,
    convert::Coding,
    error::{Error, Result, chain},
};

/// The largest answer we read. Histories come in pages, but one page may hold large payloads.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// Who calls, by the names that the service knows SDKs by.
const CLIENT_NAME: &str = "temporal-rust";
const CLIENT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Calls whose answers have tasks in them.
const HAS_TASKS: &[&str] = &[
    "poll_workflow_task_queue",
    "poll_activity_task_queue",
    "respond_workflow_task_completed",
    "start_workflow_execution",
];

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Answered soon; repeated for up to 10 s.
    Unary,
    /// Answered when there is news; repeated for up to 10 s.
    LongPoll,
    /// Answered when there is a task; repeated for ever.
    Poll,
    /// Made once.
    Once,
    /// The first one: whoever is there must answer while calls are repeated.
    Connect,
}

impl Call {
    const fn deadline(self, retry_for: Duration) -> Duration {
        match self {
            Self::Connect => retry_for,
            Self::Unary | Self::Once => Duration::from_secs(30),
            // the service ends a poll after 60 s
            Self::LongPoll | Self::Poll => Duration::from_secs(70),
        }
    }

    const fn retry(self, retry_for: Duration) -> Retry {
        match self {
            Self::Unary | Self::LongPoll | Self::Once | Self::Connect => Retry::call(retry_for),
            Self::Poll => Retry::POLL,
        }
    }
}

/// A connection to a service: over TCP, or to one in this process. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection {
    transport: Transport,
    headers: Arc<MetadataMap>,
    api_key: ApiKey,
    address: Arc<str>,
    privacy: Privacy,
    retry_for: Duration,
    coding: Coding,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.address)
    }
}

impl Connection {
    /// A connection over TCP. Nothing is sent before the first call.
    pub(crate) fn tcp(options: &ClientOptions) -> Result<Self> {
        not_in_workflow("connect");
        let (channel, address, privacy) = endpoint::channel(options)?;
        let connection = Self {
            privacy,
            ..Self::new(Transport::Tcp(channel), &address)
        };
        if let Some(key) = &options.api_key {
            connection.set_api_key(key)?;
        }
        Ok(connection.with_retry_for(options.retry_for))
    }

    /// A connection without a socket, to a service in this process.
    #[cfg_attr(
        not(feature = "embedded"),
        allow(dead_code, reason = "only the embedded service is in this process")
    )]
    pub(crate) fn in_process<S>(service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let call = move |request| -> Answer {
            let answer = service.clone().call(request);
            Box::pin(async move { answer.await.map_err(|never| match never {}) })
        };
        Self::new(Transport::InProcess(Arc::new(call)), "this process")
    }

    fn new(transport: Transport, address: &str) -> Self {
        let mut headers = MetadataMap::new();
        headers.insert("client-name", MetadataValue::from_static(CLIENT_NAME));
        headers.insert("client-version", MetadataValue::from_static(CLIENT_VERSION));
        Self {
            transport,
            headers: Arc::new(headers),
            api_key: ApiKey::default(),
            address: address.into(),
            privacy: Privacy::Local,
            retry_for: RETRY_FOR,
            coding: Coding::default(),
        }
    }

    /// What payloads go through from here on, in place of what they went through before.
    pub(crate) fn with_coding(mut self, coding: Coding) -> Self {
        self.coding = coding;
        self
    }

    /// The same connection, whose payloads go as they are.
    pub(crate) fn uncoded(&self) -> Self {
        self.clone().with_coding(Coding::default())
    }

    /// What payloads go through.
    pub(crate) const fn coding(&self) -> &Coding {
        &self.coding
    }

    async fn encoded<M>(&self, rpc: &'static str, request: M) -> Result<M, RpcFailure>
    where
        M: Message + Name + Default,
    {
        let encoded = self.coding.encode(request).await;
        encoded.map_err(|error| self.not_coded(rpc, error))
    }

    /// Tasks stay as they came: whoever runs one has to answer for it if its payloads cannot be decoded.
    async fn decoded<M>(
        &self,
        rpc: &'static str,
        answer: Result<M, RpcFailure>,
    ) -> Result<M, RpcFailure>
    where
        M: Message + Name + Default,
    {
        match answer {
            Ok(answer) if HAS_TASKS.contains(&rpc) => Ok(answer),
            Ok(answer) => {
                let decoded = self.coding.decode(answer).await;
                decoded.map_err(|error| self.not_coded(rpc, error))
            }
            Err(mut failure) => {
                failure.details = self.coding.decode_status(failure.details).await;
                Err(failure)
            }
        }
    }

    fn not_coded(&self, rpc: &'static str, error: Error) -> RpcFailure {
        RpcFailure {
            code: Code::Unknown,
            message: error.to_string(),
            details: bytes::Bytes::new(),
            transport: false,
            rpc,
            address: self.address.to_string(),
            attempts: 1,
            elapsed: Duration::ZERO,
            handshake: false,
            coding: Some(Arc::new(error)),
        }
    }

    /// How long calls that fail are repeated.
    pub(crate) const fn with_retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// Takes another key from the next call on, unless others could read it.
    pub(crate) fn set_api_key(&self, key: &str) -> Result<()> {
        let advice =
            "connect with TLS, by `https://` or `ClientOptions::tls`, or with the API key itself";
        self.privacy.of_secrets(&self.address, advice)?;
        self.api_key.set(key)
    }

    /// Where the service is, for messages.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn request<M>(&self, message: M, namespace: Option<&str>, call: Call) -> Request<M> {
        let mut request = Request::new(message);
        *request.metadata_mut() = (*self.headers).clone();
        self.api_key.add_to(request.metadata_mut());
        if let Some(namespace) = namespace.and_then(|n| n.parse().ok()) {
            request
                .metadata_mut()
                .insert("temporal-namespace", namespace);
        }
        request.set_timeout(call.deadline(self.retry_for));
        request
    }

    /// Makes a call until it is answered, refused for good, or given up. Compiled once for each RPC, so
    /// it only turns around: what there is to decide is in [`Self::pause`].
    async fn repeat<M, F>(
        &self,
        rpc: &'static str,
        call: Call,
        attempt: impl Fn(Transport) -> F + Send,
    ) -> Result<M, RpcFailure>
    where
        F: Future<Output = Result<Response<M>, Status>> + Send,
    {
        not_in_workflow(rpc);
        let (began, mut attempts) = (Instant::now(), 0);
        loop {
            attempts += 1;
            match attempt(self.transport.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => {
                    let failure = self.failure(&status, rpc, attempts, began.elapsed());
                    let failure = match call {
                        Call::Connect => failure.explained(self.privacy == Privacy::Encrypted),
                        _ => failure,
                    };
                    tokio::time::sleep(self.pause(call, failure)?).await;
                }
            }
        }
    }

    /// How long to wait before a call that failed is made again; the failure, if it is not.
    fn pause(&self, call: Call, failure: RpcFailure) -> Result<Duration, RpcFailure> {
        let (rpc, attempts) = (failure.rpc, failure.attempts);
        // a worker outlives a certificate that is renewed too late; whoever connects wants to know
        if call == Call::Once || failure.handshake || !failure.is_retryable() {
            return Err(failure);
        }
        let Some(delay) = call
            .retry(self.retry_for)
            .delay(attempts, failure.elapsed, random())
        else {
            return Err(failure);
        };
        if attempts == 3 && call == Call::Poll {
            tracing::warn!(
                "{rpc} has failed {attempts} times and goes on: {} ({})",
                failure.message,
                failure.code.name()
            );
        } else {
            tracing::debug!(?delay, "{rpc} failed and is repeated: {}", failure.message);
        }
        Ok(delay)
    }

    fn failure(
        &self,
        status: &Status,
        rpc: &'static str,
        attempts: u32,
        elapsed: Duration,
    ) -> RpcFailure {
        // what the service answered has no source; what the transport made of a failure has
        let source = status.source().filter(|source| !is_timeout(*source));
        let late = source.is_none() && status.source().is_some();
        RpcFailure {
            code: if late {
                Code::DeadlineExceeded
            } else {
                Code::from_number(status.code().into())
            },
            message: match source {
                Some(source) => reason(source),
                None => status.message().to_owned(),
            },
            handshake: false,
            details: bytes::Bytes::copy_from_slice(status.details()),
            transport: source.is_some(),
            rpc,
            address: self.address.to_string(),
            attempts,
            elapsed,
            coding: None,
        }
    }
}

/// A workflow's code is run again and again, and must do the same each time; what a service answers is not the same.
fn not_in_workflow(rpc: &str) {
    assert!(
        !InWorkflow::now(),
        "a client was used inside a workflow ({rpc}); call the service from an activity, which may ask for a `&Client`"
    );
}

/// The call was given up here, because its deadline has passed: the service may well be there.
fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|e| e.is::<TimeoutExpired>())
}

/// The last cause says most: "connection refused", not "transport error".
fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// From 0 up to 1. Jitter needs no better source.
fn random() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from(u32::try_from(high >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

macro_rules! calls {
    ($client:ident: $($name:ident($request:ty) -> $response:ty;)*) => {
        #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only tests skip time"))]
        impl Connection { $(
            pub(crate) async fn $name(&self, request: $request, namespace: &str, call: Call) -> Result<$response, RpcFailure> {
                let request = self.encoded(stringify!($name), request).await?;
                let answer = self.repeat(stringify!($name), call, |transport| {
                    let request = self.request(request.clone(), Some(namespace), call);
                    async move {
                        let mut client = $client::new(transport).max_decoding_message_size(MAX_ANSWER);
                        client.$name(request).await
                    }
                }).await;
                self.decoded(stringify!($name), answer).await
            }
        )* }
    };
}

calls! { WorkflowServiceClient:
    get_system_info(wire::GetSystemInfoRequest) -> wire::GetSystemInfoResponse;
    describe_namespace(wire::DescribeNamespaceRequest) -> wire::DescribeNamespaceResponse;
    start_workflow_execution(wire::StartWorkflowExecutionRequest) -> wire::StartWorkflowExecutionResponse;
    signal_workflow_execution(wire::SignalWorkflowExecutionRequest) -> wire::SignalWorkflowExecutionResponse;
    signal_with_start_workflow_execution(wire::SignalWithStartWorkflowExecutionRequest) -> wire::SignalWithStartWorkflowExecutionResponse;
    query_workflow(wire::QueryWorkflowRequest) -> wire::QueryWorkflowResponse;
    update_workflow_execution(wire::UpdateWorkflowExecutionRequest) -> wire::UpdateWorkflowExecutionResponse;
    poll_workflow_execution_update(wire::PollWorkflowExecutionUpdateRequest) -> wire::PollWorkflowExecutionUpdateResponse;
    request_cancel_workflow_execution(wire::RequestCancelWorkflowExecutionRequest) -> wire::RequestCancelWorkflowExecutionResponse;
    terminate_workflow_execution(wire::TerminateWorkflowExecutionRequest) -> wire::TerminateWorkflowExecutionResponse;
    describe_workflow_execution(wire::DescribeWorkflowExecutionRequest) -> wire::DescribeWorkflowExecutionResponse;
    list_workflow_executions(wire::ListWorkflowExecutionsRequest) -> wire::ListWorkflowExecutionsResponse;
    count_workflow_executions(wire::CountWorkflowExecutionsRequest) -> wire::CountWorkflowExecutionsResponse;
    get_workflow_execution_history(wire::GetWorkflowExecutionHistoryRequest) -> wire::GetWorkflowExecutionHistoryResponse;
    poll_workflow_task_queue(wire::PollWorkflowTaskQueueRequest) -> wire::PollWorkflowTaskQueueResponse;
    respond_workflow_task_completed(wire::RespondWorkflowTaskCompletedRequest) -> wire::RespondWorkflowTaskCompletedResponse;
    respond_workflow_task_failed(wire::RespondWorkflowTaskFailedRequest) -> wire::RespondWorkflowTaskFailedResponse;
    respond_query_task_completed(wire::RespondQueryTaskCompletedRequest) -> wire::RespondQueryTaskCompletedResponse;
    poll_activity_task_queue(wire::PollActivityTaskQueueRequest) -> wire::PollActivityTaskQueueResponse;
    record_activity_task_heartbeat(wire::RecordActivityTaskHeartbeatRequest) -> wire::RecordActivityTaskHeartbeatResponse;
    record_activity_task_heartbeat_by_id(wire::RecordActivityTaskHeartbeatByIdRequest) -> wire::RecordActivityTaskHeartbeatByIdResponse;
    respond_activity_task_completed(wire::RespondActivityTaskCompletedRequest) -> wire::RespondActivityTaskCompletedResponse;
    respond_activity_task_completed_by_id(wire::RespondActivityTaskCompletedByIdRequest) -> wire::RespondActivityTaskCompletedByIdResponse;
    respond_activity_task_failed(wire::RespondActivityTaskFailedRequest) -> wire::RespondActivityTaskFailedResponse;
    respond_activity_task_failed_by_id(wire::RespondActivityTaskFailedByIdRequest) -> wire::RespondActivityTaskFailedByIdResponse;
    respond_activity_task_canceled(wire::RespondActivityTaskCanceledRequest) -> wire::RespondActivityTaskCanceledResponse;
    respond_activity_task_canceled_by_id(wire::RespondActivityTaskCanceledByIdRequest) -> wire::RespondActivityTaskCanceledByIdResponse;
    record_worker_heartbeat(wire::RecordWorkerHeartbeatRequest) -> wire::RecordWorkerHeartbeatResponse;
    shutdown_worker(wire::ShutdownWorkerRequest) -> wire::ShutdownWorkerResponse;
}

calls! { TestServiceClient:
    lock_time_skipping(testservice::LockTimeSkippingRequest) -> testservice::LockTimeSkippingResponse;
    unlock_time_skipping(testservice::UnlockTimeSkippingRequest) -> testservice::UnlockTimeSkippingResponse;
    unlock_time_skipping_with_sleep(testservice::SleepRequest) -> testservice::SleepResponse;
    sleep(testservice::SleepRequest) -> testservice::SleepResponse;
    get_current_time(()) -> testservice::GetCurrentTimeResponse;
}

type Answer =
    Pin<Box<dyn Future<Output = Result<http::Response<Body>, tonic::transport::Error>> + Send>>;

/// What carries requests.
#[derive(Clone)]
enum Transport {
    Tcp(Channel),
    InProcess(Arc<dyn Fn(http::Request<Body>) -> Answer + Send + Sync>),
}

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = tonic::transport::Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::Tcp(channel) => channel.poll_ready(cx),
            Self::InProcess(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        match self {
            Self::Tcp(channel) => Box::pin(channel.call(request)),
            Self::InProcess(service) => service(request),
        }
    }
}
