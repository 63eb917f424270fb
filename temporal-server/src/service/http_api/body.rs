//! The body of a request: read whole, but not without end in bytes or in time, and not many large ones at a time.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Body as _;

use crate::service::MAX_MESSAGE_BYTES;

/// How long a body may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is longer waits for its turn.
const SMALL: usize = 64 << 10;
/// So many bodies that are not small are in memory at a time.
pub(super) const LARGE_BODIES: usize = 32;

/// All of a body.
pub(super) async fn collect(body: Body, large_bodies: &Semaphore) -> Result<Bytes, Status> {
    tokio::time::timeout(PATIENCE, whole(body, large_bodies))
        .await
        .unwrap_or_else(|_| {
            Err(Status::deadline_exceeded(
                "the request's body took too long",
            ))
        })
}

async fn whole(mut body: Body, large_bodies: &Semaphore) -> Result<Bytes, Status> {
    let mut read: Vec<u8> = Vec::new();
    let mut turn = None;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Status::cancelled("the request's body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = read.len() + data.len();
        if length > MAX_MESSAGE_BYTES {
            return Err(Status::invalid_argument("http: request body too large"));
        }
        if length > SMALL && turn.is_none() {
            let waited = large_bodies.acquire().await;
            turn = Some(waited.map_err(|_| Status::unavailable("the service is shutting down"))?);
        }
        read.extend_from_slice(&data);
    }
    Ok(read.into())
}
