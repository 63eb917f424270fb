//! What every typed handle derefs to: one workflow, by its id.

use std::marker::PhantomData;

use temporal_protos::{
    common::{Payload as RawPayload, WorkflowExecution},
    workflowservice::{RequestCancelWorkflowExecutionRequest, TerminateWorkflowExecutionRequest},
};
use uuid::Uuid;

use super::{
    Call, Client, QueryCall, RpcFailure, SignalCall, UpdateCall, WorkflowDescription, describe,
    result,
};
use crate::{
    error::{Error, Result},
    workflow::WorkflowDef,
};

/// What every typed handle derefs to: one workflow, by its id. `S` is who talks: a [`Client`], or a workflow.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] async fn hello(_wf: &mut Wf, name: String) -> Result<String> { Ok(name) }
/// async fn caller(client: &Client) -> Result<String> {
///     let handle = client.start(hello::with("you")).id("hello-1").await?;
///     println!("{} {:?}", handle.id(), handle.run_id());
///     let same = client.workflow::<hello>("hello-1"); // by its id, from anywhere
///     same.result().await
/// }
/// ```
pub struct WorkflowHandle<W, S = Client> {
    side: S,
    id: String,
    /// Only this run; otherwise the latest.
    run_id: Option<String>,
    /// The chain that was started, if it was started here: a cancellation follows it.
    first_run_id: Option<String>,
    workflow: PhantomData<fn() -> W>,
}

impl<W, S> std::fmt::Debug for WorkflowHandle<W, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WorkflowHandle({}", self.id)?;
        if let Some(run) = &self.run_id {
            write!(f, ", run {run}")?;
        }
        f.write_str(")")
    }
}

impl<W, S: Clone> Clone for WorkflowHandle<W, S> {
    fn clone(&self) -> Self {
        Self {
            side: self.side.clone(),
            id: self.id.clone(),
            run_id: self.run_id.clone(),
            first_run_id: self.first_run_id.clone(),
            workflow: PhantomData,
        }
    }
}

/// A handle around others: the plain one within. What macros generate for inherited messages is made of it.
#[doc(hidden)]
pub trait HandleOf<S> {
    /// Whose handle it is.
    type Workflow;
    fn raw(&self) -> &WorkflowHandle<Self::Workflow, S>;
}

impl<W, S> HandleOf<S> for WorkflowHandle<W, S> {
    type Workflow = W;
    fn raw(&self) -> &Self {
        self
    }
}

/// Who talks through a handle: a [`Client`], or a workflow ([`InWorkflow`](crate::InWorkflow)).
pub trait HandleSide {
    #[doc(hidden)]
    fn started_run_id(&self) -> Option<&str> {
        None
    }
}

impl HandleSide for Client {}

impl<W, S: HandleSide> WorkflowHandle<W, S> {
    /// The workflow id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The run, if the handle is of one run or of a chain that was started here: then it is the first one. Of a child
    /// workflow it is known from its start on.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        let given = self.run_id.as_deref().or(self.first_run_id.as_deref());
        given.or_else(|| self.side.started_run_id())
    }
}

impl<W, S> WorkflowHandle<W, S> {
    /// A handle on the side of a workflow.
    pub(crate) const fn on_side(side: S, id: String, run_id: Option<String>) -> Self {
        Self {
            side,
            id,
            run_id,
            first_run_id: None,
            workflow: PhantomData,
        }
    }

    pub(crate) const fn side(&self) -> &S {
        &self.side
    }
}

impl<W> WorkflowHandle<W> {
    pub(super) const fn new(client: Client, id: String) -> Self {
        Self {
            side: client,
            id,
            run_id: None,
            first_run_id: None,
            workflow: PhantomData,
        }
    }

    pub(super) fn of_run(mut self, run_id: String) -> Self {
        self.run_id = Some(run_id);
        self
    }

    pub(super) fn of_chain(mut self, first_run_id: String) -> Self {
        self.first_run_id = Some(first_run_id);
        self
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.side
    }

    /// The execution as a request names it. A chain is named by its id alone, so that later runs are reached.
    pub(super) fn execution(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.id.clone(),
            run_id: self.run_id.clone().unwrap_or_default(),
        }
    }

    /// The run whose history is read first when a result is waited for.
    pub(super) fn first_run(&self) -> String {
        self.run_id().unwrap_or_default().to_owned()
    }

    pub(super) fn first_run_id(&self) -> String {
        self.first_run_id.clone().unwrap_or_default()
    }

    pub(super) fn error(&self, failure: RpcFailure) -> Error {
        failure.into_error(Some((&self.id, self.run_id())))
    }

    /// Asks the workflow to cancel: it decides itself what to do. Asking twice does nothing more.
    ///
    /// # Errors
    /// There is no such workflow; no answer.
    pub async fn cancel(&self) -> Result<()> {
        self.cancel_because("").await
    }

    /// Asks the workflow to cancel, and says why.
    ///
    /// # Errors
    /// There is no such workflow; no answer.
    pub async fn cancel_because(&self, reason: impl Into<String>) -> Result<()> {
        let request = RequestCancelWorkflowExecutionRequest {
            namespace: self.side.namespace().to_owned(),
            workflow_execution: Some(self.execution()),
            identity: self.side.identity().to_owned(),
            request_id: Uuid::new_v4().to_string(),
            first_execution_run_id: self.first_run_id(),
            reason: reason.into(),
            ..Default::default()
        };
        let connection = self.side.connection();
        connection
            .request_cancel_workflow_execution(request, self.side.namespace(), Call::Unary)
            .await
            .map(drop)
            .map_err(|failure| self.error(failure))
    }

    /// Ends the workflow at once: its code does not hear of it, and cleans nothing up. [`cancel`](Self::cancel) asks it
    /// to end; this is for one that cannot end by itself any more.
    ///
    /// # Errors
    /// There is no such workflow, or it has closed; no answer.
    pub async fn terminate(&self, reason: impl Into<String>) -> Result<()> {
        let request = TerminateWorkflowExecutionRequest {
            namespace: self.side.namespace().to_owned(),
            workflow_execution: Some(self.execution()),
            reason: reason.into(),
            identity: self.side.identity().to_owned(),
            first_execution_run_id: self.first_run_id(),
            ..Default::default()
        };
        let connection = self.side.connection();
        connection
            .terminate_workflow_execution(request, self.side.namespace(), Call::Unary)
            .await
            .map(drop)
            .map_err(|failure| self.error(failure))
    }

    /// What the service knows of the workflow.
    ///
    /// # Errors
    /// There is no such workflow; no answer.
    pub async fn describe(&self) -> Result<WorkflowDescription> {
        describe::describe(self).await
    }

    // ---- what generated methods call --------------------------------------------------------------------------------

    #[doc(hidden)]
    pub fn __signal(&self, name: &str, arguments: Result<Vec<RawPayload>>) -> SignalCall {
        SignalCall::new(self.erased(), name, arguments)
    }

    #[doc(hidden)]
    pub fn __query<T>(
        &self,
        name: &str,
        arguments: Result<Vec<RawPayload>>,
        decode: fn(RawPayload) -> Result<T>,
    ) -> QueryCall<T> {
        QueryCall::new(self.erased(), name, arguments, decode)
    }

    #[doc(hidden)]
    pub fn __update<T>(
        &self,
        name: &str,
        arguments: Result<Vec<RawPayload>>,
        decode: fn(RawPayload) -> Result<T>,
    ) -> UpdateCall<T> {
        UpdateCall::new(self.erased(), name, arguments, decode)
    }

    /// The same handle without its type: the calls are compiled once.
    pub(super) fn erased(&self) -> WorkflowHandle<()> {
        WorkflowHandle {
            side: self.side.clone(),
            id: self.id.clone(),
            run_id: self.run_id.clone(),
            first_run_id: self.first_run_id.clone(),
            workflow: PhantomData,
        }
    }
}

impl<W: WorkflowDef> WorkflowHandle<W> {
    /// Waits for the result. Follows the workflow through continue-as-new and retries.
    ///
    /// # Errors
    /// The workflow failed, was cancelled or terminated, or ran out of time: [`Error::failure`] says why.
    pub async fn result(&self) -> Result<W::Output> {
        W::decode(result::wait(&self.erased()).await?)
    }
}
