//! Payload codecs: what is done to every payload on its way to the service, and undone on its way back.

use std::{future::Future, pin::Pin};

use super::RawValue;
use crate::error::Result;

/// What a [`PayloadCodec`] gives: `Box::pin(async move { .. })`.
pub type CodecFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<RawValue>>> + Send + 'a>>;

/// Changes payloads on their way between workers, clients and the service: encrypts, compresses, or keeps large ones
/// elsewhere. The service sees and stores only what [`encode`](Self::encode) gives.
///
/// It is set once, by [`ClientOptions::payload_codec`](crate::client::ClientOptions::payload_codec) or
/// [`App::payload_codec`](crate::App::payload_codec), and applies to every payload: arguments, results, details of
/// failures and heartbeats, signals, queries, updates, memos, headers, summaries, results of local activities. Search
/// attributes are left as they are, because the service reads them.
///
/// It runs outside of workflow code, so it may take its time and wait for others, such as a key service. An error, or a
/// panic, fails what needs the payload: a client's call; an attempt of an activity; a workflow task, which is tried
/// again. A workflow never fails of it.
///
/// ```
/// use temporal_runtime::{CodecFuture, PayloadCodec, RawValue, Result};
///
/// /// Turns every byte around, which hides little.
/// struct Upside;
///
/// fn turned(data: &[u8]) -> Vec<u8> {
///     data.iter().map(|byte| !byte).collect()
/// }
///
/// impl PayloadCodec for Upside {
///     fn encode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
///         Box::pin(async move {
///             // the whole payload, with its metadata, becomes the data of another one
///             let encoded = payloads.iter().map(|payload| {
///                 RawValue::from_parts([("encoding", "binary/upside")], turned(&payload.to_bytes()))
///             });
///             Ok(encoded.collect())
///         })
///     }
///
///     fn decode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
///         Box::pin(async move {
///             let decoded = payloads.into_iter().map(|payload| match payload.encoding() {
///                 "binary/upside" => RawValue::from_bytes(&turned(payload.data())),
///                 // from before there was a codec
///                 _ => Ok(payload),
///             });
///             decoded.collect()
///         })
///     }
/// }
///
/// let options = temporal_runtime::client::ClientOptions::new("127.0.0.1:7233").payload_codec(Upside);
/// # let _ = options;
/// ```
pub trait PayloadCodec: Send + Sync + 'static {
    /// On the way out. What it gives must name its encoding in the metadata `encoding`, by which
    /// [`decode`](Self::decode) knows it again.
    ///
    /// # Errors
    /// Why a payload cannot be encoded. It is tried again with what needs the payload.
    fn encode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_>;

    /// On the way in. What has another encoding passes as it is.
    ///
    /// # Errors
    /// Why a payload cannot be decoded.
    fn decode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_>;
}
