//! What the service knows of our workers, and what our workers make of what it suggests.

use std::time::Duration;

use temporal_protos::{
    enums::TaskQueueType,
    taskqueue::TaskQueue,
    worker::WorkerHeartbeat,
    workflowservice::{
        DescribeTaskQueueRequest, ListWorkersRequest,
        workflow_service_client::WorkflowServiceClient,
    },
};
use temporal_runtime::{
    App, EmbeddedService, Error, PollerBehavior, WorkerOptions, prelude::*, testing::block_on,
};
use tonic::transport::Channel;

use super::world::in_time;

/// Has many things hauled at once.
mod harbour {
    use temporal_runtime::prelude::*;

    #[workflow]
    pub(super) async fn unloads(wf: &mut Wf, crates: u32) -> Result<u32> {
        let calls = (0..crates).map(super::quay::hauls::with);
        let hauled = wf.join_all(calls).await?;
        Ok(hauled.into_iter().sum())
    }
}

mod quay {
    use temporal_runtime::prelude::*;

    #[activity(start_to_close = "30s")]
    pub(super) async fn hauls(_number: u32) -> Result<u32> {
        Ok(1)
    }
}

fn part(module: &str, options: WorkerOptions) -> App {
    App::new()
        .only_module(format!("{}::{module}", module_path!()))
        .worker_options(options)
}

struct World {
    service: EmbeddedService,
    raw: WorkflowServiceClient<Channel>,
}

impl World {
    async fn start() -> Result<Self> {
        let service = EmbeddedService::start_on_port(0).await?;
        let address = service.address().ok_or("it listens on a port")?;
        let channel = Channel::from_shared(format!("http://{address}"))
            .map_err(Error::msg)?
            .connect()
            .await
            .map_err(Error::msg)?;
        Ok(Self {
            service,
            raw: WorkflowServiceClient::new(channel),
        })
    }

    async fn workers(&mut self, query: &str) -> Result<Vec<WorkerHeartbeat>> {
        let request = ListWorkersRequest {
            namespace: "default".to_owned(),
            query: query.to_owned(),
            ..Default::default()
        };
        let listed = self.raw.list_workers(request).await.map_err(Error::msg)?;
        let infos = listed.into_inner().workers_info;
        Ok(infos
            .into_iter()
            .filter_map(|info| info.worker_heartbeat)
            .collect())
    }

    /// How long the first activity of the queue has waited.
    async fn oldest_activity(&mut self) -> Result<Duration> {
        let request = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: Some(TaskQueue {
                name: "default".to_owned(),
                ..TaskQueue::default()
            }),
            task_queue_type: TaskQueueType::Activity.into(),
            report_stats: true,
            ..Default::default()
        };
        let described = self
            .raw
            .describe_task_queue(request)
            .await
            .map_err(Error::msg)?;
        let stats = described.into_inner().stats.unwrap_or_default();
        let age = stats.approximate_backlog_age.unwrap_or_default();
        Duration::try_from(age).map_err(Error::msg)
    }
}

#[test]
fn our_workers_are_listed_while_they_run() -> Result<()> {
    block_on(in_time(async {
        let mut world = World::start().await?;
        let options = WorkerOptions::new().identity("seen");
        let workers = part("harbour", options).start(world.service.client())?;
        let query = "WorkerIdentity = 'seen' AND Status = 'Running'";
        let seen = loop {
            if let Some(seen) = world.workers(query).await?.pop() {
                break seen;
            }
        };
        assert_eq!(seen.sdk_name, "temporal-rust");
        assert!(seen.workflow_task_slots_info.is_some());
        assert_eq!(world.workers("WorkerIdentity = 'unseen'").await?, []);
        workers.shutdown().await?;
        assert_eq!(
            world.workers(query).await?,
            [],
            "who says goodbye runs no more"
        );
        let leaving = world.workers("Status = 'ShuttingDown'").await?;
        assert_eq!(leaving.len(), 1, "and is listed for a while as it left");
        Ok(())
    }))
}

/// A worker whose polls end with its shutdown does not wait for them to run out.
#[test]
fn a_shutdown_ends_the_polls_of_the_worker() -> Result<()> {
    block_on(in_time(async {
        let world = World::start().await?;
        let workers = part("quay", WorkerOptions::new()).start(world.service.client())?;
        let harbour = part("harbour", WorkerOptions::new()).start(world.service.client())?;
        let unloads = world
            .service
            .client()
            .start(harbour::unloads::with(2_u32))
            .await?;
        assert_eq!(unloads.result().await?, 2);
        let began = std::time::Instant::now();
        workers.shutdown().await?;
        harbour.shutdown().await?;
        // a poll would last for a minute, and what ends none is given five seconds
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "{:?}",
            began.elapsed()
        );
        Ok(())
    }))
}

#[test]
fn more_is_polled_when_tasks_have_waited() -> Result<()> {
    block_on(in_time(async {
        let mut world = World::start().await?;
        let client = world.service.client().clone();
        let harbour = part("harbour", WorkerOptions::new()).start(&client)?;
        let unloads = client.start(harbour::unloads::with(200_u32)).await?;
        while world.oldest_activity().await? < Duration::from_millis(300) {}

        let pollers = PollerBehavior::Autoscaling {
            minimum: 1,
            maximum: 8,
            initial: 1,
        };
        let options = WorkerOptions::new()
            .identity("scaled")
            .activity_pollers(pollers)
            .worker_heartbeat_interval(Duration::from_millis(20));
        let quay = part("quay", options).start(&client)?;
        assert_eq!(unloads.result().await?, 200);
        loop {
            let seen = world.workers("WorkerIdentity = 'scaled'").await?;
            let polls = seen.first().and_then(|seen| seen.activity_poller_info);
            if polls.is_some_and(|polls| polls.is_autoscaling && polls.current_pollers > 1) {
                break;
            }
        }
        quay.shutdown().await?;
        harbour.shutdown().await
    }))
}
