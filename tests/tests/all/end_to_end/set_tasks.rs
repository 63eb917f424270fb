//! Handlers that are set while the workflow runs and wait themselves, validators of theirs, and the names people see.

use std::collections::BTreeSet;

use serde_json::Value;
use temporal_runtime::{ErrorKind, handlers_finished, prelude::*};

use super::{end_to_end, on_a_skipping_clock};

/// Serves streets that it hears of when it runs.
#[workflow]
#[derive(Default)]
struct Courier {
    begun: bool,
    over: bool,
    log: Vec<String>,
    weight: u32,
}

#[workflow]
impl Courier {
    #[run]
    async fn run(wf: &mut Wf<Self>, street: String) -> Result<Vec<String>> {
        wf.wait(|courier| courier.begun).await?;
        let named = street.clone();
        wf.set_async_signal_handler(street.as_str(), move |mut wf, arguments| {
            let street = named.clone();
            async move {
                let (parcel, seconds): (String, u64) =
                    (arguments[0].decode()?, arguments[1].decode()?);
                wf.log.push(format!("{parcel} leaves"));
                wf.sleep(Duration::from_secs(seconds)).await?;
                wf.log.push(format!("{parcel} is in {street}"));
                Ok(())
            }
        });
        let busy = !wf.all_handlers_finished();
        wf.log.push(format!("busy: {busy}"));
        wf.set_async_update_handler("load", async |mut wf: Wf<Self>, arguments| {
            let weight: u32 = arguments[0].decode()?;
            let id = wf.current_update_info().map(|info| info.name.clone());
            wf.sleep(Duration::from_secs(1)).await?;
            wf.weight += weight;
            Ok(format!("{} by {}", wf.weight, id.unwrap_or_default()))
        })
        .validator(|courier, arguments| {
            let weight: u32 = arguments[0].decode()?;
            if courier.weight + weight > 100 {
                return Err(format!("{weight} is too much beside {}", courier.weight).into());
            }
            assert_ne!(weight, 13, "a number that panics");
            Ok(())
        });
        wf.wait(|courier| courier.over).await?;
        wf.execute(handlers_finished()).await?;
        Ok(std::mem::take(&mut wf.log))
    }

    #[signal]
    fn begin(&mut self) {
        self.begun = true;
    }

    #[signal]
    fn finish(&mut self) {
        self.over = true;
    }

    /// Answered when the task is done that came before: then the handlers are there.
    #[query]
    fn has_begun(&self) -> bool {
        self.begun
    }

    /// What it carries.
    #[update]
    fn load(&mut self, _weight: u32) -> Result<String> {
        Ok("not yet".to_owned())
    }
}

/// Takes every name, each in one way.
#[workflow]
#[derive(Default)]
struct Anything {
    log: Vec<String>,
}

#[workflow]
impl Anything {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.set_dynamic_query_handler(|s, name, arguments| {
            Ok(format!(
                "{name} of {}, {} lines",
                arguments.len(),
                s.log.len()
            ))
        });
        wf.set_dynamic_update_handler(|s: &mut Self, name, arguments| {
            s.log.push(format!("{name} of {}", arguments.len()));
            Ok(s.log.len())
        })
        .validator(|_, arguments| {
            if arguments.is_empty() {
                Err("of nothing".into())
            } else {
                Ok(())
            }
        });
        wf.set_dynamic_async_signal_handler(|mut wf, name, arguments| async move {
            wf.sleep(Duration::from_millis(1)).await?;
            wf.log.push(format!("{name} of {}", arguments.len()));
            if name == "fail" {
                return Err(ApplicationError::new("as asked").error_type("Asked").into());
            }
            Ok(())
        });
        wf.set_dynamic_async_update_handler(|mut wf, name, _| async move {
            wf.sleep(Duration::from_millis(1)).await?;
            Ok(format!("{name} after a while"))
        });
        wf.set_dynamic_update_handler(|s: &mut Self, name, arguments| {
            s.log.push(format!("{name} of {}", arguments.len()));
            Ok(s.log.len())
        })
        .validator(|_, arguments| {
            if arguments.is_empty() {
                Err("of nothing".into())
            } else {
                Ok(())
            }
        });
        wf.wait(|s| s.log.iter().any(|line| line.starts_with("end")))
            .await?;
        Ok(wf.log.clone())
    }

    /// A name of its own goes before what takes all.
    #[update]
    fn declared(&mut self) -> Result<String> {
        Ok("declared".to_owned())
    }
}

fn names(metadata: &Value, list: &str) -> BTreeSet<String> {
    let listed = metadata["definition"][list]
        .as_array()
        .cloned()
        .unwrap_or_default();
    listed
        .iter()
        .filter_map(|d| d["name"].as_str().map(str::to_owned))
        .collect()
}

on_a_skipping_clock! {
    async fn set_handlers_wait_beside_the_run_function(env) {
        let courier = env.client().start(Courier::with("north")).await?;
        let by_name = env.client().workflow_by_name(courier.id());
        assert_eq!(courier.load(1_u32).await?, "not yet");
        for (parcel, seconds) in [("a", 3600), ("b", 60)] {
            by_name.signal("north", (parcel, seconds)).await?;
        }
        courier.begin().await?;
        assert!(courier.has_begun().await?);
        by_name.signal("north", ("c", 1)).await?;
        assert_eq!(courier.load(60_u32).await?, "60 by load");
        env.sleep(Duration::from_secs(1800)).await?;
        courier.finish().await?;
        let log = courier.result().await?;
        // both begin when the code that set the handler waits; the run ends after the last of them
        let expected = ["busy: true", "a leaves", "b leaves", "c leaves", "c is in north", "b is in north", "a is in north"];
        assert_eq!(log, expected);
    }
}

end_to_end! {
    async fn a_validator_that_was_set_refuses_without_a_trace(env) {
        let courier = env.client().start(Courier::with("south")).await?;
        courier.begin().await?;
        assert!(courier.has_begun().await?);
        assert_eq!(courier.load(60_u32).await?, "60 by load");
        let length = courier.describe().await?.history_length;
        for (weight, why) in [(41, "41 is too much beside 60"), (13, "the validator panicked: assertion")] {
            let refused = courier.load(weight).await.expect_err("it is too much");
            let text = refused.failure().map(Failure::message).unwrap_or_default();
            assert!(text.starts_with(why), "{refused:?}");
        }
        let by_name = env.client().workflow_by_name(courier.id());
        let refused = by_name.update::<String>("load", ("much",)).await.expect_err("it is a text");
        assert_eq!(refused.kind(), ErrorKind::Update, "{refused:?}");
        assert_eq!(courier.describe().await?.history_length, length, "history has nothing of it");
        assert_eq!(courier.load(40_u32).await?, "100 by load");
        courier.finish().await?;
        courier.result().await?;
    }

    async fn what_takes_every_name_was_set(env) {
        let run = env.client().start(Anything::with()).await?;
        let by_name = env.client().workflow_by_name(run.id());
        assert_eq!(by_name.query::<String>("how", (1,)).await?, "how of 1, 0 lines");
        assert_eq!(run.declared().await?, "declared");
        assert_eq!(by_name.update::<usize>("do", (1, 2)).await?, 1);
        let refused = by_name.update::<usize>("do", ()).await.expect_err("nothing");
        assert_eq!(refused.failure().map(Failure::message), Some("of nothing"));
        by_name.signal("end", (7,)).await?;
        assert_eq!(run.result().await?, ["do of 2", "end of 1"]);
    }

    async fn a_task_of_a_handler_that_was_set_fails_the_workflow(env) {
        let run = env.client().start(Anything::with()).await?;
        env.client().workflow_by_name(run.id()).signal("fail", ()).await?;
        let error = run.result().await.expect_err("as asked");
        let failure = error.failure().and_then(Failure::application).expect("why");
        assert_eq!((failure.error_type(), failure.message()), (Some("Asked"), "as asked"));
    }

    async fn names_that_were_set_are_told(env) {
        let courier = env.client().start(Courier::with("west")).await?;
        courier.begin().await?;
        assert!(courier.has_begun().await?);
        let by_name = env.client().workflow_by_name(courier.id());
        let metadata: Value = by_name.query("__temporal_workflow_metadata", ()).await?;
        assert_eq!(names(&metadata, "signalDefinitions"), ["begin", "finish", "west"].map(str::to_owned).into());
        assert_eq!(names(&metadata, "updateDefinitions"), ["load".to_owned()].into());
        let load = &metadata["definition"]["updateDefinitions"][0];
        assert_eq!(load["description"], "What it carries.", "one entry, with what is known of it");
        let unknown = by_name.update::<()>("unload", ()).await.expect_err("unknown");
        let text = unknown.failure().map(Failure::message).unwrap_or_default().to_owned();
        assert!(text.ends_with("known updates: load"), "{text}");
        let anything = env.client().start(Anything::with()).await?;
        let by_name = env.client().workflow_by_name(anything.id());
        let metadata: Value = by_name.query("__temporal_workflow_metadata", ()).await?;
        assert_eq!(names(&metadata, "signalDefinitions"), [String::new()].into());
        assert!(names(&metadata, "queryDefinitions").contains(""), "{metadata}");
        for run in [courier.id(), anything.id()] {
            env.client().workflow_by_name(run).terminate("the test is over").await?;
        }
    }
}
