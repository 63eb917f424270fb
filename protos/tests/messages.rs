//! The messages as bytes: what is written is what is read, and twice the same.

use std::collections::BTreeMap;

use temporal_protos::common::{Payload, Payloads, WorkflowExecution};
use temporal_protos::errordetails::WorkflowExecutionAlreadyStartedFailure;
use temporal_protos::google::rpc::Status;
use temporal_protos::history::{HistoryEvent, TimerStartedEventAttributes, history_event};
use temporal_protos::prost::Message;
use temporal_protos::prost::bytes::Bytes;
use temporal_protos::prost_types::{Any, Duration, FileDescriptorSet, Timestamp};
use temporal_protos::workflowservice::StartWorkflowExecutionRequest;
use temporal_protos::{DESCRIPTOR, command, enums};

fn payload(metadata: &[(&str, &'static [u8])], data: &'static [u8]) -> Payload {
    Payload {
        metadata: metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Bytes::from_static(value)))
            .collect(),
        data: Bytes::from_static(data),
        ..Payload::default()
    }
}

#[test]
fn a_request_survives_the_wire() {
    let request = StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "order-1".to_owned(),
        input: Some(Payloads {
            payloads: vec![payload(&[("encoding", b"json/plain")], b"{\"n\":1}")],
        }),
        workflow_run_timeout: Some(Duration {
            seconds: 3,
            nanos: 5,
        }),
        ..StartWorkflowExecutionRequest::default()
    };
    let bytes = request.encode_to_vec();
    let read = StartWorkflowExecutionRequest::decode(bytes.as_slice());
    assert_eq!(read, Ok(request));
}

#[test]
fn payload_data_is_shared_with_the_buffer_it_came_in() {
    let buffer = Bytes::from(payload(&[], b"a long enough text").encode_to_vec());
    let read = Payload::decode(buffer.clone()).expect("it was encoded a line above");
    let range = buffer.as_ptr_range();
    assert!(range.contains(&read.data.as_ptr()), "the data was copied");
}

#[test]
fn maps_are_written_in_the_order_of_their_keys() {
    let forth = payload(&[("a", b"1"), ("b", b"2"), ("c", b"3")], b"");
    let back = payload(&[("c", b"3"), ("b", b"2"), ("a", b"1")], b"");
    assert_eq!(forth.encode_to_vec(), back.encode_to_vec());
    let by_hand = b"\x0a\x06\x0a\x01a\x12\x011\x0a\x06\x0a\x01b\x12\x012\x0a\x06\x0a\x01c\x12\x013";
    assert_eq!(forth.encode_to_vec(), by_hand);
    let _ordered: BTreeMap<String, Bytes> = forth.metadata;
}

#[test]
fn error_details_travel_in_any_under_the_url_other_languages_expect() {
    let detail = WorkflowExecutionAlreadyStartedFailure {
        start_request_id: "request".to_owned(),
        run_id: "run".to_owned(),
        ..WorkflowExecutionAlreadyStartedFailure::default()
    };
    let any = Any::from_msg(&detail).expect("a Vec takes every write");
    assert_eq!(
        any.type_url,
        "type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure"
    );
    let status = Status {
        code: 6,
        message: "started".to_owned(),
        details: vec![any],
    };
    let read = Status::decode(status.encode_to_vec().as_slice()).expect("it was just encoded");
    assert_eq!(read.details[0].to_msg(), Ok(detail));
    assert!(
        read.details[0].to_msg::<WorkflowExecution>().is_err(),
        "another type was accepted"
    );
}

#[test]
fn boxed_attributes_are_built_by_into_and_keep_their_bytes() {
    let started = TimerStartedEventAttributes {
        timer_id: "1".to_owned(),
        ..TimerStartedEventAttributes::default()
    };
    let event = HistoryEvent {
        event_id: 5,
        event_time: Some(Timestamp {
            seconds: 1,
            nanos: 0,
        }),
        event_type: enums::EventType::TimerStarted.into(),
        attributes: Some(started.clone().into()),
        ..HistoryEvent::default()
    };
    let read = HistoryEvent::decode(event.encode_to_vec().as_slice()).expect("it was just encoded");
    assert_eq!(read, event);
    let boxed = history_event::Attributes::TimerStartedEventAttributes(Box::new(started));
    assert_eq!(read.attributes, Some(boxed));
}

#[test]
fn attributes_know_the_type_that_goes_with_them() {
    let event = history_event::Attributes::from(TimerStartedEventAttributes::default());
    assert_eq!(event.event_type(), enums::EventType::TimerStarted);
    let command = command::command::Attributes::from(
        command::ScheduleActivityTaskCommandAttributes::default(),
    );
    assert_eq!(
        command.command_type(),
        enums::CommandType::ScheduleActivityTask
    );
}

/// Histories hold tens of thousands of events: one must not take the place of the largest kind.
#[test]
fn events_and_commands_stay_small() {
    assert!(
        size_of::<HistoryEvent>() <= 384,
        "{}",
        size_of::<HistoryEvent>()
    );
    assert!(
        size_of::<command::Command>() <= 256,
        "{}",
        size_of::<command::Command>()
    );
}

#[test]
fn the_descriptor_is_complete_and_in_order() {
    let set = FileDescriptorSet::decode(DESCRIPTOR).expect("the generator wrote it");
    let names: Vec<&str> = set.file.iter().map(|file| file.name()).collect();
    assert!(names.is_sorted());
    for file in &set.file {
        assert!(
            file.source_code_info.is_none(),
            "{} has comments",
            file.name()
        );
        for import in &file.dependency {
            assert!(
                names.contains(&import.as_str()),
                "{} misses {import}",
                file.name()
            );
        }
    }
    let services: Vec<String> = set
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(|service| (file.package(), service)))
        .map(|(package, service)| format!("{package}.{} {}", service.name(), service.method.len()))
        .collect();
    assert_eq!(
        services,
        [
            "grpc.health.v1.Health 2",
            "temporal.api.operatorservice.v1.OperatorService 12",
            "temporal.api.testservice.v1.TestService 6",
            "temporal.api.workflowservice.v1.WorkflowService 123",
        ]
    );
}
