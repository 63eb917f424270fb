//! Histories as JSON, as the CLI and the web UI export them: protobuf's JSON form turned into its binary form. Nothing
//! is decoded here; what is not known is left out, as in the other SDKs.

use serde_json::{Value, json};
use temporal_protos::json::{Reading, read};

/// The binary form of a history. `{"events": [..]}`, or the bare list that older web UIs export.
pub(super) fn history(json: &Value) -> Result<Vec<u8>, String> {
    const HISTORY: &str = ".temporal.api.history.v1.History";
    let how = Reading {
        lenient: true,
        shorthand: false,
    };
    match json {
        Value::Array(events) => read(HISTORY, &json!({"events": events}), how),
        _ => read(HISTORY, json, how),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use temporal_protos::{
        enums::EventType,
        history::{History, history_event::Attributes},
        prost::Message as _,
    };

    use super::*;

    fn read(json: &Value) -> Result<History, String> {
        let wire = history(json)?;
        Ok(History::decode(&wire[..]).expect("what was written can be read"))
    }

    fn started(event_type: &str) -> Value {
        json!({
            "eventId": "1", "eventTime": "2026-11-21T14:49:23.457661285Z", "eventType": event_type,
            "taskId": 7, "somethingNew": [1],
            "workflowExecutionStartedEventAttributes": {
                "workflowType": {"name": "Hello"}, "attempt": 2, "firstWorkflowTaskBackoff": "1.5s",
                "workflow_id": "by the name of the protocol", "cronSchedule": null,
                "input": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IkFkYSI="}]},
                "retryPolicy": {"backoffCoefficient": 1.5, "maximumAttempts": 3}
            }
        })
    }

    #[test]
    fn an_event_is_read_with_all_it_says() {
        let history =
            read(&json!({"events": [started("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED")]})).unwrap();
        let event = &history.events[0];
        assert_eq!((event.event_id, event.task_id), (1, 7));
        assert_eq!(event.event_type(), EventType::WorkflowExecutionStarted);
        let time = event.event_time.unwrap();
        assert_eq!((time.seconds, time.nanos), (1_795_272_563, 457_661_285));
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(a)) = &event.attributes else {
            panic!("{event:?}")
        };
        assert_eq!(a.workflow_type.as_ref().unwrap().name, "Hello");
        assert_eq!(
            (a.attempt, a.workflow_id.as_str()),
            (2, "by the name of the protocol")
        );
        let backoff = a.first_workflow_task_backoff.unwrap();
        assert_eq!((backoff.seconds, backoff.nanos), (1, 500_000_000));
        let payload = &a.input.as_ref().unwrap().payloads[0];
        assert_eq!(
            (&payload.metadata["encoding"][..], &payload.data[..]),
            (&b"json/plain"[..], &b"\"Ada\""[..])
        );
        let retries = a.retry_policy.as_ref().unwrap();
        assert_eq!(
            (retries.backoff_coefficient, retries.maximum_attempts),
            (1.5, 3)
        );
    }

    #[test]
    fn older_exports_are_read() {
        let history = read(&json!([started("WorkflowExecutionStarted")])).unwrap();
        assert_eq!(
            history.events[0].event_type(),
            EventType::WorkflowExecutionStarted
        );
        let history = read(&json!({"events": [started("EVENT_TYPE_OF_NEXT_YEAR")]})).unwrap();
        assert_eq!(history.events[0].event_type(), EventType::Unspecified);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        for (events, message) in [
            (
                json!("none"),
                "`events` is `\"none\"`, and a list was expected",
            ),
            (
                json!([{"eventTime": "yesterday"}]),
                "`events[0].eventTime` is `\"yesterday\"`, and a time such as `2026-01-31T12:00:00Z` was expected",
            ),
            (
                json!([{}, {"eventId": 1.5}]),
                "`events[1].eventId` is `1.5`, and a whole number was expected",
            ),
            (
                json!([{"workflowTaskStartedEventAttributes": {"suggestContinueAsNew": "no"}}]),
                "`events[0].workflowTaskStartedEventAttributes.suggestContinueAsNew` is `\"no\"`, and true or false was expected",
            ),
        ] {
            assert_eq!(read(&json!({"events": events})).unwrap_err(), message);
        }
        assert!(
            read(&json!(7))
                .unwrap_err()
                .contains("an object was expected")
        );
    }
}
