//! The HTTP API over TCP, as `curl` sees it. Answers that are given word for word were recorded from the real service,
//! but for the texts that tell what is wrong with a request's JSON.

use std::net::SocketAddr;

use serde_json::{Value, json};
use temporal_protos::workflowservice::RespondQueryTaskCompletedRequest;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_server::{ApiKey, Server, ServerHandle, ServerOptions, StartError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common;

const NAMESPACE: &str = "/api/v1/namespaces/default";

fn options() -> ServerOptions {
    let mut options = ServerOptions::default();
    options.http_address = Some("127.0.0.1:0".parse().unwrap());
    options
}

/// An answer: its status, its head and its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// Sends bytes, and reads what comes until the connection ends.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Who does not want all of it hangs up early.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("{answer}")),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

async fn call(address: SocketAddr, verb: &str, target: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{verb} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    exchange(address, request.as_bytes()).await
}

/// A service, and where its HTTP API is.
async fn service() -> (ServerHandle, SocketAddr) {
    let server = Server::start(options()).await.unwrap();
    let address = server.http_address().unwrap();
    (server, address)
}

async fn get(address: SocketAddr, target: &str) -> Answer {
    call(address, "GET", target, "", "").await
}

async fn post(address: SocketAddr, target: &str, body: &Value) -> Answer {
    call(address, "POST", target, "", &body.to_string()).await
}

/// Starts a workflow, and gives its run id.
async fn start(address: SocketAddr, id: &str) -> String {
    let body = json!({
        "workflowType": {"name": "T"}, "taskQueue": {"name": "q"},
        "input": ["a", 1, 2.5, {"b": null}, null], "memo": {"fields": {"k": "v"}}
    });
    let started = post(address, &format!("{NAMESPACE}/workflows/{id}"), &body).await;
    assert_eq!(started.status, 200, "{started:?}");
    assert!(
        started.head.contains("content-type: application/json\r\n"),
        "{started:?}"
    );
    started.json()["runId"].as_str().unwrap().to_owned()
}

/// A text with what differs from run to run replaced.
fn settled(text: &str, run_id: &str) -> String {
    let text = text.replace(run_id, "RUN");
    let mut settled = String::new();
    let mut rest = text.as_str();
    for key in ["\"eventTime\":\"", "\"taskId\":\""].into_iter().cycle() {
        let Some((before, behind)) = rest.split_once(key) else {
            break;
        };
        let (_, behind) = behind.split_once('"').unwrap();
        settled = settled + before + key + "..\"";
        rest = behind;
    }
    settled + rest
}

#[tokio::test]
async fn a_workflow_is_started_and_its_history_read() {
    let (_server, address) = service().await;
    let run_id = start(address, "w1").await;
    let history = get(address, &format!("{NAMESPACE}/workflows/w1/history")).await;
    let expected = r#"{"history":{"events":[{"eventId":"1","eventTime":"..","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED","taskId":"..","workflowExecutionStartedEventAttributes":{"workflowType":{"name":"T"},"taskQueue":{"name":"q","kind":"TASK_QUEUE_KIND_NORMAL"},"input":["a",1,2.5,{"b":null},{"metadata":{"encoding":"YmluYXJ5L251bGw="}}],"workflowTaskTimeout":"10s","originalExecutionRunId":"RUN","firstExecutionRunId":"RUN","attempt":1,"firstWorkflowTaskBackoff":"0s","memo":{"fields":{"k":"v"}},"workflowId":"w1"}},{"eventId":"2","eventTime":"..","eventType":"EVENT_TYPE_WORKFLOW_TASK_SCHEDULED","taskId":"..","workflowTaskScheduledEventAttributes":{"taskQueue":{"name":"q","kind":"TASK_QUEUE_KIND_NORMAL"},"startToCloseTimeout":"10s","attempt":1}}]}}"#;
    assert_eq!(settled(&history.body, &run_id), expected);
    let long = get(
        address,
        &format!("{NAMESPACE}/workflows/w1/history?noPayloadShorthand"),
    )
    .await;
    let expected =
        r#""memo":{"fields":{"k":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"InYi"}}}"#;
    assert!(long.body.contains(expected), "{long:?}");
    let kind = "content-type: application/json+no-payload-shorthand\r\n";
    assert!(long.head.contains(kind), "{long:?}");
    let pretty = get(
        address,
        &format!("/namespaces/default/workflows/w1?pretty&execution.runId={run_id}"),
    )
    .await;
    assert!(
        pretty
            .body
            .starts_with("{\n  \"executionConfig\": {\n    \"taskQueue\""),
        "{pretty:?}"
    );
    let list = get(
        address,
        &format!("{NAMESPACE}/workflows?query=WorkflowId%3D'w1'&pageSize=2"),
    )
    .await;
    assert_eq!(list.json()["executions"][0]["execution"]["runId"], *run_id);
    let count = get(
        address,
        &format!("{NAMESPACE}/workflow-count?query=GROUP+BY+ExecutionStatus"),
    )
    .await;
    let expected = r#"{"count":"1","groups":[{"groupValues":[{"metadata":{"encoding":"anNvbi9wbGFpbg==","type":"S2V5d29yZA=="},"data":"IlJ1bm5pbmci"}],"count":"1"}]}"#;
    assert_eq!(count.body, expected);
}

/// Requests that are refused, below `/workflows/w1` of the namespace where the address does not begin with a slash; the
/// status, and the answer.
const REFUSED: [(&str, &str, &str, u16, &str); 12] = [
    (
        "GET",
        "/api/v1/nothing",
        "",
        404,
        r#"{"code":5,"message":"Not Found"}"#,
    ),
    ("GET", "/", "", 404, r#"{"code":5,"message":"Not Found"}"#),
    (
        "DELETE",
        NAMESPACE,
        "",
        501,
        r#"{"code":12,"message":"Method Not Allowed"}"#,
    ),
    (
        "GET",
        "/api/v1/namespaces/none",
        "",
        404,
        r#"{"code":5,"message":"Namespace none is not found.","details":[{"@type":"type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure","namespace":"none"}]}"#,
    ),
    (
        "POST",
        "",
        "",
        400,
        r#"{"code":3,"message":"WorkflowType is not set on request."}"#,
    ),
    (
        "POST",
        "",
        "{\"bad\":1}",
        400,
        r#"{"code":3,"message":"unknown field \"bad\""}"#,
    ),
    (
        "POST",
        "",
        "{\"identity\":\"a\",\"identity\":\"a\"}",
        400,
        r#"{"code":3,"message":"duplicate field \"identity\""}"#,
    ),
    (
        "POST",
        "",
        "{",
        400,
        r#"{"code":3,"message":"it is no JSON: EOF while parsing an object at line 1 column 1"}"#,
    ),
    (
        "GET",
        "?execution.run_id=x",
        "",
        400,
        r#"{"code":3,"message":"Invalid RunId."}"#,
    ),
    (
        "GET",
        "?execution.runId=00000000-0000-0000-0000-000000000000",
        "",
        404,
        r#"{"code":5,"message":"workflow execution not found for workflow ID \"w1\" and run ID \"00000000-0000-0000-0000-000000000000\"","details":[{"@type":"type.googleapis.com/temporal.api.errordetails.v1.NotFoundFailure"}]}"#,
    ),
    (
        "GET",
        "/api/v1/namespaces/default/workflows?pageSize=x",
        "",
        400,
        r#"{"code":3,"message":"parsing field \"page_size\": invalid value \"x\""}"#,
    ),
    (
        "GET",
        "/namespaces/default/nothing?pretty",
        "",
        404,
        "{\n  \"code\": 5,\n  \"message\": \"Not Found\"\n}",
    ),
];

#[tokio::test]
async fn what_is_refused_is_told_as_the_real_service_does() {
    let (_server, address) = service().await;
    let run_id = start(address, "w1").await;
    let workflow = format!("{NAMESPACE}/workflows/w1");
    for (verb, target, body, status, expected) in REFUSED {
        let target = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("{workflow}{target}")
        };
        let answer = call(address, verb, &target, "", body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, expected),
            "{verb} {target}"
        );
    }
    let malformed = get(address, "/api/v1/namespaces/%zz").await;
    assert_eq!(
        (malformed.status, &*malformed.body),
        (400, r#"{"code":3,"message":"malformed path escape"}"#)
    );
    let body = json!({"workflowType": {"name": "T"}, "taskQueue": {"name": "q"}});
    let again = post(address, &workflow, &body).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["details"][0]["runId"], *run_id);
    let late = call(address, "GET", &workflow, "grpc-timeout: soon\r\n", "").await;
    assert_eq!(
        late.body,
        r#"{"code":3,"message":"invalid grpc-timeout: soon"}"#
    );
}

/// A worker that speaks gRPC answers a query that comes as JSON, and a wait ends with the workflow.
#[tokio::test]
async fn queries_signals_and_waits_meet_workers() {
    let (server, address) = service().await;
    start(address, "w1").await;
    let mut client = WorkflowServiceClient::new(server.channel());
    common::step(&mut client, "q", Vec::new()).await.unwrap();
    let target = format!("{NAMESPACE}/workflows/w1/query/sum");
    let body = json!({"query": {"queryArgs": [1, 2]}});
    let (answer, ()) = tokio::join!(post(address, &target, &body), async {
        let task = common::take(&mut client).await;
        let query = task.query.unwrap();
        assert_eq!(query.query_type, "sum");
        let arguments = query.query_args.unwrap().payloads;
        let data = [&arguments[0].data[..], &arguments[1].data[..]];
        assert_eq!(data, [b"1", b"2"]);
        let mut query_result = common::payloads("3");
        let metadata = ("encoding".to_owned(), "json/plain".into());
        query_result.as_mut().unwrap().payloads[0]
            .metadata
            .extend([metadata]);
        let answer = RespondQueryTaskCompletedRequest {
            task_token: task.task_token,
            namespace: "default".into(),
            completed_type: 1,
            query_result,
            ..Default::default()
        };
        client.respond_query_task_completed(answer).await.unwrap();
    });
    assert_eq!(answer.body, r#"{"queryResult":["3"]}"#);

    let wait = format!(
        "{NAMESPACE}/workflows/w1/history?waitNewEvent=true&historyEventFilterType=HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT"
    );
    let target = format!("{NAMESPACE}/workflows/w1/terminate");
    let body = json!({"reason": "enough", "details": ["d"]});
    let (closed, terminated) = tokio::join!(get(address, &wait), post(address, &target, &body));
    assert_eq!(terminated.body, "{}");
    let closed = closed.json();
    let event = &closed["history"]["events"][0]["workflowExecutionTerminatedEventAttributes"];
    assert_eq!(event["details"], json!(["d"]));
}

#[tokio::test]
async fn a_key_is_asked_for_and_calls_are_counted_as_those_of_grpc() {
    let mut options = options();
    options.api_keys = vec![ApiKey::new("secret")];
    options.metrics_address = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(options).await.unwrap();
    let address = server.http_address().unwrap();
    for (headers, status) in [
        ("", 403),
        ("authorization: Bearer wrong\r\n", 403),
        ("authorization: Bearer secret\r\n", 200),
        ("grpc-metadata-authorization: Bearer secret\r\n", 200),
    ] {
        let answer = call(address, "GET", "/api/v1/system-info", headers, "").await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    let metrics = exchange(server.metrics_address().unwrap(), request).await;
    for line in [
        "temporal_requests_total{operation=\"GetSystemInfo\",code=\"Ok\"} 2",
        "temporal_requests_total{operation=\"unauthorized\",code=\"PermissionDenied\"} 2",
    ] {
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{line}: {metrics:?}"
        );
    }
}

#[tokio::test]
async fn pages_of_elsewhere_do_nothing_here() {
    let (_server, address) = service().await;
    let target = format!("{NAMESPACE}/workflows/w1");
    let body = json!({"workflowType": {"name": "T"}, "taskQueue": {"name": "q"}}).to_string();
    let page = "origin: https://example.com\r\n";
    assert_eq!(
        call(address, "POST", &target, page, &body).await.status,
        403
    );
    let rebound = b"GET /cluster HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(address, rebound).await.status, 403);
    assert_eq!(get(address, &target).await.status, 404);
    let near = "origin: http://localhost:8233\r\n";
    assert_eq!(
        call(address, "POST", &target, near, &body).await.status,
        200
    );
}

/// What is too large, too deep or no HTTP is refused, and others are served as before.
#[tokio::test]
async fn requests_are_bounded() {
    let (_server, address) = service().await;
    let target = format!("{NAMESPACE}/workflows/w1");
    let large = format!("\"{}\"", "x".repeat(4 << 20));
    let answer = call(address, "POST", &target, "", &large).await;
    let expected = r#"{"code":3,"message":"http: request body too large"}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, expected));
    // without a length it is the same
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let chunked = head + &chunk.repeat(5) + "0\r\n\r\n";
    assert_eq!(exchange(address, chunked.as_bytes()).await.body, expected);
    for deep in ["[".repeat(100_000), "{\"failure\":".repeat(100_000)] {
        let answer = call(address, "POST", &target, "", &deep).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.body.contains("recursion limit exceeded"),
            "{answer:?}"
        );
    }
    let cause = "{\"cause\":".repeat(110) + "{}" + &"}".repeat(110);
    let target = format!("{NAMESPACE}/activity-fail");
    let answer = call(
        address,
        "POST",
        &target,
        "",
        &format!("{{\"failure\":{cause}}}"),
    )
    .await;
    assert!(
        answer.status == 400 && answer.body.contains("is too deep"),
        "{answer:?}"
    );
    let long = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "x".repeat(100_000)
    );
    assert_eq!(exchange(address, long.as_bytes()).await.status, 414);
    assert_eq!(exchange(address, b"nonsense\r\n\r\n").await.status, 400);
    assert_eq!(get(address, "/cluster").await.status, 200);
}

#[tokio::test]
async fn open_calls_end_with_the_service_and_the_port_is_free() {
    let (server, address) = service().await;
    start(address, "w1").await;
    let wait = format!(
        "GET {NAMESPACE}/workflows/w1/history?waitNewEvent=true&historyEventFilterType=2 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(wait.as_bytes()).await.unwrap();
    // it waits when others behind it have been answered
    get(address, "/cluster").await;
    let idle = TcpStream::connect(address).await.unwrap();
    server.shutdown().await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    drop(idle);
    let mut options = options();
    options.http_address = Some(address);
    Server::start(options)
        .await
        .expect("the port is free after shutdown");
}

#[tokio::test]
async fn other_machines_are_let_in_as_to_grpc() {
    let mut options = options();
    options.http_address = Some("0.0.0.0:0".parse().unwrap());
    let error = Server::start(options.clone()).await.unwrap_err();
    assert!(matches!(error, StartError::NotLoopback { .. }), "{error}");
    options.insecure_listen = true;
    let server = Server::start(options).await.unwrap();
    let port = server.http_address().unwrap().port();
    let request = b"GET /cluster HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n";
    let answer = exchange(([127, 0, 0, 1], port).into(), request).await;
    assert_eq!(answer.status, 200);
}
