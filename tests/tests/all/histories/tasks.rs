//! Workflow tasks that failed or timed out, and workers that died: history tells of it, the code does not see it.

use temporal_runtime::prelude::*;

use super::basics::greet;

#[workflow(name = "TaskFailedThenFixed")]
async fn task_failed_then_fixed(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(200)).await?;
    Ok("fixed".into())
}

#[workflow(name = "TaskDeadlockedThenFixed")]
async fn task_deadlocked_then_fixed(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(200)).await?;
    Ok("fixed".into())
}

#[workflow(name = "TaskTimedOut")]
async fn task_timed_out(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(200)).await?;
    Ok("done".into())
}

#[workflow(name = "TaskNonDeterministicThenFixed")]
#[derive(Default)]
struct TaskNonDeterministicThenFixed {
    go_on: bool,
}

#[workflow]
impl TaskNonDeterministicThenFixed {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let first = wf.execute(greet::with("first")).await?;
        wf.wait(|s| s.go_on).await?;
        Ok(first)
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }
}

#[workflow(name = "WorkerKilled")]
#[derive(Default)]
struct WorkerKilled {
    go_on: bool,
}

#[workflow]
impl WorkerKilled {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let before = wf.execute(greet::with("before")).await?;
        wf.wait(|s| s.go_on).await?;
        let after = wf.execute(greet::with("after")).await?;
        Ok(format!("{before} {after}"))
    }

    #[signal]
    fn proceed(&mut self) {
        self.go_on = true;
    }
}
