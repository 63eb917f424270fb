//! A service that says what a test tells it to: tasks, histories page by page, and what it was answered.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use temporal_protos::{
    history::{History, HistoryEvent},
    namespace::{NamespaceInfo, namespace_info::Capabilities},
    rpc::Reply,
    workflowservice::{
        workflow_service_server::{WorkflowService, WorkflowServiceServer},
        *,
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
    Activity(RespondActivityTaskCompletedRequest),
    ActivityFailed(RespondActivityTaskFailedRequest),
    ActivityHeartbeat,
    WorkerHeartbeat(RecordWorkerHeartbeatRequest),
    Goodbye(ShutdownWorkerRequest),
}

/// The test's side of the service.
pub(super) struct Script {
    shared: Arc<Shared>,
    tasks: mpsc::UnboundedSender<PollWorkflowTaskQueueResponse>,
    activities: mpsc::UnboundedSender<PollActivityTaskQueueResponse>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

struct Shared {
    tasks: tokio::sync::Mutex<mpsc::UnboundedReceiver<PollWorkflowTaskQueueResponse>>,
    activities: tokio::sync::Mutex<mpsc::UnboundedReceiver<PollActivityTaskQueueResponse>>,
    answers: mpsc::UnboundedSender<Answer>,
    /// What the next completion of a workflow task is answered with.
    reply: Mutex<RespondWorkflowTaskCompletedResponse>,
    capabilities: Capabilities,
    /// Heartbeats of activities are answered with a request to cancel.
    cancels: AtomicBool,
    /// The polls for activities: the last one, and how many are open.
    polled: watch::Sender<(PollActivityTaskQueueRequest, usize)>,
    polls: AtomicUsize,
    workflow_polled: watch::Sender<PollWorkflowTaskQueueRequest>,
    /// By the run and the token.
    pages: Mutex<BTreeMap<(String, String), Page>>,
    /// How many pages were asked for.
    asked: watch::Sender<usize>,
}

/// A page of a history, and the token of the next one; or why there is none.
pub(super) type Page = Result<(Vec<HistoryEvent>, String), Status>;

impl Script {
    pub(super) fn new() -> (Self, Client) {
        Self::with(Capabilities::default())
    }

    pub(super) fn with(capabilities: Capabilities) -> (Self, Client) {
        let (tasks, waiting) = mpsc::unbounded_channel();
        let (activities, waiting_activities) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            tasks: tokio::sync::Mutex::new(waiting),
            activities: tokio::sync::Mutex::new(waiting_activities),
            answers,
            reply: Mutex::default(),
            capabilities,
            cancels: AtomicBool::new(false),
            polled: watch::Sender::default(),
            polls: AtomicUsize::new(0),
            workflow_polled: watch::Sender::default(),
            pages: Mutex::default(),
            asked: watch::Sender::new(0),
        });
        let service = WorkflowServiceServer::new(Service(shared.clone()));
        let client = Client::over(Connection::in_process(service), ClientOptions::new(""));
        let script = Self {
            shared,
            tasks,
            activities,
            answers: answered,
        };
        (script, client)
    }

    pub(super) fn task(&self, task: PollWorkflowTaskQueueResponse) {
        self.tasks.send(task).expect("the service is there");
    }

    pub(super) fn activity(&self, task: PollActivityTaskQueueResponse) {
        self.activities.send(task).expect("the service is there");
    }

    /// From here on heartbeats are answered with a request to cancel.
    pub(super) fn cancel_activities(&self) {
        self.shared.cancels.store(true, Ordering::Relaxed);
    }

    /// The next completion of a workflow task is answered with this.
    pub(super) fn reply(&self, reply: RespondWorkflowTaskCompletedResponse) {
        *self
            .shared
            .reply
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = reply;
    }

    /// Waits until at least so many polls for activities are open; gives the last one.
    pub(super) async fn activity_polls(&self, open: usize) -> PollActivityTaskQueueRequest {
        let mut polled = self.shared.polled.subscribe();
        let found = polled.wait_for(|(_, now)| *now >= open).await;
        found.expect("the service is there").0.clone()
    }

    /// Ends polls for activities without a task until only so many are open.
    pub(super) async fn end_activity_polls_down_to(&self, open: usize) {
        while self.shared.polled.borrow().1 > open {
            self.activity(PollActivityTaskQueueResponse::default());
            tokio::task::yield_now().await;
        }
        let mut polled = self.shared.polled.subscribe();
        let found = polled.wait_for(|(_, now)| *now == open).await;
        found.expect("the service is there");
    }

    /// How many polls for activities have begun.
    pub(super) fn activity_polls_so_far(&self) -> usize {
        self.shared.polls.load(Ordering::Relaxed)
    }

    pub(super) async fn workflow_poll(&self) -> PollWorkflowTaskQueueRequest {
        let mut polled = self.shared.workflow_polled.subscribe();
        let found = polled.wait_for(|poll| poll.task_queue.is_some()).await;
        found.expect("the service is there").clone()
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

/// A poll that is open.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.polled.send_modify(|(_, open)| *open -= 1);
    }
}

impl WorkflowService for Service {
    fn describe_namespace(
        &self,
        _: Request<DescribeNamespaceRequest>,
    ) -> Reply<'_, DescribeNamespaceResponse> {
        Box::pin(async move {
            Ok(Response::new(DescribeNamespaceResponse {
                namespace_info: Some(NamespaceInfo {
                    capabilities: Some(self.0.capabilities),
                    ..Default::default()
                }),
                ..Default::default()
            }))
        })
    }

    fn poll_workflow_task_queue(
        &self,
        request: Request<PollWorkflowTaskQueueRequest>,
    ) -> Reply<'_, PollWorkflowTaskQueueResponse> {
        Box::pin(async move {
            self.0.workflow_polled.send_replace(request.into_inner());
            let mut tasks = self.0.tasks.lock().await;
            let task = tasks.recv().await;
            Ok(Response::new(task.unwrap_or_default()))
        })
    }

    fn poll_activity_task_queue(
        &self,
        request: Request<PollActivityTaskQueueRequest>,
    ) -> Reply<'_, PollActivityTaskQueueResponse> {
        Box::pin(async move {
            let request = request.into_inner();
            self.0.polls.fetch_add(1, Ordering::Relaxed);
            self.0.polled.send_modify(|(last, open)| {
                *last = request;
                *open += 1;
            });
            let _open = Open(&self.0);
            let mut activities = self.0.activities.lock().await;
            let task = activities.recv().await;
            Ok(Response::new(task.unwrap_or_default()))
        })
    }

    fn respond_activity_task_completed(
        &self,
        request: Request<RespondActivityTaskCompletedRequest>,
    ) -> Reply<'_, RespondActivityTaskCompletedResponse> {
        Box::pin(async move {
            self.0.answered(Answer::Activity(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }

    fn respond_activity_task_failed(
        &self,
        request: Request<RespondActivityTaskFailedRequest>,
    ) -> Reply<'_, RespondActivityTaskFailedResponse> {
        Box::pin(async move {
            self.0
                .answered(Answer::ActivityFailed(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }

    fn record_activity_task_heartbeat(
        &self,
        _: Request<RecordActivityTaskHeartbeatRequest>,
    ) -> Reply<'_, RecordActivityTaskHeartbeatResponse> {
        Box::pin(async move {
            self.0.answered(Answer::ActivityHeartbeat);
            Ok(Response::new(RecordActivityTaskHeartbeatResponse {
                cancel_requested: self.0.cancels.load(Ordering::Relaxed),
                ..Default::default()
            }))
        })
    }

    fn record_worker_heartbeat(
        &self,
        request: Request<RecordWorkerHeartbeatRequest>,
    ) -> Reply<'_, RecordWorkerHeartbeatResponse> {
        Box::pin(async move {
            self.0
                .answered(Answer::WorkerHeartbeat(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
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
            let mut reply = self.0.reply.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(Response::new(std::mem::take(&mut *reply)))
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
        request: Request<ShutdownWorkerRequest>,
    ) -> Reply<'_, ShutdownWorkerResponse> {
        Box::pin(async move {
            self.0.answered(Answer::Goodbye(request.into_inner()));
            Ok(Response::new(Default::default()))
        })
    }
}
