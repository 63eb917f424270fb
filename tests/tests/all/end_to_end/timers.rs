//! Time that passes at once.

use std::time::{Instant, SystemTime};

use temporal_runtime::prelude::*;

use super::on_a_skipping_clock;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[workflow]
async fn sleeps_a_year(wf: &mut Wf) -> Result<u64> {
    let before = wf.now();
    wf.sleep(365 * DAY).await?;
    Ok(wf.now().duration_since(before)?.as_secs() / DAY.as_secs())
}

#[workflow]
#[derive(Default)]
struct Reminder {
    answered: bool,
}

#[workflow]
impl Reminder {
    /// Reminds every week until there is an answer, at most ten times.
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        for reminded in 0..10 {
            let week = timer(7 * DAY);
            match wf.race((until(|s: &Self| s.answered), week)).await? {
                First2::First(()) => return Ok(reminded),
                First2::Second(()) => {}
            }
        }
        Ok(10)
    }

    #[signal]
    fn answer(&mut self) {
        self.answered = true;
    }
}

on_a_skipping_clock! {
    async fn a_year_passes_at_once(env) {
        let (began, then) = (Instant::now(), env.now().await?);
        assert_eq!(env.client().execute(sleeps_a_year::with()).await?, 365);
        let passed = env.now().await?.duration_since(then).unwrap_or_default();
        assert!(passed >= 365 * DAY, "{passed:?}");
        assert!(began.elapsed() < DAY / 1000, "{:?}", began.elapsed());
    }

    async fn a_wait_ends_with_its_time_limit(env) {
        assert_eq!(env.client().execute(Reminder::with()).await?, 10);
    }

    async fn time_stands_until_somebody_waits(env) {
        let handle = env.client().start(Reminder::with()).await?;
        env.sleep(20 * DAY).await?;
        handle.answer().await?;
        assert_eq!(handle.result().await?, 2);
        assert!(env.now().await? > SystemTime::UNIX_EPOCH);
    }
}
