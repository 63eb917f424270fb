//! Many workers: with a part of the whole each, on one queue, coming and going.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use temporal_protos::enums::WorkflowTaskFailedCause;
use temporal_runtime::{
    App, EmbeddedService, WorkerOptions,
    client::WorkflowStatus,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::{
    end_to_end, on_a_skipping_clock,
    raw::{Process, deployed},
    world::{Cache, app, in_time},
};

/// Workflows alone.
mod office {
    use temporal_runtime::prelude::*;

    #[workflow]
    #[derive(Default)]
    pub(super) struct Order;

    #[workflow]
    impl Order {
        #[run]
        async fn run(wf: &mut Wf<Self>, number: u32) -> Result<u32> {
            wf.execute(super::factory::makes::with(number)).await
        }

        #[query]
        fn begun(&self) -> bool {
            true
        }
    }

    #[workflow]
    pub(super) async fn sleeps_for(wf: &mut Wf, time: Duration) -> Result<()> {
        wf.sleep(time).await
    }
}

/// Workflows that note when it is their turn.
mod line {
    use temporal_runtime::prelude::*;

    #[workflow]
    pub(super) async fn notes_its_turn(_wf: &mut Wf, number: u32) -> Result<()> {
        super::turns().push(number);
        Ok(())
    }
}

/// Activities alone.
mod factory {
    use temporal_runtime::prelude::*;

    #[activity(start_to_close = "30s", initial_interval = "10ms", backoff = 1.0)]
    pub(super) async fn makes(ctx: &ActivityContext, number: u32) -> Result<u32> {
        super::count(&ctx.info().workflow_id);
        Ok(2 * number)
    }
}

/// Another activity alone.
mod quarry {
    use temporal_runtime::prelude::*;

    #[activity(start_to_close = "30s")]
    async fn breaks(stones: u32) -> Result<u32> {
        Ok(2 * stones)
    }
}

/// How often something was made, by workflow id.
static MADE: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

fn made() -> std::sync::MutexGuard<'static, BTreeMap<String, u32>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(workflow_id: &str) {
    *made().entry(workflow_id.to_owned()).or_default() += 1;
}

fn part(module: &str) -> App {
    App::new().only_module(format!("{}::{module}", module_path!()))
}

/// Workers of one kind take only tasks of that kind; what is missing waits for the other.
#[test]
fn workflows_and_activities_are_served_apart() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let office = part("office").start(client)?;
        let order = client.start(office::Order::with(21)).await?;
        assert!(order.begun().await?);
        assert_eq!(order.describe().await?.status, WorkflowStatus::Running);
        let factory = part("factory").start(client)?;
        assert_eq!(order.result().await?, 42);
        office.shutdown().await?;
        factory.shutdown().await
    }))
}

/// Two workers of one queue share the work, and nothing is done twice.
#[test]
fn each_task_goes_to_one_worker() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let first = app(Cache::Default).start(client)?;
        let second = app(Cache::Default).start(client)?;
        let mut orders = Vec::new();
        for number in 0..50 {
            orders.push(client.start(office::Order::with(number)).await?);
        }
        for (order, number) in orders.iter().zip(0..) {
            assert_eq!(order.result().await?, 2 * number);
            assert_eq!(made().get(order.id()), Some(&1), "made once");
        }
        first.shutdown().await?;
        second.shutdown().await
    }))
}

/// A type that a worker does not know fails its task, not the run: a worker that knows it goes on.
static TURNS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn turns() -> std::sync::MutexGuard<'static, Vec<u32>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn tasks_wait_in_line() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let mut line = Vec::new();
        for number in 0..30 {
            line.push(client.start(line::notes_its_turn::with(number)).await?);
        }
        let one_at_a_time = WorkerOptions::new()
            .max_cached_workflows(0)
            .max_concurrent_workflow_tasks(1)
            .workflow_pollers(1)
            .workflow_threads(1);
        let worker = part("line").worker_options(one_at_a_time).start(client)?;
        for workflow in line {
            let () = workflow.result().await?;
        }
        assert_eq!(*turns(), (0..30).collect::<Vec<u32>>());
        worker.shutdown().await
    }))
}

#[test]
fn an_unknown_workflow_waits_for_a_worker_that_knows_it() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        deployment.kill_workers().await?;
        let factory = Process::start(part("factory"), deployment.client())?;
        let mistaken = Process::start(
            App::new().only_module("all::end_to_end::basics"),
            deployment.client(),
        )?;
        let order = deployment.client().start(office::Order::with(1)).await?;
        let failed = deployment.failed_task(order.id()).await?;
        assert_eq!(
            failed.cause,
            WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
        );
        assert_eq!(order.describe().await?.status, WorkflowStatus::Running);
        mistaken.kill().await?;
        let office = Process::start(part("office"), deployment.client())?;
        assert_eq!(order.result().await?, 2);
        office.kill().await?;
        factory.kill().await
    })
}

/// The same of an activity: the attempt fails, and the next one may go to a worker that knows it.
#[test]
fn an_unknown_activity_waits_for_a_worker_that_knows_it() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let office = part("office").start(client)?;
        let mistaken = part("quarry").start(client)?;
        let order = client.start(office::Order::with(4)).await?;
        loop {
            let described = order.describe().await?;
            let failure = described
                .pending_activities
                .first()
                .and_then(|activity| activity.last_failure.clone());
            if let Some(failure) = failure {
                assert!(
                    failure
                        .message()
                        .starts_with("no activity `makes` is registered"),
                    "{failure}"
                );
                break;
            }
            tokio::task::yield_now().await;
        }
        mistaken.shutdown().await?;
        let factory = part("factory").start(client)?;
        assert_eq!(order.result().await?, 8);
        office.shutdown().await?;
        factory.shutdown().await
    }))
}

end_to_end! {
    async fn what_was_done_is_not_done_again(env) {
        let order = env.client().start(office::Order::with(3)).await?;
        assert_eq!(order.result().await?, 6);
        // replayed, in one of the two, to answer
        assert!(order.begun().await?);
        assert_eq!(made().get(order.id()), Some(&1));
    }
}

on_a_skipping_clock! {
    async fn a_timer_fires_while_no_worker_is_there(env) {
        let month = Duration::from_secs(30 * 86_400);
        let client = env.client();
        let start = || Process::start(part("office").task_queue("closed-at-times"), client);
        let first = start()?;
        let sleeper = client.start(office::sleeps_for::with(month)).task_queue("closed-at-times").await?;
        while sleeper.describe().await?.history_length < 5 {}
        first.kill().await?;
        env.sleep(month).await?;
        assert_eq!(sleeper.describe().await?.status, WorkflowStatus::Running);
        let second = start()?;
        let () = sleeper.result().await?;
        second.kill().await?;
    }

    async fn one_clock_for_all_of_an_environment(env) {
        let day = Duration::from_secs(86_400);
        let client = env.client();
        let before = env.now().await?;
        let long = client.start(office::sleeps_for::with(10 * day)).await?;
        let () = client.execute(office::sleeps_for::with(9 * day)).await?;
        let passed = env.now().await?.duration_since(before)?;
        assert!(passed >= 9 * day, "{passed:?}");
        let () = long.result().await?;
        let passed = env.now().await?.duration_since(before)?;
        assert!(passed >= 10 * day && passed < 11 * day, "{passed:?}");
    }
}

/// An environment on a service that is there already.
#[test]
fn an_environment_may_use_a_service_that_is_there() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let env = TestEnvironment::from_client(service.client(), app(Cache::Default))?;
        assert!(!env.skips_time());
        let call = office::Order::with(5);
        assert_eq!(env.client().execute(call).id("order-5").await?, 10);
        let known = service.client().workflow::<office::Order>("order-5");
        assert_eq!(known.describe().await?.task_queue, env.task_queue());
        Ok(())
    }))
}
