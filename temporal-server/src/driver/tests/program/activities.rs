//! Activities of workers.

use std::time::Duration;

use temporal_protos::workflowservice::*;

use super::network::Client;
use super::{Program, What, World, failure, payloads};

impl Program {
    pub(super) async fn activity(&mut self, world: &mut World) {
        let place = self.random.below(self.workers.len());
        let worker = &self.workers[place];
        let polled = world
            .driver
            .poll_activity_task(&world.namespace, "q", worker.polling(), Duration::ZERO)
            .await;
        let activities = &mut self.workers[place].activities;
        activities.extend(polled.map(|polled| polled.task));
        world.note().await;
        let activities = &mut self.workers[place].activities;
        if activities.is_empty() {
            return;
        }
        let at = self.random.below(activities.len());
        match self.random.below(5) {
            0 => {
                let task_token = activities[at].task_token.clone();
                let request = RecordActivityTaskHeartbeatRequest {
                    task_token,
                    details: payloads("so far"),
                    ..Default::default()
                };
                let send = async |client: &mut Client, request| {
                    client.record_activity_task_heartbeat(request).await
                };
                drop(self.call(world, request, send).await);
            }
            1 => {
                let request = RespondActivityTaskFailedRequest {
                    task_token: activities.remove(at).task_token,
                    failure: Some(failure()),
                    ..Default::default()
                };
                let send = async |client: &mut Client, request| {
                    client.respond_activity_task_failed(request).await
                };
                drop(self.call(world, request, send).await);
            }
            2 => {
                let task = activities.remove(at);
                self.cancel_activity(world, task).await;
            }
            3 => {
                let task = activities.remove(at);
                self.complete_activity(world, task).await;
            }
            // It is forgotten, and times out.
            _ => {
                activities.remove(at);
                self.count_vanished(1);
            }
        }
    }

    async fn complete_activity(&mut self, world: &mut World, task: PollActivityTaskQueueResponse) {
        let result = self.unique("result");
        let request = RespondActivityTaskCompletedRequest {
            task_token: task.task_token.clone(),
            result: payloads(&result),
            ..Default::default()
        };
        let send = async |client: &mut Client, request| {
            client.respond_activity_task_completed(request).await
        };
        let answer = self.call(world, request, send).await;
        // A second answer finds no activity.
        if answer.last.is_ok() || answer.lost.is_some() {
            self.note_activity(&task, What::ActivityCompleted(result));
        }
    }

    async fn cancel_activity(&mut self, world: &mut World, task: PollActivityTaskQueueResponse) {
        let details = self.unique("details");
        let request = RespondActivityTaskCanceledRequest {
            task_token: task.task_token.clone(),
            details: payloads(&details),
            ..Default::default()
        };
        let send = async |client: &mut Client, request| {
            client.respond_activity_task_canceled(request).await
        };
        let answer = self.call(world, request, send).await;
        if answer.last.is_ok() || answer.lost.is_some() {
            self.note_activity(&task, What::ActivityCancelled(details));
        }
    }

    fn note_activity(&mut self, task: &PollActivityTaskQueueResponse, what: What) {
        let of = task.workflow_execution.as_ref().expect("a task has a run");
        self.ledger.note(&of.workflow_id, &of.run_id, what);
    }
}
