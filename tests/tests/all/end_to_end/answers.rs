//! Who is answered, and when: by workflows that have closed, by workers that come late, by others than those who were
//! asked first.

use temporal_runtime::{EmbeddedService, ErrorKind, prelude::*, testing::block_on};

use super::{
    end_to_end,
    raw::deployed,
    world::{Cache, app, in_time},
};

#[activity(start_to_close = "30s")]
async fn stamps(text: String) -> Result<String> {
    Ok(format!("{text}, stamped"))
}

#[workflow]
#[derive(Default)]
struct Desk {
    stamped: Vec<String>,
    open: bool,
    end: Option<bool>,
}

#[workflow]
impl Desk {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.end.is_some()).await?;
        if wf.end == Some(false) {
            return Err("the desk broke".into());
        }
        Ok(wf.stamped.clone())
    }

    #[query]
    fn stamped(&self) -> Vec<String> {
        self.stamped.clone()
    }

    /// Accepted at once, and done when the desk opens.
    #[update]
    async fn stamp(wf: &mut Wf<Self>, text: String) -> Result<String> {
        wf.wait(|s| s.open).await?;
        let stamped = wf.execute(stamps::with(text)).await?;
        wf.stamped.push(stamped.clone());
        Ok(stamped)
    }

    #[signal]
    fn open(&mut self) {
        self.open = true;
    }

    #[signal]
    fn close(&mut self, well: bool) {
        self.end = Some(well);
    }
}

end_to_end! {
    async fn a_query_leaves_no_trace(env) {
        let desk = env.client().start(Desk::with()).await?;
        assert_eq!(desk.stamped().await?, [""; 0]);
        let length = desk.describe().await?.history_length;
        for _ in 0..5 {
            assert_eq!(desk.stamped().await?, [""; 0]);
        }
        assert_eq!(desk.describe().await?.history_length, length);
        desk.close(true).await?;
        assert_eq!(desk.result().await?, [""; 0]);
    }

    async fn a_failed_workflow_is_asked_and_takes_nothing_more(env) {
        let desk = env.client().start(Desk::with()).await?;
        desk.open().await?;
        assert_eq!(desk.stamp("a").await?, "a, stamped");
        desk.close(false).await?;
        desk.result().await.map_err(drop).expect_err("it broke");
        assert_eq!(desk.stamped().await?, ["a, stamped"]);
        for error in [
            desk.open().await.expect_err("no signal"),
            desk.stamp("b").await.map(drop).expect_err("no update"),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        }
    }

    async fn others_wait_for_an_update_that_somebody_sent(env) {
        let client = env.client();
        let desk = client.start(Desk::with()).await?;
        // accepted is a stage of its own: the handler waits
        let sent = desk.stamp("form").id("u-1").start().await?;
        let other = client.workflow_by_name(desk.id());
        let found = other.update_handle::<String>("u-1");
        desk.open().await?;
        assert_eq!(found.result().await?, "form, stamped");
        assert_eq!(sent.result().await?, "form, stamped");
        let error = other.update_handle::<String>("u-2").result().await.expect_err("nobody sent it");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        desk.close(true).await?;
        assert_eq!(desk.result().await?, ["form, stamped"]);
    }

    async fn who_does_not_wait_for_an_update_does_not_stop_it(env) {
        let desk = env.client().start(Desk::with()).await?;
        let waited = tokio::time::timeout(Duration::from_millis(50), desk.stamp("slow").id("u-1").into_future());
        waited.await.map(drop).expect_err("the desk is not open");
        desk.open().await?;
        // sent again it is the same one, whether or not it had left
        assert_eq!(desk.stamp("slow").id("u-1").await?, "slow, stamped");
        desk.close(true).await?;
        assert_eq!(desk.result().await?, ["slow, stamped"]);
    }
}

/// An update is delivered by a worker, however late one comes.
#[test]
fn without_a_worker_an_update_waits() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let desk = client.start(Desk::with()).await?;
        desk.open().await?;
        let update = tokio::spawn(desk.stamp("early").into_future());
        tokio::task::yield_now().await;
        assert!(!update.is_finished());
        let workers = app(Cache::Default).start(client)?;
        assert_eq!(update.await.map_err(Error::msg)??, "early, stamped");
        workers.shutdown().await
    }))
}

/// What was accepted is in history: another worker finishes it.
#[test]
fn an_accepted_update_outlives_its_worker() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let desk = deployment.client().start(Desk::with()).await?;
        let update = desk.stamp("deed").start().await?;
        deployment.kill_workers().await?;
        desk.open().await?;
        deployment.start_workers()?;
        assert_eq!(update.result().await?, "deed, stamped");
        assert_eq!(desk.stamped().await?, ["deed, stamped"]);
        Ok(())
    })
}
