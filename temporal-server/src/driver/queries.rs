//! Queries that wait for an answer, and their way to a worker.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::{Payloads, WorkflowExecution};
use temporal_protos::enums::{
    QueryRejectCondition, QueryResultType, WorkflowExecutionStatus as Status,
};
use temporal_protos::failure::Failure;
use temporal_protos::query::{WorkflowQuery, WorkflowQueryResult};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::entry::Entry;
use super::task::Task;
use super::{Driver, held};
use crate::engine::execution::query::QueryPath;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// A query that somebody waits for.
#[derive(Debug)]
pub(super) struct PendingQuery {
    query: WorkflowQuery,
    news: mpsc::UnboundedSender<News>,
}

/// What happens to a query. There are at most a few of these for each.
#[derive(Debug)]
enum News {
    Answered(Box<Result<WorkflowQueryResult, Refusal>>),
    GoDirect,
}

/// So long before its caller gives up, a query that no worker took is told that there is none, as the service does.
const TOLD_BEFORE: Duration = Duration::from_secs(1);

/// What a query comes to.
#[derive(Debug)]
pub(crate) enum QueryOutcome {
    Answered(Option<Payloads>),
    Rejected(Status),
}

impl Driver {
    /// QueryWorkflow. Waits as long as its caller does.
    pub(crate) async fn query(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        query: WorkflowQuery,
        condition: QueryRejectCondition,
        wait: Duration,
    ) -> Result<QueryOutcome, Refusal> {
        let begun = Instant::now();
        let id = self.ids.fresh();
        let entry = self.find_named(namespace, &execution.workflow_id, &execution.run_id)?;
        let (news, heard) = mpsc::unbounded_channel();
        self.skipping.add_work(1);
        let pending = Asked {
            driver: self,
            entry: entry.clone(),
            id: id.clone(),
            run_id: execution.run_id.clone(),
        };
        held(&self.queries).insert(
            id.clone(),
            PendingQuery {
                query: query.clone(),
                news,
            },
        );
        let path = self.ask_entry(&entry, &execution.run_id, |run, ctx| {
            run.query(ctx, &id, query, condition, wait)
                .map(|path| (path, run.run_id.to_string()))
        })?;
        let (direct, run_id) = match path {
            (QueryPath::Rejected(status), _) => return Ok(QueryOutcome::Rejected(status)),
            (QueryPath::Direct, run_id) => (true, run_id),
            (QueryPath::Buffered, run_id) => (false, run_id),
        };
        let told = begun + wait.saturating_sub(TOLD_BEFORE);
        self.answer_to(&pending, &run_id, (direct, heard), (told, begun + wait))
            .await
    }

    /// Sends a query to a worker, if no workflow task has it, and waits for its answer.
    async fn answer_to(
        &self,
        pending: &Asked<'_>,
        run_id: &str,
        (mut direct, mut heard): (bool, mpsc::UnboundedReceiver<News>),
        (told, until): (Instant, Instant),
    ) -> Result<QueryOutcome, Refusal> {
        let (mut is_told, mut is_sent) = (false, false);
        loop {
            let sticky_limit = if direct && !is_sent {
                self.send_query(pending, run_id)?
            } else {
                None
            };
            let limit = match sticky_limit {
                Some(limit) => until.min(Instant::now() + limit),
                None if direct && !is_told => told,
                None => until,
            };
            match tokio::time::timeout_at(limit, heard.recv()).await {
                Ok(Some(News::Answered(answer))) => return (*answer).and_then(read_answer),
                Ok(Some(News::GoDirect)) => (direct, is_sent) = (true, false),
                Ok(None) => return Err(Refusal::Unavailable("the service is closing".into())),
                Err(_) if Instant::now() >= until => {
                    return Err(Refusal::DeadlineExceeded(
                        "query timed out before a worker could process it".into(),
                    ));
                }
                Err(_) if sticky_limit.is_none() => {
                    self.expect_worker(pending, run_id)?;
                    // One was there a moment ago, and may come back.
                    (is_told, is_sent) = (true, true);
                }
                Err(_) => {
                    // The worker with the run in its cache does not answer: any worker will do.
                    self.ask_entry(&pending.entry, run_id, |run, _| {
                        run.sticky = None;
                        Ok(())
                    })?;
                }
            }
        }
    }

    /// Puts a query into a queue. Returns how long to wait if it is a sticky one.
    fn send_query(&self, pending: &Asked<'_>, run_id: &str) -> Result<Option<Duration>, Refusal> {
        let mut chain = pending.entry.lock();
        let place = chain.find(&pending.entry.workflow_id, run_id)?;
        let cell = &chain.cells[place];
        let sticky = cell.run.sticky.clone().filter(|sticky| {
            cell.run.is_running() && self.has_recent_poller(&pending.entry.namespace, &sticky.queue)
        });
        let task = Task::Query {
            entry: pending.entry.clone(),
            serial: cell.serial,
            id: pending.id.clone(),
            sticky: sticky.is_some(),
        };
        let queue = sticky
            .as_ref()
            .map_or(&cell.run.start.task_queue, |sticky| &sticky.queue)
            .clone();
        drop(chain);
        self.add_task(&pending.entry.namespace, &queue, task);
        Ok(sticky.map(|sticky| sticky.timeout))
    }

    /// Nobody has polled the queue of a run for a while: who asks will wait in vain.
    fn expect_worker(&self, pending: &Asked<'_>, run_id: &str) -> Result<(), Refusal> {
        let mut chain = pending.entry.lock();
        let place = chain.find(&pending.entry.workflow_id, run_id)?;
        let cell = &chain.cells[place];
        let queue = cell.run.start.task_queue.clone();
        drop(chain);
        if self.has_query_poller(&pending.entry.namespace, &queue) {
            return Ok(());
        }
        Err(Refusal::FailedPrecondition(
            "no poller seen for task queue recently, worker may be down".into(),
        ))
    }

    /// The query of this id, if somebody still waits for it.
    pub(super) fn take_query(&self, id: &str) -> Option<WorkflowQuery> {
        held(&self.queries)
            .get(id)
            .map(|pending| pending.query.clone())
    }

    pub(super) fn query_answered(&self, id: &str, answer: Result<WorkflowQueryResult, Refusal>) {
        self.tell_query(id, News::Answered(Box::new(answer)));
    }

    pub(super) fn query_goes_direct(&self, id: &str) {
        self.tell_query(id, News::GoDirect);
    }

    fn tell_query(&self, id: &str, news: News) -> bool {
        let queries = held(&self.queries);
        // A caller that has gone hears nothing.
        queries
            .get(id)
            .is_some_and(|pending| pending.news.send(news).is_ok())
    }

    /// RespondQueryTaskCompleted.
    pub(crate) fn answer_query(
        &self,
        id: &str,
        result: WorkflowQueryResult,
    ) -> Result<(), Refusal> {
        use prost::Message as _;
        let oversized = result
            .answer
            .as_ref()
            .is_some_and(|answer| answer.encoded_len() > self.limits.blob_bytes);
        let answer = if oversized {
            Err(Refusal::QueryFailed {
                message: "Blob data size exceeds limit.".into(),
                failure: Some(Box::default()),
            })
        } else {
            Ok(result)
        };
        match self.tell_query(id, News::Answered(Box::new(answer))) {
            true => Ok(()),
            false => Err(Refusal::not_found(
                "query task not found, or already expired",
            )),
        }
    }
}

fn read_answer(result: WorkflowQueryResult) -> Result<QueryOutcome, Refusal> {
    match QueryResultType::try_from(result.result_type) {
        Ok(QueryResultType::Answered) => Ok(QueryOutcome::Answered(result.answer)),
        _ => Err(Refusal::QueryFailed {
            message: result.error_message,
            failure: result.failure.map(|failure: Failure| Box::new(failure)),
        }),
    }
}

/// A query while its caller waits. Leaves nothing behind.
struct Asked<'a> {
    driver: &'a Driver,
    entry: Arc<Entry>,
    id: String,
    run_id: String,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        held(&self.driver.queries).remove(&self.id);
        let mut chain = self.entry.lock();
        if let Ok(place) = chain.find(&self.entry.workflow_id, &self.run_id) {
            chain.cells[place].run.forget_query(&self.id);
        }
        drop(chain);
        self.driver.skipping.add_work(-1);
        self.driver.timers_changed.notify_one();
    }
}
