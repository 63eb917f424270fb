//! A worker and its service do not grow with what they have done. Alone in its process, because it measures that.
//!
//! A long run: `TEMPORAL_LEAK_ACTIVITIES=1000000 cargo test --release -p temporal-tests --test leak -- --nocapture`.

use temporal_protos::{
    common::WorkflowExecution,
    workflowservice::{
        DeleteWorkflowExecutionRequest, workflow_service_client::WorkflowServiceClient,
    },
};
use temporal_runtime::{EmbeddedService, prelude::*, testing::block_on};
use tokio::task::JoinSet;
use tonic::transport::Channel;

/// What an activity may leave behind, in bytes, to be no leak. The least thing kept for each would be larger.
const LIMIT: u64 = 100;

/// Activities of one workflow.
const CHAIN: u64 = 100;

const ROUNDS: usize = 4;

/// An allocator may grow for a while; after so many rounds in which it always did, it is a leak.
const MOST_ROUNDS: usize = 16;

#[activity(start_to_close = "60s")]
async fn echo(value: u64) -> Result<u64> {
    Ok(value)
}

#[workflow]
async fn chain(wf: &mut Wf, length: u64) -> Result<u64> {
    let mut sum = 0;
    for n in 0..length {
        sum += wf.execute(echo::with(n)).await?;
    }
    Ok(sum)
}

/// The resident set of this process, in bytes.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Runs so many chains, ten at a time, and deletes what the service keeps of them.
async fn round(client: &Client, raw: &WorkflowServiceClient<Channel>, chains: u64) -> Result<()> {
    let mut left = chains;
    while left > 0 {
        let now = left.min(10);
        left -= now;
        let mut running = JoinSet::new();
        for _ in 0..now {
            let (client, mut raw) = (client.clone(), raw.clone());
            running.spawn(async move {
                let handle = client.start(chain::with(CHAIN)).await?;
                assert_eq!(handle.result().await?, CHAIN * (CHAIN - 1) / 2);
                let request = DeleteWorkflowExecutionRequest {
                    namespace: "default".to_owned(),
                    workflow_execution: Some(WorkflowExecution {
                        workflow_id: handle.id().to_owned(),
                        run_id: String::new(),
                    }),
                };
                raw.delete_workflow_execution(request)
                    .await
                    .map_err(Error::msg)?;
                Ok::<_, Error>(())
            });
        }
        while let Some(ended) = running.join_next().await {
            ended.map_err(Error::msg)??;
        }
    }
    Ok(())
}

/// An allocator grows now and then; a leak grows in every round.
fn grew_always(growth: &[u64]) -> bool {
    growth.iter().all(|grown| *grown >= LIMIT)
}

#[test]
#[allow(clippy::print_stdout, reason = "a long run shows how it goes")]
fn memory_does_not_grow_with_the_number_of_activities() -> Result<()> {
    if resident().is_none() {
        // this system does not tell
        return Ok(());
    }
    let all: u64 = match std::env::var("TEMPORAL_LEAK_ACTIVITIES") {
        Ok(count) => count.parse()?,
        Err(_) => 2_000,
    };
    let chains = (all / ROUNDS as u64 / CHAIN).max(1);
    block_on(async {
        let service = EmbeddedService::start_on_port(0).await?;
        let address = service.address().ok_or("it listens on a port")?;
        let channel = Channel::from_shared(format!("http://{address}")).map_err(Error::msg)?;
        let raw = WorkflowServiceClient::new(channel.connect().await.map_err(Error::msg)?);
        let client = service.client();
        let workers = App::new().only_module(module_path!()).start(client)?;
        // caches, pools and the allocator reach their size
        round(client, &raw, 10).await?;
        let mut growth = Vec::new();
        while growth.len() < ROUNDS || (grew_always(&growth) && growth.len() < MOST_ROUNDS) {
            let before = resident().unwrap_or_default();
            round(client, &raw, chains).await?;
            let after = resident().unwrap_or_default();
            println!("{} activities: {before} -> {after} bytes", chains * CHAIN);
            growth.push(after.saturating_sub(before) / (chains * CHAIN));
        }
        assert!(
            !grew_always(&growth),
            "bytes that each activity left behind, by round: {growth:?}"
        );
        assert_eq!(workers.cached_workflows(), 0);
        workers.shutdown().await
    })
}
