//! What clients do.

use temporal_protos::common::{RetryPolicy, WorkflowExecution};
use temporal_protos::enums::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporal_protos::query::WorkflowQuery;
use temporal_protos::update::{Input, Meta, Request, WaitPolicy};
use temporal_protos::workflowservice::*;

use super::network::Client;
use super::{Program, What, World, execution, payloads, queue, workflow_type};
use crate::engine::time::to_proto;

impl Program {
    /// The run that a request is for, sometimes named.
    fn target(&mut self, world: &World) -> (WorkflowExecution, String) {
        let workflow_id = self.name();
        let run_id = world.newest_run(&workflow_id).unwrap_or_default();
        let named = self.faults.is_some() && self.random.once_in(2);
        let execution = WorkflowExecution {
            workflow_id,
            run_id: if named { run_id.clone() } else { String::new() },
        };
        (execution, run_id)
    }

    /// The run that an answer is about: after the end of a process it may have been another one.
    fn is_sure(&self, execution: &WorkflowExecution, ended_before: u64) -> bool {
        !execution.run_id.is_empty() || self.seen().ended == ended_before
    }

    pub(super) async fn start(&mut self, world: &mut World) {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: self.name(),
            workflow_type: workflow_type("probe"),
            task_queue: queue("q"),
            input: payloads("input"),
            identity: "client".into(),
            request_id: self.request_id(),
            workflow_id_conflict_policy: 1 + self.random.below(3),
            workflow_id_reuse_policy: 1 + self.random.below(3),
            retry_policy: self.random.once_in(3).then(|| RetryPolicy {
                maximum_attempts: 3,
                ..RetryPolicy::default()
            }),
            workflow_run_timeout: (self.random.once_in(3))
                .then(|| to_proto(self.random.duration(60))),
            workflow_start_delay: (self.random.once_in(4))
                .then(|| to_proto(self.random.duration(20))),
            cron_schedule: if self.faults.is_some() && self.random.once_in(12) {
                "@every 7s".into()
            } else {
                String::new()
            },
            ..Default::default()
        };
        let workflow_id = request.workflow_id.clone();
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.start_workflow_execution(request).await
            })
            .await;
        let lost = answer.lost.as_ref().map(|lost| lost.run_id.clone());
        // Refused if it runs already.
        if let Some(started) = answer.taken("a start") {
            assert!(
                lost.is_none_or(|lost| lost == started.run_id),
                "the same start is another run"
            );
            self.ledger
                .note(&workflow_id, &started.run_id, What::Started);
        }
    }

    pub(super) async fn signal(&mut self, world: &mut World) {
        let (target, run_id) = self.target(world);
        let text = self.unique("signal");
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(target.clone()),
            signal_name: "signal".into(),
            input: payloads(&text),
            request_id: text.clone(),
            ..Default::default()
        };
        let before = self.seen().ended;
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.signal_workflow_execution(request).await
            })
            .await;
        if answer.taken("a signal").is_some() && self.is_sure(&target, before) {
            self.ledger
                .note(&target.workflow_id, &run_id, What::Signalled(text));
        }
    }

    pub(super) async fn signal_with_start(&mut self, world: &mut World) {
        let text = self.unique("signal");
        let request = SignalWithStartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: self.name(),
            workflow_type: workflow_type("probe"),
            task_queue: queue("q"),
            signal_name: "signal".into(),
            signal_input: payloads(&text),
            request_id: text.clone(),
            ..Default::default()
        };
        let workflow_id = request.workflow_id.clone();
        let before = self.seen().ended;
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.signal_with_start_workflow_execution(request).await
            })
            .await;
        if let Some(started) = answer.taken("a signal with start") {
            let run_id = started.run_id;
            self.ledger.note(&workflow_id, &run_id, What::Started);
            if self.seen().ended == before {
                self.ledger
                    .note(&workflow_id, &run_id, What::Signalled(text));
            }
        }
    }

    pub(super) fn update(&mut self, world: &World) {
        let id = format!("update-{}", self.random.below(12));
        let request = Request {
            meta: Some(Meta {
                update_id: id,
                identity: "client".into(),
            }),
            input: Some(Input {
                name: "update".into(),
                args: payloads("updated"),
                ..Default::default()
            }),
            ..Default::default()
        };
        let (execution, _) = self.target(world);
        if self.faults.is_none() {
            let admitted = world
                .driver
                .admit_update(&world.namespace, &execution, "", request);
            return drop(admitted);
        }
        let stage = if self.random.once_in(2) {
            Stage::Accepted
        } else {
            Stage::Completed
        };
        let request = UpdateWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(execution),
            wait_policy: Some(WaitPolicy {
                lifecycle_stage: stage.into(),
            }),
            request: Some(request),
            ..Default::default()
        };
        self.send_update(world, request);
    }

    pub(super) fn query(&mut self, world: &World) {
        let (execution, _) = self.target(world);
        let request = QueryWorkflowRequest {
            namespace: "default".into(),
            execution: Some(execution),
            query: Some(WorkflowQuery {
                query_type: "state".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.send_query(world, request);
    }

    pub(super) async fn cancel(&mut self, world: &mut World) {
        let (target, run_id) = self.target(world);
        let request = RequestCancelWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(target.clone()),
            request_id: self.request_id(),
            ..Default::default()
        };
        let before = self.seen().ended;
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.request_cancel_workflow_execution(request).await
            })
            .await;
        // A closed run is not cancelled, and nobody minds.
        let was_open = world.is_open(&target.workflow_id, &run_id);
        if answer.taken("a cancel request").is_some() && was_open && self.is_sure(&target, before) {
            self.ledger
                .note(&target.workflow_id, &run_id, What::CancelRequested);
        }
    }

    pub(super) async fn terminate(&mut self, world: &mut World) {
        let (target, run_id) = self.target(world);
        let request = TerminateWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(target.clone()),
            ..Default::default()
        };
        let before = self.seen().ended;
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.terminate_workflow_execution(request).await
            })
            .await;
        // A second termination finds nothing to end.
        let was_taken = answer.last.is_ok() || answer.lost.is_some();
        if was_taken && self.is_sure(&target, before) {
            self.ledger
                .note(&target.workflow_id, &run_id, What::Terminated);
        }
    }

    pub(super) async fn reset(&mut self, world: &mut World) {
        let workflow_id = self.name();
        let request = ResetWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution(&workflow_id),
            workflow_task_finish_event_id: 3 + self.random.below(12_i64),
            request_id: self.request_id(),
            ..Default::default()
        };
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.reset_workflow_execution(request).await
            })
            .await;
        if let Ok(reset) = answer.last {
            self.ledger.note(&workflow_id, &reset.run_id, What::Started);
        }
    }

    pub(super) async fn delete(&mut self, world: &mut World) {
        let workflow_id = self.name();
        let Some(run_id) = world.newest_run(&workflow_id) else {
            return;
        };
        // Whatever becomes of the call, nothing is expected of the run any more.
        let target = WorkflowExecution {
            workflow_id: workflow_id.clone(),
            run_id: run_id.clone(),
        };
        self.ledger.note(&workflow_id, &run_id, What::MayBeGone);
        let request = DeleteWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(target),
        };
        let answer = self
            .call(world, request, async |client: &mut Client, request| {
                client.delete_workflow_execution(request).await
            })
            .await;
        if answer.last.is_ok() || answer.lost.is_some() {
            self.ledger.note(&workflow_id, &run_id, What::Gone);
        }
    }
}
