//! Signals, queries and updates, to handlers that are there and to those that are not.

use serde_json::{Value, json};
use temporal_runtime::{ErrorKind, RawValue, prelude::*};

use super::{end_to_end, on_a_skipping_clock};

#[activity(start_to_close = "30s")]
async fn add(a: i64, b: i64) -> Result<i64> {
    Ok(a + b)
}

#[workflow]
#[derive(Default)]
struct Counter {
    total: i64,
    open: u32,
    finished: bool,
}

#[workflow]
impl Counter {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<i64> {
        wf.wait(|s| s.finished && s.open == 0).await?;
        Ok(wf.total)
    }

    #[signal]
    fn set(&mut self, total: i64) {
        self.total = total;
    }

    #[signal]
    async fn add_tomorrow(wf: &mut Wf<Self>, number: i64) -> Result<()> {
        wf.open += 1;
        wf.sleep(Duration::from_secs(24 * 3600)).await?;
        let total = wf.total;
        wf.total = wf.execute(add::with(total, number)).await?;
        wf.open -= 1;
        Ok(())
    }

    #[query]
    fn total(&self) -> i64 {
        self.total
    }

    #[query]
    fn panics(&self) -> Result<i64> {
        assert!(self.total < 0, "this query always panics");
        Ok(self.total)
    }

    #[update]
    fn increase(&mut self, by: i64) -> Result<i64> {
        self.total += by;
        Ok(self.total)
    }

    #[validator(increase)]
    fn check_increase(&self, by: &i64) -> Result<()> {
        if *by < 0 {
            return Err(ApplicationError::new("negative number")
                .error_type("BadInput")
                .detail(*by)?
                .into());
        }
        Ok(())
    }

    #[update]
    async fn increase_by_activity(wf: &mut Wf<Self>, by: i64) -> Result<i64> {
        wf.open += 1;
        let total = wf.total;
        let sum = wf.execute(add::with(total, by)).await;
        wf.open -= 1;
        wf.total = sum?;
        Ok(wf.total)
    }

    #[update]
    fn refuse(&mut self, reason: String) -> Result<()> {
        Err(ApplicationError::new(reason).error_type("Refused").into())
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }
}

#[workflow]
#[derive(Default)]
struct TakesEverything {
    seen: Vec<Value>,
}

#[workflow]
impl TakesEverything {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<Value>> {
        wf.wait(|s| s.seen.len() == 2).await?;
        Ok(wf.seen.clone())
    }

    #[signal(dynamic)]
    fn any_signal(&mut self, name: String, args: Vec<RawValue>) {
        self.seen.push(json!([name, args.len()]));
    }

    #[query(dynamic)]
    fn any_query(&self, name: String, args: Vec<RawValue>) -> String {
        format!("{name} with {}", args.len())
    }

    #[update(dynamic)]
    fn any_update(&mut self, name: String, args: Vec<RawValue>) -> Result<Value> {
        let first: Value = args
            .first()
            .map(RawValue::decode)
            .transpose()?
            .unwrap_or_default();
        self.seen.push(json!([name, first]));
        Ok(first)
    }
}

end_to_end! {
    async fn a_workflow_is_signalled_and_asked(env) {
        let handle = env.client().start(Counter::with()).await?;
        assert_eq!(handle.total().await?, 0);
        handle.set(41).await?;
        assert_eq!(handle.total().await?, 41);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 41);
        assert_eq!(handle.total().await?, 41, "a closed workflow answers, too");
    }

    async fn a_signal_starts_a_workflow(env) {
        let handle = env.client().start(Counter::with()).with_signal(|c| c.set(7)).await?;
        assert_eq!(handle.total().await?, 7);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 7);
    }

    async fn an_update_gives_its_result(env) {
        let handle = env.client().start(Counter::with()).await?;
        assert_eq!(handle.increase(2).await?, 2);
        assert_eq!(handle.increase_by_activity(3).await?, 5);
        let accepted = handle.increase(5).start().await?;
        assert_eq!(accepted.result().await?, 10);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 10);
    }

    async fn an_update_is_refused_by_its_validator(env) {
        let handle = env.client().start(Counter::with()).await?;
        let error = handle.increase(-1).await.expect_err("negative");
        assert_eq!(error.kind(), ErrorKind::Update, "{error:?}");
        let failure = error.failure().expect("why");
        assert_eq!((failure.message(), failure.error_type()), ("negative number", Some("BadInput")));
        assert_eq!(failure.details()[0].decode::<i64>()?, -1);
        assert_eq!(handle.total().await?, 0);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 0);
    }

    async fn an_update_fails_and_the_workflow_goes_on(env) {
        let handle = env.client().start(Counter::with()).await?;
        let error = handle.refuse("not today").await.expect_err("it refuses");
        let failure = error.failure().expect("why");
        assert_eq!((failure.message(), failure.error_type()), ("not today", Some("Refused")));
        assert_eq!(handle.increase(1).await?, 1);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 1);
    }

    async fn dynamic_handlers_take_what_has_no_name(env) {
        let client = env.client();
        let handle = client.start(TakesEverything::with()).await?;
        let by_name = client.workflow_by_name(handle.id());
        assert_eq!(by_name.query::<String>("anything", (1, 2)).await?, "anything with 2");
        by_name.signal("hello", ("a".to_owned(), "b".to_owned(), 3)).await?;
        assert_eq!(by_name.update::<Value>("more", (json!({"n": 1}),)).await?, json!({"n": 1}));
        assert_eq!(handle.result().await?, [json!(["hello", 3]), json!(["more", {"n": 1}])]);
    }

    async fn an_unknown_query_is_told_the_known_ones(env) {
        let client = env.client();
        let handle = client.start(Counter::with()).await?;
        let by_name = client.workflow_by_name(handle.id());
        let error = by_name.query::<i64>("totl", ()).await.expect_err("misspelt");
        assert_eq!(error.kind(), ErrorKind::Query, "{error:?}");
        let text = format!("{error:?}");
        assert!(text.contains("the workflow `Counter` has no query `totl`; known queries: total, panics"), "{text}");
        handle.finish().await?;
        assert_eq!(handle.result().await?, 0);
    }

    async fn a_panic_in_a_query_fails_the_query_alone(env) {
        let handle = env.client().start(Counter::with()).await?;
        let error = handle.panics().await.expect_err("it panics");
        assert_eq!(error.kind(), ErrorKind::Query, "{error:?}");
        let text = format!("{error:?}");
        assert!(text.contains("the query `panics` panicked: this query always panics"), "{text}");
        handle.set(3).await?;
        handle.finish().await?;
        assert_eq!(handle.result().await?, 3);
    }

    async fn an_unknown_update_is_told_the_known_ones(env) {
        let client = env.client();
        let handle = client.start(Counter::with()).await?;
        let by_name = client.workflow_by_name(handle.id());
        let error = by_name.update::<i64>("increse", (1,)).await.expect_err("misspelt");
        assert_eq!(error.kind(), ErrorKind::Update, "{error:?}");
        let failure = error.failure().expect("why").message().to_owned();
        assert!(failure.contains("has no update `increse`; known updates: increase"), "{failure}");
        let error = by_name.update::<i64>("increase", ("one".to_owned(),)).await.expect_err("no number");
        let failure = error.failure().expect("why");
        let text: Vec<&str> = failure.chain().map(Failure::message).collect();
        assert!(text[0].contains("argument 1 of update `increase` (`by: i64`) cannot be decoded"), "{text:?}");
        handle.finish().await?;
        assert_eq!(handle.result().await?, 0);
    }
}

on_a_skipping_clock! {
    async fn an_async_signal_handler_takes_its_time(env) {
        let handle = env.client().start(Counter::with()).await?;
        handle.add_tomorrow(2).await?;
        handle.set(40).await?;
        handle.finish().await?;
        assert_eq!(handle.result().await?, 42);
    }
}
