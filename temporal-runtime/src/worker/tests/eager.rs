//! Work that comes with an answer: eager activities and eager workflow start.

use temporal_protos::{
    command::command::Attributes,
    common::{ActivityType, Payloads, WorkflowExecution, WorkflowType},
    history::{
        History, HistoryEvent, WorkflowExecutionStartedEventAttributes,
        WorkflowTaskScheduledEventAttributes, WorkflowTaskStartedEventAttributes,
        history_event::Attributes as Event,
    },
    workflowservice::{
        PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
        RespondWorkflowTaskCompletedResponse,
    },
};

use super::{
    app,
    scripted::{Answer, Script},
};
use crate::{EmbeddedService, WorkerOptions, client::history, prelude::*, testing::block_on};

#[activity(start_to_close = "10s")]
async fn twice(n: u32) -> Result<u32> {
    Ok(2 * n)
}

#[activity(start_to_close = "10s")]
async fn elsewhere(n: u32) -> Result<u32> {
    Ok(n)
}

#[workflow]
async fn calls_many(wf: &mut Wf) -> Result<u32> {
    let _first = wf.start(elsewhere::with(0).task_queue("eager-elsewhere"));
    let all = wf.join_all((1..=5).map(twice::with)).await?;
    Ok(all.into_iter().sum())
}

/// The first task of a run of `calls_many`.
fn task() -> PollWorkflowTaskQueueResponse {
    let attributes: [Event; 3] = [
        WorkflowExecutionStartedEventAttributes {
            attempt: 1,
            ..Default::default()
        }
        .into(),
        WorkflowTaskScheduledEventAttributes::default().into(),
        WorkflowTaskStartedEventAttributes::default().into(),
    ];
    let events = (1..)
        .zip(attributes)
        .map(|(event_id, attributes)| HistoryEvent {
            event_id,
            attributes: Some(attributes),
            ..HistoryEvent::default()
        });
    PollWorkflowTaskQueueResponse {
        task_token: b"token".as_slice().into(),
        workflow_execution: Some(WorkflowExecution {
            workflow_id: "eager".to_owned(),
            run_id: "eager-run".to_owned(),
        }),
        workflow_type: Some(WorkflowType {
            name: "calls_many".to_owned(),
        }),
        started_event_id: 3,
        history: Some(History {
            events: events.collect(),
        }),
        ..Default::default()
    }
}

/// The activities of a completion: their inputs, and whether each was asked for with the answer.
fn scheduled(answer: Answer) -> Vec<(Option<Payloads>, bool)> {
    let Answer::Completed(completed) = answer else {
        panic!("not completed: {answer:?}")
    };
    let commands = completed.commands.into_iter();
    commands
        .filter_map(|command| match command.attributes {
            Some(Attributes::ScheduleActivityTaskCommandAttributes(a)) => {
                Some((a.input, a.request_eager_execution))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn activities_of_this_worker_come_with_the_answer_and_run() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let options = WorkerOptions::new().max_cached_workflows(0);
        let workers = app(module_path!(), options)
            .task_queue("eager")
            .start(&client)?;
        let eager = |token: u8| PollActivityTaskQueueResponse {
            task_token: vec![token].into(),
            activity_type: Some(ActivityType {
                name: "twice".to_owned(),
            }),
            input: crate::Payload::encode(u32::from(token))
                .ok()
                .map(|payload| Payloads {
                    payloads: vec![payload],
                }),
            ..Default::default()
        };
        script.reply(RespondWorkflowTaskCompletedResponse {
            activity_tasks: vec![eager(1), eager(2)],
            ..Default::default()
        });
        script.task(task());
        let asked: Vec<bool> = scheduled(script.answer().await)
            .into_iter()
            .map(|(_, eager)| eager)
            .collect();
        // the first runs elsewhere, and of those that this worker serves three are asked for
        assert_eq!(asked, [false, true, true, true, false, false]);
        let mut done = Vec::new();
        for _ in 0..2 {
            let Answer::Activity(completed) = script.answer().await else {
                panic!("not an activity")
            };
            done.push(completed.task_token.to_vec());
        }
        done.sort();
        assert_eq!(done, [[1], [2]]);
        workers.shutdown().await
    })
}

#[test]
fn eager_activities_can_be_switched_off() -> Result<()> {
    block_on(async {
        for options in [
            WorkerOptions::new().disable_eager_activity_execution(true),
            WorkerOptions::new().max_activities_per_second(1000.0),
            // each slot is a poller's
            WorkerOptions::new().max_concurrent_activities(1),
        ] {
            let (mut script, client) = Script::new();
            let workers = app(module_path!(), options.max_cached_workflows(0))
                .task_queue("eager")
                .start(&client)?;
            script.activity_polls(1).await;
            script.task(task());
            let asked = scheduled(script.answer().await);
            assert!(asked.iter().all(|(_, eager)| !eager), "{asked:?}");
            workers.shutdown().await?;
        }
        Ok(())
    })
}

#[workflow]
async fn quick(_wf: &mut Wf) -> Result<u32> {
    Ok(7)
}

async fn was_eager(client: &Client, workflow_id: &str) -> Result<bool> {
    let page = history::page(client, workflow_id, "", Default::default(), false)
        .await
        .map_err(|failure| failure.into_error(None))?;
    let events = page.history.unwrap_or_default().events;
    match events.into_iter().next().and_then(|e| e.attributes) {
        Some(Event::WorkflowExecutionStartedEventAttributes(a)) => Ok(a.eager_execution_accepted),
        other => Err(Error::msg(format!("{other:?}"))),
    }
}

#[test]
fn the_first_task_comes_with_the_answer_to_the_start() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let start = |id: &'static str| client.start(quick::with()).id(id).request_eager_start(true);
        let early = start("before-the-worker").await?;
        let options = WorkerOptions::new();
        let workers = app(module_path!(), options).start(client)?;
        assert_eq!(early.result().await?, 7);
        assert!(!was_eager(client, "before-the-worker").await?);
        // the worker is on the list once it polls
        let mut eager = false;
        for n in 0..1000 {
            let handle = client
                .start(quick::with())
                .id(format!("eager-{n}"))
                .request_eager_start(true)
                .await?;
            assert_eq!(handle.result().await?, 7);
            eager = was_eager(client, handle.id()).await?;
            if eager {
                break;
            }
        }
        assert!(eager);
        let plain = client.start(quick::with()).id("plain").await?;
        assert_eq!(plain.result().await?, 7);
        assert!(!was_eager(client, "plain").await?);
        workers.shutdown().await?;
        start("after-the-worker").await?;
        assert!(!was_eager(client, "after-the-worker").await?);
        Ok(())
    })
}
