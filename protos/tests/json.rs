//! Messages as JSON. What is expected of whole messages was recorded from the HTTP API of the real service.

use serde_json::{Value, json};
use temporal_protos::json::{Reading, Writing, read, read_text, set, write};
use temporal_protos::prost::{self, Message};
use temporal_protos::prost_types;
use temporal_protos::workflowservice::{
    CreateScheduleRequest, DescribeTaskQueueRequest, DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest, StartWorkflowExecutionRequest, UpdateNamespaceRequest,
};

const SHORT: Reading = Reading {
    lenient: false,
    shorthand: true,
};
const LONG: Reading = Reading {
    lenient: false,
    shorthand: false,
};

fn request<M: Message + Default>(name: &str, json: &Value, how: Reading) -> Result<M, String> {
    let wire = read(
        &format!(".temporal.api.workflowservice.v1.{name}"),
        json,
        how,
    )?;
    Ok(M::decode(&wire[..]).expect("what was read is a message"))
}

fn start(json: &Value) -> Result<StartWorkflowExecutionRequest, String> {
    request("StartWorkflowExecutionRequest", json, SHORT)
}

/// The history of a workflow started with `["a",1,2.5,{"b":[],"a":null},null]`, both ways of writing payloads.
const SHORT_HISTORY: &str = r#"{"history":{"events":[{"eventId":"1","eventTime":"2026-11-30T11:47:51.540236988Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED","taskId":"1048592","workflowExecutionStartedEventAttributes":{"workflowType":{"name":"T"},"taskQueue":{"name":"q","kind":"TASK_QUEUE_KIND_NORMAL"},"input":["a",1,2.5,{"a":null,"b":null},{"metadata":{"encoding":"YmluYXJ5L251bGw="}}],"workflowTaskTimeout":"10s","originalExecutionRunId":"01a22c48-6474-7397-9612-278939421b51","firstExecutionRunId":"01a22c48-6474-7397-9612-278939421b51","attempt":1,"firstWorkflowTaskBackoff":"0s","memo":{"fields":{"k":"v"}},"workflowId":"w1"}},{"eventId":"2","eventTime":"2026-11-30T11:47:51.540359217Z","eventType":"EVENT_TYPE_WORKFLOW_TASK_SCHEDULED","taskId":"1048593","workflowTaskScheduledEventAttributes":{"taskQueue":{"name":"q","kind":"TASK_QUEUE_KIND_NORMAL"},"startToCloseTimeout":"10s","attempt":1}}]}}"#;
const LONG_INPUT: &str = r#""input":{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"ImEi"},{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="},{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"Mi41"},{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"eyJhIjpudWxsLCJiIjpudWxsfQ=="},{"metadata":{"encoding":"YmluYXJ5L251bGw="}}]}"#;
const LONG_MEMO: &str =
    r#""memo":{"fields":{"k":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"InYi"}}}"#;

#[test]
fn a_history_is_written_as_the_real_service_writes_it() {
    let name = ".temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryResponse";
    let json = serde_json::from_str(SHORT_HISTORY).unwrap();
    let wire = read(name, &json, SHORT).unwrap();
    let written = |shorthand| {
        let pretty = false;
        write(name, &wire, Writing { pretty, shorthand }).unwrap()
    };
    assert_eq!(written(true), SHORT_HISTORY);
    let long = written(false);
    assert!(
        long.contains(LONG_INPUT) && long.contains(LONG_MEMO),
        "{long}"
    );
    let again = read(name, &serde_json::from_str(&long).unwrap(), LONG);
    assert_eq!(again.as_deref(), Ok(&wire[..]));
    // a long one may stand where a short one is looked for
    let again = read(name, &serde_json::from_str(&long).unwrap(), SHORT);
    assert_eq!(again.as_deref(), Ok(&wire[..]));
}

#[test]
fn on_many_lines_each_level_is_indented() {
    let wire = read(
        ".google.rpc.Status",
        &json!({"code": 5, "message": "Not Found", "details": [{}, {}]}),
        LONG,
    );
    let how = Writing {
        pretty: true,
        shorthand: true,
    };
    let expected = "{\n  \"code\": 5,\n  \"message\": \"Not Found\",\n  \"details\": [\n    {},\n    {}\n  ]\n}";
    assert_eq!(
        write(".google.rpc.Status", &wire.unwrap(), how).unwrap(),
        expected
    );
}

#[test]
fn payloads_may_be_short() {
    let request = start(&json!({"input": [
        "a", null, [1, []], {"_protoMessageType": "a.B", "x": 1},
        {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="},
        {"metadata": {"a": 1}}, {"metadata": {"encoding": "eA=="}}
    ]}));
    let payloads = request.unwrap().input.unwrap().payloads;
    let shown: Vec<(&str, &str)> = payloads
        .iter()
        .map(|p| {
            let text = |bytes| std::str::from_utf8(bytes).unwrap();
            (text(&p.metadata["encoding"]), text(&p.data))
        })
        .collect();
    let expected = [
        ("json/plain", "\"a\""),
        ("binary/null", ""),
        ("json/plain", "[1,[]]"),
        ("json/protobuf", "{\"x\":1}"),
        ("json/plain", "1"),
        ("json/plain", "{\"metadata\":{\"a\":1}}"),
        ("x", ""),
    ];
    assert_eq!(shown, expected);
    assert_eq!(&payloads[3].metadata["messageType"][..], b"a.B");
    // where shorthand is off, a list is no list of payloads
    let long: Result<StartWorkflowExecutionRequest, _> =
        request_long("StartWorkflowExecutionRequest", &json!({"input": [1]}));
    assert_eq!(
        long.unwrap_err(),
        "`input` is `[1]`, and an object was expected"
    );
}

fn request_long<M: Message + Default>(name: &str, json: &Value) -> Result<M, String> {
    request(name, json, LONG)
}

/// What a short form would not give back is written out, and what is no JSON in spite of its encoding.
#[test]
fn payloads_are_short_only_where_nothing_is_lost() {
    for (encoding, more, data, is_short) in [
        ("json/plain", None, "{\"a\": [1]}", true),
        ("json/plain", None, "nonsense", false),
        ("json/plain", None, "", false),
        ("json/plain", Some("type"), "1", false),
        ("json/plain", None, "{\"_protoMessageType\":\"a\"}", false),
        (
            "json/plain",
            None,
            "{\"metadata\":{\"encoding\":\"\"}}",
            false,
        ),
        ("json/protobuf", Some("messageType"), "{}", true),
        ("json/protobuf", Some("messageType"), "1", false),
        ("json/protobuf", None, "{}", false),
        ("binary/plain", None, "1", false),
    ] {
        let mut payload = temporal_protos::common::Payload {
            data: data.as_bytes().to_vec().into(),
            ..Default::default()
        };
        payload
            .metadata
            .insert("encoding".into(), encoding.as_bytes().to_vec().into());
        if let Some(key) = more {
            payload.metadata.insert(key.into(), "a.B".into());
        }
        let name = ".temporal.api.common.v1.Payload";
        let how = Writing {
            pretty: false,
            shorthand: true,
        };
        let written = write(name, &payload.encode_to_vec(), how).unwrap();
        assert_eq!(!written.starts_with("{\"metadata\""), is_short, "{written}");
        let read = read(name, &serde_json::from_str(&written).unwrap(), SHORT).unwrap();
        let mut read = temporal_protos::common::Payload::decode(&read[..]).unwrap();
        if is_short {
            let data: Value = serde_json::from_slice(&read.data).unwrap();
            assert_eq!(
                data,
                serde_json::from_str::<Value>(data_of(&payload)).unwrap()
            );
            read.data = payload.data.clone();
        }
        assert_eq!(read, payload);
    }
}

fn data_of(payload: &temporal_protos::common::Payload) -> &str {
    std::str::from_utf8(&payload.data).unwrap()
}

#[test]
fn strict_reading_refuses_what_it_does_not_know() {
    for (json, message) in [
        (json!({"bad": 1}), "unknown field \"bad\""),
        (
            json!({"taskQueue": {"nam": "q"}}),
            "unknown field \"nam\" in `taskQueue`",
        ),
        (
            json!({"workflowId": "a", "workflow_id": "b"}),
            "duplicate field \"workflow_id\"",
        ),
        (
            json!({"workflowIdReusePolicy": "Never"}),
            "`workflowIdReusePolicy` is `\"Never\"`, and one of the enum's names was expected",
        ),
        (json!([]), "it is `[]`, and an object was expected"),
        (
            json!({"input": [{"_protoMessageType": 1}]}),
            "`input[0]` is `{\"_protoMessageType\":1}`, and a name in `_protoMessageType` was expected",
        ),
        (
            json!({"retryPolicy": {"maximumAttempts": 4_294_967_296_u64}}),
            "`retryPolicy.maximumAttempts` is `4294967296`, and a whole number was expected",
        ),
        (
            json!({"links": [{"workflowEvent": {}, "batchJob": {}}]}),
            "`batchJob` of `links[0]` is one too many: only one of them may be set",
        ),
    ] {
        assert_eq!(start(&json).unwrap_err(), message);
    }
    let policy = start(&json!({"workflowIdReusePolicy": "RejectDuplicate", "memo": null}));
    assert_eq!(policy.unwrap().workflow_id_reuse_policy, 3);
}

#[test]
fn what_stands_twice_in_text_is_refused_where_the_message_has_a_place_for_it() {
    let read = |json: &str| {
        let name = ".temporal.api.workflowservice.v1.StartWorkflowExecutionRequest";
        let wire = read_text(name, json.as_bytes(), SHORT)?;
        Ok::<_, String>(StartWorkflowExecutionRequest::decode(&wire[..]).unwrap())
    };
    for (json, message) in [
        (
            r#"{"identity": "a", "identity": "b"}"#,
            "duplicate field \"identity\"",
        ),
        (
            r#"{"identity": null, "identity": null}"#,
            "duplicate field \"identity\"",
        ),
        (
            r#"{"workflowType": {"name": "a", "name": "a"}}"#,
            "duplicate field \"name\" in `workflowType`",
        ),
        (
            r#"{"memo": {"fields": {"x": 1, "y": 2, "x": 1}}}"#,
            "duplicate map key \"x\" in `memo.fields`",
        ),
        (
            r#"{"links": [{}, {"workflowEvent": {"runId": "1", "runId": "2"}}]}"#,
            "duplicate field \"runId\" in `links[1].workflowEvent`",
        ),
        (
            "{",
            "it is no JSON: EOF while parsing an object at line 1 column 1",
        ),
    ] {
        assert_eq!(read(json).unwrap_err(), message);
    }
    // A payload is whatever its workflow takes it for.
    let input = read(r#"{"identity": "me", "input": [{"a": 1, "a": 2}]}"#).unwrap();
    let payload = &input.input.unwrap().payloads[0];
    assert_eq!(payload.data, "{\"a\":2}");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let causes = "{\"cause\":".repeat(depth) + "{}" + &"}".repeat(depth);
        let failure = serde_json::from_str(&causes).unwrap();
        read(".temporal.api.failure.v1.Failure", &failure, LONG)
    };
    let deepest = nested(99).unwrap();
    assert!(temporal_protos::failure::Failure::decode(&deepest[..]).is_ok());
    let name = ".temporal.api.failure.v1.Failure";
    assert!(write(name, &deepest, Writing::default()).is_ok());
    assert!(nested(100).unwrap_err().ends_with("` is too deep"));
    let mut wire = Vec::new();
    for _ in 0..300 {
        let mut outer = vec![0x22];
        prost::encoding::encode_varint(wire.len() as u64, &mut outer);
        outer.append(&mut wire);
        wire = outer;
    }
    let error = write(name, &wire, Writing::default()).unwrap_err();
    assert_eq!(error, "the message is too deep");
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let name = ".temporal.api.common.v1.WorkflowExecution";
    for wire in [
        &b"\x0a"[..],
        b"\x0a\x05ab",
        b"\x0a\x01\xff",
        b"\x08\x01",
        b"\x0b",
        b"\x09\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert!(write(name, wire, Writing::default()).is_err(), "{wire:?}");
    }
    assert_eq!(
        write(name, b"\xf8\x07\x01", Writing::default()).unwrap(),
        "{}"
    );
}

#[test]
fn what_is_packed_stands_beside_its_type() {
    let status = |json: &str| {
        let wire = read(
            ".google.rpc.Status",
            &serde_json::from_str(json).unwrap(),
            LONG,
        )?;
        write(".google.rpc.Status", &wire, Writing::default())
    };
    for json in [
        // recorded
        r#"{"code":5,"message":"Namespace none is not found.","details":[{"@type":"type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure","namespace":"none"}]}"#,
        r#"{"details":[{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}]}"#,
        r#"{"details":[{"@type":"type.googleapis.com/google.protobuf.Empty"}]}"#,
        r#"{"details":[{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"x/google.protobuf.DoubleValue","value":2}}]}"#,
        r#"{"details":[{"@type":"not/known","value":"AAE="},{}]}"#,
    ] {
        assert_eq!(status(json).as_deref(), Ok(json));
    }
    let error = status(r#"{"details":[{"@type":"not/known"}]}"#).unwrap_err();
    assert!(
        error.ends_with("a type that this version knows was expected"),
        "{error}"
    );
    // bytes that are not what they are called are given as bytes
    let any = prost_types::Any {
        type_url: "x/temporal.api.common.v1.WorkflowExecution".into(),
        value: vec![0x0a, 5],
    };
    let written = write(
        ".google.protobuf.Any",
        &any.encode_to_vec(),
        Writing::default(),
    );
    let expected = r#"{"@type":"x/temporal.api.common.v1.WorkflowExecution","value":"CgU="}"#;
    assert_eq!(written.as_deref(), Ok(expected));
}

fn parameters<M: Message + Default>(name: &str, all: &[(&str, &[&str])]) -> Result<M, String> {
    let name = format!(".temporal.api.workflowservice.v1.{name}");
    let mut wire = Vec::new();
    for (path, values) in all {
        set(&name, path, values, &mut wire)?;
    }
    Ok(M::decode(&wire[..]).expect("what was set is a message"))
}

#[test]
fn parameters_are_fields() {
    let described: DescribeWorkflowExecutionRequest = parameters(
        "DescribeWorkflowExecutionRequest",
        &[
            ("execution.workflow_id", &["w"]),
            ("execution.runId", &["r"]),
            ("nothing", &["x"]),
            ("execution.nothing", &["x"]),
            ("nothing.at.all", &["x"]),
        ],
    )
    .unwrap();
    let execution = described.execution.unwrap();
    assert_eq!((&*execution.workflow_id, &*execution.run_id), ("w", "r"));
    let history: GetWorkflowExecutionHistoryRequest = parameters(
        "GetWorkflowExecutionHistoryRequest",
        &[
            ("waitNewEvent", &["1"]),
            ("maximumPageSize", &["-2"]),
            ("nextPageToken", &["AAE="]),
            (
                "historyEventFilterType",
                &["HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT"],
            ),
        ],
    )
    .unwrap();
    assert!(history.wait_new_event);
    assert_eq!(
        (history.maximum_page_size, history.history_event_filter_type),
        (-2, 2)
    );
    assert_eq!(&history.next_page_token[..], [0, 1]);
    let queue: DescribeTaskQueueRequest = parameters(
        "DescribeTaskQueueRequest",
        &[
            ("taskQueueType", &["2"]),
            ("task_queue_types", &["1", "2"]),
            ("versions.buildIds", &["a", "b"]),
        ],
    )
    .unwrap();
    assert_eq!(
        (queue.task_queue_type, queue.task_queue_types),
        (2, vec![1, 2])
    );
    assert_eq!(queue.versions.unwrap().build_ids, ["a", "b"]);
    let namespace: UpdateNamespaceRequest = parameters(
        "UpdateNamespaceRequest",
        &[
            ("config.workflowExecutionRetentionTtl", &["1h1m"]),
            ("updateInfo.data[k]", &["v"]),
        ],
    )
    .unwrap();
    let retention = namespace.config.unwrap().workflow_execution_retention_ttl;
    assert_eq!(retention.unwrap().seconds, 3660);
    assert_eq!(namespace.update_info.unwrap().data["k"], "v");
    let schedule: CreateScheduleRequest = parameters(
        "CreateScheduleRequest",
        &[("schedule.spec.startTime", &["2026-01-31T12:00:00+01:00"])],
    )
    .unwrap();
    let spec = schedule.schedule.unwrap().spec.unwrap();
    assert_eq!(spec.start_time.unwrap().seconds, 1_769_857_200);
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    for (path, values, message) in [
        (
            "maximumPageSize",
            &["x"][..],
            "parsing field \"maximum_page_size\": invalid value \"x\"",
        ),
        (
            "waitNewEvent",
            &["yes"],
            "parsing field \"wait_new_event\": invalid value \"yes\"",
        ),
        (
            "historyEventFilterType",
            &["9"],
            "parsing field \"history_event_filter_type\": invalid value \"9\"",
        ),
        (
            "namespace",
            &["a", "b"],
            "too many values for field \"namespace\"",
        ),
        (
            "namespace.x",
            &["a"],
            "invalid path: \"namespace\" is not a message",
        ),
        (
            "execution",
            &["a"],
            "parsing field \"execution\": invalid value \"a\"",
        ),
        (
            "namespace[k]",
            &["a"],
            "field \"namespace\" takes one value for each key, or is no map",
        ),
    ] {
        let error = parameters::<GetWorkflowExecutionHistoryRequest>(
            "GetWorkflowExecutionHistoryRequest",
            &[(path, values)],
        );
        assert_eq!(error.unwrap_err(), message);
    }
}
