//! A service on a port of its own with workers that a test may stop, and its histories event by event.

use std::time::Duration;

use temporal_protos::{
    common::WorkflowExecution,
    enums::{IndexedValueType, WorkflowTaskFailedCause},
    history::{History, HistoryEvent, history_event::Attributes},
    operatorservice::{AddSearchAttributesRequest, operator_service_client::OperatorServiceClient},
    prost::Message as _,
    workflowservice::{
        GetWorkflowExecutionHistoryRequest, ResetWorkflowExecutionRequest,
        workflow_service_client::WorkflowServiceClient,
    },
};
use temporal_runtime::{
    App, Client, EmbeddedService, Error, Result, Workers, replay::WorkflowHistory,
    testing::block_on,
};
use tokio::{
    runtime::{Builder, Runtime},
    task::spawn_blocking,
};
use tonic::transport::Channel;

use super::world::{Cache, app, in_time};

/// Workers in a runtime of their own, which ends as a process would.
pub(super) struct Process {
    runtime: Option<Runtime>,
    _workers: Workers,
}

impl Process {
    pub(super) fn start(app: App, client: &Client) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let workers = {
            let _inside = runtime.enter();
            app.start(client)?
        };
        Ok(Self {
            runtime: Some(runtime),
            _workers: workers,
        })
    }

    /// Nothing is finished and nobody is told; when this returns, nothing of it is left, no open poll either.
    pub(super) async fn kill(mut self) -> Result<()> {
        let Some(runtime) = self.runtime.take() else {
            return Ok(());
        };
        let ended = spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10)));
        ended.await.map_err(Error::msg)
    }
}

/// A test that failed does not wait for it.
impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A service that the test's own workers serve.
pub(super) struct Deployment {
    service: EmbeddedService,
    workers: Option<Process>,
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

    pub(super) fn start_workers(&mut self) -> Result<()> {
        self.workers = Some(Process::start(app(self.cache), self.client())?);
        Ok(())
    }

    pub(super) async fn kill_workers(&mut self) -> Result<()> {
        match self.workers.take() {
            Some(process) => process.kill().await,
            None => Ok(()),
        }
    }

    async fn raw(&self) -> Result<WorkflowServiceClient<Channel>> {
        self.channel().await.map(WorkflowServiceClient::new)
    }

    async fn channel(&self) -> Result<Channel> {
        let address = self.service.address().ok_or("it listens on a port")?;
        Channel::from_shared(format!("http://{address}"))
            .map_err(Error::msg)?
            .connect()
            .await
            .map_err(Error::msg)
    }

    /// One search attribute of each type.
    pub(super) async fn define_search_attributes(&self) -> Result<()> {
        use IndexedValueType as T;
        let types = [
            ("E2eCustomer", T::Keyword),
            ("E2eAbout", T::Text),
            ("E2eAmount", T::Int),
            ("E2eWeight", T::Double),
            ("E2eUrgent", T::Bool),
            ("E2eDue", T::Datetime),
            ("E2eTags", T::KeywordList),
        ];
        let request = AddSearchAttributesRequest {
            namespace: "default".to_owned(),
            search_attributes: (types.into_iter())
                .map(|(name, kind)| (name.to_owned(), kind.into()))
                .collect(),
        };
        let mut operator = OperatorServiceClient::new(self.channel().await?);
        let added = operator.add_search_attributes(request).await;
        added.map(drop).map_err(Error::msg)
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

    /// Waits until a workflow has started a timer.
    pub(super) async fn timer_started(&self, workflow_id: &str) -> Result<()> {
        self.event(workflow_id, |event| {
            matches!(
                event.attributes,
                Some(Attributes::TimerStartedEventAttributes(_))
            )
            .then_some(())
        })
        .await
    }

    /// Resets a workflow to the end of its workflow task of this number. Returns the id of the new run.
    pub(super) async fn reset(&self, workflow_id: &str, task: usize) -> Result<String> {
        let passed = std::cell::Cell::new(0);
        let event_id = self
            .event(workflow_id, |event| {
                let is_end = matches!(
                    event.attributes,
                    Some(Attributes::WorkflowTaskCompletedEventAttributes(_))
                );
                passed.set(passed.get() + usize::from(is_end));
                (is_end && passed.get() == task).then_some(event.event_id)
            })
            .await?;
        let request = ResetWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: Some(WorkflowExecution {
                workflow_id: workflow_id.to_owned(),
                run_id: String::new(),
            }),
            reason: "again".to_owned(),
            workflow_task_finish_event_id: event_id,
            request_id: format!("{workflow_id} {event_id}"),
            ..Default::default()
        };
        let reset = self.raw().await?.reset_workflow_execution(request).await;
        Ok(reset.map_err(Error::msg)?.into_inner().run_id)
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
pub(super) fn deployed(
    cache: Cache,
    test: impl AsyncFnOnce(&mut Deployment) -> Result<()>,
) -> Result<()> {
    block_on(in_time(async move {
        let mut deployment = Deployment::start(cache).await?;
        test(&mut deployment).await?;
        deployment.kill_workers().await
    }))
}
