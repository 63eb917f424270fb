//! A service on a port of its own with workers that a test may stop, and its histories event by event.

use temporal_protos::{
    common::WorkflowExecution,
    enums::WorkflowTaskFailedCause,
    history::{History, HistoryEvent, history_event::Attributes},
    prost::Message as _,
    workflowservice::{
        GetWorkflowExecutionHistoryRequest, workflow_service_client::WorkflowServiceClient,
    },
};
use temporal_runtime::{
    App, Client, EmbeddedService, Error, Result, Workers, replay::WorkflowHistory,
    testing::block_on,
};
use tonic::transport::Channel;

use super::world::{Cache, app};

/// A service that the test's own workers serve.
pub(super) struct Deployment {
    service: EmbeddedService,
    workers: Option<Workers>,
    cache: Cache,
}

impl Deployment {
    pub(super) async fn start(cache: Cache) -> Result<Self> {
        let mut deployment = Self {
            service: EmbeddedService::start_on_port(0).await?,
            workers: None,
            cache,
        };
        deployment.start_workers()?;
        Ok(deployment)
    }

    pub(super) const fn client(&self) -> &Client {
        self.service.client()
    }

    pub(super) fn app(&self) -> App {
        app(self.cache)
    }

    pub(super) fn start_workers(&mut self) -> Result<()> {
        self.workers = Some(self.app().start(self.client())?);
        Ok(())
    }

    /// As if their process had died: nothing is finished and nobody is told.
    pub(super) fn kill_workers(&mut self) {
        drop(self.workers.take());
    }

    async fn raw(&self) -> Result<WorkflowServiceClient<Channel>> {
        let address = self.service.address().ok_or("it listens on a port")?;
        let channel = Channel::from_shared(format!("http://{address}"))
            .map_err(Error::msg)?
            .connect()
            .await
            .map_err(Error::msg)?;
        Ok(WorkflowServiceClient::new(channel))
    }

    /// Waits for the first event that `find` makes something of.
    pub(super) async fn event<T>(
        &self,
        workflow_id: &str,
        find: impl Fn(&HistoryEvent) -> Option<T>,
    ) -> Result<T> {
        let mut raw = self.raw().await?;
        let mut request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: Some(WorkflowExecution {
                workflow_id: workflow_id.to_owned(),
                run_id: String::new(),
            }),
            wait_new_event: true,
            ..Default::default()
        };
        loop {
            let page = raw
                .get_workflow_execution_history(request.clone())
                .await
                .map_err(Error::msg)?
                .into_inner();
            let events = page.history.unwrap_or_default().events;
            if let Some(found) = events.iter().find_map(&find) {
                return Ok(found);
            }
            if page.next_page_token.is_empty() {
                return Err(Error::msg("the workflow closed before that event"));
            }
            request.next_page_token = page.next_page_token;
        }
    }

    /// Waits for the first workflow task to fail: its event, the cause and what the failure says.
    pub(super) async fn failed_task(&self, workflow_id: &str) -> Result<FailedTask> {
        self.event(workflow_id, |event| match &event.attributes {
            Some(Attributes::WorkflowTaskFailedEventAttributes(a)) => Some(FailedTask {
                event_id: event.event_id,
                cause: a.cause(),
                message: a.failure.clone().unwrap_or_default().message,
            }),
            _ => None,
        })
        .await
    }

    /// The whole history of a closed workflow.
    pub(super) async fn history(&self, workflow_id: &str) -> Result<WorkflowHistory> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: Some(WorkflowExecution {
                workflow_id: workflow_id.to_owned(),
                run_id: String::new(),
            }),
            ..Default::default()
        };
        let page = self
            .raw()
            .await?
            .get_workflow_execution_history(request)
            .await
            .map_err(Error::msg)?
            .into_inner();
        let history: History = page.history.unwrap_or_default();
        WorkflowHistory::decode(&history.encode_to_vec())
    }
}

/// A workflow task that failed.
#[derive(Debug)]
pub(super) struct FailedTask {
    pub(super) event_id: i64,
    pub(super) cause: WorkflowTaskFailedCause,
    pub(super) message: String,
}

/// Runs a test on a deployment of its own.
pub(super) fn deployed<F: Future<Output = Result<()>>>(
    cache: Cache,
    test: impl FnOnce(Deployment) -> F,
) -> Result<()> {
    block_on(async move { test(Deployment::start(cache).await?).await })
}
