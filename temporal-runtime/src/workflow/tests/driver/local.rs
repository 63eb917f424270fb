//! Tasks that stay open for local activities.

use std::time::{Duration, SystemTime};

use temporal_protos::{command::RecordMarkerCommandAttributes, history::*};

use super::Driver;
use crate::{
    convert::Payload,
    machine::{LocalRequest, LocalResult, Outcome},
    workflow::RunTask,
};

impl Driver {
    /// Begins one workflow task on what arrived; gives the numbers of the local activities that it asks for.
    pub(crate) fn open_task(&mut self) -> Vec<u64> {
        let scheduled = self.add(WorkflowTaskScheduledEventAttributes::default());
        let started = self.add(WorkflowTaskStartedEventAttributes {
            scheduled_event_id: scheduled,
            ..Default::default()
        });
        let events = self.history[self.arrived..].to_vec();
        let task = RunTask {
            events,
            started_event_id: started,
            ..RunTask::default()
        };
        self.run
            .begin_task(task, &|| {})
            .unwrap_or_else(|f| panic!("the task failed: {}", f.failure.message));
        self.arrived = self.history.len();
        self.open = (scheduled, started);
        self.asked()
    }

    fn asked(&self) -> Vec<u64> {
        let requests = self.run.local_requests(SystemTime::UNIX_EPOCH).into_iter();
        requests
            .filter_map(|request| match request {
                LocalRequest::Run(run) => Some(run.seq),
                LocalRequest::Cancel { .. } => None,
            })
            .collect()
    }

    /// A local activity of the open task ends, a second after it began; gives those that are asked for then.
    pub(crate) fn local_ended(&mut self, seq: u64, result: impl Payload) -> Vec<u64> {
        let outcome = Outcome::Completed(Some(result.encode().expect("it has an encoding")));
        self.local_result(seq, outcome, None)
    }

    /// A local activity of the open task fails; the next attempt is made after that time.
    pub(crate) fn local_backs_off(&mut self, seq: u64, backoff: Duration) -> Vec<u64> {
        let failure = crate::failure::task_failure("no luck", None);
        self.local_result(seq, Outcome::Failed(Box::new(failure)), Some(backoff))
    }

    fn local_result(&mut self, seq: u64, outcome: Outcome, backoff: Option<Duration>) -> Vec<u64> {
        let result = LocalResult {
            seq,
            attempt: 1,
            runtime: Duration::from_secs(1),
            outcome,
            backoff,
        };
        self.run
            .handle_local_result(result)
            .unwrap_or_else(|f| panic!("the task failed: {}", f.failure.message));
        self.asked()
    }

    /// Completes the open task; gives its commands in words.
    pub(crate) fn close_task(&mut self) -> Vec<String> {
        let (scheduled, started) = self.open;
        let completion = self.run.complete_task(&|| {});
        self.add(WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: scheduled,
            started_event_id: started,
            ..Default::default()
        });
        self.answers = completion.messages;
        let words: Vec<String> = completion
            .commands
            .into_iter()
            .map(|c| self.perform(c.attributes.expect("every command has attributes")))
            .collect();
        self.log.extend(words.iter().cloned());
        self.check_replay();
        words
    }

    pub(super) fn record(&mut self, marker: RecordMarkerCommandAttributes) -> String {
        // a local activity's marker by its number, any other by its name
        let words = match marker.details.get("data") {
            None => format!("record {}", marker.marker_name),
            Some(data) => {
                let data: serde_json::Value =
                    serde_json::from_slice(&data.payloads[0].data).expect("it is JSON");
                format!("record {}", data["seq"])
            }
        };
        self.add(MarkerRecordedEventAttributes {
            marker_name: marker.marker_name,
            details: marker.details,
            failure: marker.failure,
            ..Default::default()
        });
        words
    }
}
