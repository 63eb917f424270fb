//! Activities that somebody else than their worker completes: by task token, or by ids.

use serde::Serialize;
use temporal_protos::{
    common::{Payload as RawPayload, Payloads},
    workflowservice::{
        RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatRequest,
        RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledRequest,
        RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedRequest,
        RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedRequest,
    },
};

use super::{Call, Client, RpcFailure};
use crate::{
    activity::CancelReason,
    convert::{Payload, json_payload},
    error::{Result, Returned, ReturnedError},
    failure::as_application_failure,
};

/// An activity that its worker left open with [`CompleteAsync`](crate::CompleteAsync), and that is ended from here.
///
/// ```no_run
/// use temporal_runtime::{ApplicationError, prelude::*};
///
/// # async fn answered(client: &Client, token: Vec<u8>, verdict: Option<String>) -> Result<()> {
/// let review = client.async_activity(token);
/// match verdict {
///     Some(verdict) => review.complete(verdict).await,
///     None => review.fail(ApplicationError::new("nobody looked at it")).await,
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AsyncActivityHandle {
    client: Client,
    which: Which,
}

#[derive(Debug, Clone)]
enum Which {
    Token(bytes::Bytes),
    Id {
        workflow_id: String,
        run_id: String,
        activity_id: String,
    },
}

impl Client {
    /// The handle of an activity that was left open, by the task token of the attempt
    /// ([`ActivityInfo::task_token`](crate::ActivityInfo::task_token)). Asks nobody.
    #[must_use]
    pub fn async_activity(&self, task_token: impl Into<Vec<u8>>) -> AsyncActivityHandle {
        AsyncActivityHandle {
            client: self.clone(),
            which: Which::Token(task_token.into().into()),
        }
    }

    /// The handle of an activity that was left open, by the id of its workflow and its own. Of the workflow the latest
    /// run is meant, or the one that [`run_id`](AsyncActivityHandle::run_id) names. Asks nobody.
    #[must_use]
    pub fn async_activity_by_id(
        &self,
        workflow_id: impl Into<String>,
        activity_id: impl Into<String>,
    ) -> AsyncActivityHandle {
        AsyncActivityHandle {
            client: self.clone(),
            which: Which::Id {
                workflow_id: workflow_id.into(),
                run_id: String::new(),
                activity_id: activity_id.into(),
            },
        }
    }
}

/// Makes a call of which the service has two: one by the task token, and one by ids. They take the same `$field`, and
/// `$read` makes the same of their answers.
macro_rules! tell {
    ($handle:ident, $field:ident, |$answer:ident| $read:expr, $by_token:ident($token_request:ident), $by_id:ident($id_request:ident)) => {{
        let client = &$handle.client;
        let (connection, namespace) = (client.connection(), client.namespace());
        let identity = client.identity().to_owned();
        let told = match $handle.which.clone() {
            Which::Token(task_token) => {
                let request = $token_request {
                    task_token,
                    $field,
                    identity,
                    namespace: namespace.to_owned(),
                    ..Default::default()
                };
                let answer = connection.$by_token(request, namespace, Call::Unary).await;
                answer.map(|$answer| $read)
            }
            Which::Id {
                workflow_id,
                run_id,
                activity_id,
            } => {
                let request = $id_request {
                    namespace: namespace.to_owned(),
                    workflow_id,
                    run_id,
                    activity_id,
                    $field,
                    identity,
                    ..Default::default()
                };
                let answer = connection.$by_id(request, namespace, Call::Unary).await;
                answer.map(|$answer| $read)
            }
        };
        told.map_err(|failure| $handle.refused(failure))
    }};
}

impl AsyncActivityHandle {
    /// Only in this run of the workflow. A task token says that by itself.
    #[must_use]
    pub fn run_id(mut self, of_workflow: impl Into<String>) -> Self {
        if let Which::Id { run_id, .. } = &mut self.which {
            *run_id = of_workflow.into();
        }
        self
    }

    /// The activity has this result.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): it is over, by its timeouts for example, or there is none;
    /// the result cannot be encoded; no answer.
    pub async fn complete(&self, result: impl Payload) -> Result<()> {
        let result = one(result.encode()?);
        tell!(
            self,
            result,
            |_answer| (),
            respond_activity_task_completed(RespondActivityTaskCompletedRequest),
            respond_activity_task_completed_by_id(RespondActivityTaskCompletedByIdRequest)
        )
    }

    /// The attempt failed: it is tried again, unless its retry policy or the error says otherwise.
    ///
    /// # Errors
    /// As [`complete`](Self::complete).
    pub async fn fail<E: ReturnedError>(&self, error: E) -> Result<()> {
        let returned = Returned {
            error: error.into_boxed(),
            type_name: std::any::type_name::<E>(),
        };
        let failure = Some(as_application_failure(returned.to_proto()));
        tell!(
            self,
            failure,
            |_answer| (),
            respond_activity_task_failed(RespondActivityTaskFailedRequest),
            respond_activity_task_failed_by_id(RespondActivityTaskFailedByIdRequest)
        )
    }

    /// The attempt is alive, with details that the next one can read. Gives the reason why the work should stop, if
    /// there is one.
    ///
    /// # Errors
    /// As [`complete`](Self::complete).
    pub async fn heartbeat(&self, details: impl Serialize) -> Result<Option<CancelReason>> {
        let details = one(json_payload(&details)?);
        let flags = tell!(
            self,
            details,
            |answer| (
                answer.cancel_requested,
                answer.activity_reset,
                answer.activity_paused
            ),
            record_activity_task_heartbeat(RecordActivityTaskHeartbeatRequest),
            record_activity_task_heartbeat_by_id(RecordActivityTaskHeartbeatByIdRequest)
        );
        Ok(match flags? {
            (true, ..) => Some(CancelReason::Requested),
            (_, true, _) => Some(CancelReason::Reset),
            (_, _, true) => Some(CancelReason::Paused),
            _ => None,
        })
    }

    /// The activity has stopped, as its workflow asked it to: the wait for it ends as cancelled.
    ///
    /// # Errors
    /// Its cancellation was not asked for; and as [`complete`](Self::complete).
    pub async fn report_cancellation(&self, details: impl Payload) -> Result<()> {
        let details = one(details.encode()?);
        tell!(
            self,
            details,
            |_answer| (),
            respond_activity_task_canceled(RespondActivityTaskCanceledRequest),
            respond_activity_task_canceled_by_id(RespondActivityTaskCanceledByIdRequest)
        )
    }

    fn refused(&self, failure: RpcFailure) -> crate::error::Error {
        match &self.which {
            Which::Token(_) => failure.into_error(None),
            Which::Id {
                workflow_id,
                run_id,
                ..
            } => failure.into_error(Some((workflow_id.as_str(), Some(run_id.as_str())))),
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "requests have an optional list of payloads"
)]
fn one(payload: RawPayload) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![payload],
    })
}
