//! Input that does not fit: a clear error each time, and nothing lost.

use std::collections::BTreeMap;

use temporal_protos::enums::WorkflowTaskFailedCause;
use temporal_runtime::{
    App, EmbeddedService, ErrorKind, RawValue, RetryState,
    prelude::*,
    replay::{Replayed, Replayer},
    testing::block_on,
};

use super::{end_to_end, logs, raw::deployed, world::Cache};

/// A little more than a payload may have.
const TOO_LARGE: usize = 2 * 1024 * 1024 + 1;

#[activity(start_to_close = "30s")]
async fn gives_bytes(count: usize) -> Result<Vec<u8>> {
    Ok(vec![7; count])
}

#[activity(start_to_close = "30s", initial_interval = "1ms")]
async fn charge_without_a_json_form() -> Result<BTreeMap<(u8, u8), u8>> {
    Ok(BTreeMap::from([((1, 2), 3)]))
}

#[workflow]
async fn charges(wf: &mut Wf) -> Result<usize> {
    Ok(wf.execute(charge_without_a_json_form::with()).await?.len())
}

#[workflow]
async fn takes_a_number(_wf: &mut Wf, number: u32) -> Result<u32> {
    Ok(number)
}

#[workflow]
async fn takes_bytes(_wf: &mut Wf, bytes: Vec<u8>) -> Result<usize> {
    Ok(bytes.len())
}

#[workflow]
async fn returns_bytes(_wf: &mut Wf, count: usize) -> Result<Vec<u8>> {
    Ok(vec![7; count])
}

#[workflow]
async fn asks_for_bytes(wf: &mut Wf, count: usize) -> Result<usize> {
    Ok(wf.execute(gives_bytes::with(count)).await?.len())
}

#[workflow]
#[derive(Default)]
struct Listener {
    heard: Vec<u32>,
    done: bool,
}

#[workflow]
impl Listener {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<u32>> {
        wf.wait(|s| s.done).await?;
        Ok(wf.heard.clone())
    }

    #[signal]
    fn number(&mut self, number: u32) {
        self.heard.push(number);
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }
}

/// [`Listener`], later: with a handler for what it did not know.
#[workflow]
#[derive(Default)]
struct LaterListener {
    heard: Vec<String>,
    done: bool,
}

#[workflow]
impl LaterListener {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.done).await?;
        Ok(wf.heard.clone())
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[signal(dynamic)]
    fn anything(&mut self, name: String, args: Vec<RawValue>) {
        self.heard.push(format!("{name} with {}", args.len()));
    }
}

end_to_end! {
    async fn a_signal_that_does_not_fit_blocks_nothing(env) {
        logs::keep();
        let client = env.client();
        let handle = client.start(Listener::with()).await?;
        let by_name = client.workflow_by_name(handle.id());
        by_name.signal("number", ("seven".to_owned(),)).await?;
        by_name.signal("number", (1, 2)).await?;
        by_name.signal("nmber", (3,)).await?;
        handle.number(4).await?;
        handle.finish().await?;
        assert_eq!(handle.result().await?, [4]);
        // each is told of once, with its name and run, however often the run was replayed
        let told = logs::lines(handle.run_id().unwrap_or_default());
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told[0].contains("a signal `number` could not be decoded and stays in history: "), "{told:#?}");
        assert!(!told[0].contains("seven"), "payloads are in no log: {told:#?}");
        assert!(told[1].contains("takes 1 argument (`number: u32`) but 2 were sent"), "{told:#?}");
        assert!(told[2].contains("a signal `nmber` arrived and nothing handles it: it stays in history; known signals: number, finish"), "{told:#?}");
    }

    async fn a_payload_of_two_mebibytes_is_too_large(env) {
        let client = env.client();
        let error = client.execute(takes_bytes::with(vec![7; TOO_LARGE])).await.expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::Payload, "{error:?}");
        let text = format!("{error:?}");
        assert!(text.contains("of 2097153 bytes is over the limit of 2 MiB for one payload: pass a reference to it (a path, a key) instead"), "{text}");
    }

    async fn a_large_payload_that_is_allowed_arrives(env) {
        let client = env.client();
        assert_eq!(client.execute(takes_bytes::with(vec![7; 1_000_000])).await?, 1_000_000);
    }

    async fn a_result_of_an_activity_that_is_too_large_fails_it(env) {
        let error = env.client().execute(asks_for_bytes::with(TOO_LARGE)).await.expect_err("too large");
        let failure = error.failure().and_then(Failure::application).expect("what the activity said");
        assert!(failure.message().contains("over the limit of 2 MiB"), "{failure}");
        // its attempts are not limited: it did its work, and would do it again
        assert!(failure.is_non_retryable(), "{failure}");
        assert_eq!(failure.error_type(), Some("ResultNotEncodable"));
    }

    async fn a_result_of_an_activity_that_is_no_json_fails_it_once(env) {
        let error = env.client().execute(charges::with()).await.expect_err("no JSON");
        let failure = error.failure().expect("what the activity said");
        assert_eq!(failure.retry_state(), RetryState::NonRetryableFailure, "the work would be done again");
        let failure = failure.application().expect("what the activity said");
        assert!(failure.message().contains("cannot be encoded as JSON"), "{failure}");
        let cause = failure.cause().expect("what serde said");
        assert_eq!(cause.message(), "key must be a string");
    }
}

/// Starts a workflow by name and gives the failure of its first task.
fn refused<A: temporal_runtime::client::ArgumentList>(
    workflow: &str,
    arguments: A,
) -> Result<super::raw::FailedTask> {
    let mut failed = None;
    deployed(Cache::Default, async |deployment| {
        let client = deployment.client();
        let handle = client.start_by_name(workflow, arguments).await?;
        failed = Some(deployment.failed_task(handle.id()).await?);
        handle.terminate("the test is over").await
    })?;
    failed.ok_or_else(|| "no task failed".into())
}

#[test]
fn an_argument_of_another_type_is_named() -> Result<()> {
    let failed = refused("takes_a_number", ("seven".to_owned(),))?;
    assert_eq!(failed.event_id, 4);
    assert_eq!(
        failed.cause,
        WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
    );
    let text = "the workflow `takes_a_number` was given arguments that do not fit: argument 1 of workflow `takes_a_number` (`number: u32`) cannot be decoded: `\"seven\"` is not a `u32`";
    assert!(failed.message.starts_with(text), "{}", failed.message);
    Ok(())
}

#[test]
fn too_many_arguments_are_counted() -> Result<()> {
    let failed = refused("takes_a_number", (1, 2))?;
    let text = "workflow `takes_a_number` takes 1 argument (`number: u32`) but 2 were sent";
    assert!(failed.message.contains(text), "{}", failed.message);
    Ok(())
}

#[test]
fn a_missing_argument_is_named() -> Result<()> {
    let failed = refused("takes_a_number", ())?;
    let text = "workflow `takes_a_number` takes 1 argument (`number: u32`) but 0 were sent: `number: u32` is missing";
    assert!(failed.message.contains(text), "{}", failed.message);
    Ok(())
}

#[test]
fn an_unknown_workflow_is_told_the_known_ones() -> Result<()> {
    let failed = refused("takes_a_nmber", ())?;
    let text =
        "no workflow `takes_a_nmber` is registered on the task queue `default`; known workflows: ";
    assert!(failed.message.starts_with(text), "{}", failed.message);
    assert!(
        failed.message.contains("takes_a_number"),
        "{}",
        failed.message
    );
    Ok(())
}

#[test]
fn a_result_that_is_too_large_fails_the_task() -> Result<()> {
    let failed = refused("returns_bytes", (TOO_LARGE,))?;
    let text = "the result of the workflow (`returns_bytes`) cannot be encoded: ";
    assert!(failed.message.starts_with(text), "{}", failed.message);
    assert!(
        failed.message.contains("over the limit of 2 MiB"),
        "{}",
        failed.message
    );
    Ok(())
}

#[test]
fn a_signal_without_a_handler_stays_for_a_later_one() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let client = deployment.client();
        let handle = client.start(Listener::with()).await?;
        client
            .workflow_by_name(handle.id())
            .signal("hello", (1, 2))
            .await?;
        handle.finish().await?;
        assert_eq!(handle.result().await?, [0_u32; 0]);
        let history = deployment.history(handle.id()).await?;
        let replayed = Replayer::new()?.replay_as("LaterListener", &history)?;
        let Replayed::Completed(heard) = replayed else {
            panic!("it completed, and now: {replayed:?}")
        };
        assert_eq!(heard.decode::<Vec<String>>()?, ["hello with 2"]);
        Ok(())
    })
}

#[test]
fn a_port_in_use_is_named() -> Result<()> {
    block_on(async {
        let first = EmbeddedService::start_on_port(0).await?;
        let port = first.address().ok_or("it listens on a port")?.port();
        let error = EmbeddedService::start_on_port(port)
            .await
            .map(drop)
            .expect_err("in use");
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        let text = format!("{error:?}");
        assert!(
            text.contains("in use") && text.contains(&port.to_string()),
            "{text}"
        );
        first.shutdown().await;
        EmbeddedService::start_on_port(port).await.map(drop)
    })
}

/// On a clock of tokio's own that stands still but for waits.
#[test]
fn a_service_that_cannot_be_reached_is_named_with_what_was_tried() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let error = runtime
        .block_on(Client::connect("127.0.0.1:9"))
        .map(drop)
        .expect_err("nobody listens there");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    let text = error.to_string();
    assert!(
        text.starts_with("the Temporal service at 127.0.0.1:9 could not be reached in "),
        "{text}"
    );
    assert!(text.contains(" attempts); the last reason: "), "{text}");
}

fn wrong(module: &str) -> String {
    let error = App::new().only_module(module).check().expect_err(module);
    assert_eq!(error.kind(), ErrorKind::Registration);
    error.to_string()
}

#[test]
fn what_is_registered_twice_is_named_with_both_places() {
    let text = wrong("all::misregistered::twice");
    let places: Vec<&str> = text.split("tests/tests/all/misregistered.rs:").collect();
    assert_eq!(places.len(), 3, "{text}");
    assert!(
        text.starts_with("activity `charge_card` is registered twice: "),
        "{text}"
    );
}

#[test]
fn a_missing_value_is_named_with_its_activity() {
    let text = wrong("all::misregistered::needy");
    assert!(
        text.starts_with("activity `store` (tests/tests/all/misregistered.rs:"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "needs `&all::misregistered::needy::Warehouse`: add `.state(..)` with one to the App"
        ),
        "{text}"
    );
    let app = App::new().only_module("all::misregistered::needy");
    assert!(
        app.state(crate::misregistered::needy::Warehouse)
            .check()
            .is_ok()
    );
}

#[test]
fn an_empty_binary_is_told_what_to_do() {
    let text = wrong("all::nothing_is_here");
    assert!(
        text.starts_with(
            "nothing is registered: no `#[workflow]` or `#[activity]` is linked into this binary"
        ),
        "{text}"
    );
}
