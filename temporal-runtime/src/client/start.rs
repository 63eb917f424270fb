//! Starting workflows: builders that are sent when they are awaited.

use std::{future::IntoFuture, marker::PhantomData, time::Duration};

use temporal_protos::{
    common::{Payload as RawPayload, WorkflowType},
    enums::WorkflowIdConflictPolicy,
    taskqueue::TaskQueue,
    workflowservice::{SignalWithStartWorkflowExecutionRequest, StartWorkflowExecutionRequest},
};
use uuid::Uuid;

use super::{
    Call, Client, IdConflictPolicy, IdReusePolicy, SignalCall, WorkflowHandle, messages::payloads,
};
use crate::{
    convert::{proto_duration, user_metadata},
    error::Result,
    headers::Headers,
    memo,
    options::{Priority, RetryPolicy},
    search_attributes::{self, SearchAttributeUpdate, SearchAttributes},
    workflow::{BoxFuture, WorkflowCall, WorkflowDef, WorkflowOptions},
};

/// Awaiting the start gives the handle.
#[derive(Debug)]
pub enum Start {}

/// Awaiting the start gives the workflow's result.
#[derive(Debug)]
pub enum Execute {}

/// A workflow that is about to be started: await it.
#[must_use = "nothing is started until you `.await` this"]
pub struct StartWorkflow<W, How> {
    pub(super) request: Request,
    how: PhantomData<fn() -> (W, How)>,
}

/// A start without its type.
pub(super) struct Request {
    client: Client,
    workflow_type: String,
    arguments: Result<Vec<RawPayload>>,
    pub(super) options: WorkflowOptions,
    id_conflict: Option<IdConflictPolicy>,
    request_id: Option<String>,
    start_delay: Option<Duration>,
    eager: bool,
    /// Beside those that the client injects.
    headers: Result<Headers>,
    pub(super) signal: Option<(String, Result<Vec<RawPayload>>)>,
}

impl<W, How> std::fmt::Debug for StartWorkflow<W, How> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StartWorkflow({})", self.request.workflow_type)
    }
}

impl<W: WorkflowDef, How> StartWorkflow<W, How> {
    pub(super) fn new(client: Client, call: WorkflowCall<W>) -> Self {
        let mut options = *call.options;
        if options.task_queue.is_none() {
            options.task_queue = Some(client.task_queue_of(W::META.task_queue).to_owned());
        }
        let name = options.workflow_type.take();
        Self {
            request: Request::new(
                client,
                name.unwrap_or_else(|| W::META.name.to_owned()),
                W::encode(call.args),
                options,
            ),
            how: PhantomData,
        }
    }
}

macro_rules! start_options {
    ($($impl:tt)*) => {
        $($impl)* {
            /// The workflow id; made up if not given.
            pub fn id(mut self, workflow_id: impl Into<String>) -> Self {
                self.request.options.id = Some(workflow_id.into());
                self
            }

            /// Another task queue than the one the definition names.
            pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
                self.request.options.task_queue = Some(task_queue.into());
                self
            }

            /// Time for the whole chain of runs.
            pub const fn execution_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.request.options.execution_timeout = Some(timeout);
                self
            }

            /// Time for one run.
            pub const fn run_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.request.options.run_timeout = Some(timeout);
                self
            }

            /// Time for one workflow task.
            pub const fn task_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.request.options.task_timeout = Some(timeout);
                self
            }

            /// How a failed run is repeated; not at all if not given.
            pub fn retry_policy(mut self, policy: $crate::options::RetryPolicy) -> Self {
                self.request.options.retry_policy = Some(policy);
                self
            }

            /// Whether the id may have been used by a workflow that has closed.
            pub const fn id_reuse_policy(mut self, policy: $crate::client::IdReusePolicy) -> Self {
                self.request.set_id_reuse(policy);
                self
            }

            /// What happens if a workflow with the id runs.
            pub const fn id_conflict_policy(mut self, policy: $crate::client::IdConflictPolicy) -> Self {
                self.request.set_id_conflict(policy);
                self
            }

            /// An id of your own: a second start with the same one is the same start.
            pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
                self.request.set_request_id(request_id.into());
                self
            }

            /// A header: a value that the workflow finds in [`WorkflowInfo::headers`](crate::WorkflowInfo::headers), and
            /// passes on if a [`ContextPropagator`](crate::ContextPropagator) of its worker says so.
            pub fn header(
                mut self,
                name: impl Into<String>,
                value: impl serde::Serialize + Send + 'static,
            ) -> Self {
                self.request.set_header(name.into(), value);
                self
            }

            /// Waits that long before the first workflow task.
            pub const fn start_delay(mut self, delay: std::time::Duration) -> Self {
                self.request.set_start_delay(delay);
                self
            }

            /// One line for people who look at the workflow, in Markdown.
            pub fn static_summary(mut self, summary: impl Into<String>) -> Self {
                self.request.options.static_summary = Some(summary.into());
                self
            }

            /// Whatever else people who look at the workflow should know, in Markdown.
            pub fn static_details(mut self, details: impl Into<String>) -> Self {
                self.request.options.static_details = Some(details.into());
                self
            }

            /// How urgent it is, and whose work it is; its activities and children inherit that.
            pub fn priority(mut self, priority: $crate::options::Priority) -> Self {
                self.request.options.priority = Some(priority);
                self
            }

            /// Asks for the first workflow task with the answer, if a worker of this process that shares the client
            /// serves the workflow and has a free slot: one round trip less. Where that cannot be, it starts as usual.
            pub const fn request_eager_start(mut self, eager: bool) -> Self {
                self.request.set_eager(eager);
                self
            }

            /// A note that describing and listing show.
            pub fn memo(mut self, key: impl Into<String>, value: impl serde::Serialize + Send + 'static) -> Self {
                self.request.add_memo(key.into(), value);
                self
            }

            /// Search attributes, by typed keys: `.search_attributes([CUSTOMER.set("ann")])`.
            pub fn search_attributes(
                mut self,
                attributes: impl IntoIterator<Item = $crate::SearchAttributeUpdate>,
            ) -> Self {
                self.request.add_search_attributes(attributes);
                self
            }
        }
    };
}
pub(super) use start_options;

start_options!(impl<W, How> StartWorkflow<W, How>);

impl<W: WorkflowDef> StartWorkflow<W, Start> {
    /// Signals the workflow with this id, and starts it first if none runs:
    /// `client.start(Checkout::with(order)).id("order-1").with_signal(|checkout| checkout.approve("ann")).await?`.
    pub fn with_signal(mut self, signal: impl FnOnce(&W::Handle<Client>) -> SignalCall) -> Self {
        let handle = WorkflowHandle::new(self.request.client.clone(), String::new()).into();
        self.request.signal = Some(signal(&handle).into_parts());
        self
    }
}

impl<W: WorkflowDef> IntoFuture for StartWorkflow<W, Start> {
    type Output = Result<W::Handle<Client>>;
    type IntoFuture = BoxFuture<Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.request.send::<W>().await?.into()) })
    }
}

impl<W: WorkflowDef> IntoFuture for StartWorkflow<W, Execute> {
    type Output = Result<W::Output>;
    type IntoFuture = BoxFuture<Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.request.send::<W>().await?.result().await })
    }
}

impl Request {
    pub(super) fn new(
        client: Client,
        workflow_type: String,
        arguments: Result<Vec<RawPayload>>,
        options: WorkflowOptions,
    ) -> Self {
        Self {
            client,
            workflow_type,
            arguments,
            options,
            id_conflict: None,
            request_id: None,
            start_delay: None,
            eager: false,
            headers: Ok(Headers::new()),
            signal: None,
        }
    }

    pub(super) const fn set_id_reuse(&mut self, policy: IdReusePolicy) {
        self.options.id_reuse_policy = policy;
    }

    pub(super) const fn set_id_conflict(&mut self, policy: IdConflictPolicy) {
        self.id_conflict = Some(policy);
    }

    pub(super) fn set_request_id(&mut self, id: String) {
        self.request_id = Some(id);
    }

    pub(super) const fn set_start_delay(&mut self, delay: Duration) {
        self.start_delay = Some(delay);
    }

    pub(super) const fn set_eager(&mut self, eager: bool) {
        self.eager = eager;
    }

    pub(super) fn add_memo(&mut self, key: String, value: impl serde::Serialize + Send + 'static) {
        let memo = self.options.memo.take().unwrap_or_default();
        self.options.memo = Some(memo.set(key, value));
    }

    pub(super) fn set_header(
        &mut self,
        name: String,
        value: impl serde::Serialize + Send + 'static,
    ) {
        // the first error is the one that the call fails with
        if let Ok(headers) = &mut self.headers
            && let Err(error) = headers.set(name, value)
        {
            self.headers = Err(error);
        }
    }

    pub(super) fn add_search_attributes(
        &mut self,
        attributes: impl IntoIterator<Item = SearchAttributeUpdate>,
    ) {
        let fields = self.options.search_attributes.get_or_insert_default();
        fields.extend(SearchAttributes::updates(attributes));
    }

    pub(super) async fn send<W>(self) -> Result<WorkflowHandle<W>> {
        let client = self.client.clone();
        let (connection, namespace) = (client.connection(), client.namespace());
        let (conflict, eager) = (self.id_conflict, self.eager);
        let (mut request, signal) = self.into_start()?;
        let id = request.workflow_id.clone();
        let refused = |failure: super::RpcFailure| failure.into_error(Some((&id, None)));
        let (run, first) = match signal {
            None => {
                let take = eager.then(|| client.reserve_for(&request)).flatten();
                request.request_eager_execution = take.is_some();
                let answer = connection
                    .start_workflow_execution(request, namespace, Call::Unary)
                    .await
                    .map_err(refused)?;
                if let (Some(take), Some(task)) = (take, answer.eager_workflow_task) {
                    take(task);
                }
                (answer.run_id, answer.first_execution_run_id)
            }
            Some((name, arguments)) => {
                let request = with_signal(request, name, arguments, conflict);
                let answer = connection
                    .signal_with_start_workflow_execution(request, namespace, Call::Unary)
                    .await
                    .map_err(refused)?;
                (answer.run_id, answer.first_execution_run_id)
            }
        };
        client.observe(&id, &run);
        // older services do not tell the first run of the chain; of a new one it is this
        let first = if first.is_empty() { run } else { first };
        Ok(WorkflowHandle::new(client, id).of_chain(first))
    }

    #[expect(
        clippy::type_complexity,
        reason = "a pair that is taken apart at its one use"
    )]
    fn into_start(
        self,
    ) -> Result<(
        StartWorkflowExecutionRequest,
        Option<(String, Vec<RawPayload>)>,
    )> {
        let options = self.options;
        let memo = options.memo.unwrap_or_default().into_fields()?;
        let attributes = options.search_attributes.unwrap_or_default();
        let signal = match self.signal {
            Some((name, arguments)) => Some((name, arguments?)),
            None => None,
        };
        let mut headers = self.client.propagators().inject()?;
        headers.extend(self.headers?);
        let uuid = || Uuid::new_v4().to_string();
        let queue = options
            .task_queue
            .unwrap_or_else(|| self.client.task_queue_of(None).to_owned());
        let start = StartWorkflowExecutionRequest {
            namespace: self.client.namespace().to_owned(),
            workflow_id: options.id.unwrap_or_else(uuid),
            workflow_type: Some(WorkflowType {
                name: self.workflow_type,
            }),
            task_queue: Some(TaskQueue {
                name: queue,
                ..TaskQueue::default()
            }),
            input: payloads(self.arguments?),
            workflow_execution_timeout: options.execution_timeout.map(proto_duration),
            workflow_run_timeout: options.run_timeout.map(proto_duration),
            workflow_task_timeout: options.task_timeout.map(proto_duration),
            identity: self.client.identity().to_owned(),
            request_id: self.request_id.unwrap_or_else(uuid),
            workflow_id_reuse_policy: options.id_reuse_policy.to_proto().into(),
            workflow_id_conflict_policy: self.id_conflict.unwrap_or_default().to_proto(),
            retry_policy: options.retry_policy.as_ref().map(RetryPolicy::to_proto),
            memo: memo::to_proto(&memo),
            search_attributes: search_attributes::to_proto(&attributes),
            workflow_start_delay: self.start_delay.map(proto_duration),
            cron_schedule: options.cron_schedule.unwrap_or_default(),
            priority: options.priority.as_ref().map(Priority::to_proto),
            header: headers.into_proto(),
            user_metadata: user_metadata(
                options.static_summary.as_deref(),
                options.static_details.as_deref(),
            ),
            ..Default::default()
        };
        Ok((start, signal))
    }
}

fn with_signal(
    start: StartWorkflowExecutionRequest,
    signal_name: String,
    arguments: Vec<RawPayload>,
    conflict: Option<IdConflictPolicy>,
) -> SignalWithStartWorkflowExecutionRequest {
    SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        input: start.input,
        workflow_execution_timeout: start.workflow_execution_timeout,
        workflow_run_timeout: start.workflow_run_timeout,
        workflow_task_timeout: start.workflow_task_timeout,
        identity: start.identity,
        request_id: start.request_id,
        workflow_id_reuse_policy: start.workflow_id_reuse_policy,
        // signalling the running one is what the call is for
        workflow_id_conflict_policy: conflict.map_or_else(
            || WorkflowIdConflictPolicy::Unspecified.into(),
            IdConflictPolicy::to_proto,
        ),
        signal_name,
        signal_input: payloads(arguments),
        retry_policy: start.retry_policy,
        memo: start.memo,
        search_attributes: start.search_attributes,
        workflow_start_delay: start.workflow_start_delay,
        cron_schedule: start.cron_schedule,
        priority: start.priority,
        user_metadata: start.user_metadata,
        header: start.header,
        ..Default::default()
    }
}
