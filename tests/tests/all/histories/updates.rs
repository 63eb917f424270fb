//! Updates: at once and slow, refused, failed, several in one task, taking turns.

use serde_json::json;
use temporal_runtime::{Lock, RawValue, handlers_finished, prelude::*};

use super::basics::{add, greet};

#[workflow(name = "UpdateCounter")]
#[derive(Default)]
struct UpdateCounter {
    total: i64,
    finished: bool,
}

#[workflow]
impl UpdateCounter {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<i64> {
        wf.wait(|s| s.finished).await?;
        wf.execute(handlers_finished()).await?;
        Ok(wf.total)
    }

    #[update]
    fn add_number(&mut self, number: i64) -> Result<i64> {
        self.total += number;
        Ok(self.total)
    }

    #[validator(add_number)]
    fn check_number(&self, number: &i64) -> Result<()> {
        if *number < 0 {
            return Err(ApplicationError::new("negative number")
                .error_type("BadInput")
                .detail(*number)?
                .into());
        }
        Ok(())
    }

    #[update]
    async fn add_by_activity(wf: &mut Wf<Self>, number: i64) -> Result<i64> {
        let total = wf.total;
        wf.total = wf.execute(add::with(total, number)).await?;
        Ok(wf.total)
    }

    #[update]
    async fn fail(_wf: &mut Wf<Self>, reason: String) -> Result<i64> {
        let inner = ApplicationError::new("inner reason").error_type("InnerError");
        let details = json!({"reason": reason});
        Err(ApplicationError::new(reason)
            .error_type("UpdateError")
            .detail(details)?
            .cause(inner)
            .into())
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }
}

#[workflow(name = "UpdateLocked")]
#[derive(Default)]
struct UpdateLocked {
    log: Vec<String>,
    finished: bool,
    turn: Lock,
}

#[workflow]
impl UpdateLocked {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.finished).await?;
        wf.execute(handlers_finished()).await?;
        Ok(wf.log.clone())
    }

    #[update]
    async fn enter(wf: &mut Wf<Self>, name: String) -> Result<usize> {
        let _turn = wf.execute(wf.turn.acquire()).await?;
        wf.log.push(format!("{name} in"));
        wf.execute(greet::with(name.clone())).await?;
        wf.sleep(Duration::from_millis(100)).await?;
        wf.log.push(format!("{name} out"));
        Ok(wf.log.len())
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }
}

#[workflow(name = "UpdateDynamic")]
#[derive(Default)]
struct UpdateDynamic {
    seen: Vec<String>,
}

#[workflow]
impl UpdateDynamic {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.seen.iter().any(|name| name == "finish"))
            .await?;
        Ok(wf.seen.clone())
    }

    #[update(dynamic)]
    fn any_update(&mut self, name: String, args: Vec<RawValue>) -> Result<String> {
        self.seen.push(name.clone());
        Ok(format!("{name} with {}", args.len()))
    }
}

#[workflow(name = "UpdateUnfinished")]
#[derive(Default)]
struct UpdateUnfinished {
    finished: bool,
}

#[workflow]
impl UpdateUnfinished {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        wf.wait(|s| s.finished).await?;
        Ok("done".into())
    }

    #[update(unfinished = "abandon")]
    async fn wait_forever(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }
}
