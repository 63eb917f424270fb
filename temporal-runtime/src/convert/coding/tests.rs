//! Whole messages in and out: what is encoded, what is not, and what a codec that fails does.

use std::{
    collections::BTreeMap,
    task::{Poll, Waker},
};

use bytes::Bytes;
use temporal_protos::{
    command::{RecordMarkerCommandAttributes, command::Attributes},
    common::{Payloads, SearchAttributes},
    failure::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    protocol,
    update::{Input, Request},
    workflowservice::{RespondActivityTaskFailedRequest, RespondWorkflowTaskCompletedRequest},
};

use super::*;

/// Puts the whole payload into another one; what it is not made for, it refuses.
enum Test {
    Wraps,
    Doubles,
    Refuses,
    Panics,
}

impl PayloadCodec for Test {
    fn encode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
        Box::pin(async move {
            match self {
                Self::Wraps => Ok(payloads.iter().map(wrapped).collect()),
                Self::Doubles => Ok([payloads.clone(), payloads].concat()),
                Self::Refuses => Err("no key".into()),
                Self::Panics => panic!("lost the key"),
            }
        })
    }

    fn decode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
        Box::pin(async move {
            let decoded = payloads
                .into_iter()
                .map(|payload| match payload.encoding() {
                    "binary/wrapped" => RawValue::from_bytes(payload.data()),
                    _ => Ok(payload),
                });
            decoded.collect()
        })
    }
}

fn wrapped(payload: &RawValue) -> RawValue {
    RawValue::from_parts([("encoding", "binary/wrapped")], payload.to_bytes())
}

fn coding(codec: Test, encode_common_attributes: bool) -> Coding {
    let mut coding = Coding::default();
    coding.set_codec(codec);
    if encode_common_attributes {
        coding.set_encode_common_attributes();
    }
    coding
}

/// None of these codecs waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn json(text: &str) -> RawPayload {
    RawValue::encode(text.to_owned())
        .expect("text is JSON")
        .into_inner()
}

fn list(text: &str) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![json(text)],
    })
}

fn encoding(payload: &RawPayload) -> String {
    String::from_utf8_lossy(&payload.metadata["encoding"]).into_owned()
}

fn completed(commands: Vec<Attributes>) -> RespondWorkflowTaskCompletedRequest {
    let update = Request {
        input: Some(Input {
            name: "note".to_owned(),
            args: list("in an `Any`"),
            ..Input::default()
        }),
        ..Request::default()
    };
    RespondWorkflowTaskCompletedRequest {
        task_token: Bytes::from_static(b"token"),
        commands: commands
            .into_iter()
            .map(|attributes| temporal_protos::command::Command {
                attributes: Some(attributes),
                ..Default::default()
            })
            .collect(),
        messages: vec![protocol::Message {
            id: "m".to_owned(),
            body: prost_types::Any::from_msg(&update).ok(),
            ..protocol::Message::default()
        }],
        identity: "me".to_owned(),
        ..Default::default()
    }
}

#[test]
fn every_value_is_encoded_and_comes_back() {
    let coding = coding(Test::Wraps, false);
    let attributes = SearchAttributes {
        indexed_fields: BTreeMap::from([("CustomerId".to_owned(), json("7"))]),
    };
    let message = completed(vec![
        temporal_protos::command::CompleteWorkflowExecutionCommandAttributes {
            result: list("result"),
        }
        .into(),
        temporal_protos::command::UpsertWorkflowSearchAttributesCommandAttributes {
            search_attributes: Some(attributes.clone()),
        }
        .into(),
    ]);
    let encoded = now(coding.encode(message.clone())).expect("it can");
    assert_eq!(
        (&encoded.task_token[..], &*encoded.identity),
        (&b"token"[..], "me")
    );
    let result = match &encoded.commands[0].attributes {
        Some(Attributes::CompleteWorkflowExecutionCommandAttributes(a)) => {
            a.result.clone().expect("there is one").payloads
        }
        other => panic!("{other:?}"),
    };
    let expected = wrapped(&RawValue::new(json("result"))).into_inner();
    assert_eq!(result, [expected]);
    match &encoded.commands[1].attributes {
        Some(Attributes::UpsertWorkflowSearchAttributesCommandAttributes(a)) => {
            assert_eq!(
                a.search_attributes.as_ref(),
                Some(&attributes),
                "the service reads them"
            );
        }
        other => panic!("{other:?}"),
    }
    let any = encoded.messages[0].body.as_ref().expect("it has one");
    let request: Request = any.to_msg().expect("its type is the same");
    let argument = &request
        .input
        .expect("there is one")
        .args
        .expect("and one")
        .payloads[0];
    assert_eq!(encoding(argument), "binary/wrapped");
    assert_eq!(now(coding.decode(encoded)).expect("it can"), message);
}

#[test]
fn of_a_marker_only_the_result_is_a_value() {
    let details = ["data", "result", "patch-data"]
        .map(|name| (name.to_owned(), list(name).expect("there is one")));
    let message = completed(vec![
        RecordMarkerCommandAttributes {
            marker_name: "core_local_activity".to_owned(),
            details: BTreeMap::from(details),
            ..Default::default()
        }
        .into(),
    ]);
    let encoded = now(coding(Test::Wraps, false).encode(message)).expect("it can");
    let Some(Attributes::RecordMarkerCommandAttributes(marker)) = &encoded.commands[0].attributes
    else {
        panic!("{encoded:?}")
    };
    let encodings: Vec<(&str, String)> = marker
        .details
        .iter()
        .map(|(name, values)| (&**name, encoding(&values.payloads[0])))
        .collect();
    let plain = || "json/plain".to_owned();
    let expected = [
        ("data", plain()),
        ("patch-data", plain()),
        ("result", "binary/wrapped".to_owned()),
    ];
    assert_eq!(encodings, expected);
}

fn failed() -> RespondActivityTaskFailedRequest {
    let info = ApplicationFailureInfo {
        r#type: "DiskError".to_owned(),
        details: list("7 bytes"),
        ..ApplicationFailureInfo::default()
    };
    let cause = Failure {
        message: "disk is full".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    };
    RespondActivityTaskFailedRequest {
        failure: Some(Failure {
            message: "cannot store the order".to_owned(),
            stack_trace: "orders.rs:7".to_owned(),
            cause: Some(Box::new(cause)),
            ..Failure::default()
        }),
        ..Default::default()
    }
}

#[test]
fn messages_of_failures_are_hidden_on_request() {
    let plain = now(coding(Test::Wraps, false).encode(failed())).expect("it can");
    let failure = plain.failure.expect("there is one");
    assert_eq!(failure.message, "cannot store the order");
    assert_eq!(failure.encoded_attributes, None);

    let coding = coding(Test::Wraps, true);
    let encoded = now(coding.encode(failed())).expect("it can");
    let failure = encoded.failure.clone().expect("there is one");
    let cause = failure.cause.clone().expect("there is one");
    for failure in [&failure, &cause] {
        assert_eq!(
            (&*failure.message, &*failure.stack_trace),
            ("Encoded failure", "")
        );
        let attributes = failure.encoded_attributes.as_ref().expect("they are there");
        assert_eq!(encoding(attributes), "binary/wrapped");
    }
    let Some(FailureInfo::ApplicationFailureInfo(info)) = cause.failure_info else {
        panic!("{cause:?}")
    };
    assert_eq!(info.r#type, "DiskError", "the service goes by it");
    assert_eq!(
        encoding(&info.details.expect("one").payloads[0]),
        "binary/wrapped"
    );
    assert_eq!(coding.text_of("disk is full"), "Encoded failure");

    // encoded already, by another SDK, say: not once more
    let once_more = now(coding.encode(now(coding.decode(encoded.clone())).expect("it can")));
    assert_eq!(once_more.expect("it can"), encoded);
    let decoded = now(coding.decode(encoded)).expect("it can");
    let failure = crate::Failure::from_proto(decoded.failure.expect("there is one"));
    assert_eq!(
        (failure.message(), failure.stack_trace()),
        ("cannot store the order", "orders.rs:7")
    );
    assert_eq!(
        failure.cause().map(crate::Failure::message),
        Some("disk is full")
    );
}

#[test]
fn a_codec_that_fails_says_why() {
    let text = |codec, message| {
        let error = now(coding(codec, false).encode(message)).expect_err("it cannot");
        assert_eq!(error.kind(), ErrorKind::Payload);
        error.to_string()
    };
    assert_eq!(
        text(Test::Refuses, failed()),
        "the payload codec could not encode: no key"
    );
    assert_eq!(
        text(Test::Panics, failed()),
        "the payload codec could not encode: it panicked: lost the key"
    );
    // a list may change its length, a single payload may not
    assert!(now(coding(Test::Doubles, false).encode(failed())).is_ok());
    let single = now(coding(Test::Doubles, true).encode(failed())).expect_err("it cannot");
    assert_eq!(
        single.to_string(),
        "the payload codec could not encode: it gave 2 payloads for one"
    );
}

#[test]
fn without_a_codec_a_message_is_left_alone() {
    assert!(Coding::default().is_off());
    assert_eq!(
        now(Coding::default().encode(failed())).expect("it can"),
        failed()
    );
    assert_eq!(
        now(Coding::default().decode(failed())).expect("it can"),
        failed()
    );
}

/// What is no message is left to who reads it.
#[test]
fn an_any_that_cannot_be_read_is_passed_on() {
    let mut message = completed(vec![]);
    if let Some(any) = &mut message.messages[0].body {
        any.value = vec![0xff];
    }
    let encoded = now(coding(Test::Wraps, false).encode(message.clone()));
    assert_eq!(encoded.expect("it can"), message);
}
