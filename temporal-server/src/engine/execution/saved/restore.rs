//! A run made again from what was stored of it. Checks what it reads: what cannot have been written is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::enums::{EventType, ParentClosePolicy};
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes;

use super::activity::SavedActivity;
use super::birth::SavedStart;
use super::core::{SavedCore, SavedSticky, SavedTask};
use super::parts::{SavedChild, SavedProperties, SavedRequestId, SavedTimer, SavedUpdate};
use super::time_skipping::SavedTimeSkipping;
use super::{Damaged, Mark, PartKey, PartKind, enumerated};
use crate::engine::checksum::checksum;
use crate::engine::effect::VisibilityRow;
use crate::engine::execution::Run;
use crate::engine::execution::activity::Activity;
use crate::engine::execution::child::Child;
use crate::engine::execution::external::Pending;
use crate::engine::execution::history::History;
use crate::engine::execution::timer::Timer;
use crate::engine::execution::undo::UndoMap;
use crate::engine::execution::update_registry::{State, Update, Updates};
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

/// Everything that is stored of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
    pub(crate) birth: Bytes,
    pub(crate) core: Bytes,
    pub(crate) transitions: i64,
    pub(crate) events: StoredEvents,
    pub(crate) parts: Vec<(PartKey, Bytes)>,
}

/// The events of a run, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredEvents {
    pub(crate) events: Vec<HistoryEvent>,
    /// Those that begin a batch.
    pub(crate) batches: Vec<i64>,
}

/// The parts of a run, by what they are.
#[derive(Default)]
struct Parts {
    activities: BTreeMap<i64, SavedActivity>,
    timers: BTreeMap<String, Timer>,
    children: BTreeMap<i64, SavedChild>,
    signals: BTreeMap<i64, Pending>,
    cancels: BTreeMap<i64, Pending>,
    updates: BTreeMap<String, Update>,
    request_ids: BTreeMap<String, (EventType, i64)>,
    signal_requests: BTreeSet<String>,
    buffer: BTreeMap<u64, HistoryEvent>,
    properties: SavedProperties,
}

impl Run {
    /// The run as it was, with the mark of what the store has.
    #[expect(clippy::too_many_lines, reason = "flat: each field by its name")]
    pub(crate) fn from_stored(
        namespace: Arc<Namespace>,
        stored: Stored,
    ) -> Result<(Self, Mark), Damaged> {
        let core = SavedCore::decode(stored.core.clone())?;
        let parts = Parts::read(stored.parts)?;
        let last = (core.last_event_id, core.history_bytes);
        let first = match stored.events.events.first().map(|event| &event.attributes) {
            Some(Some(Attributes::WorkflowExecutionStartedEventAttributes(first))) => first.clone(),
            _ => return Err(Damaged("the first event starts no workflow".into())),
        };
        let history = History::restore(stored.events, parts.buffer.into_values().collect())?;
        let found = (history.last_event_id(), history.bytes());
        if found != last {
            return Err(Damaged(format!(
                "events and bytes are {found:?}, {last:?} were written"
            )));
        }
        let mut birth = SavedStart::decode(stored.birth)?;
        birth.fill(&first);
        let mut start = birth.restore(&namespace);
        start.waits_for_parent = core.waits_for_parent;
        start.priority = core.priority;
        let activities = restore_activities(parts.activities, &history)?;
        let activity_ids: UndoMap<_, _> = activities
            .iter()
            .map(|(id, activity)| (activity.activity_id.clone(), *id))
            .collect();
        let children: Result<BTreeMap<i64, Child>, Damaged> = parts
            .children
            .into_iter()
            .map(|(id, child)| Ok((id, restore_child(child, &namespace)?)))
            .collect();
        let memo = Arc::new(parts.properties.memo.unwrap_or_default());
        let search_attributes = Arc::new(parts.properties.search_attributes.unwrap_or_default());
        let mark = Mark {
            born: true,
            last_event_id: history.last_event_id(),
            buffered: history.buffered().len(),
            core: checksum(&[&stored.core]),
            properties: Some((memo.clone(), search_attributes.clone())),
        };
        let mut run = Self {
            namespace,
            workflow_id: stored.workflow_id.into(),
            run_id: stored.run_id.into(),
            start,
            start_time: Time::from_nanos(core.start_time),
            close_time: core.close_time.map(Time::from_nanos),
            time_skipping: core
                .time_skipping
                .map(SavedTimeSkipping::restore)
                .unwrap_or_default(),
            status: enumerated(core.status, "status of a workflow")?,
            history,
            task: core.task.map(SavedTask::restore).transpose()?,
            task_attempt: core.task_attempt,
            task_problems: core.task_problems,
            stamp: core.stamp,
            previous_started_event_id: core.previous_started_event_id,
            last_completed_event_id: core.last_completed_event_id,
            sticky: core.sticky.map(SavedSticky::restore),
            awaits_first_task: core.awaits_first_task,
            refuses_until_closed: core.refuses_until_closed,
            activities: activities.into_iter().collect(),
            activity_ids,
            timers: parts.timers.into_iter().collect(),
            children: children?.into_iter().collect(),
            signals: parts.signals.into_iter().collect(),
            cancels: parts.cancels.into_iter().collect(),
            updates: Updates::restore(parts.updates, core.update_serial),
            queries: Default::default(),
            signal_requests: parts.signal_requests,
            signal_count: core.signal_count,
            request_ids: parts.request_ids.into_iter().collect(),
            cancel_requested: core.cancel_requested,
            memo,
            search_attributes,
            reset_points: core.reset_points,
            transitions: stored.transitions,
            successor: core.successor,
            reset: core.resets.unwrap_or_default().restore(),
        };
        run.track();
        run.forget_touched();
        Ok((run, mark))
    }

    /// What lists show of a run, from what is stored of it: no events are needed, and of its entries only the memo and
    /// the search attributes.
    pub(crate) fn row_of_stored(
        namespace: Arc<Namespace>,
        stored: Stored,
    ) -> Result<VisibilityRow, Damaged> {
        let core = SavedCore::decode(stored.core)?;
        let properties = Parts::read(stored.parts)?.properties;
        let start = SavedStart::decode(stored.birth)?.restore(&namespace);
        let start_time = Time::from_nanos(core.start_time);
        let run = Self {
            close_time: core.close_time.map(Time::from_nanos),
            status: enumerated(core.status, "status of a workflow")?,
            memo: Arc::new(properties.memo.unwrap_or_default()),
            search_attributes: Arc::new(properties.search_attributes.unwrap_or_default()),
            transitions: stored.transitions,
            ..Self::unwritten(start_time, namespace, &stored.workflow_id, start)
        };
        Ok(VisibilityRow {
            history_length: core.last_event_id,
            history_size_bytes: core.history_bytes,
            ..run.visibility_row()
        })
    }

    /// What is there is stored.
    fn forget_touched(&mut self) {
        self.activities.take_touched();
        self.timers.take_touched();
        self.children.take_touched();
        self.signals.take_touched();
        self.cancels.take_touched();
        self.updates.known.take_touched();
        self.request_ids.take_touched();
    }
}

impl Parts {
    fn read(stored: Vec<(PartKey, Bytes)>) -> Result<Self, Damaged> {
        let mut parts = Self::default();
        for (PartKey { kind, key }, body) in stored {
            match kind {
                PartKind::Activity => {
                    parts
                        .activities
                        .insert(number(&key)?, SavedActivity::decode(body)?);
                }
                PartKind::Timer => {
                    let saved = SavedTimer::decode(body)?;
                    let timer = Timer {
                        started_event_id: saved.started_event_id,
                        due: Time::from_nanos(saved.due),
                        fired: saved.fired,
                    };
                    parts.timers.insert(text(key)?, timer);
                }
                PartKind::Child => {
                    parts
                        .children
                        .insert(number(&key)?, SavedChild::decode(body)?);
                }
                PartKind::Signal => {
                    parts.signals.insert(number(&key)?, Pending);
                }
                PartKind::Cancel => {
                    parts.cancels.insert(number(&key)?, Pending);
                }
                PartKind::Update => {
                    parts
                        .updates
                        .insert(text(key)?, restore_update(SavedUpdate::decode(body)?));
                }
                PartKind::RequestId => {
                    parts.add_request_id(text(key)?, SavedRequestId::decode(body)?)?
                }
                PartKind::Buffered => {
                    let place = number(&key)?.unsigned_abs();
                    parts.buffer.insert(place, HistoryEvent::decode(body)?);
                }
                PartKind::Properties => parts.properties = SavedProperties::decode(body)?,
            }
        }
        Ok(parts)
    }

    fn add_request_id(&mut self, id: String, saved: SavedRequestId) -> Result<(), Damaged> {
        if saved.is_signal {
            self.signal_requests.insert(id.clone());
        }
        let kind = enumerated(saved.event_type, "type of an event")?;
        self.request_ids.insert(id, (kind, saved.event_id));
        Ok(())
    }
}

fn number(key: &[u8]) -> Result<i64, Damaged> {
    let bytes = key
        .try_into()
        .map_err(|_| Damaged(format!("a key of {} bytes in place of a number", key.len())))?;
    Ok(i64::from_be_bytes(bytes))
}

fn text(key: Vec<u8>) -> Result<String, Damaged> {
    String::from_utf8(key).map_err(|error| Damaged(error.to_string()))
}

fn restore_activities(
    saved: BTreeMap<i64, SavedActivity>,
    history: &History,
) -> Result<BTreeMap<i64, Activity>, Damaged> {
    let restore = |(id, saved): (i64, SavedActivity)| {
        let scheduled = history.event(id).cloned();
        let scheduled = scheduled.ok_or_else(|| Damaged(format!("activity {id} has no event")))?;
        Ok((id, saved.restore(scheduled)?))
    };
    saved.into_iter().map(restore).collect()
}

fn restore_child(saved: SavedChild, own: &Arc<Namespace>) -> Result<Child, Damaged> {
    let close_policy: ParentClosePolicy = enumerated(saved.close_policy, "parent close policy")?;
    Ok(Child {
        started_event_id: saved.started_event_id,
        namespace: saved.namespace.unwrap_or_default().restore(own),
        workflow_id: saved.workflow_id,
        run_id: saved.run_id,
        workflow_type: saved.workflow_type,
        close_policy,
    })
}

fn restore_update(saved: SavedUpdate) -> Update {
    let state = match (saved.outcome, saved.accepted, saved.sent) {
        (Some(outcome), _, _) => State::Completed(Box::new(outcome)),
        (None, Some(event_id), _) => State::Accepted(event_id),
        (None, None, Some(stamp)) => State::Sent(stamp),
        (None, None, None) => State::Admitted,
    };
    Update {
        serial: saved.serial,
        request: saved.request.unwrap_or_default(),
        state,
        in_history: saved.in_history,
    }
}
