//! Children of a run: asked for, started, ended. The child itself is another run, which only messages reach.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::command::StartChildWorkflowExecutionCommandAttributes as Command;
use temporal_protos::common::{SearchAttributes, WorkflowExecution, WorkflowType};
use temporal_protos::enums::{
    ParentClosePolicy, StartChildWorkflowExecutionFailedCause as StartCause,
    WorkflowIdReusePolicy as Reuse, WorkflowTaskFailedCause as Cause,
};
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::history::*;

use super::commands::{Bad, Described, Work, check_user_task_queue, normal};
use super::cron::Cron;
use super::history::{BUFFERED, event};
use super::start::{NewRun, Parent};
use super::{Run, priority, properties, retry_policy, start_check};
use crate::engine::Context;
use crate::engine::effect::{ChildStart, ChildStartFailure, Effect, Message, Target};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::{self, to_proto};

const CAUSE: Cause = Cause::BadStartChildExecutionAttributes;
/// The real service has this namespace; commands may not reach it.
const SYSTEM_NAMESPACE: &str = "temporal-system";

/// A pending child.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    /// Its started event in this run; 0 before, [`BUFFERED`] while that event has no id.
    pub(crate) started_event_id: i64,
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) workflow_id: String,
    /// Its first run; empty until it is started.
    pub(crate) run_id: String,
    pub(crate) workflow_type: String,
    pub(crate) close_policy: ParentClosePolicy,
}

impl Run {
    /// The namespace that a command names: this run's own, or a refusal.
    pub(super) fn command_namespace(
        &self,
        ctx: &Context<'_>,
        name: &str,
        cause: Cause,
    ) -> Result<Arc<Namespace>, Bad> {
        if name.is_empty() || name == self.namespace.name {
            return Ok(self.namespace.clone());
        }
        match ctx.surroundings.namespace(name) {
            _ if name == SYSTEM_NAMESPACE => Err(Bad::command(
                cause,
                "cross namespace commands are not allowed",
            )),
            Some(_) => Err(Bad::command(
                cause,
                "cross namespace commands are not allowed",
            )),
            None => Err(Bad::Refused(Refusal::NamespaceNotFound {
                namespace: name.into(),
            })),
        }
    }

    /// The command StartChildWorkflowExecution.
    pub(crate) fn start_child(
        &mut self,
        ctx: &mut Context<'_>,
        command: Command,
        described: Described,
        work: &mut Work,
    ) -> Result<(), Bad> {
        let namespace = self.command_namespace(ctx, &command.namespace, CAUSE)?;
        let (attributes, mut run) = self.child_run(ctx, &namespace, command)?;
        if self.children.len() >= ctx.limits.pending_children {
            return Err(Bad::command(
                Cause::PendingChildWorkflowsLimitExceeded,
                format!(
                    "the number of pending child workflow executions, {}, has reached the per-workflow limit of {}",
                    self.children.len(),
                    ctx.limits.pending_children
                ),
            ));
        }
        let attributes = StartChildWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: work.completed_event_id,
            ..attributes
        };
        let child = Child {
            started_event_id: 0,
            namespace,
            workflow_id: attributes.workflow_id.clone(),
            run_id: String::new(),
            workflow_type: run.workflow_type.clone(),
            close_policy: attributes
                .parent_close_policy
                .try_into()
                .unwrap_or(ParentClosePolicy::Terminate),
        };
        let workflow_id = attributes.workflow_id.clone();
        let reuse_policy = attributes.workflow_id_reuse_policy;
        run.user_metadata = described.metadata().cloned();
        let id = self.write_described(ctx, attributes, described);
        run.run_id = (ctx.fresh_id)();
        run.request_id = format!("{}:{id}:0", self.run_id);
        run.parent = Some(Parent {
            target: self.as_target(),
            initiated_event_id: id,
        });
        self.children.insert(id, child);
        work.sends.push(Message::StartChild {
            parent: self.as_target(),
            initiated_event_id: id,
            child: Box::new(ChildStart {
                workflow_id,
                reuse_policy,
                run,
            }),
        });
        Ok(())
    }

    fn child_run(
        &self,
        ctx: &Context<'_>,
        namespace: &Namespace,
        command: Command,
    ) -> Result<(StartChildWorkflowExecutionInitiatedEventAttributes, NewRun), Bad> {
        let kind = command.workflow_type.clone().unwrap_or_default().name;
        let names = check_names(ctx, namespace, &command.workflow_id, &kind)?;
        let [execution_timeout, run_timeout, task_timeout] = check_options(&command, &names)?;
        let search_attributes = check_contents(ctx, namespace, &command)?;
        let task_queue = match command
            .task_queue
            .as_ref()
            .filter(|queue| !queue.name.is_empty())
        {
            Some(queue) => check_user_task_queue(ctx, Some(queue), &self.start.task_queue)
                .map_err(|text| Bad::command(CAUSE, text))?,
            None => self.start.task_queue.clone(),
        };
        let run_timeout = start_check::within(run_timeout, execution_timeout);
        let (time_skipping_config, time_skipping_state) = self.time_skipping.of_child();
        let run = NewRun {
            time_skipping_config,
            time_skipping_state,
            workflow_type: kind,
            task_queue,
            input: command.input.clone(),
            execution_timeout,
            run_timeout,
            shows_execution_timeout: command.workflow_execution_timeout.is_some(),
            shows_run_timeout: true,
            task_timeout: start_check::task_timeout(ctx.limits, task_timeout, run_timeout),
            retry_policy: command
                .retry_policy
                .clone()
                .map(retry_policy::with_defaults),
            memo: properties::kept_memo(command.memo.clone()),
            search_attributes: properties::kept_attributes(search_attributes),
            header: command.header.clone(),
            backoff: start_check::first_backoff(ctx, &command.cron_schedule, Duration::ZERO)
                .unwrap_or_default(),
            initiator: start_check::cron_initiator(&command.cron_schedule),
            cron_schedule: command.cron_schedule.clone(),
            priority: command
                .priority
                .clone()
                .or_else(|| self.start.priority.clone()),
            attempt: 1,
            root: Some(self.root()),
            waits_for_parent: true,
            ..Default::default()
        };
        Ok((initiated(namespace, command, &run), run))
    }

    /// The root of the tree of workflows that this run belongs to.
    pub(crate) fn root(&self) -> WorkflowExecution {
        self.start
            .root
            .clone()
            .unwrap_or_else(|| WorkflowExecution {
                workflow_id: self.workflow_id.to_string(),
                run_id: self.run_id.to_string(),
            })
    }

    /// The child was started, or not. Returns whether this run took note.
    pub(crate) fn child_started(
        &mut self,
        ctx: &mut Context<'_>,
        initiated_event_id: i64,
        result: Result<String, ChildStartFailure>,
    ) {
        let Some(child) = self.children.get(&initiated_event_id).cloned() else {
            return;
        };
        let Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(initiated)) = self
            .history
            .event(initiated_event_id)
            .and_then(|event| event.attributes.clone())
        else {
            return;
        };
        let target = Target {
            namespace: child.namespace.clone(),
            workflow_id: child.workflow_id.clone(),
            run_id: result.clone().unwrap_or_default(),
        };
        if !self.is_running() {
            self.orphan(ctx, &child, target);
            return;
        }
        match result {
            Ok(run_id) => {
                let started = ChildWorkflowExecutionStartedEventAttributes {
                    namespace: initiated.namespace,
                    namespace_id: initiated.namespace_id,
                    initiated_event_id,
                    workflow_execution: Some(WorkflowExecution {
                        workflow_id: child.workflow_id,
                        run_id: run_id.clone(),
                    }),
                    workflow_type: initiated.workflow_type,
                    header: initiated.header,
                };
                let id = self.receive(event(ctx.now, started));
                if let Some(child) = self.children.get_mut(&initiated_event_id) {
                    child.run_id = run_id;
                    child.started_event_id = id;
                }
                ctx.emit(Effect::Send(Message::ReleaseChild { child: target }));
            }
            Err(why) => {
                self.children.remove(&initiated_event_id);
                let failed = StartChildWorkflowExecutionFailedEventAttributes {
                    namespace: initiated.namespace,
                    namespace_id: initiated.namespace_id,
                    workflow_id: child.workflow_id,
                    workflow_type: initiated.workflow_type,
                    cause: match why {
                        ChildStartFailure::WorkflowAlreadyExists => {
                            StartCause::WorkflowAlreadyExists.into()
                        }
                        ChildStartFailure::NamespaceNotFound => {
                            StartCause::NamespaceNotFound.into()
                        }
                    },
                    control: initiated.control,
                    initiated_event_id,
                    workflow_task_completed_event_id: 0,
                };
                self.receive(event(ctx.now, failed));
            }
        }
        self.notify_workflow(ctx);
    }

    /// A child that was started while its parent closed: the close policy holds for it too.
    fn orphan(&self, ctx: &mut Context<'_>, child: &Child, target: Target) {
        if target.run_id.is_empty() {
            return;
        }
        ctx.emit(Effect::Send(Message::ReleaseChild {
            child: target.clone(),
        }));
        if child.close_policy != ParentClosePolicy::Abandon {
            let first_run_id = target.run_id.clone();
            ctx.emit(Effect::Send(Message::ParentClosed {
                parent: self.as_target(),
                child: Target {
                    run_id: String::new(),
                    ..target
                },
                first_run_id,
                policy: child.close_policy,
            }));
        }
    }

    /// A child has ended.
    pub(crate) fn child_closed(
        &mut self,
        ctx: &mut Context<'_>,
        initiated_event_id: i64,
        execution: WorkflowExecution,
        end: &HistoryEvent,
    ) {
        if !self.is_running() {
            return;
        }
        if self
            .children
            .get(&initiated_event_id)
            .is_some_and(|child| child.started_event_id == 0)
        {
            // Somebody ended the child before word of its start came here.
            self.child_started(ctx, initiated_event_id, Ok(execution.run_id.clone()));
        }
        let Some(child) = self.children.remove(&initiated_event_id) else {
            return;
        };
        let workflow_execution = Some(execution);
        let workflow_type = Some(WorkflowType {
            name: child.workflow_type,
        });
        let started_event_id = child.started_event_id;
        let (namespace, namespace_id) = (child.namespace.name.clone(), child.namespace.id.clone());
        macro_rules! ended {
            ($kind:ident { $($field:ident : $value:expr),* }) => {
                event(ctx.now, $kind {
                    $($field: $value,)*
                    namespace, namespace_id, workflow_execution, workflow_type, initiated_event_id, started_event_id,
                })
            };
        }
        let ended = match end.attributes.clone() {
            Some(A::WorkflowExecutionCompletedEventAttributes(a)) => {
                ended!(ChildWorkflowExecutionCompletedEventAttributes { result: a.result })
            }
            Some(A::WorkflowExecutionFailedEventAttributes(a)) => {
                ended!(ChildWorkflowExecutionFailedEventAttributes {
                    failure: a.failure,
                    retry_state: a.retry_state
                })
            }
            Some(A::WorkflowExecutionCanceledEventAttributes(a)) => {
                ended!(ChildWorkflowExecutionCanceledEventAttributes { details: a.details })
            }
            Some(A::WorkflowExecutionTimedOutEventAttributes(a)) => {
                ended!(ChildWorkflowExecutionTimedOutEventAttributes {
                    retry_state: a.retry_state
                })
            }
            _ => ended!(ChildWorkflowExecutionTerminatedEventAttributes {}),
        };
        debug_assert!(
            started_event_id == BUFFERED || started_event_id > 0,
            "a child ends after its start"
        );
        self.receive(ended);
        self.notify_workflow(ctx);
    }
}

/// The event of a child that is asked for; the id of the completed task is still to come.
fn initiated(
    namespace: &Namespace,
    command: Command,
    run: &NewRun,
) -> StartChildWorkflowExecutionInitiatedEventAttributes {
    let policy = match ParentClosePolicy::try_from(command.parent_close_policy).unwrap_or_default()
    {
        ParentClosePolicy::Unspecified => ParentClosePolicy::Terminate,
        given => given,
    };
    let reuse = match Reuse::try_from(command.workflow_id_reuse_policy).unwrap_or_default() {
        Reuse::Unspecified => Reuse::AllowDuplicate,
        given => given,
    };
    StartChildWorkflowExecutionInitiatedEventAttributes {
        namespace: namespace.name.clone(),
        namespace_id: namespace.id.clone(),
        workflow_id: command.workflow_id,
        workflow_type: Some(WorkflowType {
            name: run.workflow_type.clone(),
        }),
        task_queue: Some(normal(run.task_queue.clone())),
        input: command.input,
        workflow_execution_timeout: run.shown_execution_timeout(),
        workflow_run_timeout: Some(to_proto(run.run_timeout)),
        workflow_task_timeout: Some(to_proto(run.task_timeout)),
        parent_close_policy: policy.into(),
        control: command.control,
        workflow_id_reuse_policy: reuse.into(),
        retry_policy: run.retry_policy.clone(),
        cron_schedule: command.cron_schedule,
        header: command.header,
        memo: run.memo.clone(),
        search_attributes: run.search_attributes.clone(),
        time_skipping_config: run.time_skipping_config.clone(),
        time_skipping_state_propagation: run.time_skipping_state,
        inherit_build_id: command.inherit_build_id,
        priority: command.priority,
        ..Default::default()
    }
}

/// Checks what a child is started with. Returns its timeouts: of the execution, a run, a task.
fn check_options(command: &Command, names: &str) -> Result<[Duration; 3], Bad> {
    let bad = |text: String| Bad::command(CAUSE, text);
    let read = |name: &str, value: &Option<prost_types::Duration>| {
        time::duration(value.as_ref()).map_err(|_| {
            bad(format!(
                "Invalid {name} on StartChildWorkflowExecutionCommand: negative duration. {names}"
            ))
        })
    };
    let timeouts = [
        read(
            "WorkflowExecutionTimeout",
            &command.workflow_execution_timeout,
        )?,
        read("WorkflowRunTimeout", &command.workflow_run_timeout)?,
        read("WorkflowTaskTimeout", &command.workflow_task_timeout)?,
    ];
    if let Some(policy) = &command.retry_policy {
        retry_policy::check(policy).map_err(|text| {
            bad(format!(
                "invalid WorkflowRetryPolicy on StartChildWorkflowExecutionCommand: {text}. {names}"
            ))
        })?;
    }
    if !command.cron_schedule.is_empty() {
        Cron::parse(&command.cron_schedule).map_err(|text| {
            bad(format!(
                "invalid CronSchedule on StartChildWorkflowExecutionCommand: {text}. {names}"
            ))
        })?;
    }
    priority::check(command.priority.as_ref()).map_err(bad)?;
    Ok(timeouts)
}

/// Checks search attributes, and the size of the input.
fn check_contents(
    ctx: &Context<'_>,
    namespace: &Namespace,
    command: &Command,
) -> Result<Option<SearchAttributes>, Bad> {
    let search_attributes = command
        .search_attributes
        .as_ref()
        .map(|given| ctx.surroundings.check_search_attributes(namespace, given))
        .transpose()
        .map_err(|text| Bad::command(Cause::BadSearchAttributes, text))?;
    ctx.check_blob(command.input.as_ref(), CAUSE, || {
        "StartChildWorkflowExecutionCommandAttributes. Input exceeds size limit.".into()
    })?;
    Ok(search_attributes)
}

/// Checks the names of a child. Returns how texts about it end.
fn check_names(
    ctx: &Context<'_>,
    namespace: &Namespace,
    id: &str,
    kind: &str,
) -> Result<String, Bad> {
    let limit = ctx.limits.id_bytes;
    let place = &namespace.name;
    let text = if id.is_empty() {
        format!(
            "Required field WorkflowId is not set on StartChildWorkflowExecutionCommand. WorkflowType={kind} Namespace={place}"
        )
    } else if kind.is_empty() {
        format!(
            "Required field WorkflowType is not set on StartChildWorkflowExecutionCommand. WorkflowId={id} Namespace={place}"
        )
    } else if id.len() > limit {
        format!(
            "WorkflowId on StartChildWorkflowExecutionCommand exceeds length limit. WorkflowId={id} Length={} Limit={limit} WorkflowType={kind} Namespace={place}",
            id.len()
        )
    } else if kind.len() > limit {
        format!(
            "WorkflowType on StartChildWorkflowExecutionCommand exceeds length limit. WorkflowId={id} WorkflowType={kind} Length={} Limit={limit} Namespace={place}",
            kind.len()
        )
    } else {
        return Ok(format!(
            "WorkflowId={id} WorkflowType={kind} Namespace={place}"
        ));
    };
    Err(Bad::command(CAUSE, text))
}
