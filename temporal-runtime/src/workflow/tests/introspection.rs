//! What people may ask of any run.

use serde_json::{Value, json};

use super::{Driver, HOUR};
use crate::prelude::*;

#[activity(start_to_close = "1m")]
async fn work(what: String) -> Result<String>;

#[workflow]
#[derive(Default)]
struct Visible {
    n: u32,
}

#[workflow]
impl Visible {
    /// Waits for three things.
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.set_current_details("on its **way**");
        let other = wf.spawn(async |mut wf: Wf<Self>| wf.sleep(HOUR).await);
        wf.join((other, work::with("x"), until(|s: &Self| s.n > 0)))
            .await?;
        let details = wf.current_details() + ", and there";
        wf.set_current_details(details);
        wf.wait(|_| false).await
    }

    /// Says hello.
    ///
    /// Twice, if need be.
    #[signal]
    async fn hello(wf: &mut Wf<Self>, _to: String) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[signal(dynamic)]
    fn anything(&mut self, _name: String, _args: Vec<crate::RawValue>) {
        self.n += 1;
    }

    /// How many.
    #[query]
    fn count(&self) -> u32 {
        self.n
    }

    #[update(name = "set it")]
    fn set(&mut self, n: u32) -> Result<()> {
        self.n = n;
        Ok(())
    }
}

#[test]
fn a_stack_trace_says_where_each_task_waits_and_for_what() {
    let mut run = Driver::start("Visible", vec![]);
    run.signal("hello", "you".to_owned());
    run.task();
    let trace: String = run.query("__stack_trace");
    let places: Vec<&str> = trace.split("\n\n").collect();
    assert_eq!(places.len(), 3, "{trace}");
    let file = "waits at temporal-runtime/src/workflow/tests/introspection.rs:";
    for (place, who, what) in [
        (
            places[0],
            "the run function",
            "task, activity `work`, wait for a condition",
        ),
        (places[1], "a spawned task", "timer of 3600s"),
        (
            places[2],
            "the signal handler `hello`",
            "wait for a condition",
        ),
    ] {
        let lines: Vec<&str> = place.lines().map(str::trim).collect();
        assert_eq!(lines[0], who, "{trace}");
        assert!(lines[1].starts_with(file), "{trace}");
        assert_eq!(lines[2], format!("for {what}"), "{trace}");
    }
    let enhanced: Value = run.query("__enhanced_stack_trace");
    assert_eq!(enhanced["sdk"]["name"], "temporal-rust");
    let stacks = enhanced["stacks"].as_array().expect("a list");
    assert_eq!(stacks.len(), 3);
    let location = &stacks[1]["locations"][0];
    assert_eq!(
        location["functionName"],
        "a spawned task, waiting for timer of 3600s"
    );
    assert!(location["line"].as_u64() > Some(10));
}

#[test]
fn a_closed_run_waits_for_nothing() {
    #[workflow]
    async fn ends_at_once(_wf: &mut Wf) -> Result<()> {
        Ok(())
    }
    let run = Driver::start("ends_at_once", vec![]);
    assert_eq!(run.query::<String>("__stack_trace"), "nothing waits");
}

#[test]
fn the_metadata_has_the_handlers_and_the_current_details() {
    let mut run = Driver::start("Visible", vec![]);
    let metadata: Value = run.query("__temporal_workflow_metadata");
    assert_eq!(metadata["currentDetails"], "on its **way**");
    let definition = &metadata["definition"];
    assert_eq!(definition["type"], "Visible");
    assert_eq!(
        definition["signalDefinitions"],
        json!([
            {"name": "hello", "description": "Says hello.\n\nTwice, if need be."},
            {"name": "", "description": ""},
        ])
    );
    assert_eq!(
        definition["updateDefinitions"],
        json!([{"name": "set it", "description": ""}])
    );
    let queries = definition["queryDefinitions"].as_array().expect("a list");
    assert_eq!(
        queries[0],
        json!({"name": "count", "description": "How many."})
    );
    assert_eq!(queries.len(), 4, "{queries:?}");
    run.fire("1");
    run.complete("1", String::new());
    run.update("u", "set it", 1u32);
    run.task();
    let metadata: Value = run.query("__temporal_workflow_metadata");
    assert_eq!(metadata["currentDetails"], "on its **way**, and there");
}
