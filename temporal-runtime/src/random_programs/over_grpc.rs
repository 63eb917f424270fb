//! Programs against a service on a port, with whole workers: one that keeps all runs and one that keeps none. Time is
//! real, so only programs take part whose result does not depend on who is faster. With `TEMPORAL_TEST_ADDRESS` set the
//! service is that one.

use std::sync::Arc;

use temporal_protos::{common::WorkflowExecution, history::history_event::Attributes};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

use super::{
    compare,
    generator::{Generator, Rng},
    interpreter::Interpreter,
    program::Program,
    simulation::Histories,
};
use crate::{
    app::{App, Workers},
    client::{Client, ClientOptions, history},
    embedded::EmbeddedService,
    error::{Error, Result},
    worker::WorkerOptions,
};

/// So many programs run at once.
const AT_ONCE: usize = 20;
const QUEUES: [(&str, usize); 2] = [("with-cache", 1000), ("without-cache", 0)];

fn program(seed: u64) -> Program {
    Generator::settled(&mut Rng::new(seed)).program()
}

/// Runs so many programs, and gives the first that went wrong.
pub(super) async fn agree(first: u64, count: u64) -> Result<()> {
    let elsewhere = std::env::var("TEMPORAL_TEST_ADDRESS").unwrap_or_default();
    let service = EmbeddedService::start_on_port(0).await?;
    let address = if elsewhere.is_empty() {
        let own = service.address().ok_or("it listens on a port")?;
        own.to_string()
    } else {
        elsewhere
    };
    let client = Client::connect(ClientOptions::new(address)).await?;
    let run = Uuid::new_v4();
    let workers: Vec<Workers> = QUEUES
        .iter()
        .map(|(queue, cached)| {
            App::new()
                .only_module("temporal_runtime::random_programs")
                .task_queue(format!("{queue}-{run}"))
                .worker_options(WorkerOptions::new().max_cached_workflows(*cached))
                .start(&client)
        })
        .collect::<Result<_>>()?;
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut programs = JoinSet::new();
    for seed in first..first + count {
        let (client, slots) = (client.clone(), slots.clone());
        programs.spawn(async move {
            let _slot = slots.acquire().await;
            one(&client, run, seed).await.map_err(|error| {
                Error::msg(format!(
                    "program {seed} over gRPC: {error:?}\n\nThe program: {:#?}",
                    program(seed)
                ))
            })
        });
    }
    while let Some(ended) = programs.join_next().await {
        ended.map_err(|panic| Error::msg(panic.to_string()))??;
    }
    for workers in workers {
        workers.shutdown().await?;
    }
    service.shutdown().await;
    Ok(())
}

async fn one(client: &Client, run: Uuid, seed: u64) -> Result<()> {
    let mut ends = Vec::new();
    for (queue, _) in QUEUES {
        let queue = format!("{queue}-{run}");
        let id = format!("{queue}-{seed}");
        let call = Interpreter::with(program(seed)).task_queue(queue);
        let handle = client.start(call).id(id.as_str()).await?;
        let end = match handle.result().await {
            Ok(log) => (true, sorted(log)),
            Err(error) => {
                let failure = error
                    .failure()
                    .ok_or_else(|| Error::msg(format!("{error:?}")))?;
                let log = failure.message().split("; ").map(str::to_owned).collect();
                (false, sorted(log))
            }
        };
        ends.push(end);
        let histories = histories(client, id).await?;
        compare::replay(&histories).map_err(Error::msg)?;
    }
    if ends[0] != ends[1] {
        return Err(Error::msg(format!(
            "with a cache: {:#?}\nwithout: {:#?}",
            ends[0], ends[1]
        )));
    }
    Ok(())
}

/// Which of two tasks logs first depends on who is faster; what they log does not. A child's log is a text in its
/// parent's, so the words of each entry are sorted, too.
fn sorted(log: Vec<String>) -> Vec<String> {
    let mut log: Vec<String> = log
        .iter()
        .map(|entry| {
            let mut words: Vec<&str> = entry.split(['"', '\\', ',', '[', ']', ' ']).collect();
            words.retain(|word| !word.is_empty());
            words.sort_unstable();
            words.join(" ")
        })
        .collect();
    log.sort();
    log
}

/// The histories of a workflow, and of its children and theirs.
async fn histories(client: &Client, workflow_id: String) -> Result<Histories> {
    let mut found = Histories::new();
    let mut next = vec![WorkflowExecution {
        workflow_id,
        run_id: String::new(),
    }];
    while let Some(WorkflowExecution {
        workflow_id,
        run_id,
    }) = next.pop()
    {
        let events = history::fetch(client, &workflow_id, &run_id)
            .await
            .map_err(|failure| failure.into_error(None))?;
        for event in &events {
            if let Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(child)) =
                &event.attributes
            {
                next.extend(child.workflow_execution.clone());
            }
        }
        found.insert((workflow_id, run_id), events);
    }
    Ok(found)
}
