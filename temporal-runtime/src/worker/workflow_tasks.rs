//! One workflow task: get the history it needs, and run the workflow on it. What came of it is `answers.rs`'s.
//!
//! A run is owned while its task is processed, until the service has taken the answer. Workflow code runs on the
//! worker's own threads, page by page of the history; a thread that is stuck keeps what it has, and nobody waits for
//! it. Whatever goes wrong evicts the run: the next task replays it from its history.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use temporal_protos::{
    common::Payload as RawPayload,
    failure::Failure,
    history::{HistoryEvent, history_event::Attributes},
    query::WorkflowQuery,
    workflowservice::PollWorkflowTaskQueueResponse as Task,
};
use tokio::time::Instant;

use super::{
    Shared,
    cache::Owned,
    deadlock::{Stuck, Watch},
    history::{Page, Pages},
    local_activities::{LocalActivities, Waited},
    slots::Slot,
};
use crate::{
    headers::Propagators,
    panics,
    registry::WorkflowReg,
    workflow::{Completion, Run, RunTask, TaskFailure},
};

/// Processes a task, and those that its completion brings.
pub(super) async fn run(worker: Arc<Shared>, task: Task, slot: Slot) {
    let mut slot = Some(slot);
    let mut next = Some((task, None));
    while let Some((task, kept)) = next {
        next = worker.workflow_task(task, kept, &mut slot).await;
    }
}

/// What goes from a task to the one that takes its place, because local activities still run.
struct Kept {
    owned: Owned,
    locals: LocalActivities,
}

/// What a task is about, for messages and answers.
pub(super) struct About {
    pub(super) workflow_id: String,
    pub(super) run_id: String,
    pub(super) workflow_type: String,
    pub(super) token: bytes::Bytes,
    pub(super) attempt: i32,
}

impl About {
    fn of(task: &Task) -> Self {
        let execution = task.workflow_execution.clone().unwrap_or_default();
        Self {
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
            workflow_type: task.workflow_type.clone().unwrap_or_default().name,
            token: task.task_token.clone(),
            attempt: task.attempt,
        }
    }
}

/// What came of a task.
enum Done {
    /// It stays open for local activities.
    Open(Box<Run>),
    /// An answer for the service.
    Completed(Completion, Waited),
    Failed(TaskFailure),
    /// The answer to a query outside of any task.
    Answered(Box<Result<RawPayload, Failure>>),
    /// Its history cannot be read; it will be handed out again.
    Unread,
}

/// What a thread needs to begin a run.
struct Beginning {
    workflow: &'static WorkflowReg,
    namespace: String,
    workflow_id: String,
    run_id: String,
    workflow_type: String,
    failure_types: Arc<[String]>,
    propagators: Propagators,
}

impl Shared {
    async fn workflow_task(
        self: &Arc<Self>,
        task: Task,
        kept: Option<Kept>,
        slot: &mut Option<Slot>,
    ) -> Option<(Task, Option<Kept>)> {
        let received = Instant::now();
        let about = Arc::new(About::of(&task));
        let is_query = task.query.is_some();
        let Kept {
            mut owned,
            mut locals,
        } = match kept {
            Some(kept) => kept,
            None => Kept {
                owned: self.cache.own(&about.run_id).await,
                locals: LocalActivities::default(),
            },
        };
        let mut done = self.process(task, &about, &mut owned, &mut locals).await;
        if let Ok(Done::Open(run)) = done {
            done = self
                .run_local_activities(&about, run, &mut locals, received)
                .await
                .map(|(run, completion, waited)| {
                    owned.give_back(Some(run));
                    Done::Completed(completion, waited)
                });
        }
        let done = match done {
            Ok(done) => done,
            // the one who asks is told; there is no task to fail
            Err(failure) if is_query => Done::Answered(Box::new(Err(*failure.failure))),
            Err(failure) => Done::Failed(failure),
        };
        match done {
            Done::Completed(completion, waited) => {
                let next = self
                    .complete(&about, completion, waited, (&mut owned, slot))
                    .await?;
                let kept = (waited == Waited::Heartbeat).then_some(Kept { owned, locals });
                Some((next, kept))
            }
            Done::Answered(answer) => {
                self.answer(&about, *answer).await;
                None
            }
            Done::Failed(failure) => {
                drop(owned);
                self.report_failure(&about, failure, slot).await;
                None
            }
            // one that was open is completed by now
            Done::Unread | Done::Open(_) => None,
        }
    }

    /// Runs the workflow on the task. After a failure `owned` is empty.
    async fn process(
        &self,
        task: Task,
        about: &About,
        owned: &mut Owned,
        locals: &mut LocalActivities,
    ) -> Result<Done, TaskFailure> {
        let coding = self.client.connection().coding();
        let decoded = coding.decode(task).await;
        let mut task = decoded.map_err(|error| TaskFailure::new(&error.to_string()))?;
        let mut pages = self.pages(&mut task, about, owned);
        self.health.looked_up(owned.run().is_some());
        let mut run = owned.take();
        if run.is_none() {
            *locals = LocalActivities::default();
        }
        let mut begin = match &run {
            Some(_) => None,
            None => Some(self.beginning(about)?),
        };
        loop {
            let page = match pages.next().await {
                Ok(page) => page,
                Err(failure) if failure.coding.is_some() => {
                    return Err(TaskFailure::new(&failure.message));
                }
                Err(failure) => {
                    tracing::warn!(
                        workflow_id = %about.workflow_id, run_id = %about.run_id,
                        "the history of a workflow task could not be read, and the task will be handed out again: {}",
                        failure.message
                    );
                    owned.give_back(run);
                    owned.forget();
                    return Ok(Done::Unread);
                }
            };
            let (here, begin) = (run.take(), begin.take());
            if page.is_last {
                let keep = !self.cache.is_off();
                let work = move |watch: &Watch| last_page(here, begin, page, task, keep, watch);
                let (done, kept) = self.on_thread(about, work).await?;
                owned.give_back(kept);
                return Ok(done);
            }
            let work = move |watch: &Watch| next_page(here, begin, page, watch);
            run = Some(self.on_thread(about, work).await?);
        }
    }

    /// The events that the run has not seen. A run that is not cached, or behind, begins anew with all of them.
    fn pages(&self, task: &mut Task, about: &About, owned: &mut Owned) -> Pages {
        let events = task.history.take().unwrap_or_default().events;
        let token = std::mem::take(&mut task.next_page_token);
        let first = events.first().map(|event| event.event_id);
        let fits = match (owned.run().map(Run::next_event_id), first) {
            (Some(next), Some(first)) => first <= next,
            (Some(_), None) => true,
            (None, first) => first == Some(1),
        };
        if fits {
            return Pages::of_task(&self.client, about, events, token);
        }
        owned.forget();
        Pages::from_the_start(&self.client, about, events)
    }

    /// Runs workflow code on a thread of its own. Code that is stuck fails the task, and its thread keeps the run.
    pub(super) async fn on_thread<T: Send + 'static>(
        &self,
        about: &About,
        work: impl FnOnce(&Watch) -> Result<T, TaskFailure> + Send + 'static,
    ) -> Result<T, TaskFailure> {
        let watch = self.detector.watch();
        let done = self.pool.run(watch.clone(), move |watch| {
            // a panic in here is a bug of ours, and fails the task like any other
            catch_unwind(AssertUnwindSafe(|| work(watch))).unwrap_or_else(|panic| {
                Err(TaskFailure::new(&format!(
                    "temporal-runtime itself failed on this task, which is a bug: {}",
                    panics::message(&*panic)
                )))
            })
        });
        tokio::select! {
            biased;
            done = done => done.unwrap_or_else(|_| {
                Err(TaskFailure::new("no thread could be started for the workflow's code"))
            }),
            stuck = self.detector.strike(&watch) => {
                self.pool.replace_stuck();
                Err(self.stuck(about, &stuck))
            }
        }
    }

    fn stuck(&self, about: &About, stuck: &Stuck) -> TaskFailure {
        let workflow = self.plan.workflow(&about.workflow_type);
        let place = workflow
            .map(|w| {
                format!(
                    " (its run function is at {}:{})",
                    w.source.file, w.source.line
                )
            })
            .unwrap_or_default();
        let last = match stuck.last_op {
            Some(at) => format!("its last operation was started at {at}"),
            None => "it has not started any operation".to_owned(),
        };
        TaskFailure::new(&format!(
            "[TMPRL1101] Potential deadlock detected: the workflow `{}`{place}, workflow id `{}`, run id `{}`, did not give its thread back within {:?}; {last}. Workflow code must not block or compute for long: do that in an activity. While it is being debugged, set TEMPORAL_DEBUG=1",
            about.workflow_type, about.workflow_id, about.run_id, stuck.timeout
        ))
    }

    fn beginning(&self, about: &About) -> Result<Beginning, TaskFailure> {
        let Some(workflow) = self.plan.workflow(&about.workflow_type) else {
            let known: Vec<&str> = self.plan.workflows.keys().copied().collect();
            return Err(TaskFailure::new(&format!(
                "no workflow `{}` is registered on the task queue `{}`; known workflows: {}",
                about.workflow_type,
                self.plan.task_queue,
                known.join(", ")
            )));
        };
        Ok(Beginning {
            workflow,
            namespace: self.client.namespace().to_owned(),
            workflow_id: about.workflow_id.clone(),
            run_id: about.run_id.clone(),
            workflow_type: about.workflow_type.clone(),
            failure_types: self.options.failure_types(),
            propagators: self.client.propagators().clone(),
        })
    }
}

impl Beginning {
    /// The history is the one that was asked for.
    fn expect_own(&self, events: &[HistoryEvent]) -> Result<(), TaskFailure> {
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
            events.first().and_then(|event| event.attributes.as_ref())
        else {
            // said where the run begins
            return Ok(());
        };
        // older services do not write it
        if !started.workflow_id.is_empty() && started.workflow_id != self.workflow_id {
            return Err(TaskFailure::new(&format!(
                "the history is that of the workflow id `{}`, and the task is of `{}`",
                started.workflow_id, self.workflow_id
            )));
        }
        match &started.workflow_type {
            Some(other) if other.name != self.workflow_type => Err(TaskFailure::new(&format!(
                "the history is that of a workflow `{}`, and the task is of `{}`",
                other.name, self.workflow_type
            ))),
            _ => Ok(()),
        }
    }
}

/// Replays what is whole in a page that others follow.
fn next_page(
    run: Option<Box<Run>>,
    begin: Option<Beginning>,
    page: Page,
    watch: &Watch,
) -> Result<Box<Run>, TaskFailure> {
    let mut run = run_of(run, begin, &page, watch)?;
    run.handle_page(page.events, &|| watch.begin())?;
    Ok(run)
}

/// Replays the rest, and runs what is new. A run that nobody will ask for again is dropped here.
fn last_page(
    run: Option<Box<Run>>,
    begin: Option<Beginning>,
    page: Page,
    task: Task,
    keep: bool,
    watch: &Watch,
) -> Result<(Done, Option<Box<Run>>), TaskFailure> {
    let mut run = run_of(run, begin, &page, watch)?;
    let started_event_id = if task.query.is_some() {
        0
    } else {
        task.started_event_id
    };
    let run_task = RunTask {
        events: page.events,
        started_event_id,
        messages: task.messages,
        queries: task
            .queries
            .into_iter()
            .map(|(id, q)| query(id, q))
            .collect(),
    };
    run.begin_task(run_task, &|| watch.begin())?;
    if let Some(asked) = task.query {
        let (_, name, arguments) = query(String::new(), asked);
        let answer = Done::Answered(Box::new(run.query(&name, arguments)));
        run.rest();
        return Ok((answer, keep.then_some(run)));
    }
    if run.has_local_activities() {
        return Ok((Done::Open(run), None));
    }
    let completion = run.complete_task(&|| watch.begin());
    let over = completion.closed;
    let done = Done::Completed(completion, Waited::Over);
    run.rest();
    Ok((done, (keep && !over).then_some(run)))
}

/// The run itself, begun if there is none yet.
fn run_of(
    run: Option<Box<Run>>,
    begin: Option<Beginning>,
    page: &Page,
    watch: &Watch,
) -> Result<Box<Run>, TaskFailure> {
    let run = match (run, begin) {
        (Some(run), _) => run,
        (None, Some(begin)) => {
            begin.expect_own(&page.events)?;
            let mut run = Run::new(
                begin.workflow,
                &begin.namespace,
                &begin.workflow_id,
                &begin.run_id,
                &page.events,
            )?;
            run.set_failure_types(begin.failure_types);
            run.pass_on(|name| begin.propagators.pass_on(name));
            Box::new(run)
        }
        (None, None) => unreachable!("a run that is not there is begun"),
    };
    watch.see(run.probe());
    Ok(run)
}

fn query(id: String, query: WorkflowQuery) -> (String, String, Vec<RawPayload>) {
    let arguments = query.query_args.unwrap_or_default().payloads;
    (id, query.query_type, arguments)
}
