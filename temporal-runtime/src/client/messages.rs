//! Signals, queries and updates on their way to a workflow: owned builders that are sent when they are awaited.

use std::future::IntoFuture;

use temporal_protos::{
    common::{Payload as RawPayload, Payloads},
    enums::{UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowExecutionStatus},
    query::WorkflowQuery,
    update::{self, WaitPolicy, outcome::Value},
    workflowservice::{
        PollWorkflowExecutionUpdateRequest, QueryWorkflowRequest, SignalWorkflowExecutionRequest,
        UpdateWorkflowExecutionRequest,
    },
};
use uuid::Uuid;

use super::{Call, Code, QueryRejectCondition, RpcFailure, WorkflowHandle, WorkflowStatus};
use crate::{
    convert::json_payload,
    error::{Error, ErrorKind, Result},
    failure::Failure,
    workflow::BoxFuture,
};

/// No arguments are no message, as the other SDKs write it.
pub(super) fn payloads(arguments: Vec<RawPayload>) -> Option<Payloads> {
    (!arguments.is_empty()).then_some(Payloads {
        payloads: arguments,
    })
}

fn first(payloads: Option<Payloads>) -> RawPayload {
    payloads
        .and_then(|p| p.payloads.into_iter().next())
        .unwrap_or_else(|| json_payload(&()).unwrap_or_default())
}

/// A signal: await it to send it. It is delivered once, also when the call has to be repeated.
#[must_use = "a signal is sent when you `.await` it"]
#[derive(Debug)]
pub struct SignalCall {
    handle: WorkflowHandle<()>,
    name: String,
    arguments: Result<Vec<RawPayload>>,
    request_id: String,
}

impl SignalCall {
    pub(super) fn new(
        handle: WorkflowHandle<()>,
        name: &str,
        arguments: Result<Vec<RawPayload>>,
    ) -> Self {
        Self {
            handle,
            name: name.to_owned(),
            arguments,
            request_id: Uuid::new_v4().to_string(),
        }
    }

    /// An id of your own: the service drops a second signal with the same one.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    pub(super) fn into_parts(self) -> (String, Result<Vec<RawPayload>>) {
        (self.name, self.arguments)
    }

    async fn send(self) -> Result<()> {
        let client = self.handle.client();
        let request = SignalWorkflowExecutionRequest {
            namespace: client.namespace().to_owned(),
            workflow_execution: Some(self.handle.execution()),
            signal_name: self.name,
            input: payloads(self.arguments?),
            identity: client.identity().to_owned(),
            request_id: self.request_id,
            header: client.propagators().inject()?.into_proto(),
            ..Default::default()
        };
        client
            .connection()
            .signal_workflow_execution(request, client.namespace(), Call::Unary)
            .await
            .map(drop)
            .map_err(|failure| self.handle.error(failure))
    }
}

impl IntoFuture for SignalCall {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Result<()>>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A query: await it to ask. It changes nothing.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] #[derive(Default)] struct Till { cents: u64 }
/// # #[workflow]
/// # impl Till {
/// #   #[query] fn cents(&self) -> u64 { self.cents }
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<()> { wf.wait(|s| s.cents > 0).await }
/// # }
/// async fn counts(till: &TillHandle) -> Result<u64> {
///     till.cents().await
/// }
/// ```
#[must_use = "a query is asked when you `.await` it"]
#[derive(Debug)]
pub struct QueryCall<T> {
    handle: WorkflowHandle<()>,
    name: String,
    arguments: Result<Vec<RawPayload>>,
    decode: fn(RawPayload) -> Result<T>,
    reject: Option<QueryRejectCondition>,
}

impl<T> QueryCall<T> {
    pub(super) fn new(
        handle: WorkflowHandle<()>,
        name: &str,
        arguments: Result<Vec<RawPayload>>,
        decode: fn(RawPayload) -> Result<T>,
    ) -> Self {
        Self {
            handle,
            name: name.to_owned(),
            arguments,
            decode,
            reject: None,
        }
    }

    /// Refuses the query in some states of the workflow.
    pub const fn reject_condition(mut self, condition: QueryRejectCondition) -> Self {
        self.reject = Some(condition);
        self
    }
}

async fn ask(
    handle: WorkflowHandle<()>,
    name: String,
    arguments: Vec<RawPayload>,
    reject: Option<QueryRejectCondition>,
) -> Result<RawPayload> {
    let client = handle.client();
    let request = QueryWorkflowRequest {
        namespace: client.namespace().to_owned(),
        execution: Some(handle.execution()),
        query: Some(WorkflowQuery {
            query_type: name,
            query_args: payloads(arguments),
            header: client.propagators().inject()?.into_proto(),
        }),
        query_reject_condition: QueryRejectCondition::to_proto(reject),
    };
    let answer = client
        .connection()
        .query_workflow(request, client.namespace(), Call::Unary)
        .await
        .map_err(|failure| unanswered(&handle, failure))?;
    if let Some(rejected) = answer.query_rejected {
        let status = WorkflowExecutionStatus::try_from(rejected.status).unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Query,
            format!(
                "the query was refused, because the workflow is {}",
                WorkflowStatus::from_proto(status)
            ),
        )
        .with_execution(handle.id(), handle.run_id()));
    }
    Ok(first(answer.query_result))
}

/// The service waits for a worker, and only the deadline ends that.
fn unanswered(handle: &WorkflowHandle<()>, failure: RpcFailure) -> Error {
    if failure.code != Code::DeadlineExceeded {
        return handle.error(failure);
    }
    let text = format!(
        "no worker answered the query in {:.0} s: is one running for the workflow's task queue?",
        failure.elapsed.as_secs_f64()
    );
    Error::new(ErrorKind::Query, text)
        .with_execution(handle.id(), handle.run_id())
        .with_status(failure.code.name(), &failure.message)
}

impl<T: Send + 'static> IntoFuture for QueryCall<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<Result<T>>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            (self.decode)(ask(self.handle, self.name, self.arguments?, self.reject).await?)
        })
    }
}

/// An update: await it to send it and to have its result; [`start`](Self::start) waits only until it is accepted.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] #[derive(Default)] struct Till { cents: u64 }
/// # #[workflow]
/// # impl Till {
/// #   #[update] fn pay(&mut self, cents: u64) -> Result<u64> { self.cents += cents; Ok(self.cents) }
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<()> { wf.wait(|s| s.cents > 0).await }
/// # }
/// async fn pays(till: &TillHandle) -> Result<u64> {
///     till.pay(500).await?;
///     let accepted = till.pay(700).id("receipt-7").start().await?;
///     accepted.result().await
/// }
/// ```
#[must_use = "an update is sent when you `.await` it"]
#[derive(Debug)]
pub struct UpdateCall<T> {
    handle: WorkflowHandle<()>,
    name: String,
    arguments: Result<Vec<RawPayload>>,
    decode: fn(RawPayload) -> Result<T>,
    id: String,
}

impl<T> UpdateCall<T> {
    pub(super) fn new(
        handle: WorkflowHandle<()>,
        name: &str,
        arguments: Result<Vec<RawPayload>>,
        decode: fn(RawPayload) -> Result<T>,
    ) -> Self {
        Self {
            handle,
            name: name.to_owned(),
            arguments,
            decode,
            id: Uuid::new_v4().to_string(),
        }
    }

    /// An id of your own: a second update with the same one is the same update, and has the same result.
    pub fn id(mut self, update_id: impl Into<String>) -> Self {
        self.id = update_id.into();
        self
    }

    /// Sends it and waits until the workflow has accepted it.
    ///
    /// # Errors
    /// No answer; there is no such workflow. A rejection is the result's error.
    pub async fn start(self) -> Result<UpdateHandle<T>> {
        self.send(Stage::Accepted).await
    }

    async fn send(self, stage: Stage) -> Result<UpdateHandle<T>> {
        let mut sent = Update {
            handle: self.handle,
            id: self.id,
            outcome: None,
        };
        sent.send(self.name, self.arguments?, stage).await?;
        Ok(UpdateHandle {
            update: sent,
            decode: self.decode,
        })
    }
}

impl<T: Send + 'static> IntoFuture for UpdateCall<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<Result<T>>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.send(Stage::Completed).await?.result().await })
    }
}

/// An update that was accepted, or rejected.
#[derive(Debug, Clone)]
pub struct UpdateHandle<T> {
    update: Update,
    decode: fn(RawPayload) -> Result<T>,
}

impl<T> UpdateHandle<T> {
    pub(super) fn of(
        handle: WorkflowHandle<()>,
        id: String,
        decode: fn(RawPayload) -> Result<T>,
    ) -> Self {
        let update = Update {
            handle,
            id,
            outcome: None,
        };
        Self { update, decode }
    }

    /// The update's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.update.id
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// The update was rejected, or failed: [`Error::failure`] says why; no answer.
    pub async fn result(&self) -> Result<T> {
        (self.decode)(self.update.result().await?)
    }
}

/// An update without its type.
#[derive(Debug, Clone)]
struct Update {
    handle: WorkflowHandle<()>,
    id: String,
    outcome: Option<update::Outcome>,
}

impl Update {
    async fn send(&mut self, name: String, arguments: Vec<RawPayload>, stage: Stage) -> Result<()> {
        let client = self.handle.client().clone();
        let request = UpdateWorkflowExecutionRequest {
            namespace: client.namespace().to_owned(),
            workflow_execution: Some(self.handle.execution()),
            first_execution_run_id: self.handle.first_run_id(),
            wait_policy: Some(WaitPolicy {
                lifecycle_stage: stage.into(),
            }),
            request: Some(update::Request {
                meta: Some(update::Meta {
                    update_id: self.id.clone(),
                    identity: client.identity().to_owned(),
                }),
                input: Some(update::Input {
                    header: client.propagators().inject()?.into_proto(),
                    name,
                    args: payloads(arguments),
                }),
                ..update::Request::default()
            }),
        };
        loop {
            let answer = client
                .connection()
                .update_workflow_execution(request.clone(), client.namespace(), Call::LongPoll)
                .await
                .map_err(|failure| self.handle.error(failure))?;
            // the same run from here on, whatever starts after it
            let run = answer.update_ref.and_then(|u| u.workflow_execution);
            if let Some(run) = run.map(|e| e.run_id).filter(|id| !id.is_empty()) {
                self.handle = self.handle.clone().of_run(run);
            }
            self.outcome = answer.outcome;
            // the service answers after a while, with the stage that was reached until then
            if self.outcome.is_some() || answer.stage >= i32::from(Stage::Accepted) {
                return Ok(());
            }
        }
    }

    async fn result(&self) -> Result<RawPayload> {
        let outcome = match &self.outcome {
            Some(outcome) => outcome.clone(),
            None => self.poll().await?,
        };
        match outcome.value {
            Some(Value::Success(payloads)) => Ok(first(Some(payloads))),
            Some(Value::Failure(failure)) => {
                Err(Error::new(ErrorKind::Update, "the update failed")
                    .with_source(Failure::from_proto(failure))
                    .with_execution(self.handle.id(), self.handle.run_id()))
            }
            None => Ok(first(None)),
        }
    }

    async fn poll(&self) -> Result<update::Outcome> {
        let client = self.handle.client();
        let request = PollWorkflowExecutionUpdateRequest {
            namespace: client.namespace().to_owned(),
            update_ref: Some(update::UpdateRef {
                workflow_execution: Some(self.handle.execution()),
                update_id: self.id.clone(),
            }),
            identity: client.identity().to_owned(),
            wait_policy: Some(WaitPolicy {
                lifecycle_stage: Stage::Completed.into(),
            }),
        };
        loop {
            let answer = client
                .connection()
                .poll_workflow_execution_update(request.clone(), client.namespace(), Call::LongPoll)
                .await
                .map_err(|failure| self.handle.error(failure))?;
            if let Some(outcome) = answer.outcome {
                return Ok(outcome);
            }
        }
    }
}
