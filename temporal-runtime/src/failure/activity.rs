//! Failures of activities and child workflows: what of them an activity may report, and what else they say.

use temporal_protos::failure::{ApplicationFailureInfo, Failure as Proto, failure::FailureInfo};

use super::Failure;

/// The service takes only application failures of an activity (contract rule 96); any other becomes the cause of one.
pub(crate) fn as_application_failure(failure: Proto) -> Proto {
    if matches!(
        failure.failure_info,
        Some(FailureInfo::ApplicationFailureInfo(_))
    ) {
        return failure;
    }
    application_failure("", failure.message.clone(), Some(Box::new(failure)))
}

pub(crate) fn application_failure(
    error_type: &str,
    message: String,
    cause: Option<Box<Proto>>,
) -> Proto {
    let mut failure = super::task_failure(&message, None);
    failure.cause = cause;
    failure.failure_info = Some(FailureInfo::ApplicationFailureInfo(
        ApplicationFailureInfo {
            r#type: error_type.to_owned(),
            ..ApplicationFailureInfo::default()
        },
    ));
    failure
}

impl Failure {
    /// The event that scheduled the activity, or initiated the child workflow, that failed.
    #[must_use]
    pub fn scheduled_event_id(&self) -> Option<i64> {
        self.event_ids().map(|(scheduled, _)| scheduled)
    }

    /// The event that started the activity or child workflow that failed, if it had started.
    #[must_use]
    pub fn started_event_id(&self) -> Option<i64> {
        self.event_ids()
            .map(|(_, started)| started)
            .filter(|id| *id != 0)
    }

    fn event_ids(&self) -> Option<(i64, i64)> {
        match &self.proto.failure_info {
            Some(FailureInfo::ActivityFailureInfo(info)) => {
                Some((info.scheduled_event_id, info.started_event_id))
            }
            Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) => {
                Some((info.initiated_event_id, info.started_event_id))
            }
            _ => None,
        }
    }

    /// The identity of the worker on which the activity failed.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        match &self.proto.failure_info {
            Some(FailureInfo::ActivityFailureInfo(info)) => Some(info.identity.as_str()),
            _ => None,
        }
        .filter(|identity| !identity.is_empty())
    }

    /// The run of the child workflow that failed, if it had started.
    #[must_use]
    pub fn child_run_id(&self) -> Option<&str> {
        match &self.proto.failure_info {
            Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) => info
                .workflow_execution
                .as_ref()
                .map(|execution| execution.run_id.as_str()),
            _ => None,
        }
        .filter(|run_id| !run_id.is_empty())
    }
}
