//! Recorded histories against today's code: history goes through `workflow/` and `machine/`, and the first mismatch
//! is the answer. No network and no service.

mod json;

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use temporal_protos::{
    enums::WorkflowTaskFailedCause,
    history::{History, HistoryEvent, history_event::Attributes},
    prost::Message as _,
};

use crate::{
    convert::{PayloadCodec, RawValue, decode_with},
    error::{Error, ErrorKind, Result},
    failure::Failure,
    machine::{Command, Mismatch, unsupported_event},
    registry::WorkflowReg,
    workflow::{Run, RunTask, TaskFailure},
};

/// The history of one run, as a service recorded it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowHistory {
    workflow_id: String,
    run_id: String,
    events: Vec<HistoryEvent>,
}

impl WorkflowHistory {
    /// Reads the protobuf form (`temporal.api.history.v1.History`).
    ///
    /// # Errors
    /// The bytes are no history, or one without events.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        // from the same kind of buffer as answers are, so that its code exists once
        let history = History::decode(Bytes::copy_from_slice(bytes))
            .map_err(|e| Error::new(ErrorKind::Payload, "this is no history").with_source(e))?;
        Self::from_events(history.events)
    }

    /// Reads the JSON that the CLI (`temporal workflow show --output json`) and the web UI export.
    ///
    /// ```
    /// use temporal_runtime::replay::WorkflowHistory;
    ///
    /// let exported = r#"{"events": [{"eventId": "1", "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
    ///     "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "Checkout"}, "workflowId": "o-1"}}]}"#;
    /// assert_eq!(WorkflowHistory::from_json(exported)?.workflow_id(), "o-1");
    /// # Ok::<(), temporal_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is no JSON, or no history; the message names the place.
    pub fn from_json(json: &str) -> Result<Self> {
        let value = serde_json::from_str(json)
            .map_err(|e| Error::new(ErrorKind::Payload, "this is not JSON").with_source(e))?;
        Self::from_json_value(&value)
    }

    /// As [`from_json`](Self::from_json), from JSON that was parsed before.
    ///
    /// # Errors
    /// As there.
    pub fn from_json_value(json: &serde_json::Value) -> Result<Self> {
        let wire = json::history(json).map_err(|wrong| {
            Error::new(ErrorKind::Payload, format!("this is no history: {wrong}"))
        })?;
        Self::decode(&wire)
    }

    pub(crate) fn from_events(events: Vec<HistoryEvent>) -> Result<Self> {
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
            events.first().and_then(|e| e.attributes.as_ref())
        else {
            return Err(Error::new(
                ErrorKind::Payload,
                "a history begins with WorkflowExecutionStarted, and this one does not",
            ));
        };
        let or = |given: &str, instead: &str| {
            if given.is_empty() {
                instead.to_owned()
            } else {
                given.to_owned()
            }
        };
        Ok(Self {
            workflow_id: or(&started.workflow_id, "replayed"),
            run_id: or(&started.original_execution_run_id, "replayed"),
            events,
        })
    }

    /// The history with its payloads as they were before a codec encoded them. Needed for exported histories; what a
    /// client with the codec fetches is decoded already.
    ///
    /// ```no_run
    /// use temporal_runtime::{PayloadCodec, replay::{Replayer, WorkflowHistory}};
    ///
    /// # async fn check(codec: impl PayloadCodec) -> temporal_runtime::Result<()> {
    /// let exported = WorkflowHistory::from_json(&std::fs::read_to_string("checkout.json")?)?;
    /// Replayer::new()?.replay(&exported.decode_payloads(&codec).await?)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// What the codec says.
    pub async fn decode_payloads(self, codec: &dyn PayloadCodec) -> Result<Self> {
        let history = History {
            events: self.events,
        };
        let events = decode_with(codec, history).await?.events;
        Ok(Self { events, ..self })
    }

    /// The workflow id.
    #[must_use]
    pub fn workflow_id(&self) -> &str {
        &self.workflow_id
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is no event; there always is one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn workflow_type(&self) -> &str {
        match self.events.first().and_then(|e| e.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => started
                .workflow_type
                .as_ref()
                .map_or("", |t| t.name.as_str()),
            _ => "",
        }
    }
}

/// Replays histories with the workflows that are linked into this program.
///
/// ```no_run
/// use temporal_runtime::replay::{Replayer, WorkflowHistory};
///
/// let history = WorkflowHistory::from_json(&std::fs::read_to_string("checkout.json")?)?;
/// Replayer::new()?.replay(&history)?;
/// # Ok::<(), temporal_runtime::Error>(())
/// ```
///
/// Histories of a service replay as they are listed, and all that do not are told of:
///
/// ```no_run
/// # use temporal_runtime::prelude::*;
/// use temporal_runtime::replay::Replayer;
///
/// # async fn check(client: Client) -> Result<()> {
/// let replayer = Replayer::new()?;
/// let mut histories = client.list("WorkflowType = 'Checkout'").limit(100).histories();
/// let mut wrong = Vec::new();
/// while let Some(history) = histories.next().await? {
///     wrong.extend(replayer.replay(&history).err());
/// }
/// assert!(wrong.is_empty(), "{wrong:#?}");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Replayer {
    workflows: BTreeMap<&'static str, &'static WorkflowReg>,
    /// They take the types that no other workflow has, if there is one of them; more are told apart by
    /// [`replay_as`](Self::replay_as).
    dynamic: Vec<&'static WorkflowReg>,
}

/// So many events are copied at a time: few enough for their memory to be used again while it is in the processor's
/// cache, so that each event of a long history costs what it does in a short one.
const PAGE_EVENTS: usize = 256;

/// Why a history does not replay.
///
/// ```
/// use temporal_runtime::{Result, replay::{Replayer, WorkflowHistory}};
///
/// fn check(json: &str) -> Result<()> {
///     let history = WorkflowHistory::from_json(json)?;
///     if let Err(error) = Replayer::new()?.replay(&history) {
///         println!("{error}"); // names the event, what history has there, and the code's place
///         assert!(error.non_determinism);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReplayError {
    /// The workflow type.
    pub workflow_type: String,
    /// The workflow id.
    pub workflow_id: String,
    /// What is wrong, and where.
    pub message: String,
    /// The code does not do what history says; otherwise it failed by itself.
    pub non_determinism: bool,
    /// Where history and code part, and what each has there.
    pub mismatch: Option<Box<Mismatch>>,
}

/// What today's code did with a history.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Replayed {
    /// It is still running at the end of the history.
    Open,
    /// It completed with this value. A value other than the recorded one is no mismatch: only commands are compared.
    Completed(RawValue),
    /// It failed.
    Failed(Failure),
    /// It ended as cancelled.
    Canceled,
    /// It goes on in a new run.
    ContinuedAsNew {
        /// The new run's type.
        workflow_type: String,
        /// The new run's arguments.
        arguments: Vec<RawValue>,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the history of `{}` does not replay: {}",
            self.workflow_id, self.message
        )
    }
}

impl std::error::Error for ReplayError {}

impl From<ReplayError> for Error {
    fn from(error: ReplayError) -> Self {
        let id = error.workflow_id.clone();
        Self::new(ErrorKind::WorkflowTask, error.to_string())
            .with_execution(&id, None)
            .with_source(error)
    }
}

impl Replayer {
    /// All workflows that are linked into this program.
    ///
    /// # Errors
    /// Two workflows have one name.
    pub fn new() -> Result<Self> {
        let mut workflows: BTreeMap<&'static str, &'static WorkflowReg> = BTreeMap::new();
        let mut dynamic = Vec::new();
        for workflow in inventory::iter::<WorkflowReg> {
            if workflow.dynamic {
                dynamic.push(workflow);
                continue;
            }
            if let Some(other) = workflows.insert(workflow.name, workflow) {
                return Err(Error::new(
                    ErrorKind::Registration,
                    format!(
                        "workflow `{}` is registered twice: {}:{} and {}:{}",
                        workflow.name,
                        other.source.file,
                        other.source.line,
                        workflow.source.file,
                        workflow.source.line
                    ),
                ));
            }
        }
        Ok(Self { workflows, dynamic })
    }

    /// The workflow of this name, or a dynamic one: of this name in Rust, or the only one.
    fn workflow(&self, name: &str) -> Option<&'static WorkflowReg> {
        let named = self.workflows.get(name).copied();
        let dynamic = || self.dynamic.iter().find(|w| w.name == name).copied();
        named.or_else(dynamic).or_else(|| match self.dynamic[..] {
            [only] => Some(only),
            _ => None,
        })
    }

    /// Replays one history with the workflow of its type.
    ///
    /// # Errors
    /// The code does something else than history says, fails, or is not there.
    pub fn replay(&self, history: &WorkflowHistory) -> std::result::Result<Replayed, ReplayError> {
        self.replay_as(history.workflow_type(), history)
    }

    /// Replays one history with the workflow of another type, such as a changed version of it.
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    pub fn replay_as(
        &self,
        workflow_type: &str,
        history: &WorkflowHistory,
    ) -> std::result::Result<Replayed, ReplayError> {
        crate::panics::install_hook();
        let error = |message: String, non_determinism, mismatch| ReplayError {
            workflow_type: workflow_type.to_owned(),
            workflow_id: history.workflow_id.clone(),
            message,
            non_determinism,
            mismatch,
        };
        let Some(workflow) = self.workflow(workflow_type) else {
            let known: Vec<&str> = self.workflows.keys().copied().collect();
            return Err(error(
                format!(
                    "no workflow `{workflow_type}` is linked; known: {}",
                    known.join(", ")
                ),
                false,
                None,
            ));
        };
        replay(workflow, history).map_err(|failure| {
            // what this version lacks explains more than the first command that does not fit for want of it
            if let Some(missing) = unsupported_event(&history.events) {
                return error(missing.to_string(), false, Some(Box::new(missing)));
            }
            let non_determinism = failure.cause == WorkflowTaskFailedCause::NonDeterministicError;
            error(failure.failure.message, non_determinism, failure.mismatch)
        })
    }
}

fn replay(
    workflow: &'static WorkflowReg,
    history: &WorkflowHistory,
) -> std::result::Result<Replayed, TaskFailure> {
    let mut run = Run::new(
        workflow,
        "replay",
        &history.workflow_id,
        &history.run_id,
        &history.events,
    )?;
    let mut pages = history.events.chunks(PAGE_EVENTS).peekable();
    while let Some(page) = pages.next() {
        let events = page.to_vec();
        if pages.peek().is_some() {
            run.handle_page(events, &|| ())?;
        } else {
            run.handle_task(RunTask {
                events,
                ..RunTask::default()
            })?;
        }
    }
    run.expect_replayed()?;
    Ok(match run.ended() {
        Some(Command::CompleteWorkflow { result }) => {
            Replayed::Completed(RawValue::new(result.clone().unwrap_or_default()))
        }
        Some(Command::FailWorkflow { failure }) => {
            Replayed::Failed(Failure::from_proto((**failure).clone()))
        }
        Some(Command::CancelWorkflow) => Replayed::Canceled,
        Some(Command::ContinueAsNew(next)) => Replayed::ContinuedAsNew {
            workflow_type: next.workflow_type.clone(),
            arguments: next.input.iter().cloned().map(RawValue::new).collect(),
        },
        _ => Replayed::Open,
    })
}
