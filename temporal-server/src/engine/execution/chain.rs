//! The run after this one: continue-as-new, workflow retry and cron.

use std::time::Duration;

use temporal_protos::command::ContinueAsNewWorkflowExecutionCommandAttributes;
use temporal_protos::common::Payloads;
use temporal_protos::enums::{
    ContinueAsNewInitiator as Initiator, RetryState, WorkflowExecutionStatus as Status,
    WorkflowTaskFailedCause as Cause,
};
use temporal_protos::failure::Failure;
use temporal_protos::history::WorkflowExecutionContinuedAsNewEventAttributes;

use super::commands::{Bad, Described, check_user_task_queue, normal};
use super::cron::Cron;
use super::retry_policy::{self, Attempt};
use super::start::NewRun;
use super::{Run, properties, start_check};
use crate::engine::Context;
use crate::engine::effect::Effect;
use crate::engine::time::{self, to_proto};

const CAUSE: Cause = Cause::BadContinueAsNewAttributes;

impl Run {
    /// What every successor takes over.
    fn successor(&self, ctx: &mut Context<'_>, initiator: Initiator, backoff: Duration) -> NewRun {
        let (time_skipping_config, time_skipping_state) = self.time_skipping.of_successor();
        NewRun {
            time_skipping_config,
            time_skipping_state,
            run_id: (ctx.fresh_id)(),
            request_id: (ctx.fresh_id)(),
            identity: String::new(),
            user_metadata: self.start.user_metadata.clone(),
            links: Vec::new(),
            eager_accepted: false,
            initiator: initiator.into(),
            continued_run_id: self.run_id.to_string(),
            first_run_id: self.start.first_run_id().into(),
            attempt: 1,
            reset_points: self.reset_points_for_successor(ctx.now),
            waits_for_parent: false,
            memo: Some((*self.memo).clone()).filter(|memo| !memo.fields.is_empty()),
            search_attributes: self.inherited_attributes(),
            backoff,
            ..self.start.clone()
        }
    }

    /// Names the successor and leaves it to the driver. Returns its run id.
    fn succeed(&mut self, ctx: &mut Context<'_>, next: NewRun) -> String {
        let run_id = next.run_id.clone();
        self.successor = Some(run_id.clone());
        ctx.emit(Effect::Successor(Box::new(next)));
        run_id
    }

    /// A run that lasted less than the minimum makes its successor wait for the rest of it.
    fn at_least_minimum(&self, ctx: &Context<'_>, backoff: Duration) -> Duration {
        let lasted = ctx.now.since(self.execution_time());
        backoff.max(ctx.limits.min_run_interval.saturating_sub(lasted))
    }

    /// The command ContinueAsNewWorkflowExecution.
    pub(crate) fn continue_as_new(
        &mut self,
        ctx: &mut Context<'_>,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        let next = self.continued(ctx, &command)?;
        let attributes = WorkflowExecutionContinuedAsNewEventAttributes {
            new_execution_run_id: next.run_id.clone(),
            workflow_type: Some(temporal_protos::common::WorkflowType {
                name: next.workflow_type.clone(),
            }),
            task_queue: Some(normal(next.task_queue.clone())),
            input: next.input.clone(),
            workflow_run_timeout: Some(to_proto(next.run_timeout)),
            workflow_task_timeout: Some(to_proto(next.task_timeout)),
            workflow_task_completed_event_id: completed_event_id,
            backoff_start_interval: command.backoff_start_interval,
            initiator: command.initiator,
            last_completion_result: next.last_completion_result.clone(),
            header: next.header.clone(),
            memo: next.memo.clone(),
            search_attributes: next.search_attributes.clone(),
            inherit_build_id: command.inherit_build_id,
            initial_versioning_behavior: command.initial_versioning_behavior,
            ..Default::default()
        };
        self.write_described(ctx, attributes, described);
        self.succeed(ctx, next);
        self.close(ctx, Status::ContinuedAsNew);
        Ok(())
    }

    fn continued(
        &self,
        ctx: &mut Context<'_>,
        command: &ContinueAsNewWorkflowExecutionCommandAttributes,
    ) -> Result<NewRun, Bad> {
        let (workflow_type, task_queue) = self.continued_names(ctx, command)?;
        let place = format!(
            "WorkflowType={workflow_type} TaskQueue=name:\"{task_queue}\" kind:TASK_QUEUE_KIND_NORMAL"
        );
        let [run_timeout, task_timeout, backoff] = check_options(command, &place)?;
        let search_attributes = command
            .search_attributes
            .as_ref()
            .map(|given| {
                ctx.surroundings
                    .check_search_attributes(&self.namespace, given)
            })
            .transpose()
            .map_err(|text| Bad::command(Cause::BadSearchAttributes, text))?;
        ctx.check_blob(command.input.as_ref(), CAUSE, || {
            "ContinueAsNewWorkflowExecutionCommandAttributes. Input exceeds size limit.".into()
        })?;
        let or = |given: Duration, own: Duration| if given.is_zero() { own } else { given };
        let run_timeout = or(run_timeout, self.start.run_timeout);
        let task_timeout = or(task_timeout, self.start.task_timeout);
        let backoff = self.at_least_minimum(ctx, backoff);
        let initiator = Initiator::try_from(command.initiator)
            .ok()
            .filter(|given| *given != Initiator::Unspecified);
        let next = self.successor(ctx, initiator.unwrap_or(Initiator::Workflow), backoff);
        let run_timeout = start_check::within(run_timeout, next.execution_timeout);
        Ok(NewRun {
            shows_run_timeout: true,
            workflow_type,
            task_queue,
            input: command.input.clone(),
            run_timeout,
            task_timeout: start_check::task_timeout(ctx.limits, task_timeout, run_timeout),
            retry_policy: command
                .retry_policy
                .clone()
                .map(retry_policy::with_defaults),
            memo: properties::kept_memo(command.memo.clone()),
            search_attributes: properties::kept_attributes(search_attributes),
            header: command.header.clone(),
            continued_failure: command.failure.clone(),
            last_completion_result: command.last_completion_result.clone(),
            ..next
        })
    }

    /// Type and queue of the run that is continued: the command's, or else this run's.
    fn continued_names(
        &self,
        ctx: &Context<'_>,
        command: &ContinueAsNewWorkflowExecutionCommandAttributes,
    ) -> Result<(String, String), Bad> {
        let given = command.workflow_type.as_ref().map(|kind| kind.name.clone());
        let workflow_type = given
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.start.workflow_type.clone());
        if workflow_type.len() > ctx.limits.id_bytes {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "WorkflowType on ContinueAsNewWorkflowExecutionCommand exceeds length limit. WorkflowType={workflow_type} Length={} Limit={}",
                    workflow_type.len(),
                    ctx.limits.id_bytes
                ),
            ));
        }
        let task_queue = match command
            .task_queue
            .as_ref()
            .filter(|queue| !queue.name.is_empty())
        {
            Some(queue) => check_user_task_queue(ctx, Some(queue), &self.start.task_queue)
                .map_err(|text| Bad::command(CAUSE, text))?,
            None => self.start.task_queue.clone(),
        };
        Ok((workflow_type, task_queue))
    }

    /// The run after a failure or a timeout: a retry, or else the next of a cron schedule.
    pub(crate) fn next_after_failure(
        &mut self,
        ctx: &mut Context<'_>,
        why: &Failure,
    ) -> (Option<String>, RetryState) {
        let state = match &self.start.retry_policy {
            None => RetryState::RetryPolicyNotSet,
            Some(policy) => {
                let attempt = Attempt {
                    policy,
                    number: self.start.attempt.max(1),
                    expires: self.start.expires,
                    failure: why,
                    delay_is_unbounded: false,
                };
                match retry_policy::next(ctx.now, &attempt) {
                    Ok(delay) => {
                        let backoff = self.at_least_minimum(ctx, delay);
                        let mut next = self.successor(ctx, Initiator::Retry, backoff);
                        next.attempt = self.start.attempt.max(1) + 1;
                        next.continued_failure = Some(why.clone());
                        return (Some(self.succeed(ctx, next)), RetryState::InProgress);
                    }
                    Err(state) => state,
                }
            }
        };
        (self.next_by_cron(ctx, Some(why), None), state)
    }

    /// The next run of a cron schedule, if the run has one and the chain's time is not over.
    pub(crate) fn next_by_cron(
        &mut self,
        ctx: &mut Context<'_>,
        why: Option<&Failure>,
        result: Option<Payloads>,
    ) -> Option<String> {
        if self.start.cron_schedule.is_empty() {
            return None;
        }
        let cron = Cron::parse(&self.start.cron_schedule).ok()?;
        let backoff = cron.wait(self.execution_time(), ctx.now)?;
        if self
            .start
            .expires
            .is_some_and(|expires| ctx.now.plus(backoff) > expires)
        {
            return None;
        }
        let mut next = self.successor(ctx, Initiator::CronSchedule, backoff);
        match why {
            Some(why) => next.continued_failure = Some(why.clone()),
            None => {
                next.continued_failure = None;
                next.last_completion_result = result;
            }
        }
        Some(self.succeed(ctx, next))
    }
}

/// Checks durations and the retry policy. Returns run timeout, task timeout and back-off.
fn check_options(
    command: &ContinueAsNewWorkflowExecutionCommandAttributes,
    place: &str,
) -> Result<[Duration; 3], Bad> {
    let read = |name: &str, value: &Option<prost_types::Duration>| {
        time::duration(value.as_ref()).map_err(|_| {
            Bad::command(
                CAUSE,
                format!(
                    "Invalid {name} on ContinueAsNewWorkflowExecutionCommand: negative duration. {place}"
                ),
            )
        })
    };
    if let Some(policy) = &command.retry_policy {
        retry_policy::check(policy).map_err(|text| {
            Bad::command(
                CAUSE,
                format!(
                    "invalid WorkflowRetryPolicy on ContinueAsNewWorkflowExecutionCommand: {text}. {place}"
                ),
            )
        })?;
    }
    Ok([
        read("WorkflowRunTimeout", &command.workflow_run_timeout)?,
        read("WorkflowTaskTimeout", &command.workflow_task_timeout)?,
        read("BackoffStartInterval", &command.backoff_start_interval)?,
    ])
}
