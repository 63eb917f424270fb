//! A service that says what a test tells it to: tasks, histories page by page, and what it was answered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use temporal_protos::{
    history::{History, HistoryEvent},
    rpc::Reply,
    workflowservice::{
        DescribeNamespaceRequest, DescribeNamespaceResponse, GetWorkflowExecutionHistoryRequest,
        GetWorkflowExecutionHistoryResponse, PollActivityTaskQueueRequest,
        PollActivityTaskQueueResponse, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse,
        RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
        RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse, ShutdownWorkerRequest,
        ShutdownWorkerResponse,
        workflow_service_server::{WorkflowService, WorkflowServiceServer},
    },
};
use tokio::sync::{mpsc, watch};
use tonic::{Request, Response, Status};

use crate::client::{Client, ClientOptions, Connection};

/// What a worker answered.
#[derive(Debug)]
pub(super) enum Answer {
    Completed(RespondWorkflowTaskCompletedRequest),
    Failed(RespondWorkflowTaskFailedRequest),
    Query(RespondQueryTaskCompletedRequest),
}

/// The test's side of the service.
pub(super) struct Script {
    shared: Arc<Shared>,
    tasks: mpsc::UnboundedSender<PollWorkflowTaskQueueResponse>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

struct Shared {
    tasks: tokio::sync::Mutex<mpsc::UnboundedReceiver<PollWorkflowTaskQueueResponse>>,
    answers: mpsc::UnboundedSender<Answer>,
    /// By the run and the token.
    pages: Mutex<BTreeMap<(String, String), Page>>,
    /// How many pages were asked for.
    asked: watch::Sender<usize>,
}

/// A page of a history, and the token of the next one; or why there is none.
pub(super) type Page = Result<(Vec<HistoryEvent>, String), Status>;

impl Script {
    pub(super) fn new() -> (Self, Client) {
        let (tasks, waiting) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            tasks: tokio::sync::Mutex::new(waiting),
            answers,
            pages: Mutex::default(),
            asked: watch::Sender::new(0),
        });
        let service = WorkflowServiceServer::new(Service(shared.clone()));
        let client = Client::over(Connection::in_process(service), ClientOptions::new(""));
        let script = Self {
            shared,
            tasks,
            answers: answered,
        };
        (script, client)
    }

    pub(super) fn task(&self, task: PollWorkflowTaskQueueResponse) {
        self.tasks.send(task).expect("the service is there");
    }

    pub(super) fn page(&self, run_id: &str, token: &str, page: Page) {
        let key = (run_id.to_owned(), token.to_owned());
        self.shared.pages().insert(key, page);
    }

    pub(super) async fn answer(&mut self) -> Answer {
        self.answers.recv().await.expect("the service is there")
    }

    /// Waits until so many pages were asked for.
    pub(super) async fn pages_asked(&self, count: usize) {
        let mut asked = self.shared.asked.subscribe();
        asked
            .wait_for(|asked| *asked >= count)
            .await
            .expect("the service is there");
    }

    pub(super) fn pages_asked_so_far(&self) -> usize {
        *self.shared.asked.borrow()
    }
}

impl Shared {
    fn pages(&self) -> MutexGuard<'_, BTreeMap<(String, String), Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, answer: Answer) {
        // the test may be over
        let _ = self.answers.send(answer);
    }
}

struct Service(Arc<Shared>);

impl WorkflowService for Service {
    fn describe_namespace(
        &self,
        _: Request<DescribeNamespaceRequest>,
    ) -> Reply<'_, DescribeNamespaceResponse> {
        Box::pin(async move { Ok(Response::new(Default::default())) })
    }

    fn poll_workflow_task_queue(
        &self,
        _: Request<PollWorkflowTaskQueueRequest>,
    ) -> Reply<'_, PollWorkflowTaskQueueResponse> {
        Box::pin(async move {
            let mut tasks = self.0.tasks.lock().await;
            let task = tasks.recv().await;
            Ok(Response::new(task.unwrap_or_default()))
        })
    }

    fn poll_activity_task_queue(
        &self,
        _: Request<PollActivityTaskQueueRequest>,
    ) -> Reply<'_, PollActivityTaskQueueResponse> {
        Box::pin(async move { std::future::pending().await })
    }

    fn get_workflow_execution_history(
        &self,
        request: Request<GetWorkflowExecutionHistoryRequest>,
    ) -> Reply<'_, GetWorkflowExecutionHistoryResponse> {
        Box::pin(async move {
            let request = request.into_inner();
            self.0.asked.send_modify(|asked| *asked += 1);
            let run_id = request.execution.unwrap_or_default().run_id;
            let token = String::from_utf8_lossy(&request.next_page_token).into_owned();
            let page = self.0.pages().get(&(run_id, token)).cloned();
            let (events, next) = page.unwrap_or_else(|| Err(Status::not_found("no such page")))?;
            Ok(Response::new(GetWorkflowExecutionHistoryResponse {
                history: Some(History { events }),
                next_page_token: next.into_bytes().into(),
                ..Default::default()
            }))
        })
    }

    fn respond_workflow_task_completed(
        &self,
        request: Request<RespondWorkflowTaskCompletedRequest>,
    ) -> Reply<'_, RespondWorkflowTaskCompletedResponse> {
        Box::pin(async move {
            self.0.answered(Answer::Completed(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }

    fn respond_workflow_task_failed(
        &self,
        request: Request<RespondWorkflowTaskFailedRequest>,
    ) -> Reply<'_, RespondWorkflowTaskFailedResponse> {
        Box::pin(async move {
            self.0.answered(Answer::Failed(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }

    fn respond_query_task_completed(
        &self,
        request: Request<RespondQueryTaskCompletedRequest>,
    ) -> Reply<'_, RespondQueryTaskCompletedResponse> {
        Box::pin(async move {
            self.0.answered(Answer::Query(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }

    fn shutdown_worker(
        &self,
        _: Request<ShutdownWorkerRequest>,
    ) -> Reply<'_, ShutdownWorkerResponse> {
        Box::pin(async move { Ok(Response::new(Default::default())) })
    }
}
