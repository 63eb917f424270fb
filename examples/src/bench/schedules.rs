//! Schedules that are due every second.

use std::time::Duration;

use temporal_protos::{
    common::WorkflowType,
    enums::ScheduleOverlapPolicy,
    prost_types,
    schedule::{
        IntervalSpec, Schedule, ScheduleAction, SchedulePolicies, ScheduleSpec, schedule_action,
    },
    taskqueue::TaskQueue,
    workflow::NewWorkflowExecutionInfo,
    workflowservice::{
        CreateScheduleRequest, DeleteScheduleRequest, DescribeScheduleRequest,
        workflow_service_client::WorkflowServiceClient,
    },
};
use temporal_runtime::{Error, Result};
use tonic::transport::Channel;

use super::{
    Bench, drive,
    measure::{Line, Stopwatch},
    options::Options,
    service,
};

/// So many schedules of every second, for `size` seconds. An operation is an action, its latency by how much it was
/// late (the last ten of each schedule).
///
/// # Errors
/// There is no service outside, or a call fails.
pub async fn measure(options: &Options) -> Result<Line> {
    let address = options.address.as_deref().ok_or_else(|| {
        Error::msg("schedules are made by plain calls: give --service or set TEMPORAL_ADDRESS")
    })?;
    let bench = Bench::start(options, None).await?;
    bench.warm_up().await?;
    let calls = service::connected(address).await?;
    let name = |i: usize| format!("{}-{i}", bench.task_queue);
    let requests: Vec<_> = (0..options.n)
        .map(|i| request(name(i), &bench.task_queue))
        .collect();
    drive(options.n, options.concurrency, {
        let calls = calls.clone();
        move |i| {
            let (mut calls, request) = (calls.clone(), requests[i].clone());
            async move { called(calls.create_schedule(request).await).map(drop) }
        }
    })
    .await?;
    let before = counts(&calls, (0..options.n).map(name)).await?;
    let watch = Stopwatch::start();
    tokio::time::sleep(Duration::from_secs(options.size.into())).await;
    let after = counts(&calls, (0..options.n).map(name)).await?;
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let line = watch
        .stop(&options.scenario, options.concurrency, after.late, 1)
        .with("actions", (after.actions - before.actions) as f64)
        .with("missed", (after.missed - before.missed) as f64);
    for i in 0..options.n {
        let mut calls = calls.clone();
        called(
            calls
                .delete_schedule(DeleteScheduleRequest {
                    namespace: "default".to_owned(),
                    schedule_id: name(i),
                    ..DeleteScheduleRequest::default()
                })
                .await,
        )?;
    }
    bench.end().await?;
    Ok(line)
}

fn request(schedule_id: String, task_queue: &str) -> CreateScheduleRequest {
    let action = NewWorkflowExecutionInfo {
        workflow_id: schedule_id.clone(),
        workflow_type: Some(WorkflowType {
            name: "Timers".to_owned(),
        }),
        input: super::history::number(0),
        task_queue: Some(TaskQueue {
            name: task_queue.to_owned(),
            ..TaskQueue::default()
        }),
        ..NewWorkflowExecutionInfo::default()
    };
    CreateScheduleRequest {
        namespace: "default".to_owned(),
        schedule: Some(Schedule {
            spec: Some(ScheduleSpec {
                interval: vec![IntervalSpec {
                    interval: Some(prost_types::Duration {
                        seconds: 1,
                        nanos: 0,
                    }),
                    phase: None,
                }],
                ..ScheduleSpec::default()
            }),
            action: Some(ScheduleAction {
                action: Some(schedule_action::Action::StartWorkflow(action)),
            }),
            policies: Some(SchedulePolicies {
                overlap_policy: ScheduleOverlapPolicy::AllowAll.into(),
                ..SchedulePolicies::default()
            }),
            state: None,
        }),
        request_id: schedule_id.clone(),
        schedule_id,
        ..CreateScheduleRequest::default()
    }
}

struct Counts {
    actions: i64,
    missed: i64,
    late: Vec<Duration>,
}

async fn counts(
    calls: &WorkflowServiceClient<Channel>,
    schedules: impl Iterator<Item = String>,
) -> Result<Counts> {
    let mut counts = Counts {
        actions: 0,
        missed: 0,
        late: Vec::new(),
    };
    for schedule_id in schedules {
        let request = DescribeScheduleRequest {
            namespace: "default".to_owned(),
            schedule_id,
        };
        let described = called(calls.clone().describe_schedule(request).await)?;
        let Some(info) = described.info else { continue };
        counts.actions += info.action_count;
        counts.missed += info.missed_catchup_window + info.overlap_skipped + info.buffer_dropped;
        for action in info.recent_actions {
            if let (Some(due), Some(actual)) = (action.schedule_time, action.actual_time) {
                let nanos = (actual.seconds - due.seconds) * 1_000_000_000
                    + i64::from(actual.nanos - due.nanos);
                counts
                    .late
                    .push(Duration::from_nanos(nanos.try_into().unwrap_or_default()));
            }
        }
    }
    Ok(counts)
}

fn called<T>(answer: Result<tonic::Response<T>, tonic::Status>) -> Result<T> {
    match answer {
        Ok(answer) => Ok(answer.into_inner()),
        Err(status) => Err(Error::msg(status.to_string())),
    }
}
