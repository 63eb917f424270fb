//! Reading histories: pages, and waiting for what comes next.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::WorkflowExecution;
use temporal_protos::history::HistoryEvent;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Driver, check_run_id};
use crate::engine::execution::Run;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// The most batches of one page.
const PAGE_BATCHES: usize = 256;
/// Bytes of one page, roughly.
const PAGE_BYTES: usize = 3 << 20;

/// Where the next page of a history begins.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PageToken {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    #[prost(int64, tag = "2")]
    pub(crate) next_event_id: i64,
    /// Pages of a history read backwards.
    #[prost(bool, tag = "3")]
    pub(crate) backwards: bool,
}

impl PageToken {
    /// As a client gets it.
    pub(crate) fn encode(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// From a client, for a run that it may name as well.
    fn decode(token: &Bytes, run_id: &str, backwards: bool) -> Result<Self, Refusal> {
        let decoded: Option<Self> = prost::Message::decode(token.as_ref()).ok();
        let token = decoded
            .filter(|token| token.next_event_id > 0 && token.backwards == backwards)
            .ok_or_else(|| Refusal::invalid("Invalid NextPageToken."))?;
        if !run_id.is_empty() && run_id != token.run_id {
            return Err(Refusal::invalid(
                "RunId in the request does not match the NextPageToken.",
            ));
        }
        Ok(token)
    }
}

/// What part of a history is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) execution: WorkflowExecution,
    pub(crate) token: Bytes,
    pub(crate) page_size: i32,
    pub(crate) waits: bool,
    pub(crate) close_event_only: bool,
    /// Whether the reader is shown events of the pending task that are not in history.
    pub(crate) shows_unwritten: bool,
    /// How long to wait at most.
    pub(crate) wait: Duration,
}

/// A page of a history.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) next: Option<PageToken>,
}

/// What one look at a run found.
enum Look {
    Found(Vec<Arc<HistoryEvent>>, Vec<HistoryEvent>, Option<PageToken>),
    Wait(watch::Receiver<u64>, PageToken),
}

impl Driver {
    /// GetWorkflowExecutionHistory.
    pub(crate) async fn read_history(
        &self,
        namespace: &Namespace,
        read: &Read,
    ) -> Result<Page, Refusal> {
        check_run_id(&read.execution.run_id)?;
        let token = match read.token.is_empty() {
            true => None,
            false => Some(PageToken::decode(
                &read.token,
                &read.execution.run_id,
                false,
            )?),
        };
        let run_id = token
            .as_ref()
            .map_or(read.execution.run_id.clone(), |token| token.run_id.clone());
        let mut from = token.map_or(1, |token| token.next_event_id);
        let mut run_id = run_id;
        let until = Instant::now() + read.wait;
        loop {
            match self.look(namespace, &run_id, from, read)? {
                Look::Found(events, unwritten, next) => {
                    let mut events: Vec<_> = events.into_iter().map(Arc::unwrap_or_clone).collect();
                    events.extend(unwritten);
                    return Ok(Page { events, next });
                }
                Look::Wait(mut changed, token) => {
                    run_id.clone_from(&token.run_id);
                    from = token.next_event_id;
                    match tokio::time::timeout_at(until, changed.changed()).await {
                        Ok(Ok(())) => {}
                        // The run was deleted: the next look says so.
                        Ok(Err(_)) => {}
                        Err(_) => {
                            return Ok(Page {
                                events: Vec::new(),
                                next: Some(token),
                            });
                        }
                    }
                }
            }
        }
    }

    fn look(
        &self,
        namespace: &Namespace,
        run_id: &str,
        from: i64,
        read: &Read,
    ) -> Result<Look, Refusal> {
        let entry = self.find_named(namespace, &read.execution.workflow_id, run_id)?;
        let mut chain = entry.lock();
        let place = chain.find(&read.execution.workflow_id, run_id)?;
        let cell = &mut chain.cells[place];
        let run = &cell.run;
        let token = |next_event_id| PageToken {
            run_id: run.run_id.to_string(),
            next_event_id,
            backwards: false,
        };
        if read.close_event_only {
            if !run.is_running() {
                let last = run.history.since(run.history.last_event_id()).to_vec();
                return Ok(Look::Found(last, Vec::new(), None));
            }
            if !read.waits {
                return Ok(Look::Found(Vec::new(), Vec::new(), None));
            }
            let token = token(run.history.next_event_id());
            return Ok(Look::Wait(cell.watch(), token));
        }
        let end = run.history.next_event_id();
        if from >= end && run.is_running() && read.waits {
            let token = token(end);
            return Ok(Look::Wait(cell.watch(), token));
        }
        let (events, next) = page(run, from, read.page_size);
        let at_end = next >= end;
        let more = !at_end || (read.waits && run.is_running());
        // A reader that waits would be shown the same events again once they are written.
        let unwritten = if at_end && read.shows_unwritten && !read.waits && run.is_running() {
            run.unwritten_task_events(false)
        } else {
            Vec::new()
        };
        Ok(Look::Found(events, unwritten, more.then(|| token(next))))
    }

    /// GetWorkflowExecutionHistoryReverse.
    pub(crate) fn read_history_backwards(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
        token: &Bytes,
        page_size: i32,
    ) -> Result<Page, Refusal> {
        check_run_id(&execution.run_id)?;
        let token = match token.is_empty() {
            true => None,
            false => Some(PageToken::decode(token, &execution.run_id, true)?),
        };
        let run_id = token
            .as_ref()
            .map_or(execution.run_id.as_str(), |token| &token.run_id);
        let entry = self.find_named(namespace, &execution.workflow_id, run_id)?;
        let mut chain = entry.lock();
        let place = chain.find(&execution.workflow_id, run_id)?;
        let run = &chain.cells[place].run;
        let mut last = token.map_or(run.history.last_event_id(), |token| token.next_event_id);
        let mut events = Vec::new();
        for _ in 0..batches(page_size) {
            if last < 1 {
                break;
            }
            let first = run.history.start_of_batch(last);
            for id in (first..=last).rev() {
                events.extend(run.history.event(id).map(|event| (**event).clone()));
            }
            last = first - 1;
        }
        let next = (last >= 1).then(|| PageToken {
            run_id: run.run_id.to_string(),
            next_event_id: last,
            backwards: true,
        });
        Ok(Page { events, next })
    }
}

fn batches(page_size: i32) -> usize {
    match usize::try_from(page_size) {
        Ok(size) if size > 0 => size.min(PAGE_BATCHES),
        _ => PAGE_BATCHES,
    }
}

fn page(run: &Run, from: i64, page_size: i32) -> (Vec<Arc<HistoryEvent>>, i64) {
    let end = run.history.end_of_batches(from, batches(page_size));
    let mut bytes = 0;
    let mut events = Vec::new();
    for event in run.history.since(from) {
        if event.event_id >= end {
            break;
        }
        bytes += event.encoded_len();
        if bytes > PAGE_BYTES && !events.is_empty() {
            return (events, event.event_id);
        }
        events.push(event.clone());
    }
    (events, end.max(from))
}
