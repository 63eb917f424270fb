//! Keys of the dynamic configuration, each by its effect through the public door. Those of `limits.rs` are there.

use temporal_protos::command::ContinueAsNewWorkflowExecutionCommandAttributes;
use temporal_protos::common::{Payload, SearchAttributes};
use temporal_protos::enums::{CommandType, EventType};
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::query::WorkflowQuery;
use temporal_protos::update;
use temporal_protos::workflowservice::*;
use temporal_server::{SearchAttributeType, ServerHandle, ServerOptions};
use tonic::Code;

use crate::common::{
    self, Client, command, execution, history, new_workflow, payloads, poll, refused, signal,
    start, step, take,
};

async fn configured(key: &str, value: &str) -> (ServerHandle, Client) {
    let mut options = ServerOptions::default();
    options.dynamic_config.push((key.into(), value.into()));
    common::service(options).await
}

#[tokio::test]
async fn rule_62_updates_of_a_run() {
    for (key, text) in [
        (
            "history.maxInFlightUpdates",
            "limit on number of concurrent in-flight updates has been reached (2)",
        ),
        (
            "history.maxTotalUpdates",
            "limit on the total number of distinct updates in this workflow has been reached (2)",
        ),
    ] {
        let (_server, mut client) = configured(key, "2").await;
        start(&mut client, "w").await;
        // nobody works: two wait, and the third is refused
        let [a, b, c] = ["a", "b", "c"].map(|id| {
            let mut client = client.clone();
            let request = poll(UpdateWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution("w"),
                request: Some(update::Request {
                    meta: Some(update::Meta {
                        update_id: id.into(),
                        ..Default::default()
                    }),
                    input: Some(update::Input {
                        name: "u".into(),
                        ..Default::default()
                    }),
                    ..Default::default()
                }),
                ..Default::default()
            });
            async move { client.update_workflow_execution(request).await }
        });
        let first = tokio::select! { x = a => x, x = b => x, x = c => x };
        let (code, said) = refused(first);
        assert!(said.contains(text), "{key}: {code} {said}");
    }
}

#[tokio::test]
async fn rule_131_search_attributes_of_a_run() {
    for (key, most, expected) in [
        (
            "frontend.searchAttributesNumberOfKeysLimit",
            "1",
            "number of search attributes 2 exceeds limit 1",
        ),
        (
            "frontend.searchAttributesSizeOfValueLimit",
            "6",
            "search attribute Color value size 7 exceeds size limit 6",
        ),
        (
            "frontend.searchAttributesTotalSizeLimit",
            "50",
            "total size of search attributes 84 exceeds size limit 50",
        ),
    ] {
        let mut options = ServerOptions::default();
        options.dynamic_config.push((key.into(), most.into()));
        for name in ["Color", "Shape"] {
            let keyword = SearchAttributeType::Keyword;
            options.search_attributes.push((name.into(), keyword));
        }
        let (_server, client) = common::service(options).await;
        let start = |given: &[(&str, &str)]| {
            let fields = given.iter().map(|(name, value)| {
                let data = format!("\"{value}\"").into();
                let metadata = [("encoding".to_owned(), "json/plain".into())].into();
                let payload = Payload {
                    data,
                    metadata,
                    ..Payload::default()
                };
                ((*name).to_owned(), payload)
            });
            let attributes = SearchAttributes {
                indexed_fields: fields.collect(),
            };
            let mut client = client.clone();
            async move {
                let request = StartWorkflowExecutionRequest {
                    search_attributes: Some(attributes),
                    ..new_workflow("w")
                };
                client.start_workflow_execution(request).await
            }
        };
        let beyond = [("Color", "green"), ("Shape", "a")];
        assert_eq!(
            refused(start(&beyond).await),
            (Code::InvalidArgument, expected.to_owned()),
            "{key}"
        );
        start(&[("Color", "red")]).await.unwrap();
    }
}

#[tokio::test]
async fn rule_80_queries_that_wait_with_a_workflow_task() {
    let (_server, mut client) = configured("history.MaxBufferedQueryCount", "2").await;
    start(&mut client, "w").await;
    step(&mut client, "q", vec![]).await.unwrap();
    signal(&mut client, "w", "s", None).await.unwrap();
    take(&mut client).await;
    // two wait for the task's end, and the third is refused
    let [a, b, c] = [(); 3].map(|()| {
        let mut client = client.clone();
        let request = poll(QueryWorkflowRequest {
            namespace: "default".into(),
            execution: execution("w"),
            query: Some(WorkflowQuery {
                query_type: "q".into(),
                ..Default::default()
            }),
            ..Default::default()
        });
        async move { client.query_workflow(request).await }
    });
    let first = tokio::select! { x = a => x, x = b => x, x = c => x };
    assert_eq!(refused(first).0, Code::ResourceExhausted);
}

#[tokio::test]
async fn rule_16_the_task_timeout_of_who_gives_none() {
    let (_server, mut client) = configured("history.defaultWorkflowTaskTimeout", "7").await;
    start(&mut client, "w").await;
    let history = history(&mut client, "w", "").await;
    let Some(A::WorkflowExecutionStartedEventAttributes(started)) = &history[0].attributes else {
        panic!("{history:?}");
    };
    assert_eq!(started.workflow_task_timeout.unwrap().seconds, 7);
}

#[tokio::test]
async fn rule_110_the_least_time_between_two_runs() {
    let (_server, mut client) = configured("history.workflowIdReuseMinimalInterval", "600").await;
    start(&mut client, "w").await;
    let again = command(
        CommandType::ContinueAsNewWorkflowExecution,
        ContinueAsNewWorkflowExecutionCommandAttributes::default(),
    );
    step(&mut client, "q", vec![again]).await.unwrap();
    let history = history(&mut client, "w", "").await;
    let Some(A::WorkflowExecutionStartedEventAttributes(next)) = &history[0].attributes else {
        panic!("{history:?}");
    };
    // what is left of ten minutes
    let backoff = next.first_workflow_task_backoff.unwrap().seconds;
    assert!((300..=600).contains(&backoff), "{backoff}");
}

#[tokio::test]
async fn rule_49_bytes_of_events_that_wait_for_a_workflow_task() {
    for (bytes, fails) in [(500, false), (3000, true)] {
        let key = "history.maximumBufferedEventsSizeInBytes";
        let (_server, mut client) = configured(key, "2000").await;
        start(&mut client, "w").await;
        take(&mut client).await;
        let input = payloads(&"x".repeat(bytes));
        signal(&mut client, "w", "s", input).await.unwrap();
        let history = history(&mut client, "w", "").await;
        let mut kinds = history.iter().map(|event| event.event_type());
        let failed = kinds.any(|kind| kind == EventType::WorkflowTaskFailed);
        assert_eq!(failed, fails, "{bytes}");
    }
}
