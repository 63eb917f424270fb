//! The door of those who come over the network: lets a call through that carries one of the service's keys, if the
//! service has any. Whoever is in this process goes past it. Never tells what a key should have been. Counts those it turns away.

use std::convert::Infallible;
use std::future::ready;
use std::task::{Context, Poll};

use tonic::Status;

use super::api_keys::ApiKeys;
use super::front::{BoxFuture, Front, Request, Response};
use crate::engine::refusal::Refusal;

/// Whoever watches over the service has no key, and learns nothing but that it is there.
const OPEN: [&str; 2] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
];

/// A front that asks for a key.
#[derive(Clone, Debug)]
pub(crate) struct Authorized {
    front: Front,
    keys: ApiKeys,
}

impl Authorized {
    pub(crate) fn new(front: Front, keys: ApiKeys) -> Self {
        Self { front, keys }
    }

    fn check(&self, request: &Request) -> Result<(), Refusal> {
        if self.keys.are_none() || OPEN.contains(&request.uri().path()) {
            return Ok(());
        }
        let header = request.headers().get(http::header::AUTHORIZATION);
        let Some(given) = header.and_then(|header| bearer(header.as_bytes())) else {
            return Err(refused(
                "no API key came with the call; send `Authorization: Bearer <key>`",
            ));
        };
        if self.keys.match_one(given) {
            Ok(())
        } else {
            Err(refused(
                "the API key of the call is not one of the service's",
            ))
        }
    }
}

/// The beginning is that of the real service.
fn refused(why: &str) -> Refusal {
    Refusal::PermissionDenied(format!("Request unauthorized. ({why})"))
}

/// What follows the scheme, whose case is free.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, key) = header.split_at_checked(SCHEME.len())?;
    scheme
        .eq_ignore_ascii_case(SCHEME)
        .then(|| key.trim_ascii())
}

impl tower_service::Service<Request> for Authorized {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.front.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.check(&request) {
            Ok(()) => self.front.call(request),
            Err(refusal) => {
                self.front.calls().count_unauthorized();
                Box::pin(ready(Ok(Status::from(refusal).into_http())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::body::Body;
    use tower_service::Service as _;

    use super::*;
    use crate::{ApiKey, Server, ServerOptions};

    #[tokio::test]
    async fn who_is_turned_away_is_counted_and_not_under_the_name_of_the_call() {
        let server = Server::start(ServerOptions::default()).await.unwrap();
        let front = server.channel();
        let keys = ApiKeys::new(vec![ApiKey::new("k")], None).unwrap();
        let mut guarded = Authorized::new(front.clone(), keys);
        for (key, code) in [("wrong", Some("7")), ("k", None)] {
            let request = http::Request::builder()
                .method("POST")
                .uri("/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo")
                .header("authorization", format!("Bearer {key}"))
                .body(Body::new(String::from("\0\0\0\0\0")))
                .unwrap();
            let response = guarded.call(request).await.unwrap();
            let status = response.headers().get("grpc-status");
            assert_eq!(status.map(|status| status.to_str().unwrap()), code);
        }
        let mut text = String::new();
        front.calls().write(&mut text).unwrap();
        for line in [
            "temporal_requests_total{operation=\"unauthorized\",code=\"PermissionDenied\"} 1",
            "temporal_requests_total{operation=\"GetSystemInfo\",code=\"Ok\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(bearer(b"Bearer key"), Some(&b"key"[..]));
        assert_eq!(bearer(b"bearer  key "), Some(&b"key"[..]));
        for other in [&b"Basic key"[..], b"Bearer", b"", b"key"] {
            assert_eq!(bearer(other), None, "{other:?}");
        }
    }
}
