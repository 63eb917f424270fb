//! Schedules of a program.

use temporal_protos::schedule::*;
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::*;

use super::network::Client;
use super::{Program, World, payloads, queue, seconds, workflow_type};

impl Program {
    pub(super) async fn schedule(&mut self, world: &mut World) {
        let schedule_id = format!("s{}", self.random.below(2));
        match self.random.below(5) {
            0 => {
                let request = DeleteScheduleRequest {
                    namespace: "default".into(),
                    schedule_id,
                    ..Default::default()
                };
                let send =
                    async |client: &mut Client, request| client.delete_schedule(request).await;
                drop(self.call(world, request, send).await);
            }
            1 => {
                let request = PatchScheduleRequest {
                    namespace: "default".into(),
                    schedule_id,
                    request_id: self.unique("patch"),
                    patch: Some(SchedulePatch {
                        trigger_immediately: Some(TriggerImmediatelyRequest::default()),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                let send =
                    async |client: &mut Client, request| client.patch_schedule(request).await;
                drop(self.call(world, request, send).await);
            }
            _ => {
                let request = self.new_schedule(schedule_id);
                let send =
                    async |client: &mut Client, request| client.create_schedule(request).await;
                drop(
                    self.call(world, request, send)
                        .await
                        .taken("a new schedule"),
                );
            }
        }
    }

    fn new_schedule(&mut self, schedule_id: String) -> CreateScheduleRequest {
        let start = NewWorkflowExecutionInfo {
            workflow_id: "scheduled".into(),
            workflow_type: workflow_type("probe"),
            task_queue: queue("q"),
            input: payloads("scheduled"),
            ..Default::default()
        };
        let interval = IntervalSpec {
            interval: Some(seconds(15 + self.random.below(30))),
            phase: None,
        };
        CreateScheduleRequest {
            namespace: "default".into(),
            schedule_id,
            request_id: self.request_id(),
            schedule: Some(Schedule {
                spec: Some(ScheduleSpec {
                    interval: vec![interval],
                    ..Default::default()
                }),
                action: Some(ScheduleAction {
                    action: Some(schedule_action::Action::StartWorkflow(start)),
                }),
                policies: Some(SchedulePolicies {
                    overlap_policy: self.random.below(7),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}
