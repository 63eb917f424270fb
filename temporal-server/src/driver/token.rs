//! Task tokens: opaque to workers, and exact enough that a stale one is recognised.

use bytes::Bytes;
use prost::Message as _;

use crate::engine::execution::activity_answers::ActivityRef;
use crate::engine::execution::completion::TaskRef;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;

/// What a task token says.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TaskToken {
    #[prost(string, tag = "1")]
    pub(crate) namespace_id: String,
    #[prost(string, tag = "2")]
    pub(crate) workflow_id: String,
    #[prost(string, tag = "3")]
    pub(crate) run_id: String,
    #[prost(int64, tag = "4")]
    pub(crate) scheduled_event_id: i64,
    #[prost(int64, tag = "5")]
    pub(crate) started_event_id: i64,
    #[prost(int32, tag = "6")]
    pub(crate) attempt: i32,
    #[prost(int64, tag = "7")]
    pub(crate) started_nanos: i64,
    /// Set in tokens of queries only.
    #[prost(string, tag = "8")]
    pub(crate) query_id: String,
    /// Set in tokens of activities only.
    #[prost(bool, tag = "9")]
    pub(crate) is_activity: bool,
}

impl TaskToken {
    /// As a worker gets it.
    pub(crate) fn encode(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// From a worker.
    pub(crate) fn decode(token: &Bytes) -> Result<Self, Refusal> {
        if token.is_empty() {
            return Err(Refusal::invalid("Task token not set on request."));
        }
        let decoded: Option<Self> = prost::Message::decode(token.as_ref()).ok();
        decoded
            .filter(|token| !token.namespace_id.is_empty())
            .ok_or_else(|| Refusal::invalid("Error deserializing task token."))
    }

    /// The workflow task that is meant.
    pub(crate) fn workflow_task(&self) -> TaskRef {
        TaskRef {
            scheduled_event_id: self.scheduled_event_id,
            started_event_id: self.started_event_id,
            attempt: self.attempt,
            started: Time::from_nanos(self.started_nanos),
        }
    }

    /// The activity attempt that is meant; a token of another kind names none.
    pub(crate) fn activity(&self) -> ActivityRef {
        ActivityRef::Task {
            scheduled_event_id: if self.is_activity {
                self.scheduled_event_id
            } else {
                -1
            },
            attempt: self.attempt,
            started: Time::from_nanos(self.started_nanos),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fuzz::{Random, inputs};

    #[test]
    fn random_tokens_are_taken_or_refused() {
        let mut random = Random::new(23);
        let whole = TaskToken {
            namespace_id: "0b7c2b0e".into(),
            workflow_id: "w".into(),
            run_id: "r".into(),
            scheduled_event_id: 5,
            attempt: 1,
            ..TaskToken::default()
        };
        for _ in 0..inputs() {
            let mut token = whole.encode_to_vec();
            random.spoil(&mut token);
            if let Ok(token) = TaskToken::decode(&token.into()) {
                let again = TaskToken::decode(&token.encode()).unwrap();
                assert_eq!(again, token);
            }
        }
    }

    #[test]
    fn rule_6_what_is_no_token_is_refused() {
        for nonsense in [b"\xff nonsense".as_slice(), b"nonsense", b"{}"] {
            let refused = TaskToken::decode(&Bytes::copy_from_slice(nonsense));
            assert_eq!(
                refused,
                Err(Refusal::invalid("Error deserializing task token."))
            );
        }
        assert_eq!(
            TaskToken::decode(&Bytes::new()),
            Err(Refusal::invalid("Task token not set on request."))
        );
    }

    #[test]
    fn a_token_comes_back_as_it_went() {
        let token = TaskToken {
            namespace_id: "n".into(),
            started_event_id: 3,
            attempt: 2,
            ..Default::default()
        };
        assert_eq!(TaskToken::decode(&TaskToken::encode(&token)), Ok(token));
    }
}
