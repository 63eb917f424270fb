//! The limit of a queue as it is stored.

use bytes::Bytes;
use prost::Message as _;

use super::LimitConfig;
use crate::engine::execution::saved::Damaged;
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
struct SavedLimit {
    #[prost(string, tag = "1")]
    namespace_id: String,
    #[prost(string, tag = "2")]
    queue: String,
    #[prost(double, optional, tag = "3")]
    per_second: Option<f64>,
    #[prost(string, tag = "4")]
    reason: String,
    #[prost(string, tag = "5")]
    identity: String,
    #[prost(int64, tag = "6")]
    at: i64,
}

/// What was stored of the limit of a queue.
#[derive(Debug)]
pub(crate) struct StoredLimit {
    pub(crate) namespace_id: String,
    pub(crate) queue: String,
    pub(crate) limit: LimitConfig,
}

impl LimitConfig {
    /// The limit of this queue as it is stored.
    pub(crate) fn save(&self, namespace_id: &str, queue: &str) -> Bytes {
        let Self {
            per_second,
            reason,
            identity,
            at,
        } = self;
        let saved = SavedLimit {
            namespace_id: namespace_id.into(),
            queue: queue.into(),
            per_second: *per_second,
            reason: reason.clone(),
            identity: identity.clone(),
            at: at.as_nanos(),
        };
        saved.encode_to_vec().into()
    }
}

impl StoredLimit {
    /// The limit that was stored.
    pub(crate) fn read(body: Bytes) -> Result<Self, Damaged> {
        let saved = SavedLimit::decode(body)?;
        Ok(Self {
            namespace_id: saved.namespace_id,
            queue: saved.queue,
            limit: LimitConfig {
                per_second: saved.per_second,
                reason: saved.reason,
                identity: saved.identity,
                at: Time::from_nanos(saved.at),
            },
        })
    }
}
