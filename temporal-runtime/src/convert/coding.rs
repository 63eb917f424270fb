//! What is done to the payloads of whole messages. Knows the fields that have payloads from the protocol's own
//! descriptor, so that none is forgotten, whatever a later protocol adds. Never looks into a payload.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use prost::{Message, Name};
use temporal_protos::common::Payload as RawPayload;

use super::{
    CodecFuture, PayloadCodec, RawValue,
    payload_fields::{self, Parsed},
};
use crate::error::{Error, ErrorKind, Result};

/// What the payloads of messages go through. Nothing, if it is not set.
#[derive(Clone, Default)]
pub(crate) struct Coding {
    codec: Option<Arc<dyn PayloadCodec>>,
    /// Messages and stack traces of failures become payloads.
    encode_common_attributes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Encode,
    Decode,
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.codec, self.encode_common_attributes) {
            (None, false) => "none",
            (None, true) => "encoded attributes",
            (Some(_), false) => "a codec",
            (Some(_), true) => "a codec, encoded attributes",
        })
    }
}

impl Coding {
    pub(crate) fn set_codec(&mut self, codec: impl PayloadCodec) {
        self.codec = Some(Arc::new(codec));
    }

    pub(crate) const fn set_encode_common_attributes(&mut self) {
        self.encode_common_attributes = true;
    }

    /// Nothing is done.
    pub(crate) const fn is_off(&self) -> bool {
        self.codec.is_none() && !self.encode_common_attributes
    }

    /// Nobody reads the message of a failure without the codec.
    pub(crate) const fn encodes_messages(&self) -> bool {
        self.encode_common_attributes
    }

    /// The message of a failure, where only text is carried.
    pub(crate) fn text_of(&self, message: &str) -> String {
        if self.encodes_messages() {
            payload_fields::ENCODED_FAILURE.to_owned()
        } else {
            message.to_owned()
        }
    }

    /// A message as it is sent.
    pub(crate) async fn encode<M: Message + Name + Default>(&self, message: M) -> Result<M> {
        if self.is_off() {
            return Ok(message);
        }
        let bytes = message.encode_to_vec().into();
        read(
            self.turned(&M::full_name(), bytes, Direction::Encode)
                .await?,
        )
    }

    /// A message as it is read.
    pub(crate) async fn decode<M: Message + Name + Default>(&self, message: M) -> Result<M> {
        if self.codec.is_none() {
            return Ok(message);
        }
        let bytes = message.encode_to_vec().into();
        read(
            self.turned(&M::full_name(), bytes, Direction::Decode)
                .await?,
        )
    }

    /// The details of a status, which may have a failure in them. They only explain: what cannot be decoded stays.
    pub(crate) async fn decode_status(&self, details: bytes::Bytes) -> bytes::Bytes {
        if self.codec.is_none() || details.is_empty() {
            return details;
        }
        let turned = self.turned("google.rpc.Status", details.clone(), Direction::Decode);
        turned.await.unwrap_or(details)
    }

    async fn turned(
        &self,
        name: &str,
        message: bytes::Bytes,
        direction: Direction,
    ) -> Result<bytes::Bytes> {
        let attributes = self.encode_common_attributes && direction == Direction::Encode;
        turned(
            self.codec.as_deref(),
            name,
            message,
            (direction, attributes),
        )
        .await
    }
}

/// A message as it is read, once.
pub(crate) async fn decode_with<M: Message + Name + Default>(
    codec: &dyn PayloadCodec,
    message: M,
) -> Result<M> {
    let bytes = message.encode_to_vec().into();
    let decode = (Direction::Decode, false);
    read(turned(Some(codec), &M::full_name(), bytes, decode).await?)
}

async fn turned(
    codec: Option<&dyn PayloadCodec>,
    name: &str,
    message: bytes::Bytes,
    (direction, encode_attributes): (Direction, bool),
) -> Result<bytes::Bytes> {
    let mut parsed = Parsed::new(name, message, encode_attributes).ok_or_else(unreadable)?;
    let Some(codec) = codec else {
        return Ok(parsed.write());
    };
    for group in &mut parsed.groups {
        let payloads = std::mem::take(&mut group.payloads);
        if payloads.is_empty() {
            continue;
        }
        let turned = call(codec, direction, payloads).await?;
        if group.is_one && turned.len() != 1 {
            let why = format!("it gave {} payloads for one", turned.len());
            return Err(failed(direction, why));
        }
        group.payloads = turned;
    }
    Ok(parsed.write())
}

fn read<M: Message + Default>(bytes: bytes::Bytes) -> Result<M> {
    M::decode(bytes).map_err(|error| unreadable().with_source(error))
}

/// What was a message cannot be read as one.
fn unreadable() -> Error {
    Error::new(
        ErrorKind::Payload,
        "the payloads of a message could not be found, which is a bug of temporal-runtime",
    )
}

async fn call(
    codec: &dyn PayloadCodec,
    direction: Direction,
    payloads: Vec<RawPayload>,
) -> Result<Vec<RawPayload>> {
    let values: Vec<RawValue> = payloads.into_iter().map(RawValue::new).collect();
    let mut future: CodecFuture<'_> = caught(direction, || match direction {
        Direction::Encode => codec.encode(values),
        Direction::Decode => codec.decode(values),
    })?;
    let ended = poll_fn(
        |context| match caught(direction, || future.as_mut().poll(context)) {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => std::task::Poll::Ready(Err(panicked)),
        },
    );
    let values = ended
        .await?
        .map_err(|error| failed(direction, error.to_string()).with_source(error))?;
    Ok(values.into_iter().map(RawValue::into_inner).collect())
}

/// A codec that panics must not take the worker with it.
fn caught<T>(direction: Direction, call: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic: Box<dyn Any + Send>| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        failed(direction, format!("it panicked: {text}"))
    })
}

fn failed(direction: Direction, why: String) -> Error {
    let what = match direction {
        Direction::Encode => "encode",
        Direction::Decode => "decode",
    };
    Error::new(
        ErrorKind::Payload,
        format!("the payload codec could not {what}: {why}"),
    )
}

#[cfg(test)]
mod tests;
