//! Protobuf events become our own, once, at the edge; the machines match on these and see no other.

use std::time::{Duration, SystemTime};

use temporal_protos::{
    common::Payload,
    enums::{EventType, RetryState, StartChildWorkflowExecutionFailedCause},
    history::{
        HistoryEvent, MarkerRecordedEventAttributes, WorkflowExecutionStartedEventAttributes,
        WorkflowExecutionUpdateAcceptedEventAttributes, history_event::Attributes,
    },
    update,
};

use super::{
    Mismatch,
    activity::ActivityEvent,
    child_workflow::ChildEvent,
    command::CloseEvent,
    external::{self, ExternalEvent},
    local_marker::{LocalMarker, MARKER},
    patch::{PatchMarker, lists_patches},
    timer::TimerEvent,
    update::{UpdateEvent, UpdateRequest},
};

/// The attributes of the first event.
pub(crate) type StartedAttributes = WorkflowExecutionStartedEventAttributes;

/// One event of history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) kind: EventKind,
}

/// What an event says. Anything that this version cannot replay is `Unsupported`, never ignored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EventKind {
    Started(Box<StartedAttributes>),
    /// Scheduled, started, completed or timed out: how history is cut into tasks is no matter of the machines.
    WorkflowTask,
    /// `new_run_id` if a reset made it fail.
    WorkflowTaskFailed {
        new_run_id: Option<String>,
    },
    Signaled {
        name: String,
        input: Vec<Payload>,
    },
    CancelRequested {
        reason: String,
    },
    Timer(TimerEvent),
    Activity(ActivityEvent),
    Child(Box<ChildEvent>),
    External(ExternalEvent),
    LocalActivity(Box<LocalMarker>),
    Update(UpdateEvent),
    Patch(PatchMarker),
    PatchesListed,
    /// An upsert of search attributes that workflow code asked for.
    SearchAttributes,
    /// A change of the memo.
    Memo,
    Closed(CloseEvent),
    /// Terminated or timed out: workflow code has no part in it.
    ClosedFromOutside,
    /// The service says that workers may skip it.
    Ignorable,
    Unsupported(&'static str),
}

/// The moment of an event, for the workflow's clock.
pub(crate) fn event_time(event: &HistoryEvent) -> Option<SystemTime> {
    let time = event.event_time.as_ref()?;
    let seconds = Duration::from_secs(u64::try_from(time.seconds).ok()?);
    let nanos = Duration::from_nanos(u64::try_from(time.nanos).ok()?);
    SystemTime::UNIX_EPOCH
        .checked_add(seconds)?
        .checked_add(nanos)
}

impl Event {
    /// From the wire.
    pub(crate) fn from_proto(event: HistoryEvent) -> Self {
        let id = event.event_id;
        let kind = match (event.attributes, event.worker_may_ignore) {
            (Some(attributes), ignorable) => match kind(attributes) {
                EventKind::Unsupported(_) if ignorable => EventKind::Ignorable,
                kind => kind,
            },
            (None, true) => EventKind::Ignorable,
            (None, false) => EventKind::Unsupported(
                EventType::try_from(event.event_type)
                    .map_or("an event of an unknown type", |t| t.as_str_name()),
            ),
        };
        Self { id, kind }
    }
}

/// What in a history this version cannot replay, if anything.
pub(crate) fn unsupported_event(events: &[HistoryEvent]) -> Option<Mismatch> {
    events.iter().find_map(|event| {
        let event = Event::from_proto(event.clone());
        match event.kind {
            EventKind::Unsupported(what) => Some(Mismatch::unsupported(event.id, what)),
            _ => None,
        }
    })
}

fn kind(attributes: Attributes) -> EventKind {
    use Attributes as A;
    match attributes {
        A::WorkflowExecutionStartedEventAttributes(a) => EventKind::Started(a),
        A::WorkflowTaskScheduledEventAttributes(_)
        | A::WorkflowTaskStartedEventAttributes(_)
        | A::WorkflowTaskCompletedEventAttributes(_)
        | A::WorkflowTaskTimedOutEventAttributes(_) => EventKind::WorkflowTask,
        A::WorkflowTaskFailedEventAttributes(a) => EventKind::WorkflowTaskFailed {
            new_run_id: Some(a.new_run_id).filter(|id| !id.is_empty()),
        },
        A::WorkflowExecutionSignaledEventAttributes(a) => EventKind::Signaled {
            name: a.signal_name,
            input: a.input.map(|p| p.payloads).unwrap_or_default(),
        },
        A::WorkflowExecutionCancelRequestedEventAttributes(a) => {
            EventKind::CancelRequested { reason: a.cause }
        }
        A::TimerStartedEventAttributes(a) => EventKind::Timer(TimerEvent::Started {
            timer_id: a.timer_id,
        }),
        A::TimerFiredEventAttributes(a) => EventKind::Timer(TimerEvent::Fired {
            timer_id: a.timer_id,
            started: a.started_event_id,
        }),
        A::TimerCanceledEventAttributes(a) => EventKind::Timer(TimerEvent::Canceled {
            timer_id: a.timer_id,
            started: a.started_event_id,
        }),
        A::WorkflowExecutionUpdateAdmittedEventAttributes(a) => admitted(a.request),
        A::WorkflowExecutionUpdateAcceptedEventAttributes(a) => {
            EventKind::Update(UpdateEvent::Accepted {
                id: a.protocol_instance_id,
            })
        }
        A::WorkflowExecutionUpdateCompletedEventAttributes(a) => {
            EventKind::Update(UpdateEvent::Completed {
                id: a.meta.map(|m| m.update_id).unwrap_or_default(),
            })
        }
        A::WorkflowExecutionCompletedEventAttributes(_) => EventKind::Closed(CloseEvent::Completed),
        A::WorkflowExecutionFailedEventAttributes(_) => EventKind::Closed(CloseEvent::Failed),
        A::WorkflowExecutionCanceledEventAttributes(_) => EventKind::Closed(CloseEvent::Canceled),
        A::WorkflowExecutionContinuedAsNewEventAttributes(_) => {
            EventKind::Closed(CloseEvent::ContinuedAsNew)
        }
        A::WorkflowExecutionTimedOutEventAttributes(_)
        | A::WorkflowExecutionTerminatedEventAttributes(_) => EventKind::ClosedFromOutside,
        A::WorkflowExecutionOptionsUpdatedEventAttributes(_)
        | A::WorkflowExecutionTimeSkippingTransitionedEventAttributes(_) => EventKind::Ignorable,
        A::MarkerRecordedEventAttributes(a) if a.marker_name == MARKER => LocalMarker::event(&a),
        A::MarkerRecordedEventAttributes(a) => marker(&a),
        A::UpsertWorkflowSearchAttributesEventAttributes(a)
            if lists_patches(a.search_attributes.as_ref()) =>
        {
            EventKind::PatchesListed
        }
        A::UpsertWorkflowSearchAttributesEventAttributes(_) => EventKind::SearchAttributes,
        A::WorkflowPropertiesModifiedEventAttributes(_) => EventKind::Memo,
        other => activity_kind(other),
    }
}

fn activity_kind(attributes: Attributes) -> EventKind {
    use Attributes as A;
    EventKind::Activity(match attributes {
        A::ActivityTaskScheduledEventAttributes(a) => ActivityEvent::Scheduled {
            activity_id: a.activity_id,
            activity_type: a.activity_type.map(|t| t.name).unwrap_or_default(),
        },
        A::ActivityTaskStartedEventAttributes(a) => ActivityEvent::Started {
            scheduled: a.scheduled_event_id,
        },
        A::ActivityTaskCompletedEventAttributes(a) => ActivityEvent::Completed {
            scheduled: a.scheduled_event_id,
            result: a.result,
        },
        A::ActivityTaskFailedEventAttributes(a) => ActivityEvent::Failed {
            scheduled: a.scheduled_event_id,
            started: a.started_event_id,
            retry_state: retry_state(a.retry_state),
            identity: a.identity,
            failure: a.failure.map(Box::new),
        },
        A::ActivityTaskTimedOutEventAttributes(a) => ActivityEvent::TimedOut {
            scheduled: a.scheduled_event_id,
            started: a.started_event_id,
            retry_state: retry_state(a.retry_state),
            failure: a.failure.map(Box::new),
        },
        A::ActivityTaskCancelRequestedEventAttributes(a) => ActivityEvent::CancelRequested {
            scheduled: a.scheduled_event_id,
        },
        A::ActivityTaskCanceledEventAttributes(a) => ActivityEvent::Canceled {
            scheduled: a.scheduled_event_id,
            started: a.started_event_id,
            identity: a.identity,
            details: a.details,
        },
        other => return child_kind(other),
    })
}

fn child_kind(attributes: Attributes) -> EventKind {
    use Attributes as A;
    EventKind::Child(Box::new(match attributes {
        A::StartChildWorkflowExecutionInitiatedEventAttributes(a) => ChildEvent::Initiated {
            workflow_id: a.workflow_id,
            workflow_type: a.workflow_type.map(|t| t.name).unwrap_or_default(),
        },
        A::StartChildWorkflowExecutionFailedEventAttributes(a) => ChildEvent::StartFailed {
            initiated: a.initiated_event_id,
            cause: StartChildWorkflowExecutionFailedCause::try_from(a.cause).unwrap_or_default(),
        },
        A::ChildWorkflowExecutionStartedEventAttributes(a) => ChildEvent::Started {
            initiated: a.initiated_event_id,
            run_id: a.workflow_execution.map(|e| e.run_id).unwrap_or_default(),
        },
        A::ChildWorkflowExecutionCompletedEventAttributes(a) => ChildEvent::Completed {
            initiated: a.initiated_event_id,
            result: a.result,
        },
        A::ChildWorkflowExecutionFailedEventAttributes(a) => ChildEvent::Failed {
            initiated: a.initiated_event_id,
            started: a.started_event_id,
            retry_state: retry_state(a.retry_state),
            failure: a.failure,
        },
        A::ChildWorkflowExecutionCanceledEventAttributes(a) => ChildEvent::Canceled {
            initiated: a.initiated_event_id,
            started: a.started_event_id,
            details: a.details,
        },
        A::ChildWorkflowExecutionTimedOutEventAttributes(a) => ChildEvent::TimedOut {
            initiated: a.initiated_event_id,
            started: a.started_event_id,
            retry_state: retry_state(a.retry_state),
        },
        A::ChildWorkflowExecutionTerminatedEventAttributes(a) => ChildEvent::Terminated {
            initiated: a.initiated_event_id,
            started: a.started_event_id,
        },
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(a)
            if a.child_workflow_only =>
        {
            ChildEvent::CancelInitiated {
                workflow_id: a
                    .workflow_execution
                    .map(|e| e.workflow_id)
                    .unwrap_or_default(),
            }
        }
        other => {
            return match external::event(other) {
                Ok(event) => EventKind::External(event),
                Err(other) => EventKind::Unsupported(unsupported(&other)),
            };
        }
    }))
}

fn unsupported(attributes: &Attributes) -> &'static str {
    use Attributes as A;
    match attributes {
        A::NexusOperationScheduledEventAttributes(_)
        | A::NexusOperationStartedEventAttributes(_)
        | A::NexusOperationCompletedEventAttributes(_)
        | A::NexusOperationFailedEventAttributes(_)
        | A::NexusOperationCanceledEventAttributes(_)
        | A::NexusOperationTimedOutEventAttributes(_)
        | A::NexusOperationCancelRequestedEventAttributes(_)
        | A::NexusOperationCancelRequestCompletedEventAttributes(_)
        | A::NexusOperationCancelRequestFailedEventAttributes(_) => "a Nexus operation",
        _ => "an event of a kind unknown to this version",
    }
}

/// Markers by the names that the SDKs give them.
fn marker(attributes: &MarkerRecordedEventAttributes) -> EventKind {
    if let Some(patch) = PatchMarker::of(attributes) {
        return EventKind::Patch(patch);
    }
    EventKind::Unsupported(match attributes.marker_name.as_str() {
        "LocalActivity" => "the marker of a local activity, as Go and Java write it",
        "Version" => "the marker of a version, as Go and Java write it",
        "core_patch" => "the marker of a patch that cannot be read",
        "SideEffect" | "MutableSideEffect" => "the marker of a side effect",
        _ => "a marker of an unknown kind",
    })
}

fn admitted(request: Option<update::Request>) -> EventKind {
    let request = update_request(request.unwrap_or_default(), String::new(), 0);
    EventKind::Update(UpdateEvent::Admitted(Box::new(request)))
}

/// The update that an accepted event tells of, unless it points to an admitted one.
pub(crate) fn accepted_update(
    attributes: &WorkflowExecutionUpdateAcceptedEventAttributes,
) -> Option<UpdateRequest> {
    let request = attributes.accepted_request.clone()?;
    let mut request = update_request(
        request,
        attributes.accepted_request_message_id.clone(),
        attributes.accepted_request_sequencing_event_id,
    );
    request.id.clone_from(&attributes.protocol_instance_id);
    Some(request)
}

/// An update request as the machines see it.
pub(crate) fn update_request(
    request: update::Request,
    message_id: String,
    sequencing_event_id: i64,
) -> UpdateRequest {
    let input = request.input.clone().unwrap_or_default();
    UpdateRequest {
        id: request
            .meta
            .as_ref()
            .map(|m| m.update_id.clone())
            .unwrap_or_default(),
        message_id,
        sequencing_event_id,
        name: input.name,
        input: input.args.map(|p| p.payloads).unwrap_or_default(),
        request,
    }
}

fn retry_state(state: i32) -> RetryState {
    RetryState::try_from(state).unwrap_or_default()
}
