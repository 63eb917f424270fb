//! One activity task: run an attempt, send its heartbeats, report how it ended.

use std::sync::Arc;

use temporal_protos::{
    common::{Payload as RawPayload, Payloads},
    failure::Failure,
    workflowservice::{
        PollActivityTaskQueueResponse as Task, RecordActivityTaskHeartbeatRequest,
        RespondActivityTaskCanceledRequest, RespondActivityTaskCompletedRequest,
        RespondActivityTaskFailedRequest,
    },
};
use tokio::time::Instant;

use super::{
    Shared,
    attempt::{self, Ended},
    slots::Slot,
};
use crate::{
    activity::{ActivityContext, ActivityInfo, CancelReason, Invocation},
    client::{Call, Code, RpcFailure},
    convert::{std_duration, std_time, text_payload},
    failure::{application_failure, as_application_failure},
    headers::Headers,
};

/// Runs an attempt and reports how it ended.
pub(super) async fn run(worker: Arc<Shared>, task: Task, slot: Slot) {
    let token = task.task_token.clone();
    let coding = worker.client.connection().coding();
    let task = match coding.decode(task.clone()).await {
        Ok(task) => task,
        Err(error) => {
            let context = worker.context(&task);
            let ended = Ended::Failed(not_coded(error.to_string()));
            return worker.report(&context, token, ended).await;
        }
    };
    let context = Arc::new(worker.context(&task));
    let _running = worker.running.enter(context.clone());
    let mut arguments = task.input.unwrap_or_default().payloads;
    let activity_type = &context.info().activity_type;
    let activity = worker.plan.activity(activity_type);
    if activity.is_some_and(|activity| activity.dynamic) {
        // it is told its name before everything else
        arguments.insert(0, text_payload(activity_type));
    }
    let ended = match activity {
        None => Ended::Failed(worker.unknown(context.info())),
        Some(activity) => {
            let invocation = Invocation {
                state: worker.state.clone(),
                context: context.clone(),
            };
            let attempt = attempt::run(
                activity.name,
                activity.invoke,
                invocation,
                arguments,
                (slot, worker.activity_threads.clone()),
                &worker.options.interceptors,
                coding,
            );
            let mut attempt = std::pin::pin!(attempt);
            tokio::select! {
                biased;
                ended = &mut attempt => ended,
                never = worker.send_heartbeats(&context) => match never {},
                () = time_is_over(context.info()) => {
                    context.cancel(CancelReason::TimedOut);
                    Ended::Abandoned
                }
            }
        }
    };
    worker.report(&context, token, ended).await;
}

enum Never {}

/// When the service stops waiting for the attempt, so do we.
async fn time_is_over(info: &ActivityInfo) {
    match info.start_to_close.or(info.schedule_to_close) {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

impl Shared {
    fn context(&self, task: &Task) -> ActivityContext {
        let execution = task.workflow_execution.clone().unwrap_or_default();
        // the service sends zero for what is not set
        let time =
            |time: Option<&prost_types::Duration>| time.map(std_duration).filter(|d| !d.is_zero());
        let info = ActivityInfo {
            activity_id: task.activity_id.clone(),
            activity_type: task.activity_type.clone().unwrap_or_default().name,
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
            workflow_type: task.workflow_type.clone().unwrap_or_default().name,
            namespace: self.client.namespace().to_owned(),
            task_queue: self.plan.task_queue.clone(),
            attempt: u32::try_from(task.attempt).unwrap_or(1),
            scheduled_time: task.scheduled_time.as_ref().map(std_time),
            attempt_scheduled_time: task.current_attempt_scheduled_time.as_ref().map(std_time),
            started_time: task.started_time.as_ref().map(std_time),
            start_to_close: time(task.start_to_close_timeout.as_ref()),
            schedule_to_close: time(task.schedule_to_close_timeout.as_ref()),
            heartbeat: time(task.heartbeat_timeout.as_ref()),
            is_local: false,
            headers: Headers::from_proto(task.header.clone()),
            task_token: task.task_token.to_vec(),
        };
        let details = task.heartbeat_details.clone().unwrap_or_default().payloads;
        ActivityContext::new(info, details)
    }

    pub(super) fn unknown(&self, info: &ActivityInfo) -> Failure {
        let known: Vec<&str> = self.plan.activities.keys().copied().collect();
        application_failure(
            "NotFoundError",
            format!(
                "no activity `{}` is registered on the task queue `{}`; known activities: {}",
                info.activity_type,
                self.plan.task_queue,
                known.join(", ")
            ),
            None,
        )
    }

    /// Sends the latest details, at most every 80 % of the heartbeat timeout, and passes on what the service answers.
    async fn send_heartbeats(&self, context: &ActivityContext) -> Never {
        let interval = self.options.heartbeat_throttle(context.info().heartbeat);
        loop {
            let details = context.heartbeats().next_unsent().await;
            let sent = Instant::now();
            self.send_heartbeat(context, details).await;
            tokio::time::sleep_until(sent + interval).await;
        }
    }

    async fn send_heartbeat(&self, context: &ActivityContext, details: RawPayload) {
        let request = RecordActivityTaskHeartbeatRequest {
            task_token: context.info().task_token.clone().into(),
            details: Some(Payloads {
                payloads: vec![details],
            }),
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        let answer = self
            .client
            .connection()
            .record_activity_task_heartbeat(request, self.client.namespace(), Call::Unary)
            .await;
        match answer {
            Ok(answer) if answer.cancel_requested => context.cancel(CancelReason::Requested),
            Ok(answer) if answer.activity_reset => context.cancel(CancelReason::Reset),
            Ok(answer) if answer.activity_paused => context.cancel(CancelReason::Paused),
            Ok(_) => {}
            Err(failure) if failure.code == Code::NotFound => context.cancel(CancelReason::Gone),
            Err(failure) => tracing::warn!(
                activity_type = %context.info().activity_type, activity_id = %context.info().activity_id,
                "a heartbeat was not taken: {}", failure.message
            ),
        }
    }

    async fn report(&self, context: &ActivityContext, token: bytes::Bytes, ended: Ended) {
        let reason = context.cancel_reason();
        let sent = match ended {
            Ended::Completed(result) => self.completed(token.clone(), result).await,
            Ended::LeftOpen => return self.last_heartbeat(context).await,
            // a cancellation that the workflow did not ask for is a failure like any other
            Ended::Cancelled(_) if reason == Some(CancelReason::Requested) => {
                self.cancelled(token.clone()).await
            }
            Ended::Failed(failure) | Ended::Cancelled(failure) => {
                if reason == Some(CancelReason::Gone) {
                    return;
                }
                self.failed(context, token.clone(), failure).await
            }
            Ended::Abandoned => {
                tracing::warn!(
                    activity_type = %context.info().activity_type, activity_id = %context.info().activity_id,
                    workflow_id = %context.info().workflow_id,
                    "an activity took longer than it may, and is left"
                );
                return;
            }
        };
        let sent = match sent {
            Err(failure) if failure.coding.is_some() => {
                // what cannot be encoded is not sent; that it could not be is no secret
                let failed = self.failed_request(token, not_coded(failure.message), None);
                let connection = self.client.connection().uncoded();
                connection
                    .respond_activity_task_failed(failed, self.client.namespace(), Call::Unary)
                    .await
                    .map(drop)
            }
            sent => sent,
        };
        if let Err(failure) = sent {
            let info = context.info();
            let text = "how an activity ended was not taken";
            if failure.code == Code::NotFound {
                tracing::debug!(activity_type = %info.activity_type, activity_id = %info.activity_id, "{text}: {}", failure.message);
            } else {
                tracing::warn!(activity_type = %info.activity_type, activity_id = %info.activity_id, "{text}: {}", failure.message);
            }
        }
    }

    /// What an activity said last before it was left open is not lost: who goes on with it may rely on that.
    async fn last_heartbeat(&self, context: &ActivityContext) {
        if let Some(details) = context.heartbeats().take_unsent() {
            self.send_heartbeat(context, details).await;
        }
    }

    async fn completed(&self, token: bytes::Bytes, result: RawPayload) -> Result<(), RpcFailure> {
        let request = RespondActivityTaskCompletedRequest {
            task_token: token,
            result: Some(Payloads {
                payloads: vec![result],
            }),
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        self.client
            .connection()
            .respond_activity_task_completed(request, self.client.namespace(), Call::Unary)
            .await
            .map(drop)
    }

    async fn cancelled(&self, token: bytes::Bytes) -> Result<(), RpcFailure> {
        let request = RespondActivityTaskCanceledRequest {
            task_token: token,
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        self.client
            .connection()
            .respond_activity_task_canceled(request, self.client.namespace(), Call::Unary)
            .await
            .map(drop)
    }

    async fn failed(
        &self,
        context: &ActivityContext,
        token: bytes::Bytes,
        failure: Failure,
    ) -> Result<(), RpcFailure> {
        let details = context.heartbeats().take_unsent();
        let request = self.failed_request(token, failure, details);
        self.client
            .connection()
            .respond_activity_task_failed(request, self.client.namespace(), Call::Unary)
            .await
            .map(drop)
    }

    fn failed_request(
        &self,
        token: bytes::Bytes,
        failure: Failure,
        details: Option<RawPayload>,
    ) -> RespondActivityTaskFailedRequest {
        RespondActivityTaskFailedRequest {
            task_token: token,
            failure: Some(as_application_failure(failure)),
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            last_heartbeat_details: details.map(|d| Payloads { payloads: vec![d] }),
            ..Default::default()
        }
    }
}

/// The attempt fails, and the next one may find the codec well.
fn not_coded(why: String) -> Failure {
    application_failure("PayloadCodecError", why, None)
}
