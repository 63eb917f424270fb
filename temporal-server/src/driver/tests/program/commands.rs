//! What workflow code asks for.

use temporal_protos::command::*;
use temporal_protos::common::{ActivityType, Memo};
use temporal_protos::enums::{CommandType, EventType};
use temporal_protos::workflowservice::PollWorkflowTaskQueueResponse;

use super::{Program, command, execution, failure, payload, payloads, queue, workflow_type};
use crate::engine::time::to_proto;

impl Program {
    #[expect(clippy::too_many_lines, reason = "one flat match: each command")]
    pub(super) fn command(&mut self, task: &PollWorkflowTaskQueueResponse) -> Command {
        self.number += 1;
        let id = format!("{}", self.number);
        match self.random.below(13) {
            0..=3 => command(
                CommandType::ScheduleActivityTask,
                ScheduleActivityTaskCommandAttributes {
                    activity_id: id,
                    activity_type: Some(ActivityType {
                        name: "activity".into(),
                    }),
                    request_eager_execution: self.random.once_in(4),
                    task_queue: queue("q"),
                    input: payloads("activity"),
                    schedule_to_close_timeout: Some(to_proto(self.random.duration(90))),
                    start_to_close_timeout: Some(to_proto(self.random.duration(20))),
                    heartbeat_timeout: self
                        .random
                        .once_in(2)
                        .then(|| to_proto(self.random.duration(10))),
                    ..Default::default()
                },
            ),
            4 | 5 => command(
                CommandType::StartTimer,
                StartTimerCommandAttributes {
                    timer_id: id,
                    start_to_fire_timeout: Some(to_proto(self.random.duration(30))),
                },
            ),
            6 => command(
                CommandType::StartChildWorkflowExecution,
                StartChildWorkflowExecutionCommandAttributes {
                    workflow_id: self.name(),
                    workflow_type: workflow_type("child"),
                    task_queue: queue("q"),
                    parent_close_policy: 1 + self.random.below(3),
                    ..Default::default()
                },
            ),
            7 => command(
                CommandType::SignalExternalWorkflowExecution,
                SignalExternalWorkflowExecutionCommandAttributes {
                    execution: execution(&self.name()),
                    signal_name: "from outside".into(),
                    ..Default::default()
                },
            ),
            8 => command(
                CommandType::RequestCancelExternalWorkflowExecution,
                RequestCancelExternalWorkflowExecutionCommandAttributes {
                    workflow_id: self.name(),
                    ..Default::default()
                },
            ),
            9 => self.cancel_command(task),
            10 => command(
                CommandType::ModifyWorkflowProperties,
                ModifyWorkflowPropertiesCommandAttributes {
                    upserted_memo: Some(Memo {
                        fields: [(id, payload("noted"))].into(),
                    }),
                },
            ),
            11 => command(
                CommandType::ContinueAsNewWorkflowExecution,
                ContinueAsNewWorkflowExecutionCommandAttributes {
                    input: payloads("again"),
                    ..Default::default()
                },
            ),
            _ if self.random.once_in(2) => command(
                CommandType::FailWorkflowExecution,
                FailWorkflowExecutionCommandAttributes {
                    failure: Some(failure()),
                },
            ),
            _ => command(
                CommandType::CompleteWorkflowExecution,
                CompleteWorkflowExecutionCommandAttributes {
                    result: payloads("done"),
                },
            ),
        }
    }

    /// Cancels a timer or an activity that the task shows, or one that there never was.
    fn cancel_command(&mut self, task: &PollWorkflowTaskQueueResponse) -> Command {
        let events = task.history.iter().flat_map(|history| &history.events);
        let scheduled: Vec<i64> = events
            .filter(|event| event.event_type() == EventType::ActivityTaskScheduled)
            .map(|event| event.event_id)
            .collect();
        let place = self.random.below(scheduled.len() + 1);
        match scheduled.get(place) {
            Some(id) => command(
                CommandType::RequestCancelActivityTask,
                RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: *id,
                },
            ),
            None => command(
                CommandType::CancelTimer,
                CancelTimerCommandAttributes {
                    timer_id: format!("{}", self.random.below(self.number + 1)),
                },
            ),
        }
    }
}
