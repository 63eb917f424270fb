//! What is undone when a workflow fails, and what nobody gets to do when it is terminated.

use temporal_runtime::{client::WorkflowStatus, prelude::*, replay::Replayer};

use super::end_to_end;

#[activity(start_to_close = "30s")]
async fn takes(what: String) -> Result<String> {
    Ok(what)
}

#[activity(start_to_close = "30s", max_attempts = 1)]
async fn takes_too_much() -> Result<String> {
    Err("there is no more".into())
}

#[activity(start_to_close = "30s")]
async fn puts_back(what: String) -> Result<String> {
    Ok(format!("{what} is back"))
}

#[workflow]
#[derive(Default)]
struct Trip {
    undone: Vec<String>,
    begun: bool,
}

#[workflow]
impl Trip {
    /// Undoes what it did if it cannot go on, whatever the reason.
    #[run]
    async fn run(wf: &mut Wf<Self>, waits: bool) -> Result<()> {
        let taken = wf.execute(takes::with("a ticket")).await?;
        wf.begun = true;
        let gone = if waits {
            wf.wait(|_| false).await
        } else {
            wf.execute(takes_too_much::with()).await.map(drop)
        };
        if gone.is_err() {
            let undone = wf.shielded().execute(puts_back::with(taken)).await?;
            wf.undone.push(undone);
        }
        gone
    }

    #[query]
    fn undone(&self) -> Vec<String> {
        self.undone.clone()
    }

    #[update]
    async fn once_begun(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.begun).await
    }
}

/// Begins with an activity, does other things, and comes back for its result.
#[workflow]
async fn comes_back_later(wf: &mut Wf) -> Result<(bool, String, bool)> {
    let job = wf.start(takes::with("a nap"));
    let at_first = job.is_ready();
    let mut other = wf.start(takes::with("a walk"));
    wf.execute(&mut other).await?;
    let then = other.is_ready();
    wf.sleep(Duration::from_millis(1)).await?;
    Ok((at_first, wf.execute(job).await?, then))
}

end_to_end! {
    async fn what_was_done_is_undone_when_the_workflow_fails(env) {
        let trip = env.client().start(Trip::with(false)).await?;
        let error = trip.result().await.expect_err("there is no more");
        let failure = error.failure().and_then(Failure::application);
        assert_eq!(failure.map(Failure::message), Some("there is no more"));
        assert_eq!(trip.undone().await?, ["a ticket is back"]);
        assert_eq!(trip.describe().await?.status, WorkflowStatus::Failed);
    }

    async fn who_knows_the_id_may_cancel(env) {
        let client = env.client();
        let id = client.start(Trip::with(true)).await?.id().to_owned();
        client.workflow::<Trip>(&id).once_begun().await?;
        client.workflow_by_name(&id).cancel().await?;
        let error = client.workflow::<Trip>(&id).result().await.expect_err("cancelled");
        assert!(error.is_cancelled(), "{error:?}");
        assert_eq!(client.workflow::<Trip>(&id).undone().await?, ["a ticket is back"]);
    }

    async fn a_terminated_workflow_gets_no_chance(env) {
        let client = env.client();
        let trip = client.start(Trip::with(true)).await?;
        trip.once_begun().await?;
        trip.terminate("enough").await?;
        trip.result().await.map_err(drop).expect_err("terminated");
        let length = trip.describe().await?.history_length;
        // nothing is written any more, and what is there replays
        client.workflow_by_name(trip.id()).signal("go on", ()).await.expect_err("it has closed");
        let history = client.fetch_history(trip.id(), trip.run_id()).await?;
        assert_eq!(history.len() as u64, length);
        Replayer::new()?.replay(&history)?;
        assert_eq!(trip.undone().await?, [""; 0], "nothing was undone");
    }

    async fn a_result_may_be_fetched_later(env) {
        let told = env.client().execute(comes_back_later::with()).await?;
        assert_eq!(told, (false, "a nap".to_owned(), true));
    }
}
