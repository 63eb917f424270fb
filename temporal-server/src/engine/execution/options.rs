//! The options of a run that somebody changes from outside: its priority, and whether it skips time.

use temporal_protos::common::{Priority, TimeSkippingConfig};
use temporal_protos::enums::EventType;
use temporal_protos::history::{HistoryEvent, WorkflowExecutionOptionsUpdatedEventAttributes};
use temporal_protos::workflow::WorkflowExecutionOptions;

use super::history::event;
use super::{Run, priority, time_skipping};
use crate::engine::Context;
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;

/// A change of options, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OptionsChange {
    priority: Vec<PriorityChange>,
    time_skipping: Option<Option<TimeSkippingConfig>>,
}

/// A change of the priority, or of one of its fields.
#[derive(Debug, Clone, PartialEq)]
enum PriorityChange {
    Whole(Option<Priority>),
    Key(i32),
    FairnessKey(String),
    FairnessWeight(f32),
}

impl OptionsChange {
    /// What the paths of a mask take from options.
    pub(crate) fn new(
        limits: &Limits,
        options: WorkflowExecutionOptions,
        paths: &[String],
    ) -> Result<Self, Refusal> {
        paths.iter().try_for_each(|path| check_path(path))?;
        // Like the real service: all that is given, whatever of it the mask takes.
        priority::check(options.priority.as_ref()).map_err(Refusal::InvalidArgument)?;
        let time_skipping = time_skipping::checked(limits, options.time_skipping_config)?;
        let given = options.priority.clone().unwrap_or_default();
        let mut change = Self::default();
        for path in paths {
            let priority = match path.as_str() {
                "priority" => PriorityChange::Whole(options.priority.clone()),
                "priority.priority_key" => PriorityChange::Key(given.priority_key),
                "priority.fairness_key" => PriorityChange::FairnessKey(given.fairness_key.clone()),
                "priority.fairness_weight" => PriorityChange::FairnessWeight(given.fairness_weight),
                _ => {
                    change.time_skipping = Some(time_skipping.clone());
                    continue;
                }
            };
            change.priority.push(priority);
        }
        Ok(change)
    }

    /// The priority after the change.
    fn priority(&self, before: Option<Priority>) -> Option<Priority> {
        let changes = self.priority.iter();
        changes.fold(before, |priority, change| {
            let with = |set: &dyn Fn(&mut Priority)| {
                let mut priority = priority.clone().unwrap_or_default();
                set(&mut priority);
                Some(priority)
            };
            match change {
                PriorityChange::Whole(given) => given.clone(),
                PriorityChange::Key(key) => with(&|p| p.priority_key = *key),
                PriorityChange::FairnessKey(key) => with(&|p| p.fairness_key.clone_from(key)),
                PriorityChange::FairnessWeight(weight) => with(&|p| p.fairness_weight = *weight),
            }
        })
    }
}

/// Refuses what cannot be changed here, and what is no option at all.
fn check_path(path: &str) -> Result<(), Refusal> {
    match path {
        "priority"
        | "priority.priority_key"
        | "priority.fairness_key"
        | "priority.fairness_weight"
        | "time_skipping_config" => Ok(()),
        part if part.starts_with("time_skipping_config.") => Err(Refusal::invalid(
            "error applying update_options: time_skipping_config doesn't support partial update",
        )),
        part if part.split('.').next() == Some("versioning_override") => {
            Err(Refusal::Unimplemented(format!(
                "this service changes the options `priority` and `time_skipping_config` of a workflow, not `{part}`"
            )))
        }
        other => Err(Refusal::invalid(format!(
            "error parsing UpdateMask: proto: invalid path {other:?} for message \"temporal.api.workflow.v1.WorkflowExecutionOptions\""
        ))),
    }
}

impl Run {
    /// UpdateWorkflowExecutionOptions. A change that changes nothing leaves no event; a fast-forward always begins anew.
    pub(crate) fn change_options(
        &mut self,
        ctx: &mut Context<'_>,
        change: OptionsChange,
        identity: &str,
    ) -> Result<(), Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        if let Some(event) = self.apply_options(ctx, change, identity) {
            self.receive(event);
            self.make_speculative_task_normal(ctx);
            self.show(ctx);
        }
        Ok(())
    }

    /// Makes the change; returns the event that tells of it, if there is something to tell.
    pub(super) fn apply_options(
        &mut self,
        ctx: &mut Context<'_>,
        change: OptionsChange,
        identity: &str,
    ) -> Option<HistoryEvent> {
        let priority = change.priority(self.start.priority.clone());
        let before = self.time_skipping.config.clone();
        let config = change.time_skipping.clone().unwrap_or(before.clone());
        let forwards = change
            .time_skipping
            .flatten()
            .is_some_and(|given| given.fast_forward_config.is_some());
        let skipping_changed = forwards || config != before;
        if priority == self.start.priority && !skipping_changed {
            return None;
        }
        self.start.priority.clone_from(&priority);
        if skipping_changed {
            self.change_time_skipping(ctx, config.clone());
        }
        let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
            unset_versioning_override: true,
            priority,
            identity: identity.into(),
            time_skipping_config: config,
            time_skipping_config_updated: skipping_changed,
            ..Default::default()
        };
        let mut updated = event(ctx.now, attributes);
        updated.worker_may_ignore = true;
        Some(updated)
    }

    /// A change that came after the point of a reset is made again, and written as it was.
    pub(super) fn change_options_again(
        &mut self,
        ctx: &mut Context<'_>,
        before: &HistoryEvent,
        attributes: &WorkflowExecutionOptionsUpdatedEventAttributes,
    ) {
        let request_id = &attributes.attached_request_id;
        if !request_id.is_empty() && self.request_ids.get(request_id).is_some() {
            return;
        }
        if attributes.priority.is_some() {
            self.start.priority.clone_from(&attributes.priority);
        }
        if attributes.time_skipping_config_updated {
            self.change_time_skipping(ctx, attributes.time_skipping_config.clone());
        }
        let again = HistoryEvent {
            event_time: Some(ctx.now.to_proto()),
            ..before.clone()
        };
        let id = self.history.add(again);
        if !request_id.is_empty() {
            let made = (EventType::WorkflowExecutionOptionsUpdated, id);
            self.request_ids.insert(request_id.clone(), made);
        }
    }

    /// The options of the run.
    pub(crate) fn options(&self) -> WorkflowExecutionOptions {
        WorkflowExecutionOptions {
            priority: self.start.priority.clone(),
            time_skipping_config: self.time_skipping.config.clone(),
            ..WorkflowExecutionOptions::default()
        }
    }
}
