//! Every RPC with requests made up at random: an answer comes, soon, and never that of a panic; and what was refused has
//! changed nothing.

mod json;
mod shapes;

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use temporal_protos::rpc::Encoded;
use tonic::{Code, Request, Status};

use crate::driver::tests::{Program, World};
use crate::engine::fuzz::{Random, inputs};
use shapes::{Known, Shapes};

/// Nothing takes longer.
const LONGEST: Duration = Duration::from_secs(1);

/// How often the world goes on by itself: after so many requests.
const TURN: usize = 100;

/// How often there is another world: in an old one it is the end of time, because somebody slept until then.
const AGE: usize = 2000;

/// Refusals of these may leave something: a completion that is refused fails its task; an update was admitted before its
/// caller was told that it was aborted; the first of several operations may have been done.
const MAY_CHANGE: [&str; 4] = [
    "RespondWorkflowTaskCompleted",
    "UpdateWorkflowExecution",
    "ExecuteMultiOperation",
    "PollWorkflowExecutionUpdate",
];

/// Codes that make callers try again. None may answer what is wrong with a request itself (rule 121).
const RETRIED: [Code; 5] = [
    Code::Aborted,
    Code::DataLoss,
    Code::Internal,
    Code::Unavailable,
    Code::Unknown,
];

/// Whether gRPC for Go, too, gives this answer: to bytes that are no message of the method's.
fn is_undecodable(status: &Status) -> bool {
    status.code() == Code::Internal && status.message().starts_with("failed to decode Protobuf")
}

/// What became of a request.
enum End {
    Answered(Result<Bytes, Status>),
    /// It waits for something, and its caller has gone.
    GivenUp,
}

/// Sends a request whose caller does not wait long.
async fn send(world: &World, path: &str, message: &Bytes) -> End {
    let mut request = Request::new(message.clone());
    request.set_timeout(Duration::from_secs(30));
    let mut client = tonic::client::Grpc::new(world.front());
    let call = client.unary(request, path.parse().unwrap(), Encoded);
    let mut call = pin!(call);
    let mut turns = 0;
    std::future::poll_fn(|cx| match call.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(End::Answered(answer.map(tonic::Response::into_inner))),
        // The store has a thread of its own, which is waited for.
        Poll::Pending if turns < 3 || world.is_storing() => {
            turns += 1;
            std::thread::yield_now();
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Poll::Pending => Poll::Ready(End::GivenUp),
    })
    .await
}

/// A request: as senders make it, with a few bytes changed, or not at all a request.
fn message(shapes: &Shapes, method: &shapes::Method, known: &Known, random: &mut Random) -> Bytes {
    let mut message = shapes.request(method, known, random);
    match random.below(6) {
        0 => random.spoil(&mut message),
        1 => {
            message.truncate(10);
            let more = random.below(60);
            message.extend((0..more).map(|_| u8::try_from(random.below(256)).unwrap()));
        }
        _ => {}
    }
    message.into()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a long run says how long it was")]
async fn whatever_is_sent_is_answered_and_a_refusal_changes_nothing() {
    let began = Instant::now();
    let mut random = Random::new(31);
    let shapes = Shapes::new();
    let mut world = World::simulated(31).await;
    let mut program = Program::new(31);
    let mut known = Known::default();
    let (mut taken, mut refused, mut given_up) = (0, 0, 0);
    // One of each RPC is enough to see what is wrong.
    let mut wrong = BTreeMap::new();
    for number in 0..inputs() {
        if number % AGE == 0 {
            let seed = random.next();
            (world, program) = (World::simulated(seed).await, Program::new(seed));
        }
        if number % TURN == 0 {
            for _ in 0..20 {
                program.step(&mut world).await;
            }
            known.run_ids = world.run_ids();
            known.tokens = program.tokens();
        }
        let method = &shapes.methods[number % shapes.methods.len()];
        let message = message(&shapes, method, &known, &mut random);
        world.settle().await;
        let before = world.commits();
        let sent = Instant::now();
        let end = send(&world, &method.path, &message).await;
        let place = format!("input {number}, {}, {message:?}", method.path);
        // The machine may have been busy with something else.
        if sent.elapsed() > LONGEST {
            let again = Instant::now();
            drop(send(&world, &method.path, &message).await);
            if again.elapsed() > LONGEST {
                wrong.insert(&method.path, format!("{place} takes {:?}", again.elapsed()));
            }
        }
        match end {
            End::Answered(Ok(_)) => taken += 1,
            End::Answered(Err(status)) => {
                refused += 1;
                world.settle().await;
                let may_change = MAY_CHANGE.iter().any(|name| method.path.ends_with(name));
                if status.message() == "internal error of the service" {
                    wrong.insert(&method.path, format!("{place} panicked"));
                } else if !may_change && world.commits() != before {
                    let what = format!("{place} was refused and changed something: {status:?}");
                    wrong.insert(&method.path, what);
                } else if RETRIED.contains(&status.code()) && !is_undecodable(&status) {
                    let what = format!("{place} is refused with a retryable code: {status:?}");
                    wrong.insert(&method.path, what);
                }
            }
            End::GivenUp => given_up += 1,
        }
    }
    println!(
        "{} requests to {} RPCs: {taken} taken, {refused} refused, {given_up} given up, in {:.1} s",
        inputs(),
        shapes.methods.len(),
        began.elapsed().as_secs_f32()
    );
    let wrong: Vec<String> = wrong.into_values().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Requests that are all refused at the door would tell little.
    assert!(taken > inputs() / 20, "{taken} of {}", inputs());
}

/// Messages within messages: refused before the stack ends.
#[tokio::test]
async fn a_failure_with_a_hundred_thousand_causes_is_refused() {
    use prost::encoding::{WireType, encode_key, encode_varint};
    let world = World::simulated(1).await;
    world.settle().await;
    let mut failure: Vec<u8> = Vec::new();
    // From the inside out, without copying what is there: lengths are written in front.
    for _ in 0..100_000 {
        let mut cause = Vec::new();
        encode_varint(failure.len() as u64, &mut cause);
        cause.reverse();
        let mut key = Vec::new();
        encode_key(4, WireType::LengthDelimited, &mut key);
        failure.extend(cause);
        failure.extend(key);
    }
    failure.reverse();
    let mut message = Vec::new();
    encode_key(2, WireType::LengthDelimited, &mut message);
    encode_varint(failure.len() as u64, &mut message);
    message.extend(failure);
    let path = "/temporal.api.workflowservice.v1.WorkflowService/RespondActivityTaskFailed";
    let End::Answered(Err(status)) = send(&world, path, &message.into()).await else {
        panic!("it was taken");
    };
    assert!(status.message().contains("recursion limit"), "{status:?}");
}
