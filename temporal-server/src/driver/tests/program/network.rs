//! What stands between callers and the service: answers that are lost, requests that come twice, and a service that
//! ends at any moment. A caller that hears nothing sends the same request again.

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use tokio::task::JoinHandle;
use tonic::{Response, Status};

use super::{Program, What, World};
use crate::engine::fuzz::Random;
use crate::service::Front;

pub(super) type Client = WorkflowServiceClient<Front>;

/// How often a request is sent before its answer arrives, at most.
const ATTEMPTS: u64 = 3;

/// How often what happens: of so many requests once.
#[derive(Debug, Clone, Default)]
pub(in crate::driver::tests) struct Faults {
    lost: u64,
    ended: u64,
    pub(in crate::driver::tests) seen: Seen,
}

/// What has happened.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::driver::tests) struct Seen {
    pub(in crate::driver::tests) calls: u64,
    /// Answers that were lost.
    pub(in crate::driver::tests) lost: u64,
    /// Services that ended.
    pub(in crate::driver::tests) ended: u64,
    /// Tasks that went with their worker.
    pub(in crate::driver::tests) vanished: u64,
    /// What callers were told, and was found.
    pub(in crate::driver::tests) told: u64,
}

impl std::iter::Sum for Seen {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, seen| Self {
            calls: sum.calls + seen.calls,
            lost: sum.lost + seen.lost,
            ended: sum.ended + seen.ended,
            vanished: sum.vanished + seen.vanished,
            told: sum.told + seen.told,
        })
    }
}

impl Faults {
    pub(super) fn random(random: &mut Random) -> Self {
        let often = [5, 10, 20, 1_000_000];
        Self {
            lost: often[random.below(often.len())],
            ended: 4 * often[random.below(often.len())],
            seen: Seen::default(),
        }
    }
}

/// The answer that arrived, and the one before it that did not, if both came from one process.
pub(super) struct Answered<A> {
    pub(super) last: Result<A, Status>,
    pub(super) lost: Option<A>,
}

impl<A> Answered<A> {
    /// The answer, if it is a good one. What was taken once is taken again.
    pub(super) fn taken(self, what: &str) -> Option<A> {
        if self.lost.is_some()
            && let Err(status) = &self.last
        {
            panic!("{what} was taken, and refused when it came again: {status:?}");
        }
        self.last.ok()
    }
}

/// A call that waits for what a worker does.
pub(super) struct Waiting {
    task: JoinHandle<Option<UpdateWorkflowExecutionResponse>>,
    /// What is asked again after the end of the service.
    update: Option<UpdateWorkflowExecutionRequest>,
}

impl Program {
    /// Sends a request until an answer arrives.
    pub(super) async fn call<Q: Clone, A>(
        &mut self,
        world: &mut World,
        request: Q,
        send: impl AsyncFn(&mut Client, Q) -> Result<Response<A>, Status>,
    ) -> Answered<A> {
        let mut lost = None;
        let attempts = self.faults.as_ref().map_or(0, |_| ATTEMPTS - 1);
        for _ in 0..attempts {
            let Some(faults) = &mut self.faults else {
                break;
            };
            if self.random.once_in(faults.ended) {
                drop(send(&mut world.client, request.clone()).await);
                lost = None;
                self.end_service(world).await;
            } else if self.random.once_in(faults.lost) {
                faults.seen.lost += 1;
                let answer = send(&mut world.client, request.clone()).await;
                lost = answer.ok().map(Response::into_inner);
            } else {
                break;
            }
        }
        let answer = send(&mut world.client, request).await;
        if let Some(faults) = &mut self.faults {
            faults.seen.calls += 1;
            world.note().await;
        }
        Answered {
            last: answer.map(Response::into_inner),
            lost,
        }
    }

    /// The process of the service ends, and another one goes on.
    pub(super) async fn end_service(&mut self, world: &mut World) {
        if let Some(faults) = &mut self.faults {
            faults.seen.ended += 1;
        }
        let waiting = std::mem::take(&mut self.waiting);
        for call in &waiting {
            call.task.abort();
        }
        world.end_and_begin(&mut self.random).await;
        for call in waiting {
            if let Some(update) = call.update {
                self.send_update(world, update);
            }
        }
    }

    /// Sends an update, and lets its caller wait.
    pub(super) fn send_update(&mut self, world: &World, request: UpdateWorkflowExecutionRequest) {
        let mut client = world.client.clone();
        let update = request.clone();
        let task = tokio::spawn(async move {
            let answer = client.update_workflow_execution(request).await;
            answer.ok().map(Response::into_inner)
        });
        self.waiting.push(Waiting {
            task,
            update: Some(update),
        });
    }

    /// Sends a query, and lets its caller wait.
    pub(super) fn send_query(&mut self, world: &World, request: QueryWorkflowRequest) {
        let mut client = world.client.clone();
        let task = tokio::spawn(async move {
            drop(client.query_workflow(request).await);
            None
        });
        self.waiting.push(Waiting { task, update: None });
    }

    /// Hears the answers of those who wait.
    pub(in crate::driver::tests) async fn hear(&mut self, world: &mut World) {
        if self.faults.is_none() {
            return;
        }
        for _ in 0..6 {
            tokio::task::yield_now().await;
        }
        for call in std::mem::take(&mut self.waiting) {
            if !call.task.is_finished() {
                self.waiting.push(call);
                continue;
            }
            let answer = call.task.await.expect("nobody has ended it");
            world.note().await;
            if let (Some(answer), Some(update)) = (answer, call.update) {
                self.hear_update(&answer, &update);
            }
        }
    }

    fn hear_update(
        &mut self,
        answer: &UpdateWorkflowExecutionResponse,
        request: &UpdateWorkflowExecutionRequest,
    ) {
        use temporal_protos::enums::UpdateWorkflowExecutionLifecycleStage as Stage;
        use temporal_protos::update::outcome::Value;
        let (Some(update), Some(execution)) = (
            &answer.update_ref,
            answer
                .update_ref
                .as_ref()
                .and_then(|update| update.workflow_execution.as_ref()),
        ) else {
            panic!("an answer says what it is about: {answer:?}, asked {request:?}");
        };
        let outcome = answer.outcome.as_ref().and_then(|o| o.value.as_ref());
        let id = update.update_id.clone();
        let what = match outcome {
            // It was rejected, or lost with its run.
            Some(Value::Failure(_)) => return,
            Some(Value::Success(_)) => What::UpdateCompleted(id),
            None if answer.stage() == Stage::Accepted => What::UpdateAccepted(id),
            None => return,
        };
        self.ledger
            .note(&execution.workflow_id, &execution.run_id, what);
    }

    /// How many wait, and for what; nobody does afterwards.
    pub(in crate::driver::tests) async fn give_up(&mut self) -> usize {
        let waiting = std::mem::take(&mut self.waiting);
        let updates = waiting.iter().filter(|call| call.update.is_some()).count();
        for call in waiting {
            call.task.abort();
            drop(call.task.await);
        }
        updates
    }

    pub(in crate::driver::tests) fn seen(&self) -> Seen {
        self.faults
            .as_ref()
            .map(|faults| faults.seen)
            .unwrap_or_default()
    }

    pub(super) fn count_vanished(&mut self, tasks: usize) {
        if let Some(faults) = &mut self.faults {
            faults.seen.vanished += tasks as u64;
        }
    }
}
