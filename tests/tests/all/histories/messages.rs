//! Signals and queries.

use serde_json::Value;
use temporal_runtime::{RawValue, prelude::*};

use super::basics::{greet, square};

#[workflow(name = "SignalCollect")]
#[derive(Default)]
struct SignalCollect {
    values: Vec<Value>,
}

#[workflow]
impl SignalCollect {
    #[run]
    async fn run(wf: &mut Wf<Self>, count: usize) -> Result<Vec<Value>> {
        wf.wait(move |s| s.values.len() >= count).await?;
        Ok(wf.values.clone())
    }

    #[signal]
    fn add_value(&mut self, value: Value) {
        self.values.push(value);
    }
}

#[workflow(name = "SignalDynamic")]
#[derive(Default)]
struct SignalDynamic {
    seen: Vec<Vec<Value>>,
}

#[workflow]
impl SignalDynamic {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<Vec<Value>>> {
        wf.wait(|s| s.seen.last().is_some_and(|last| last[0] == "finish"))
            .await?;
        Ok(wf.seen.clone())
    }

    #[signal(dynamic)]
    fn any_signal(&mut self, name: String, args: Vec<RawValue>) -> Result<()> {
        let mut seen = vec![Value::String(name)];
        for arg in &args {
            seen.push(arg.decode()?);
        }
        self.seen.push(seen);
        Ok(())
    }
}

#[workflow(name = "SignalAsyncHandlers")]
#[derive(Default)]
struct SignalAsyncHandlers {
    log: Vec<String>,
    done: u32,
}

#[workflow]
impl SignalAsyncHandlers {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        for n in 0..3 {
            wf.log.push(format!("run {n}"));
            wf.sleep(Duration::from_millis(300)).await?;
        }
        wf.wait(|s| s.done == 2).await?;
        Ok(wf.log.clone())
    }

    #[signal]
    async fn process(wf: &mut Wf<Self>, item: String) -> Result<()> {
        wf.log.push(format!("begin {item}"));
        wf.execute(greet::with(item.clone())).await?;
        wf.log.push(format!("middle {item}"));
        wf.sleep(Duration::from_millis(200)).await?;
        wf.log.push(format!("end {item}"));
        wf.done += 1;
        Ok(())
    }
}

#[workflow(name = "QueryOnly")]
struct QueryOnly {
    state: String,
}

#[workflow]
impl QueryOnly {
    #[init]
    fn new() -> Self {
        Self {
            state: "waiting".into(),
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        wf.wait(|s| s.state != "waiting").await?;
        Ok(wf.state.clone())
    }

    #[query]
    fn get_state(&self) -> String {
        self.state.clone()
    }

    #[signal]
    fn set_state(&mut self, state: String) {
        self.state = state;
    }
}

#[workflow(name = "ResetTarget")]
#[derive(Default)]
struct ResetTarget {
    go_on: bool,
}

#[workflow]
impl ResetTarget {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<i64>> {
        let mut squares = Vec::new();
        for n in 0..3 {
            squares.push(wf.execute(square::with(n)).await?);
        }
        wf.wait(|s| s.go_on).await?;
        Ok(squares)
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }
}

/// The same workflow in both: where a run's next task goes is no matter of its code.
macro_rules! versioned {
    ($ident:ident, $name:literal, $whom:literal) => {
        #[workflow(name = $name)]
        #[derive(Default)]
        struct $ident {
            go_on: bool,
        }

        #[workflow]
        impl $ident {
            #[run]
            async fn run(wf: &mut Wf<Self>) -> Result<String> {
                wf.wait(|s| s.go_on).await?;
                wf.execute(greet::with($whom)).await
            }

            #[signal]
            fn proceed(&mut self) {
                self.go_on = true;
            }
        }
    };
}

versioned!(VersionedPinned, "VersionedPinned", "pinned");
versioned!(VersionedAutoUpgrade, "VersionedAutoUpgrade", "auto upgrade");
