//! Timers, alone and raced, and waits with a time limit.

use temporal_runtime::prelude::*;

#[workflow(name = "Timer")]
async fn one_timer(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(500)).await?;
    Ok("done".into())
}

/// Python cancels the loser a turn of its loop later: after the third timer has started.
#[workflow(name = "TimerRace")]
async fn timer_race(wf: &mut Wf) -> Result<String> {
    let mut short = wf.start(timer(Duration::from_millis(500)));
    let mut long = wf.start(timer(Duration::from_secs(60)));
    let first = match wf.race((&mut short, &mut long)).await? {
        First2::First(()) => "short",
        First2::Second(()) => "long",
    };
    let rest = wf.start(timer(Duration::from_millis(200)));
    long.cancel();
    wf.execute(rest).await?;
    Ok(first.into())
}

#[workflow(name = "TimerMany")]
#[derive(Default)]
struct TimerMany {
    fired: Vec<u64>,
}

#[workflow]
impl TimerMany {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<u64>> {
        let tasks: Vec<Pending<Self, ()>> = [5, 3, 1, 4, 2]
            .into_iter()
            .map(|n| {
                wf.spawn(async move |mut wf: Wf<Self>| -> Result<()> {
                    wf.sleep(Duration::from_millis(200 * n)).await?;
                    wf.fired.push(n);
                    Ok(())
                })
            })
            .collect();
        wf.join_all(tasks).await?;
        Ok(wf.fired.clone())
    }
}

#[workflow(name = "WaitConditionTimeout")]
#[derive(Default)]
struct WaitConditionTimeout {
    ready: bool,
}

#[workflow]
impl WaitConditionTimeout {
    #[run]
    async fn run(wf: &mut Wf<Self>, seconds: f64) -> Result<String> {
        let limit = timer(Duration::from_secs_f64(seconds));
        Ok(match wf.race((until(|s: &Self| s.ready), limit)).await? {
            First2::First(()) => "ready",
            First2::Second(()) => "timed out",
        }
        .into())
    }

    #[signal]
    fn make_ready(&mut self) {
        self.ready = true;
    }
}

#[workflow(name = "NexusHandlerGreet")]
async fn nexus_handler_greet(wf: &mut Wf, name: String) -> Result<String> {
    wf.sleep(Duration::from_millis(500)).await?;
    Ok(format!("Hello, {name}!"))
}
