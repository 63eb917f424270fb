//! Histories in pages, broken histories, and queries without a task: what a worker makes of what a service sends.

use std::time::Duration;

use temporal_protos::{
    common::{Payload, Payloads, WorkflowExecution, WorkflowType},
    enums::{QueryResultType, WorkflowTaskFailedCause},
    history::{
        History, HistoryEvent, WorkflowExecutionSignaledEventAttributes,
        WorkflowExecutionStartedEventAttributes, WorkflowTaskCompletedEventAttributes,
        WorkflowTaskScheduledEventAttributes, WorkflowTaskStartedEventAttributes,
        history_event::Attributes,
    },
    query::WorkflowQuery,
    workflowservice::PollWorkflowTaskQueueResponse as Task,
};
use tonic::Status;

use super::{
    app, gate,
    scripted::{Answer, Script},
};
use crate::{WorkerOptions, Workers, prelude::*, testing::block_on};

/// Counts its signals, one workflow task each.
#[workflow]
#[derive(Default)]
struct Counts {
    count: u32,
    noted: Vec<u32>,
}

#[workflow]
impl Counts {
    #[run]
    async fn run(wf: &mut Wf<Self>, until: u32) -> Result<u32> {
        gate::pass(&wf.info().run_id);
        wf.wait(move |s| s.count >= until).await?;
        Ok(wf.count + 100 * wf.noted.len() as u32)
    }

    #[signal]
    fn more(&mut self, by: u32) {
        self.count += by;
    }

    #[query]
    fn count(&self) -> u32 {
        self.count
    }

    #[update]
    fn note(&mut self, n: u32) -> Result<u32> {
        self.noted.push(n);
        Ok(n)
    }
}

fn payloads(n: u32) -> Option<Payloads> {
    let payload = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".as_slice().into())].into(),
        data: n.to_string().into_bytes().into(),
        ..Payload::default()
    };
    Some(Payloads {
        payloads: vec![payload],
    })
}

/// A history under construction.
#[derive(Clone, Default)]
struct Told(Vec<HistoryEvent>);

impl Told {
    fn event(mut self, attributes: impl Into<Attributes>) -> Self {
        let attributes = attributes.into();
        self.0.push(HistoryEvent {
            event_id: self.0.len() as i64 + 1,
            event_type: attributes.event_type().into(),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        });
        self
    }

    fn of(workflow_id: &str, workflow_type: &str, until: u32) -> Self {
        Self::default().event(WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType {
                name: workflow_type.to_owned(),
            }),
            workflow_id: workflow_id.to_owned(),
            input: payloads(until),
            attempt: 1,
            ..Default::default()
        })
    }

    fn signal(self, by: u32) -> Self {
        self.event(WorkflowExecutionSignaledEventAttributes {
            signal_name: "more".to_owned(),
            input: payloads(by),
            ..Default::default()
        })
    }

    fn begun_task(self) -> Self {
        let scheduled_event_id = self.0.len() as i64 + 1;
        self.event(WorkflowTaskScheduledEventAttributes::default())
            .event(WorkflowTaskStartedEventAttributes {
                scheduled_event_id,
                ..Default::default()
            })
    }

    fn task(self) -> Self {
        let started_event_id = self.0.len() as i64 + 2;
        self.begun_task()
            .event(WorkflowTaskCompletedEventAttributes {
                scheduled_event_id: started_event_id - 1,
                started_event_id,
                ..Default::default()
            })
    }

    /// So many signals, each with a task that did nothing; then the signal and the task that end it.
    fn counting(workflow_id: &str, signals: u32) -> Self {
        let mut told = Self::of(workflow_id, "Counts", signals + 1).task();
        for _ in 0..signals {
            told = told.signal(1).task();
        }
        told.signal(1).begun_task()
    }

    /// The live task, with so many events of the history in it, and the rest in pages of that size.
    fn script(&self, run_id: &str, script: &Script, size: usize) -> Task {
        let pages: Vec<&[HistoryEvent]> = self.0.chunks(size).collect();
        let token = |at: usize| {
            if at < pages.len() {
                format!("page-{at}")
            } else {
                String::new()
            }
        };
        for (at, page) in pages.iter().enumerate() {
            let name = if at == 0 { String::new() } else { token(at) };
            script.page(run_id, &name, Ok((page.to_vec(), token(at + 1))));
        }
        Task {
            history: Some(History {
                events: pages[0].to_vec(),
            }),
            next_page_token: token(1).into_bytes().into(),
            ..self.live(run_id)
        }
    }

    /// The task with the whole history.
    fn live(&self, run_id: &str) -> Task {
        let workflow_id = match &self.0[0].attributes {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(a)) => a.workflow_id.clone(),
            _ => "w".to_owned(),
        };
        Task {
            task_token: b"token".as_slice().into(),
            workflow_execution: Some(WorkflowExecution {
                workflow_id,
                run_id: run_id.to_owned(),
            }),
            workflow_type: Some(WorkflowType {
                name: "Counts".to_owned(),
            }),
            started_event_id: self.0.len() as i64,
            attempt: 1,
            history: Some(History {
                events: self.0.clone(),
            }),
            ..Task::default()
        }
    }
}

fn workers(client: &Client) -> Result<Workers> {
    app(module_path!(), WorkerOptions::new().workflow_threads(1)).start(client)
}

/// The number with which the workflow completed.
fn result(answer: Answer) -> u32 {
    use temporal_protos::command::command::Attributes::CompleteWorkflowExecutionCommandAttributes;
    let Answer::Completed(completed) = answer else {
        panic!("not completed: {answer:?}")
    };
    match completed
        .commands
        .first()
        .and_then(|c| c.attributes.clone())
    {
        Some(CompleteWorkflowExecutionCommandAttributes(a)) => number(a.result),
        other => panic!("not the end: {other:?}"),
    }
}

fn number(payloads: Option<Payloads>) -> u32 {
    let data = payloads.unwrap_or_default().payloads.remove(0).data;
    String::from_utf8_lossy(&data).parse().unwrap()
}

fn failure(answer: Answer) -> (WorkflowTaskFailedCause, String) {
    let Answer::Failed(failed) = answer else {
        panic!("not failed: {answer:?}")
    };
    (failed.cause(), failed.failure.unwrap_or_default().message)
}

#[test]
fn every_size_of_page_gives_the_same() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        let told = Told::counting("paged", 9);
        for size in 1..=told.0.len() {
            let task = told.script(&format!("run-{size}"), &script, size);
            script.task(task);
            assert_eq!(result(script.answer().await), 10, "pages of {size}");
        }
        workers.shutdown().await
    })
}

#[test]
fn an_update_that_the_next_page_tells_of_reaches_its_own_task() -> Result<()> {
    use temporal_protos::{history::WorkflowExecutionUpdateAcceptedEventAttributes, update};
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        let request = update::Request {
            meta: Some(update::Meta {
                update_id: "u".to_owned(),
                ..Default::default()
            }),
            input: Some(update::Input {
                name: "note".to_owned(),
                args: payloads(5),
                ..Default::default()
            }),
            ..Default::default()
        };
        let completed = temporal_protos::history::WorkflowExecutionUpdateCompletedEventAttributes {
            meta: request.meta.clone(),
            accepted_event_id: 5,
            outcome: Some(update::Outcome {
                value: Some(update::outcome::Value::Success(payloads(5).unwrap())),
            }),
        };
        let told = Told::of("updated", "Counts", 1)
            .task()
            .event(WorkflowExecutionUpdateAcceptedEventAttributes {
                protocol_instance_id: "u".to_owned(),
                accepted_request_message_id: "u/request".to_owned(),
                accepted_request_sequencing_event_id: 2,
                accepted_request: Some(request),
            })
            .event(completed)
            .signal(1)
            .begun_task();
        for size in 1..=told.0.len() {
            let task = told.script(&format!("updated-{size}"), &script, size);
            script.task(task);
            assert_eq!(result(script.answer().await), 101, "pages of {size}");
        }
        workers.shutdown().await
    })
}

#[test]
fn later_pages_are_fetched_while_earlier_ones_replay() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        let told = Told::counting("ahead", 20);
        let key = gate::close("ahead-run");
        let task = told.script("ahead-run", &script, 8);
        script.task(task);
        key.entered.await.map_err(Error::msg)?;
        // the first page is being replayed; two pages wait, and a third one is there and waits for its place
        script.pages_asked(3).await;
        tokio::task::yield_now().await;
        assert_eq!(script.pages_asked_so_far(), 3, "no more than that is held");
        drop(key.open);
        assert_eq!(result(script.answer().await), 21);
        workers.shutdown().await
    })
}

#[test]
fn a_page_that_cannot_be_read_costs_only_its_task() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        let told = Told::counting("unread", 9);
        let task = told.script("unread-run", &script, 5);
        script.page("unread-run", "page-2", Err(Status::not_found("it is gone")));
        script.task(task);
        script.pages_asked(2).await;
        // the next task, of the same run, has it all
        script.task(told.live("unread-run"));
        assert_eq!(result(script.answer().await), 10);
        workers.shutdown().await
    })
}

/// Sends a broken task, and gives what the worker says; then a whole one of another run, which it must do.
async fn said_of(name: &str, break_it: impl FnOnce(&mut Task)) -> Result<String> {
    let (mut script, client) = Script::new();
    let workers = workers(&client)?;
    let mut task = Told::counting(name, 3).live(name);
    break_it(&mut task);
    script.task(task);
    let (cause, text) = failure(script.answer().await);
    assert_eq!(
        cause,
        WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        "{text}"
    );
    let whole = Told::counting(&format!("{name}-whole"), 3);
    script.task(whole.live(&format!("{name}-whole")));
    assert_eq!(result(script.answer().await), 4, "the worker lives");
    workers.shutdown().await?;
    Ok(text)
}

fn events(task: &mut Task) -> &mut Vec<HistoryEvent> {
    &mut task.history.as_mut().unwrap().events
}

#[test]
fn a_truncated_history_is_reported() -> Result<()> {
    let text = block_on(said_of("truncated", |task| events(task).truncate(8)))?;
    let said = "the history of the workflow task ends with event 8, before event 19 with which the task started";
    assert!(text.contains(said), "{text}");
    Ok(())
}

#[test]
fn a_reordered_history_is_reported() -> Result<()> {
    let text = block_on(said_of("reordered", |task| events(task).swap(5, 8)))?;
    assert!(
        text.contains("the history is not whole: event 9 follows event 5"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_history_of_another_workflow_is_reported() -> Result<()> {
    let text = block_on(said_of("other", |task| {
        let other = Told::of("another", "Counts", 1).0.remove(0);
        events(task)[0] = other;
    }))?;
    assert!(
        text.contains(
            "the history is that of the workflow id `another`, and the task is of `other`"
        ),
        "{text}"
    );
    let text = block_on(said_of("type", |task| {
        events(task)[0] = Told::of("type", "Sums", 1).0.remove(0);
    }))?;
    assert!(
        text.contains("the history is that of a workflow `Sums`, and the task is of `Counts`"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_history_without_its_beginning_is_reported() -> Result<()> {
    let text = block_on(said_of("headless", |task| {
        let all = events(task);
        all[0] = HistoryEvent {
            event_id: 1,
            ..all[2].clone()
        };
    }))?;
    assert!(
        text.contains("does not begin with WorkflowExecutionStarted"),
        "{text}"
    );
    Ok(())
}

#[test]
fn events_that_this_version_does_not_know_are_named() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        let mut told = Told::counting("unknown", 2);
        told.0[4].attributes = None;
        told.0[4].event_type = 999;
        script.task(told.live("unknown-run"));
        let (cause, text) = failure(script.answer().await);
        assert_eq!(
            cause,
            WorkflowTaskFailedCause::NonDeterministicError,
            "{text}"
        );
        assert!(
            text.contains("event 5 is an event of an unknown type"),
            "{text}"
        );
        // unless the service says that it does not matter
        told.0[4].worker_may_ignore = true;
        told = told.signal(1).begun_task();
        script.task(told.live("unknown-run"));
        assert_eq!(result(script.answer().await), 3);
        workers.shutdown().await
    })
}

#[test]
fn arguments_that_cannot_be_decoded_are_reported() -> Result<()> {
    let text = block_on(said_of("undecodable", |task| {
        let broken = Payload {
            metadata: [("encoding".to_owned(), b"json/plain".as_slice().into())].into(),
            data: b"{\"half".as_slice().into(),
            ..Payload::default()
        };
        if let Some(Attributes::WorkflowExecutionStartedEventAttributes(a)) =
            &mut events(task)[0].attributes
        {
            a.input = Some(Payloads {
                payloads: vec![broken],
            });
        }
    }))?;
    assert!(
        text.contains("`Counts` was given arguments that do not fit"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_query_is_answered_for_cached_uncached_and_closed_runs() -> Result<()> {
    let asked = |task: Task| Task {
        started_event_id: 0,
        query: Some(WorkflowQuery {
            query_type: "count".to_owned(),
            ..Default::default()
        }),
        ..task
    };
    let answered = |answer: Answer| {
        let Answer::Query(answered) = answer else {
            panic!("no answer to a query: {answer:?}")
        };
        assert_eq!(answered.completed_type(), QueryResultType::Answered);
        number(answered.query_result)
    };
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = workers(&client)?;
        // not cached: all of the history, in pages
        let open = Told::of("asked", "Counts", 9).task().signal(1).task();
        let task = open.script("asked-run", &script, 2);
        script.task(asked(task));
        assert_eq!(answered(script.answer().await), 1);
        // cached: nothing
        let cached = Task {
            history: None,
            ..open.live("asked-run")
        };
        script.task(asked(cached));
        assert_eq!(answered(script.answer().await), 1);
        assert_eq!(workers.cached_workflows(), 1);
        // closed
        let closed = Told::counting("closed", 2);
        let completed = closed.event(WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: 14,
            started_event_id: 15,
            ..Default::default()
        });
        let closed = completed.event(
            temporal_protos::history::WorkflowExecutionCompletedEventAttributes {
                result: payloads(3),
                ..Default::default()
            },
        );
        script.task(asked(closed.live("closed-run")));
        assert_eq!(answered(script.answer().await), 3);
        tokio::time::timeout(Duration::from_secs(60), workers.shutdown())
            .await
            .map_err(Error::msg)?
    })
}
