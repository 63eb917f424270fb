//! The history that a workflow task needs, page by page: later pages are fetched while earlier ones replay.
//! Never looks into an event.

use temporal_protos::history::HistoryEvent;
use tokio::{sync::mpsc, task::JoinSet};

use super::workflow_tasks::About;
use crate::client::{Client, RpcFailure, history};

/// How many pages are held that nobody asked for yet.
const AHEAD: usize = 2;

/// One page of a history.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) events: Vec<HistoryEvent>,
    /// Nothing follows.
    pub(super) is_last: bool,
}

/// The pages of one task's history.
pub(super) struct Pages {
    first: Option<Page>,
    ahead: Option<mpsc::Receiver<Result<Page, RpcFailure>>>,
    /// What came with the task and may not be stored yet, such as the start of a speculative task.
    unstored: Vec<HistoryEvent>,
    last_event: i64,
    /// Ends with this.
    fetching: JoinSet<()>,
}

impl Pages {
    /// What came with the task, and what its token leads to.
    pub(super) fn of_task(
        client: &Client,
        about: &About,
        events: Vec<HistoryEvent>,
        token: bytes::Bytes,
    ) -> Self {
        let first = Page {
            events,
            is_last: token.is_empty(),
        };
        let mut pages = Self::new(Some(first), Vec::new());
        if !token.is_empty() {
            pages.fetch(client.clone(), about, token);
        }
        pages
    }

    /// The whole history, from its first event.
    pub(super) fn from_the_start(
        client: &Client,
        about: &About,
        unstored: Vec<HistoryEvent>,
    ) -> Self {
        let mut pages = Self::new(None, unstored);
        pages.fetch(client.clone(), about, bytes::Bytes::new());
        pages
    }

    fn new(first: Option<Page>, unstored: Vec<HistoryEvent>) -> Self {
        Self {
            first,
            ahead: None,
            unstored,
            last_event: 0,
            fetching: JoinSet::new(),
        }
    }

    fn fetch(&mut self, client: Client, about: &About, mut token: bytes::Bytes) {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let (workflow_id, run_id) = (about.workflow_id.clone(), about.run_id.clone());
        self.ahead = Some(receiver);
        self.fetching.spawn(async move {
            loop {
                let page = history::page(&client, &workflow_id, &run_id, token, false).await;
                let (page, next) = match page {
                    Ok(answer) => {
                        let events = answer.history.unwrap_or_default().events;
                        let is_last = answer.next_page_token.is_empty();
                        (Ok(Page { events, is_last }), answer.next_page_token)
                    }
                    Err(failure) => (Err(failure), bytes::Bytes::new()),
                };
                // nobody asks for more once the run was given up
                if sender.send(page).await.is_err() || next.is_empty() {
                    return;
                }
                token = next;
            }
        });
    }

    /// The next page. After the last one there are only empty ones.
    pub(super) async fn next(&mut self) -> Result<Page, RpcFailure> {
        let page = match (self.first.take(), &mut self.ahead) {
            (Some(page), _) => Some(page),
            (None, Some(ahead)) => ahead.recv().await.transpose()?,
            (None, None) => None,
        };
        let mut page = page.unwrap_or(Page {
            events: Vec::new(),
            is_last: true,
        });
        self.last_event = page.events.last().map_or(self.last_event, |e| e.event_id);
        if page.is_last {
            let (last, unstored) = (self.last_event, std::mem::take(&mut self.unstored));
            page.events
                .extend(unstored.into_iter().filter(|event| event.event_id > last));
        }
        Ok(page)
    }
}
