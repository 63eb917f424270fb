//! What a schedule says of itself: to those who describe and list it, and to visibility. Changes nothing.

use bytes::Bytes;
use prost_types::Timestamp;
use temporal_protos::common::{Payload, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus;
use temporal_protos::schedule::schedule_action::Action as ProtoAction;
use temporal_protos::schedule::{
    Schedule as ProtoSchedule, ScheduleAction, ScheduleInfo, ScheduleListEntry, ScheduleListInfo,
};
use temporal_protos::workflowservice::DescribeScheduleResponse;

use super::spec::{millis, timestamp};
use super::start::{attribute, json};
use super::{ID_PREFIX, Schedule};
use crate::engine::effect::VisibilityRow;
use crate::engine::time::Time;

/// The division of visibility that holds schedules.
pub(crate) const DIVISION: &str = "TemporalScheduler";
/// What the real service shows as the workflow behind a schedule.
const WORKFLOW_TYPE: &str = "temporal-sys-scheduler-workflow";
const TASK_QUEUE: &str = "temporal-sys-per-ns-tq";

/// Times to come, described and listed; actions that are listed.
const DESCRIBED_TIMES: usize = 10;
const LISTED_TIMES: usize = 5;
const LISTED_ACTIONS: usize = 5;
/// Calendars, intervals and exclusions that are listed, each.
const LISTED_PARTS: usize = 10;
/// Times of one answer.
const MAX_MATCHING_TIMES: usize = 1000;

impl Schedule {
    /// DescribeSchedule.
    pub(crate) fn describe(&self, now: Time) -> DescribeScheduleResponse {
        let state = &self.state;
        let action = state.action.clone().map(ProtoAction::StartWorkflow);
        DescribeScheduleResponse {
            schedule: Some(ProtoSchedule {
                spec: Some(state.spec.clone()),
                action: Some(ScheduleAction { action }),
                policies: Some(state.policies),
                state: Some(state.state.clone()),
            }),
            info: Some(ScheduleInfo {
                future_action_times: self.future_times(now, DESCRIBED_TIMES),
                buffer_size: i64::try_from(state.buffer.len()).unwrap_or(i64::MAX),
                ..state.info.clone()
            }),
            memo: state.memo.clone(),
            search_attributes: state
                .search_attributes
                .clone()
                .filter(|attributes| !attributes.indexed_fields.is_empty()),
            conflict_token: self.conflict_token(),
        }
    }

    /// The schedule in a list.
    pub(crate) fn list_entry(&self, now: Time) -> ScheduleListEntry {
        let state = &self.state;
        let mut spec = state.spec.clone();
        spec.timezone_data = Bytes::new();
        spec.structured_calendar.truncate(LISTED_PARTS);
        spec.exclude_structured_calendar.truncate(LISTED_PARTS);
        spec.interval.truncate(LISTED_PARTS);
        let recent = &state.info.recent_actions;
        let listed = recent.len().saturating_sub(LISTED_ACTIONS);
        ScheduleListEntry {
            schedule_id: state.schedule_id.clone(),
            // There in any case, as the real service keeps something of its own in it.
            memo: Some(state.memo.clone().unwrap_or_default()),
            search_attributes: state.search_attributes.clone(),
            info: Some(ScheduleListInfo {
                spec: Some(spec),
                workflow_type: state.action.as_ref().and_then(|a| a.workflow_type.clone()),
                notes: state.state.notes.clone(),
                paused: state.state.paused,
                recent_actions: recent[listed..].to_vec(),
                future_action_times: self.future_times(now, LISTED_TIMES),
                ..Default::default()
            }),
        }
    }

    /// What an update may send back, to be sure that nobody else has changed the schedule meanwhile.
    pub(crate) fn conflict_token(&self) -> Bytes {
        self.state.conflict_token.to_be_bytes().to_vec().into()
    }

    /// ListScheduleMatchingTimes: times after the start, up to the end.
    pub(crate) fn matching_times(&self, start: &Timestamp, end: &Timestamp) -> Vec<Timestamp> {
        let (seed, end) = (self.seed(), millis(end));
        let mut after = millis(start);
        let mut times = Vec::new();
        while times.len() < MAX_MATCHING_TIMES {
            let Some(next) = self
                .spec
                .next(&seed, after)
                .filter(|next| next.actual <= end)
            else {
                break;
            };
            times.push(timestamp(next.actual));
            after = next.actual;
        }
        times
    }

    /// The times to come, as if the schedule were not paused; no more than it has actions left.
    fn future_times(&self, now: Time, most: usize) -> Vec<Timestamp> {
        let state = &self.state.state;
        let most = if state.limited_actions {
            most.min(usize::try_from(state.remaining_actions).unwrap_or(0))
        } else {
            most
        };
        let seed = self.seed();
        let first = self.next_due(now);
        std::iter::successors(first, |last| self.spec.next(&seed, last.actual))
            .take(most)
            .map(|next| timestamp(next.actual))
            .collect()
    }

    /// The schedule's row in visibility.
    pub(crate) fn visibility_row(&self) -> VisibilityRow {
        let state = &self.state;
        let created = state.info.create_time.as_ref().map(Time::from_proto);
        let created = created.unwrap_or_default();
        let workflow_id = format!("{ID_PREFIX}{}", state.schedule_id);
        let mut attributes = state.search_attributes.clone().unwrap_or_default();
        let paused = Payload {
            data: state.state.paused.to_string().into(),
            ..json("")
        };
        attribute(&mut attributes, "TemporalSchedulePaused", paused);
        attribute(&mut attributes, "TemporalNamespaceDivision", json(DIVISION));
        VisibilityRow {
            namespace: self.namespace.clone(),
            workflow_id: workflow_id.as_str().into(),
            run_id: state.run_id.as_str().into(),
            workflow_type: WORKFLOW_TYPE.into(),
            task_queue: TASK_QUEUE.into(),
            status: WorkflowExecutionStatus::Running,
            start_time: created,
            execution_time: created,
            close_time: None,
            history_length: 0,
            history_size_bytes: 0,
            state_transition_count: 0,
            parent: None,
            root: WorkflowExecution {
                workflow_id,
                run_id: state.run_id.clone(),
            },
            memo: state.memo.clone().unwrap_or_default(),
            search_attributes: attributes,
        }
    }
}
