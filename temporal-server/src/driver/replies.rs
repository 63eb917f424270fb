//! What a worker gets with a task: taken from the run under its lock as shared events, copied afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use temporal_protos::common::WorkflowType;
use temporal_protos::history::{History, HistoryEvent};
use temporal_protos::protocol::Message;
use temporal_protos::query::WorkflowQuery;
use temporal_protos::workflowservice::{
    PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
};

use super::reading::PageToken;
use super::token::TaskToken;
use crate::engine::execution::Run;
use crate::engine::execution::activity::ActivityTask;
use crate::engine::execution::priority;
use crate::engine::time::Time;

/// Batches of events in one reply.
const PAGE_BATCHES: usize = 256;
/// Bytes of events in one reply, roughly: a reply must stay below what clients receive.
const PAGE_BYTES: usize = 3 << 20;

/// A started workflow task, or a query, for a worker.
#[derive(Debug)]
pub(crate) struct WorkflowTaskReply {
    token: TaskToken,
    workflow_type: String,
    previous_started_event_id: i64,
    started_event_id: i64,
    attempt: i32,
    events: Vec<Arc<HistoryEvent>>,
    unwritten: Vec<HistoryEvent>,
    next_page: Option<PageToken>,
    queue: temporal_protos::taskqueue::TaskQueue,
    scheduled: Option<Time>,
    started: Option<Time>,
    query: Option<WorkflowQuery>,
    queries: BTreeMap<String, WorkflowQuery>,
    messages: Vec<Message>,
}

impl WorkflowTaskReply {
    /// The started task of a run; `partial` leaves out what a worker with the run in its cache has seen.
    pub(super) fn of_task(run: &Run, partial: bool) -> Option<Self> {
        let task = run.task.as_ref()?;
        let started = task.started.as_ref()?;
        let first = if partial {
            run.previous_started_event_id + 1
        } else {
            1
        };
        let (events, next_page) = page(run, first);
        let unwritten = if next_page.is_none() {
            run.unwritten_task_events(true)
        } else {
            Vec::new()
        };
        Some(Self {
            token: TaskToken {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: started.event_id,
                attempt: task.attempt,
                started_nanos: started.at.as_nanos(),
                ..token_of(run)
            },
            workflow_type: run.start.workflow_type.clone(),
            previous_started_event_id: run.previous_started_event_id,
            started_event_id: started.event_id,
            attempt: task.attempt,
            events,
            unwritten,
            next_page,
            queue: run.normal_queue(),
            scheduled: Some(task.scheduled),
            started: Some(started.at),
            query: None,
            queries: run.waiting_queries(),
            messages: run.task_messages(),
        })
    }

    /// A query for a worker.
    pub(super) fn of_query(run: &Run, id: &str, query: WorkflowQuery, partial: bool) -> Self {
        let (events, next_page) = if partial {
            (Vec::new(), None)
        } else {
            page(run, 1)
        };
        Self {
            token: TaskToken {
                query_id: id.into(),
                ..token_of(run)
            },
            workflow_type: run.start.workflow_type.clone(),
            previous_started_event_id: run.previous_started_event_id,
            started_event_id: 0,
            attempt: 1,
            events,
            unwritten: Vec::new(),
            next_page,
            queue: run.normal_queue(),
            scheduled: None,
            started: None,
            query: Some(query),
            queries: BTreeMap::new(),
            messages: Vec::new(),
        }
    }

    /// As it travels.
    pub(crate) fn into_proto(self) -> PollWorkflowTaskQueueResponse {
        let execution = temporal_protos::common::WorkflowExecution {
            workflow_id: self.token.workflow_id.clone(),
            run_id: self.token.run_id.clone(),
        };
        let mut events: Vec<HistoryEvent> =
            self.events.into_iter().map(Arc::unwrap_or_clone).collect();
        events.extend(self.unwritten);
        PollWorkflowTaskQueueResponse {
            task_token: TaskToken::encode(&self.token),
            workflow_execution: Some(execution),
            workflow_type: Some(WorkflowType {
                name: self.workflow_type,
            }),
            previous_started_event_id: self.previous_started_event_id,
            started_event_id: self.started_event_id,
            attempt: self.attempt,
            history: Some(History { events }),
            next_page_token: self
                .next_page
                .map(|token| token.encode())
                .unwrap_or_default(),
            query: self.query,
            workflow_execution_task_queue: Some(self.queue),
            scheduled_time: self.scheduled.map(Time::to_proto),
            started_time: self.started.map(Time::to_proto),
            queries: self.queries,
            messages: self.messages,
            ..Default::default()
        }
    }
}

fn token_of(run: &Run) -> TaskToken {
    TaskToken {
        namespace_id: run.namespace.id.clone(),
        workflow_id: run.workflow_id.to_string(),
        run_id: run.run_id.to_string(),
        ..Default::default()
    }
}

/// The first page of a run's events, and where the next begins.
fn page(run: &Run, first: i64) -> (Vec<Arc<HistoryEvent>>, Option<PageToken>) {
    use prost::Message as _;
    let history = &run.history;
    let mut end = history.end_of_batches(first, PAGE_BATCHES);
    let all = history.since(first);
    let mut bytes = 0;
    let mut events = Vec::with_capacity(all.len());
    for event in all.iter().take_while(|event| event.event_id < end) {
        // Sizes are only looked at where they could matter: in long histories.
        if history.bytes() > PAGE_BYTES as i64 {
            bytes += event.encoded_len();
            if bytes > PAGE_BYTES && !events.is_empty() {
                end = event.event_id;
                break;
            }
        }
        events.push(event.clone());
    }
    let next = (end < history.next_event_id()).then(|| PageToken {
        run_id: run.run_id.to_string(),
        next_event_id: end,
        ..Default::default()
    });
    (events, next)
}

/// A started activity as it travels.
pub(super) fn activity_task(run: &Run, task: &ActivityTask) -> PollActivityTaskQueueResponse {
    let activity = &task.activity;
    let attributes = activity.attributes();
    PollActivityTaskQueueResponse {
        task_token: TaskToken::encode(&TaskToken {
            scheduled_event_id: activity.scheduled_event_id,
            attempt: activity.attempt,
            started_nanos: task.started.as_nanos(),
            is_activity: true,
            ..token_of(run)
        }),
        workflow_namespace: run.namespace.name.clone(),
        workflow_type: Some(WorkflowType {
            name: run.start.workflow_type.clone(),
        }),
        workflow_execution: Some(run.execution()),
        activity_type: attributes.activity_type.clone(),
        activity_id: activity.activity_id.clone(),
        header: attributes.header.clone(),
        input: attributes.input.clone(),
        heartbeat_details: activity.heartbeat_details.clone(),
        scheduled_time: Some(activity.first_scheduled.to_proto()),
        current_attempt_scheduled_time: Some(activity.attempt_scheduled.to_proto()),
        started_time: Some(task.started.to_proto()),
        attempt: activity.attempt,
        schedule_to_close_timeout: attributes.schedule_to_close_timeout,
        start_to_close_timeout: attributes.start_to_close_timeout,
        heartbeat_timeout: attributes.heartbeat_timeout,
        retry_policy: Some(activity.retry_policy.clone()),
        priority: priority::merged(run.start.priority.as_ref(), activity.priority.as_ref()),
        ..Default::default()
    }
}
