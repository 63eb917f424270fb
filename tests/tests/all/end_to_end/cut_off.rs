//! Runs that end while handlers are at work, and runs that wait for them before they go on as new.

use temporal_runtime::{ErrorKind, handlers_finished, prelude::*};

use super::{end_to_end, on_a_skipping_clock};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[workflow]
#[derive(Default)]
struct Till {
    end: Option<String>,
}

#[workflow]
impl Till {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.end.is_some()).await?;
        match wf.end.as_deref() {
            Some("completes") => Ok(()),
            Some("fails") => Err("the till broke".into()),
            _ => wf.continue_as_new(Self::with()),
        }
    }

    #[update(unfinished = "abandon")]
    async fn pay(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[signal]
    fn end(&mut self, how: String) {
        self.end = Some(how);
    }
}

#[workflow]
struct Basket {
    items: Vec<String>,
    begun: usize,
}

#[workflow]
impl Basket {
    #[init]
    fn new(items: Vec<String>) -> Self {
        Self { items, begun: 0 }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, before: Vec<String>) -> Result<Vec<String>> {
        if !before.is_empty() {
            return Ok(before);
        }
        wf.wait(|s| s.begun == 2).await?;
        wf.execute(handlers_finished()).await?;
        let items = wf.items.clone();
        wf.continue_as_new(Self::with(items))
    }

    #[signal]
    async fn put_in(wf: &mut Wf<Self>, item: String) -> Result<()> {
        wf.begun += 1;
        wf.sleep(DAY).await?;
        wf.items.push(item);
        Ok(())
    }

    #[update]
    async fn add(wf: &mut Wf<Self>, item: String) -> Result<usize> {
        wf.begun += 1;
        wf.sleep(2 * DAY).await?;
        wf.items.push(item);
        Ok(wf.items.len())
    }
}

end_to_end! {
    async fn an_accepted_update_ends_with_its_run_however_that_ends(env) {
        for how in ["completes", "fails", "is cancelled", "goes on as new"] {
            let till = env.client().start(Till::with()).await?;
            let update = till.pay().start().await?;
            match how {
                "is cancelled" => till.cancel().await?,
                _ => till.end(how).await?,
            }
            let error = update.result().await.expect_err(how);
            assert_eq!(error.kind(), ErrorKind::Update, "{how}: {error:?}");
            let kind = error.failure().and_then(Failure::error_type);
            assert_eq!(kind, Some("AcceptedUpdateCompletedWorkflow"), "{how}: {error:?}");
            if how == "goes on as new" {
                env.client().workflow::<Till>(till.id()).terminate("the test is over").await?;
            }
        }
    }
}

on_a_skipping_clock! {
    async fn a_run_waits_for_its_handlers_and_goes_on_as_new(env) {
        let basket = env.client().start(Basket::with(Vec::new())).await?;
        basket.put_in("tea").await?;
        let added = basket.add("milk").start().await?;
        assert_eq!(basket.result().await?, ["tea", "milk"]);
        assert_eq!(added.result().await?, 2);
        let latest = env.client().workflow::<Basket>(basket.id()).describe().await?;
        assert_ne!(Some(&*latest.run_id), basket.run_id());
    }
}
