// Generated from the protocol definitions in the crate temporalio-protos: see NOTICE.
// Do not edit: `cargo run --manifest-path protos/generator/Cargo.toml` writes this file.
impl From<super::temporal::api::history::v1::WorkflowExecutionStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionStartedEventAttributes) -> Self {
        Self::WorkflowExecutionStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionCompletedEventAttributes) -> Self {
        Self::WorkflowExecutionCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionFailedEventAttributes) -> Self {
        Self::WorkflowExecutionFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionTimedOutEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionTimedOutEventAttributes) -> Self {
        Self::WorkflowExecutionTimedOutEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowTaskScheduledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowTaskScheduledEventAttributes) -> Self {
        Self::WorkflowTaskScheduledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowTaskStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowTaskStartedEventAttributes) -> Self {
        Self::WorkflowTaskStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowTaskCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowTaskCompletedEventAttributes) -> Self {
        Self::WorkflowTaskCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowTaskTimedOutEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowTaskTimedOutEventAttributes) -> Self {
        Self::WorkflowTaskTimedOutEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowTaskFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowTaskFailedEventAttributes) -> Self {
        Self::WorkflowTaskFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskScheduledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskScheduledEventAttributes) -> Self {
        Self::ActivityTaskScheduledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskStartedEventAttributes) -> Self {
        Self::ActivityTaskStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskCompletedEventAttributes) -> Self {
        Self::ActivityTaskCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskFailedEventAttributes) -> Self {
        Self::ActivityTaskFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskTimedOutEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskTimedOutEventAttributes) -> Self {
        Self::ActivityTaskTimedOutEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::TimerStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::TimerStartedEventAttributes) -> Self {
        Self::TimerStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::TimerFiredEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::TimerFiredEventAttributes) -> Self {
        Self::TimerFiredEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskCancelRequestedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskCancelRequestedEventAttributes) -> Self {
        Self::ActivityTaskCancelRequestedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityTaskCanceledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityTaskCanceledEventAttributes) -> Self {
        Self::ActivityTaskCanceledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::TimerCanceledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::TimerCanceledEventAttributes) -> Self {
        Self::TimerCanceledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::MarkerRecordedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::MarkerRecordedEventAttributes) -> Self {
        Self::MarkerRecordedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionSignaledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionSignaledEventAttributes) -> Self {
        Self::WorkflowExecutionSignaledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionTerminatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionTerminatedEventAttributes) -> Self {
        Self::WorkflowExecutionTerminatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionCancelRequestedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionCancelRequestedEventAttributes) -> Self {
        Self::WorkflowExecutionCancelRequestedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionCanceledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionCanceledEventAttributes) -> Self {
        Self::WorkflowExecutionCanceledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes) -> Self {
        Self::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::RequestCancelExternalWorkflowExecutionFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::RequestCancelExternalWorkflowExecutionFailedEventAttributes) -> Self {
        Self::RequestCancelExternalWorkflowExecutionFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ExternalWorkflowExecutionCancelRequestedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ExternalWorkflowExecutionCancelRequestedEventAttributes) -> Self {
        Self::ExternalWorkflowExecutionCancelRequestedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionContinuedAsNewEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionContinuedAsNewEventAttributes) -> Self {
        Self::WorkflowExecutionContinuedAsNewEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::StartChildWorkflowExecutionInitiatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::StartChildWorkflowExecutionInitiatedEventAttributes) -> Self {
        Self::StartChildWorkflowExecutionInitiatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::StartChildWorkflowExecutionFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::StartChildWorkflowExecutionFailedEventAttributes) -> Self {
        Self::StartChildWorkflowExecutionFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionStartedEventAttributes) -> Self {
        Self::ChildWorkflowExecutionStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionCompletedEventAttributes) -> Self {
        Self::ChildWorkflowExecutionCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionFailedEventAttributes) -> Self {
        Self::ChildWorkflowExecutionFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionCanceledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionCanceledEventAttributes) -> Self {
        Self::ChildWorkflowExecutionCanceledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionTimedOutEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionTimedOutEventAttributes) -> Self {
        Self::ChildWorkflowExecutionTimedOutEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ChildWorkflowExecutionTerminatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ChildWorkflowExecutionTerminatedEventAttributes) -> Self {
        Self::ChildWorkflowExecutionTerminatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::SignalExternalWorkflowExecutionInitiatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::SignalExternalWorkflowExecutionInitiatedEventAttributes) -> Self {
        Self::SignalExternalWorkflowExecutionInitiatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::SignalExternalWorkflowExecutionFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::SignalExternalWorkflowExecutionFailedEventAttributes) -> Self {
        Self::SignalExternalWorkflowExecutionFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ExternalWorkflowExecutionSignaledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ExternalWorkflowExecutionSignaledEventAttributes) -> Self {
        Self::ExternalWorkflowExecutionSignaledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::UpsertWorkflowSearchAttributesEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::UpsertWorkflowSearchAttributesEventAttributes) -> Self {
        Self::UpsertWorkflowSearchAttributesEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionUpdateAcceptedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionUpdateAcceptedEventAttributes) -> Self {
        Self::WorkflowExecutionUpdateAcceptedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionUpdateRejectedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionUpdateRejectedEventAttributes) -> Self {
        Self::WorkflowExecutionUpdateRejectedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionUpdateCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionUpdateCompletedEventAttributes) -> Self {
        Self::WorkflowExecutionUpdateCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowPropertiesModifiedExternallyEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowPropertiesModifiedExternallyEventAttributes) -> Self {
        Self::WorkflowPropertiesModifiedExternallyEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::ActivityPropertiesModifiedExternallyEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::ActivityPropertiesModifiedExternallyEventAttributes) -> Self {
        Self::ActivityPropertiesModifiedExternallyEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowPropertiesModifiedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowPropertiesModifiedEventAttributes) -> Self {
        Self::WorkflowPropertiesModifiedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionUpdateAdmittedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionUpdateAdmittedEventAttributes) -> Self {
        Self::WorkflowExecutionUpdateAdmittedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationScheduledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationScheduledEventAttributes) -> Self {
        Self::NexusOperationScheduledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationStartedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationStartedEventAttributes) -> Self {
        Self::NexusOperationStartedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationCompletedEventAttributes) -> Self {
        Self::NexusOperationCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationFailedEventAttributes) -> Self {
        Self::NexusOperationFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationCanceledEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationCanceledEventAttributes) -> Self {
        Self::NexusOperationCanceledEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationTimedOutEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationTimedOutEventAttributes) -> Self {
        Self::NexusOperationTimedOutEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationCancelRequestedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationCancelRequestedEventAttributes) -> Self {
        Self::NexusOperationCancelRequestedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionOptionsUpdatedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionOptionsUpdatedEventAttributes) -> Self {
        Self::WorkflowExecutionOptionsUpdatedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationCancelRequestCompletedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationCancelRequestCompletedEventAttributes) -> Self {
        Self::NexusOperationCancelRequestCompletedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::NexusOperationCancelRequestFailedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::NexusOperationCancelRequestFailedEventAttributes) -> Self {
        Self::NexusOperationCancelRequestFailedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionPausedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionPausedEventAttributes) -> Self {
        Self::WorkflowExecutionPausedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionUnpausedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionUnpausedEventAttributes) -> Self {
        Self::WorkflowExecutionUnpausedEventAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::history::v1::WorkflowExecutionTimeSkippingTransitionedEventAttributes> for super::temporal::api::history::v1::history_event::Attributes {
    fn from(value: super::temporal::api::history::v1::WorkflowExecutionTimeSkippingTransitionedEventAttributes) -> Self {
        Self::WorkflowExecutionTimeSkippingTransitionedEventAttributes(Box::new(value))
    }
}
impl super::temporal::api::history::v1::history_event::Attributes {
    /// The type that belongs to these attributes.
    pub const fn event_type(&self) -> super::temporal::api::enums::v1::EventType {
        use super::temporal::api::enums::v1::EventType as Kind;
        match self {
            Self::WorkflowExecutionStartedEventAttributes(_) => Kind::WorkflowExecutionStarted,
            Self::WorkflowExecutionCompletedEventAttributes(_) => Kind::WorkflowExecutionCompleted,
            Self::WorkflowExecutionFailedEventAttributes(_) => Kind::WorkflowExecutionFailed,
            Self::WorkflowExecutionTimedOutEventAttributes(_) => Kind::WorkflowExecutionTimedOut,
            Self::WorkflowTaskScheduledEventAttributes(_) => Kind::WorkflowTaskScheduled,
            Self::WorkflowTaskStartedEventAttributes(_) => Kind::WorkflowTaskStarted,
            Self::WorkflowTaskCompletedEventAttributes(_) => Kind::WorkflowTaskCompleted,
            Self::WorkflowTaskTimedOutEventAttributes(_) => Kind::WorkflowTaskTimedOut,
            Self::WorkflowTaskFailedEventAttributes(_) => Kind::WorkflowTaskFailed,
            Self::ActivityTaskScheduledEventAttributes(_) => Kind::ActivityTaskScheduled,
            Self::ActivityTaskStartedEventAttributes(_) => Kind::ActivityTaskStarted,
            Self::ActivityTaskCompletedEventAttributes(_) => Kind::ActivityTaskCompleted,
            Self::ActivityTaskFailedEventAttributes(_) => Kind::ActivityTaskFailed,
            Self::ActivityTaskTimedOutEventAttributes(_) => Kind::ActivityTaskTimedOut,
            Self::TimerStartedEventAttributes(_) => Kind::TimerStarted,
            Self::TimerFiredEventAttributes(_) => Kind::TimerFired,
            Self::ActivityTaskCancelRequestedEventAttributes(_) => Kind::ActivityTaskCancelRequested,
            Self::ActivityTaskCanceledEventAttributes(_) => Kind::ActivityTaskCanceled,
            Self::TimerCanceledEventAttributes(_) => Kind::TimerCanceled,
            Self::MarkerRecordedEventAttributes(_) => Kind::MarkerRecorded,
            Self::WorkflowExecutionSignaledEventAttributes(_) => Kind::WorkflowExecutionSignaled,
            Self::WorkflowExecutionTerminatedEventAttributes(_) => Kind::WorkflowExecutionTerminated,
            Self::WorkflowExecutionCancelRequestedEventAttributes(_) => Kind::WorkflowExecutionCancelRequested,
            Self::WorkflowExecutionCanceledEventAttributes(_) => Kind::WorkflowExecutionCanceled,
            Self::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => Kind::RequestCancelExternalWorkflowExecutionInitiated,
            Self::RequestCancelExternalWorkflowExecutionFailedEventAttributes(_) => Kind::RequestCancelExternalWorkflowExecutionFailed,
            Self::ExternalWorkflowExecutionCancelRequestedEventAttributes(_) => Kind::ExternalWorkflowExecutionCancelRequested,
            Self::WorkflowExecutionContinuedAsNewEventAttributes(_) => Kind::WorkflowExecutionContinuedAsNew,
            Self::StartChildWorkflowExecutionInitiatedEventAttributes(_) => Kind::StartChildWorkflowExecutionInitiated,
            Self::StartChildWorkflowExecutionFailedEventAttributes(_) => Kind::StartChildWorkflowExecutionFailed,
            Self::ChildWorkflowExecutionStartedEventAttributes(_) => Kind::ChildWorkflowExecutionStarted,
            Self::ChildWorkflowExecutionCompletedEventAttributes(_) => Kind::ChildWorkflowExecutionCompleted,
            Self::ChildWorkflowExecutionFailedEventAttributes(_) => Kind::ChildWorkflowExecutionFailed,
            Self::ChildWorkflowExecutionCanceledEventAttributes(_) => Kind::ChildWorkflowExecutionCanceled,
            Self::ChildWorkflowExecutionTimedOutEventAttributes(_) => Kind::ChildWorkflowExecutionTimedOut,
            Self::ChildWorkflowExecutionTerminatedEventAttributes(_) => Kind::ChildWorkflowExecutionTerminated,
            Self::SignalExternalWorkflowExecutionInitiatedEventAttributes(_) => Kind::SignalExternalWorkflowExecutionInitiated,
            Self::SignalExternalWorkflowExecutionFailedEventAttributes(_) => Kind::SignalExternalWorkflowExecutionFailed,
            Self::ExternalWorkflowExecutionSignaledEventAttributes(_) => Kind::ExternalWorkflowExecutionSignaled,
            Self::UpsertWorkflowSearchAttributesEventAttributes(_) => Kind::UpsertWorkflowSearchAttributes,
            Self::WorkflowExecutionUpdateAcceptedEventAttributes(_) => Kind::WorkflowExecutionUpdateAccepted,
            Self::WorkflowExecutionUpdateRejectedEventAttributes(_) => Kind::WorkflowExecutionUpdateRejected,
            Self::WorkflowExecutionUpdateCompletedEventAttributes(_) => Kind::WorkflowExecutionUpdateCompleted,
            Self::WorkflowPropertiesModifiedExternallyEventAttributes(_) => Kind::WorkflowPropertiesModifiedExternally,
            Self::ActivityPropertiesModifiedExternallyEventAttributes(_) => Kind::ActivityPropertiesModifiedExternally,
            Self::WorkflowPropertiesModifiedEventAttributes(_) => Kind::WorkflowPropertiesModified,
            Self::WorkflowExecutionUpdateAdmittedEventAttributes(_) => Kind::WorkflowExecutionUpdateAdmitted,
            Self::NexusOperationScheduledEventAttributes(_) => Kind::NexusOperationScheduled,
            Self::NexusOperationStartedEventAttributes(_) => Kind::NexusOperationStarted,
            Self::NexusOperationCompletedEventAttributes(_) => Kind::NexusOperationCompleted,
            Self::NexusOperationFailedEventAttributes(_) => Kind::NexusOperationFailed,
            Self::NexusOperationCanceledEventAttributes(_) => Kind::NexusOperationCanceled,
            Self::NexusOperationTimedOutEventAttributes(_) => Kind::NexusOperationTimedOut,
            Self::NexusOperationCancelRequestedEventAttributes(_) => Kind::NexusOperationCancelRequested,
            Self::WorkflowExecutionOptionsUpdatedEventAttributes(_) => Kind::WorkflowExecutionOptionsUpdated,
            Self::NexusOperationCancelRequestCompletedEventAttributes(_) => Kind::NexusOperationCancelRequestCompleted,
            Self::NexusOperationCancelRequestFailedEventAttributes(_) => Kind::NexusOperationCancelRequestFailed,
            Self::WorkflowExecutionPausedEventAttributes(_) => Kind::WorkflowExecutionPaused,
            Self::WorkflowExecutionUnpausedEventAttributes(_) => Kind::WorkflowExecutionUnpaused,
            Self::WorkflowExecutionTimeSkippingTransitionedEventAttributes(_) => Kind::WorkflowExecutionTimeSkippingTransitioned,
        }
    }
}
impl From<super::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes) -> Self {
        Self::ScheduleActivityTaskCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::StartTimerCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::StartTimerCommandAttributes) -> Self {
        Self::StartTimerCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::CompleteWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::CompleteWorkflowExecutionCommandAttributes) -> Self {
        Self::CompleteWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::FailWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::FailWorkflowExecutionCommandAttributes) -> Self {
        Self::FailWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::RequestCancelActivityTaskCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::RequestCancelActivityTaskCommandAttributes) -> Self {
        Self::RequestCancelActivityTaskCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::CancelTimerCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::CancelTimerCommandAttributes) -> Self {
        Self::CancelTimerCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::CancelWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::CancelWorkflowExecutionCommandAttributes) -> Self {
        Self::CancelWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::RequestCancelExternalWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::RequestCancelExternalWorkflowExecutionCommandAttributes) -> Self {
        Self::RequestCancelExternalWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::RecordMarkerCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::RecordMarkerCommandAttributes) -> Self {
        Self::RecordMarkerCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes) -> Self {
        Self::ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes) -> Self {
        Self::StartChildWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::SignalExternalWorkflowExecutionCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::SignalExternalWorkflowExecutionCommandAttributes) -> Self {
        Self::SignalExternalWorkflowExecutionCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::UpsertWorkflowSearchAttributesCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::UpsertWorkflowSearchAttributesCommandAttributes) -> Self {
        Self::UpsertWorkflowSearchAttributesCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::ProtocolMessageCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::ProtocolMessageCommandAttributes) -> Self {
        Self::ProtocolMessageCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::ModifyWorkflowPropertiesCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::ModifyWorkflowPropertiesCommandAttributes) -> Self {
        Self::ModifyWorkflowPropertiesCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::ScheduleNexusOperationCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::ScheduleNexusOperationCommandAttributes) -> Self {
        Self::ScheduleNexusOperationCommandAttributes(Box::new(value))
    }
}
impl From<super::temporal::api::command::v1::RequestCancelNexusOperationCommandAttributes> for super::temporal::api::command::v1::command::Attributes {
    fn from(value: super::temporal::api::command::v1::RequestCancelNexusOperationCommandAttributes) -> Self {
        Self::RequestCancelNexusOperationCommandAttributes(Box::new(value))
    }
}
impl super::temporal::api::command::v1::command::Attributes {
    /// The type that belongs to these attributes.
    pub const fn command_type(&self) -> super::temporal::api::enums::v1::CommandType {
        use super::temporal::api::enums::v1::CommandType as Kind;
        match self {
            Self::ScheduleActivityTaskCommandAttributes(_) => Kind::ScheduleActivityTask,
            Self::StartTimerCommandAttributes(_) => Kind::StartTimer,
            Self::CompleteWorkflowExecutionCommandAttributes(_) => Kind::CompleteWorkflowExecution,
            Self::FailWorkflowExecutionCommandAttributes(_) => Kind::FailWorkflowExecution,
            Self::RequestCancelActivityTaskCommandAttributes(_) => Kind::RequestCancelActivityTask,
            Self::CancelTimerCommandAttributes(_) => Kind::CancelTimer,
            Self::CancelWorkflowExecutionCommandAttributes(_) => Kind::CancelWorkflowExecution,
            Self::RequestCancelExternalWorkflowExecutionCommandAttributes(_) => Kind::RequestCancelExternalWorkflowExecution,
            Self::RecordMarkerCommandAttributes(_) => Kind::RecordMarker,
            Self::ContinueAsNewWorkflowExecutionCommandAttributes(_) => Kind::ContinueAsNewWorkflowExecution,
            Self::StartChildWorkflowExecutionCommandAttributes(_) => Kind::StartChildWorkflowExecution,
            Self::SignalExternalWorkflowExecutionCommandAttributes(_) => Kind::SignalExternalWorkflowExecution,
            Self::UpsertWorkflowSearchAttributesCommandAttributes(_) => Kind::UpsertWorkflowSearchAttributes,
            Self::ProtocolMessageCommandAttributes(_) => Kind::ProtocolMessage,
            Self::ModifyWorkflowPropertiesCommandAttributes(_) => Kind::ModifyWorkflowProperties,
            Self::ScheduleNexusOperationCommandAttributes(_) => Kind::ScheduleNexusOperation,
            Self::RequestCancelNexusOperationCommandAttributes(_) => Kind::RequestCancelNexusOperation,
        }
    }
}
