//! Events with their batches as one body: what a commit writes of them, and what a packed run holds.

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::history::HistoryEvent;

use super::{Damaged, StoredEvents};

#[derive(Clone, PartialEq, prost::Message)]
struct SavedEvents {
    #[prost(message, repeated, tag = "1")]
    events: Vec<HistoryEvent>,
    /// Those that begin a batch.
    #[prost(int64, repeated, tag = "2")]
    batches: Vec<i64>,
}

/// Events as one body.
pub(crate) fn encode_events<'a>(
    events: impl Iterator<Item = &'a HistoryEvent>,
    batches: &[i64],
) -> Vec<u8> {
    let mut body = Vec::new();
    for event in events {
        // What the derived message would write, without a copy of the event.
        prost::encoding::message::encode(1, event, &mut body);
    }
    prost::encoding::int64::encode_packed(2, batches, &mut body);
    body
}

/// Adds the events of one body to those before.
pub(crate) fn decode_events(body: Bytes, into: &mut StoredEvents) -> Result<(), Damaged> {
    let saved = SavedEvents::decode(body)?;
    into.events.extend(saved.events);
    into.batches.extend(saved.batches);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_with_their_batches() {
        let event = |event_id| HistoryEvent {
            event_id,
            ..HistoryEvent::default()
        };
        let events = [event(1), event(2), event(3)];
        let mut back = StoredEvents::default();
        decode_events(encode_events(events[..2].iter(), &[1]).into(), &mut back).unwrap();
        decode_events(encode_events(events[2..].iter(), &[3]).into(), &mut back).unwrap();
        assert_eq!(back.events, events);
        assert_eq!(back.batches, [1, 3]);
    }
}
