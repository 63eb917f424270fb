//! A workflow and an activity for every name. They are not for the other tests' workers, which must not know all names.

use serde_json::{Value, json};
use temporal_runtime::{
    App, ErrorKind, RawValue, WorkerOptions,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

#[workflow]
struct Anything {
    log: Vec<Value>,
}

#[workflow(dynamic)]
impl Anything {
    #[init]
    fn new(name: String, args: Vec<RawValue>) -> Self {
        Self {
            log: vec![json!([name, args.len()])],
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, name: String, args: Vec<RawValue>) -> Result<Vec<Value>> {
        let asked = wf.info().workflow_type.clone();
        wf.log.push(json!([name, asked]));
        let first: String = match args.first() {
            Some(first) => first.decode()?,
            None => "nothing".into(),
        };
        let said = wf.execute(unknown_here::with(first, 7)).await?;
        wf.log.push(said);
        let known = wf.execute(known::with(1)).await?;
        wf.log.push(json!(known));
        Ok(wf.log.clone())
    }
}

#[workflow(name = "Known")]
async fn known_workflow(_wf: &mut Wf, n: u32) -> Result<u32> {
    Ok(n)
}

/// Declared: only the dynamic one can run it.
#[activity(name = "UnknownHere", start_to_close = "30s", max_attempts = 1)]
async fn unknown_here(text: String, n: u32) -> Result<Value>;

#[activity(start_to_close = "30s")]
async fn known(n: u32) -> Result<u32> {
    Ok(n + 1)
}

#[activity(dynamic)]
async fn any_activity(ctx: &ActivityContext, name: String, args: Vec<RawValue>) -> Result<Value> {
    let text: String = args[0].decode()?;
    let n: u32 = args[1].decode()?;
    Ok(json!([ctx.info().activity_type, name, text, n]))
}

fn in_environment(test: impl AsyncFn(&Client) -> Result<()>) -> Result<()> {
    for runs in [100, 0] {
        let options = WorkerOptions::new().max_cached_workflows(runs);
        let app = App::new()
            .only_module("all::dynamic")
            .worker_options(options);
        block_on(async {
            let env = TestEnvironment::start(app).await?;
            test(env.client()).await
        })?;
    }
    Ok(())
}

#[test]
fn what_has_no_name_of_its_own_is_dynamic() -> Result<()> {
    in_environment(async |client| {
        let handle = client.start_by_name("Whatever", ("x".to_owned(),)).await?;
        assert_eq!(
            handle.result::<Vec<Value>>().await?,
            [
                json!(["Whatever", 1]),
                json!(["Whatever", "Whatever"]),
                json!(["UnknownHere", "UnknownHere", "x", 7]),
                json!(2),
            ]
        );
        let named = client.execute(known_workflow::with(3)).await?;
        assert_eq!(named, 3, "what has a name is served by it");
        Ok(())
    })
}

#[test]
fn a_raw_value_of_another_type_is_an_error_with_both() -> Result<()> {
    in_environment(async |client| {
        let handle = client.start(decodes_wrongly::with()).await?;
        let error = handle.result().await.expect_err("text is no number");
        assert_eq!(error.kind(), ErrorKind::Workflow, "{error:?}");
        let failure = error.failure().and_then(Failure::application).expect("why");
        assert!(
            failure.message().contains("`\"seven\"` is not a `u32`"),
            "{failure}"
        );
        Ok(())
    })
}

#[activity(name = "AlsoUnknown", start_to_close = "30s", max_attempts = 1)]
async fn also_unknown(text: String, n: String) -> Result<Value>;

#[workflow]
async fn decodes_wrongly(wf: &mut Wf) -> Result<Value> {
    wf.execute(also_unknown::with("x", "seven")).await
}

#[test]
fn two_dynamic_ones_are_named_with_both_places() {
    let app = App::new().only_module("all::misregistered::two_dynamic");
    let error = app.check().expect_err("two of each");
    assert_eq!(error.kind(), ErrorKind::Registration);
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, kind) in lines.iter().zip(["workflows", "activities"]) {
        let start = format!("two dynamic {kind}: tests/tests/all/misregistered.rs:");
        assert!(line.starts_with(&start), "{text}");
        assert!(line.ends_with("; a worker can have one"), "{text}");
    }
}
