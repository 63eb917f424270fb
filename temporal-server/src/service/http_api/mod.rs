//! Temporal's HTTP API: JSON at the addresses that the protocol's annotations give, as `curl` and web pages speak it.
//! A request becomes the bytes of one call through the same door as gRPC, where keys are asked for and calls are counted,
//! and the answer's bytes become JSON; both by the descriptor. Knows no RPC by name.

mod answer;
mod body;
mod format;
mod query;
mod routing;
mod visitor;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use temporal_protos::json::{method, read_text, set, write};
use temporal_protos::routes::Route;
use temporal_protos::rpc::Encoded;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::codegen::http::uri::PathAndQuery;

use super::authorization::Authorized;
use super::deadline::Deadline;
use super::front::{BoxFuture, Request, Response};
use body::LARGE_BODIES;
use format::Format;
use routing::Found;

/// What is said of a call beside its message. `Grpc-Metadata-<name>` says the rest.
const FORWARDED: [&str; 4] = [
    "authorization",
    "client-name",
    "client-version",
    "grpc-timeout",
];

/// Messages of more bytes are turned into JSON, and back, beside the threads that serve others.
const LONG_WORK: usize = 256 << 10;

/// The HTTP API in front of a service. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct HttpApi {
    front: Authorized,
    /// Whether only this machine can reach it.
    is_local: bool,
    large_bodies: Arc<Semaphore>,
}

impl HttpApi {
    pub(crate) fn new(front: Authorized, is_local: bool) -> Self {
        let large_bodies = Arc::new(Semaphore::new(LARGE_BODIES));
        Self {
            front,
            is_local,
            large_bodies,
        }
    }

    /// The JSON of the answer.
    async fn answered(
        &self,
        head: &Parts,
        body: tonic::body::Body,
        format: Format,
    ) -> Result<String, Status> {
        if self.is_local {
            visitor::check(head)?;
        }
        let (route, named) = match routing::find(head.method.as_str(), head.uri.path()) {
            Found::Route(route, named) => (route, named),
            Found::OtherVerb => return Err(Status::unimplemented("Method Not Allowed")),
            Found::Nothing => return Err(Status::not_found("Not Found")),
            Found::Malformed => return Err(Status::invalid_argument("malformed path escape")),
        };
        let Some((request, answer)) = method(route.rpc) else {
            return Err(Status::internal("the route leads nowhere"));
        };
        let mut wire = if route.has_body {
            let json = body::collect(body, &self.large_bodies).await?;
            apart(json.len(), move || decoded(request, &json, format)).await?
        } else {
            query::decoded(request, head.uri.query().unwrap_or_default())?
        };
        for (field, value) in named {
            set(request, field, &[&value], &mut wire).map_err(Status::invalid_argument)?;
        }
        let reply = self.call(route, head, wire.into()).await?;
        let written = apart(reply.len(), move || write(answer, &reply, format.writing)).await;
        written.map_err(|reason| Status::internal(format!("no JSON of the answer: {reason}")))
    }

    async fn call(&self, route: &Route, head: &Parts, wire: Bytes) -> Result<Bytes, Status> {
        let mut request = tonic::Request::new(wire);
        *request.metadata_mut().as_mut() = forwarded(&head.headers);
        if let (Some(given), Deadline(None)) =
            (head.headers.get("grpc-timeout"), Deadline::of(&request))
        {
            let given = String::from_utf8_lossy(given.as_bytes());
            return Err(Status::invalid_argument(format!(
                "invalid grpc-timeout: {given}"
            )));
        }
        let path = PathAndQuery::from_static(route.rpc);
        // What a client of gRPC would refuse is the caller's own here.
        let front = tonic::client::Grpc::new(self.front.clone());
        let mut front = front.max_decoding_message_size(usize::MAX);
        let Ok(()) = front.ready().await;
        let reply = front.unary(request, path, Encoded).await?;
        Ok(reply.into_inner())
    }
}

/// The headers of the call.
fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let inner = name.as_str().strip_prefix("grpc-metadata-");
        // Those are the transport's.
        let inner = inner.filter(|inner| !inner.starts_with("grpc-"));
        let inner = inner.filter(|inner| !["te", "content-type"].contains(inner));
        let name = match inner.map(HeaderName::try_from) {
            Some(Ok(inner)) => inner,
            None if FORWARDED.contains(&name.as_str()) => name.clone(),
            _ => continue,
        };
        kept.entry(name).or_insert_with(|| value.clone());
    }
    let default = HeaderValue::from_static("temporal-server-http");
    kept.entry("client-name").or_insert(default);
    kept
}

/// Does what takes long for much beside the threads that serve others.
async fn apart<T: Send + 'static>(size: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    if size <= LONG_WORK {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// The message that a body is; nothing is an empty one.
fn decoded(message: &str, json: &[u8], format: Format) -> Result<Vec<u8>, Status> {
    if json.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    read_text(message, json, format.reading).map_err(Status::invalid_argument)
}

impl tower_service::Service<Request> for HttpApi {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let api = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let format = Format::of(&head);
            Ok(match api.answered(&head, body, format).await {
                Ok(json) => answer::json(http::StatusCode::OK, format, json),
                Err(status) => answer::refused(&status, format),
            })
        })
    }
}
