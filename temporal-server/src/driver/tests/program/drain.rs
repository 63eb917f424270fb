//! The end of a program: nothing is left open.

use std::time::Duration;

use temporal_protos::command::CompleteWorkflowExecutionCommandAttributes;
use temporal_protos::enums::{CommandType, QueryResultType};
use temporal_protos::workflowservice::*;

use super::workers::Worker;
use super::{World, command, execution, payloads};

/// A worker that ends every workflow at once, until none asks for anything.
pub(in crate::driver::tests) async fn drain(world: &mut World) {
    let worker = Worker::new(0);
    end_waiting(world).await;
    let mut idle = 0;
    while idle < 40 {
        let polled = world
            .driver
            .poll_workflow_task(&world.namespace, "q", worker.polling(), Duration::ZERO)
            .await
            .unwrap();
        match polled {
            Some(task) => {
                idle = 0;
                let task = task.task.into_proto();
                if task.query.is_some() {
                    let request = RespondQueryTaskCompletedRequest {
                        task_token: task.task_token,
                        completed_type: QueryResultType::Answered.into(),
                        query_result: payloads("answer"),
                        ..Default::default()
                    };
                    drop(world.client.respond_query_task_completed(request).await);
                    continue;
                }
                let request = RespondWorkflowTaskCompletedRequest {
                    task_token: task.task_token,
                    commands: vec![command(
                        CommandType::CompleteWorkflowExecution,
                        CompleteWorkflowExecutionCommandAttributes::default(),
                    )],
                    ..Default::default()
                };
                // Refused if something came meanwhile: there is another task then.
                drop(world.client.respond_workflow_task_completed(request).await);
            }
            None => {
                idle += 1;
                if world.driver.skipping.has_work() {
                    // Past the timeout of a task that nobody answers.
                    world.driver.jump(Duration::from_secs(15));
                } else {
                    let hour = Duration::from_secs(3600);
                    let slept = world.driver.unlock_time_skipping_with_sleep(hour).await;
                    assert!(slept.is_ok());
                }
            }
        }
    }
}

/// Nobody begins anything more, and who waits for a signal has one.
async fn end_waiting(world: &mut World) {
    for number in 0..2 {
        let request = DeleteScheduleRequest {
            namespace: "default".into(),
            schedule_id: format!("s{number}"),
            ..Default::default()
        };
        drop(world.client.delete_schedule(request).await);
    }
    // Some wait for nothing else, and some begin again for ever.
    for workflow_id in world.workflow_ids() {
        if world.has_cron(&workflow_id) {
            let request = TerminateWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution(&workflow_id),
                ..Default::default()
            };
            drop(world.client.terminate_workflow_execution(request).await);
            continue;
        }
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution(&workflow_id),
            signal_name: "the end".into(),
            ..Default::default()
        };
        drop(world.client.signal_workflow_execution(request).await);
    }
}
