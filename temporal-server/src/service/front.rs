//! The door of a service: takes an HTTP request, from a socket or from this process, to the gRPC
//! service it names. Sees to what holds for every call: the caller's deadline, the size of messages,
//! panics that must not reach the caller, and the end of the service. Knows no RPC by name.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use temporal_protos::health::health_server::HealthServer;
use temporal_protos::operatorservice::operator_service_server::OperatorServiceServer;
use temporal_protos::testservice::test_service_server::TestServiceServer;
use temporal_protos::workflowservice::workflow_service_server::WorkflowServiceServer;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};
use tower_service::Service as _;

use super::absent;
use super::calls_made::CallsMade;
use super::deadline::Deadline;
use super::health::{self, Health};
use super::reflection::{self, Index, Reflection};
use super::{MAX_MESSAGE_BYTES, Service};
use crate::options::TimeSkipping;

pub(super) type Request = http::Request<Body>;
pub(super) type Response = http::Response<Body>;
pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The services behind the door. Clones share them.
#[derive(Clone, Debug)]
pub struct Front {
    services: Arc<Services>,
    calls: Arc<CallsMade>,
    closing: watch::Receiver<bool>,
}

#[derive(Debug)]
struct Services {
    workflow: WorkflowServiceServer<Service>,
    operator: OperatorServiceServer<Service>,
    test: Option<TestServiceServer<Service>>,
    health: HealthServer<Health>,
    /// Made for the first who asks.
    reflection: OnceLock<Arc<Index>>,
}

impl Front {
    /// A door to a service; when `closing` turns true, open calls end.
    pub(crate) fn new(
        service: Service,
        time_skipping: TimeSkipping,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let service = Arc::new(service);
        macro_rules! server {
            ($server:ident) => {
                $server::from_arc(service.clone())
                    .accept_compressed(CompressionEncoding::Gzip)
                    .max_decoding_message_size(MAX_MESSAGE_BYTES)
            };
        }
        let services = Services {
            workflow: server!(WorkflowServiceServer),
            operator: server!(OperatorServiceServer),
            test: (time_skipping != TimeSkipping::Off).then(|| server!(TestServiceServer)),
            health: HealthServer::new(Health::new(closing.clone()))
                .accept_compressed(CompressionEncoding::Gzip),
            reflection: OnceLock::new(),
        };
        Self {
            services: Arc::new(services),
            calls: Arc::default(),
            closing,
        }
    }

    /// What is counted of the calls through this door.
    pub(crate) fn calls(&self) -> &Arc<CallsMade> {
        &self.calls
    }

    /// The answer to a request, as far as its service gives one.
    fn dispatch(&self, request: Request) -> BoxFuture<Result<Response, Infallible>> {
        let named = request
            .uri()
            .path()
            .strip_prefix('/')
            .and_then(|path| path.split_once('/'));
        match (named, &self.services.test) {
            (Some(("temporal.api.workflowservice.v1.WorkflowService", _)), _) => {
                self.services.workflow.clone().call(request)
            }
            (Some(("temporal.api.operatorservice.v1.OperatorService", _)), _) => {
                self.services.operator.clone().call(request)
            }
            (Some(("temporal.api.testservice.v1.TestService", _)), Some(test)) => {
                test.clone().call(request)
            }
            (Some((health::SERVICE, _)), _) => self.services.health.clone().call(request),
            (Some((name, method)), _) if reflection::SERVICES.contains(&name) => {
                if method != reflection::METHOD {
                    // The text comes with what is said of all methods that are not there.
                    return Box::pin(ready(Ok(refused(&Status::unimplemented("")))));
                }
                let index = self
                    .services
                    .reflection
                    .get_or_init(|| Arc::new(Index::new()));
                let reflection = Reflection(index.clone());
                let mut grpc = tonic::server::Grpc::new(reflection::Messages)
                    .accept_compressed(CompressionEncoding::Gzip);
                Box::pin(async move { Ok(grpc.streaming(reflection, request).await) })
            }
            (named, _) => {
                let name = named.map_or("", |(name, _)| name);
                let status = Status::unimplemented(format!("unknown service {name}"));
                Box::pin(ready(Ok(refused(&status))))
            }
        }
    }
}

impl tower_service::Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Deadline(left) = Deadline::from_headers(request.headers());
        let mut closing = self.closing.clone();
        let uri = request.uri().clone();
        let (calls, began) = (self.calls.clone(), Instant::now());
        let answer = Guarded(self.dispatch(request));
        let timed = async move {
            match left {
                Some(left) => tokio::time::timeout(left, answer)
                    .await
                    .unwrap_or_else(|_| refused(&Status::deadline_exceeded("Deadline Exceeded"))),
                None => answer.await,
            }
        };
        Box::pin(async move {
            let response = tokio::select! {
                biased;
                response = timed => response,
                () = closed(&mut closing) => refused(&Status::unavailable("the service is shutting down")),
            };
            let response = in_known_words(response, uri.path());
            calls.count(uri.path(), code(&response), began.elapsed());
            Ok(response)
        })
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the handle is gone, which ends the service as well.
    let _ = closing.wait_for(|closing| *closing).await;
}

fn refused(status: &Status) -> Response {
    status.clone().into_http()
}

/// A call whose panic becomes INTERNAL. The text stays here: it may hold anything.
struct Guarded(BoxFuture<Result<Response, Infallible>>);

impl Future for Guarded {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => Poll::Ready(response),
            Ok(Poll::Ready(Err(never))) => match never {},
            Err(_) => {
                tracing::error!(
                    "a handler panicked; this is a defect of temporal-server, please report it"
                );
                // The future must not be polled again.
                self.0 = Box::pin(std::future::pending());
                Poll::Ready(refused(&Status::internal("internal error of the service")))
            }
        }
    }
}

/// The code of an answer: OK is said after it.
fn code(response: &Response) -> Code {
    let code = response.headers().get("grpc-status");
    code.map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}

/// Replaces the texts of the transport where clients know others: SDKs stop retrying a message that
/// is too large only by the code and the text of gRPC for Go.
fn in_known_words(response: Response, path: &str) -> Response {
    if response
        .headers()
        .get("grpc-status")
        .is_none_or(|code| code == "0")
    {
        return response;
    }
    let Some(status) = Status::from_header_map(response.headers()) else {
        return response;
    };
    let text = status.message();
    match status.code() {
        Code::OutOfRange => {
            let found = text.split_once("message length too large: found ");
            match found.and_then(|(_, rest)| rest.split_once(' ')) {
                Some((size, _)) => {
                    refused(&too_large(&format!("({size} vs. {MAX_MESSAGE_BYTES})")))
                }
                None => response,
            }
        }
        Code::ResourceExhausted if text.starts_with("Error decompressing: size limit") => {
            refused(&too_large(&MAX_MESSAGE_BYTES.to_string()))
        }
        // What the generated code says of a method without a handler, or without a name it knows.
        Code::Unimplemented if text.is_empty() || text == "Not yet implemented" => {
            let method = path.rsplit('/').next().unwrap_or_default();
            refused(&Status::unimplemented(absent::reason(method)))
        }
        _ => response,
    }
}

fn too_large(sizes: &str) -> Status {
    Status::resource_exhausted(format!("grpc: received message larger than max {sizes}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(response: &Response) -> (Code, String) {
        let status = Status::from_header_map(response.headers()).unwrap();
        (status.code(), status.message().to_owned())
    }

    #[tokio::test]
    async fn a_panic_is_internal_and_keeps_its_text() {
        let call: BoxFuture<Result<Response, Infallible>> =
            Box::pin(async { panic!("/home/secret") });
        let (code, message) = answered(&Guarded(call).await);
        assert_eq!(
            (code, message.as_str()),
            (Code::Internal, "internal error of the service")
        );
    }

    #[test]
    fn texts_of_the_transport_become_those_that_clients_know() {
        let found = "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes";
        let words = |status: Status| answered(&in_known_words(refused(&status), "/a.b.C/Method"));
        let (code, message) = words(Status::out_of_range(found));
        assert_eq!(code, Code::ResourceExhausted);
        assert_eq!(
            message,
            "grpc: received message larger than max (5000000 vs. 4194304)"
        );
        let (code, message) = words(Status::unimplemented(""));
        assert_eq!(code, Code::Unimplemented);
        assert!(
            message.starts_with("method Method is not served"),
            "{message}"
        );
        let own = Status::out_of_range("something else");
        assert_eq!(words(own), (Code::OutOfRange, "something else".to_owned()));
        assert_eq!(
            words(Status::unimplemented("off")),
            (Code::Unimplemented, "off".to_owned())
        );
    }
}
