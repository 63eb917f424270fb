//! Listing and counting workflows by a query. Pages are fetched as they are needed.

use std::{collections::VecDeque, future::IntoFuture};

use temporal_protos::workflowservice::{
    CountWorkflowExecutionsRequest, ListWorkflowExecutionsRequest,
};

use super::{Call, Client, WorkflowExecution};
use crate::{error::Result, replay::WorkflowHistory, workflow::BoxFuture};

/// What awaiting a list gives at most, if no limit is set.
const LIMIT: usize = 1000;

const PAGE: i32 = 200;

/// The workflows that a query names: await it for all of them, up to a limit, or take them one by one with
/// [`next`](Self::next).
#[must_use = "a list asks when you `.await` it, or call `.next()`"]
#[derive(Debug)]
pub struct WorkflowList {
    client: Client,
    query: String,
    limit: usize,
    token: Option<bytes::Bytes>,
    page: VecDeque<WorkflowExecution>,
}

impl WorkflowList {
    pub(super) fn new(client: Client, query: String) -> Self {
        Self {
            client,
            query,
            limit: LIMIT,
            token: Some(bytes::Bytes::new()),
            page: VecDeque::new(),
        }
    }

    /// How many there are at most in what awaiting gives, and of histories; 1000 if not set.
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Their histories in place of what is listed, fetched one by one: for a
    /// [`Replayer`](crate::replay::Replayer). As many as the limit says at most.
    pub const fn histories(self) -> WorkflowHistories {
        WorkflowHistories {
            list: self,
            taken: 0,
        }
    }

    /// The next one.
    ///
    /// # Errors
    /// The query is not understood; no answer.
    pub async fn next(&mut self) -> Result<Option<WorkflowExecution>> {
        loop {
            if let Some(execution) = self.page.pop_front() {
                return Ok(Some(execution));
            }
            let Some(token) = self.token.take() else {
                return Ok(None);
            };
            let request = ListWorkflowExecutionsRequest {
                namespace: self.client.namespace().to_owned(),
                page_size: PAGE,
                next_page_token: token,
                query: self.query.clone(),
            };
            let answer = self
                .client
                .connection()
                .list_workflow_executions(request, self.client.namespace(), Call::Unary)
                .await
                .map_err(|failure| failure.into_error(None))?;
            self.page = answer
                .executions
                .into_iter()
                .map(WorkflowExecution::from_proto)
                .collect();
            self.token = Some(answer.next_page_token).filter(|t| !t.is_empty());
        }
    }
}

impl IntoFuture for WorkflowList {
    type Output = Result<Vec<WorkflowExecution>>;
    type IntoFuture = BoxFuture<Self::Output>;
    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut all = Vec::new();
            while all.len() < self.limit
                && let Some(execution) = self.next().await?
            {
                all.push(execution);
            }
            Ok(all)
        })
    }
}

/// The histories of the workflows that a query names.
#[must_use = "histories are fetched when you call `.next()`"]
#[derive(Debug)]
pub struct WorkflowHistories {
    list: WorkflowList,
    taken: usize,
}

impl WorkflowHistories {
    /// The next one; of a workflow that runs, as far as it got.
    ///
    /// # Errors
    /// The query is not understood; no answer.
    pub async fn next(&mut self) -> Result<Option<WorkflowHistory>> {
        if self.taken == self.list.limit {
            return Ok(None);
        }
        self.taken += 1;
        let Some(execution) = self.list.next().await? else {
            return Ok(None);
        };
        let (id, run) = (&execution.id, &execution.run_id);
        self.list
            .client
            .fetch_history(id, Some(run))
            .await
            .map(Some)
    }
}

pub(super) async fn count(client: &Client, query: String) -> Result<u64> {
    let request = CountWorkflowExecutionsRequest {
        namespace: client.namespace().to_owned(),
        query,
    };
    let answer = client
        .connection()
        .count_workflow_executions(request, client.namespace(), Call::Unary)
        .await
        .map_err(|failure| failure.into_error(None))?;
    Ok(u64::try_from(answer.count).unwrap_or_default())
}
