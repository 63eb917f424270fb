//! One workflow with everything in it: served, asked, signalled, updated; with a cache and without; by a worker that
//! dies half-way.

use temporal_runtime::{
    App, EmbeddedService, ErrorKind, WorkerOptions,
    client::{IdReusePolicy, WorkflowStatus},
    prelude::*,
    testing::{TestEnvironment, block_on},
};

#[activity(start_to_close = "10s")]
async fn reserve(item: String) -> Result<String> {
    Ok(format!("reserved {item}"))
}

#[activity(start_to_close = "10s", task_queue = "shell-warehouse")]
fn pack(item: String) -> Result<String> {
    Ok(format!("packed {item}"))
}

#[workflow(task_queue = "shell-orders")]
#[derive(Default)]
struct OrderFlow {
    log: Vec<String>,
    approved: bool,
}

#[workflow]
impl OrderFlow {
    #[run]
    async fn run(wf: &mut Wf<Self>, item: String) -> Result<Vec<String>> {
        let line = wf.execute(reserve::with(item.as_str())).await?;
        wf.log.push(line);
        wf.wait(|order| order.approved).await?;
        wf.sleep(Duration::from_millis(20)).await?;
        let line = wf.execute(pack::with(item)).await?;
        wf.log.push(line);
        Ok(wf.log.clone())
    }

    #[signal]
    fn approve(&mut self, by: String) {
        self.log.push(format!("approved by {by}"));
        self.approved = true;
    }

    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    #[update]
    async fn note(wf: &mut Wf<Self>, text: String) -> Result<usize> {
        wf.sleep(Duration::from_millis(1)).await?;
        wf.log.push(text);
        Ok(wf.log.len())
    }

    #[validator(note)]
    fn check_note(&self, text: &String) -> Result<()> {
        if text.is_empty() {
            return Err(ApplicationError::new("an empty note")
                .error_type("Empty")
                .into());
        }
        Ok(())
    }
}

const DONE: [&str; 4] = [
    "reserved book",
    "handle with care",
    "approved by ann",
    "packed book",
];

async fn reserved(order: &OrderFlowHandle) -> Result<()> {
    while order.log().await?.is_empty() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// The whole life of an order.
async fn order(env: &TestEnvironment) -> Result<()> {
    let client = env.client();
    let order = client
        .start(OrderFlow::with("book"))
        .memo("shelf", 7)
        .await?;
    reserved(&order).await?;

    let rejected = order.note("").await.unwrap_err();
    assert_eq!(rejected.kind(), ErrorKind::Update);
    assert_eq!(
        rejected.failure().and_then(|f| f.error_type()),
        Some("Empty")
    );
    let note = order.note("handle with care").id("note-1").start().await?;
    assert_eq!((note.id(), note.result().await?), ("note-1", 2));
    assert_eq!(
        order.note("again").id("note-1").await?,
        2,
        "the same id is the same update"
    );
    order.approve("ann").await?;

    assert_eq!(order.result().await?, DONE);
    assert_eq!(
        order.log().await?,
        DONE,
        "a query of a closed run replays it"
    );
    let described = order.describe().await?;
    assert_eq!(described.status, WorkflowStatus::Completed);
    assert_eq!(described.memo::<u32>("shelf")?, Some(7));

    let again = client.start(OrderFlow::with("book")).id(order.id());
    let refused = again
        .id_reuse_policy(IdReusePolicy::RejectDuplicate)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyStarted);
    assert_eq!(refused.run_id(), order.run_id());
    Ok(())
}

fn serve_all(cached: usize) -> App {
    let options = WorkerOptions::new()
        .max_cached_workflows(cached)
        .sticky_timeout(Duration::from_millis(100));
    super::app(module_path!()).worker_options(options)
}

#[test]
fn an_order_is_served() -> Result<()> {
    block_on(async { order(&TestEnvironment::real_time(serve_all(1000)).await?).await })
}

#[test]
fn an_order_is_served_without_a_cache() -> Result<()> {
    block_on(async { order(&TestEnvironment::real_time(serve_all(0)).await?).await })
}

#[test]
fn an_order_is_served_when_it_shares_a_cache_of_one() -> Result<()> {
    block_on(async {
        let env = TestEnvironment::real_time(serve_all(1)).await?;
        let (first, second) = tokio::join!(order(&env), order(&env));
        first.and(second)
    })
}

#[test]
fn the_next_worker_goes_on_where_one_died() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let workers = serve_all(1000).start(client)?;
        // a task that the dead worker took with it comes back after this
        let call = OrderFlow::with("book").task_timeout(Duration::from_secs(1));
        let order = client.start(call).await?;
        reserved(&order).await?;
        order.note("handle with care").await?;
        drop(workers);

        order.approve("ann").await?;
        let workers = serve_all(1000).start(client)?;
        assert_eq!(order.result().await?, DONE);
        workers.shutdown().await
    })
}

#[test]
fn a_signal_starts_what_does_not_run() -> Result<()> {
    block_on(async {
        let env = TestEnvironment::real_time(serve_all(1000)).await?;
        let start = || {
            env.client()
                .start(OrderFlow::with("book"))
                .id(format!("o-{}", env.task_queue()))
        };
        let first = start().with_signal(|order| order.approve("ann")).await?;
        assert!(
            first
                .result()
                .await?
                .contains(&"approved by ann".to_owned())
        );
        Ok(())
    })
}

#[test]
fn by_name_everything_is_reached() -> Result<()> {
    block_on(async {
        let env = TestEnvironment::real_time(serve_all(1000)).await?;
        let order = env
            .client()
            .start_by_name("OrderFlow", ("book".to_owned(),))
            .await?;
        while order.query::<Vec<String>>("log", ()).await?.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            order
                .update::<usize>("note", ("handle with care".to_owned(),))
                .await?,
            2
        );
        env.client()
            .workflow_by_name(order.id())
            .signal("approve", ("ann".to_owned(),))
            .await?;
        assert_eq!(order.result::<Vec<String>>().await?, DONE);
        Ok(())
    })
}
