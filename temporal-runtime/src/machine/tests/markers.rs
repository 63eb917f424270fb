//! Markers that other SDKs write and this one cannot replay: each is refused by what it is.

use temporal_protos::history::{HistoryEvent, MarkerRecordedEventAttributes};

use super::super::history::unsupported_event;

#[test]
fn an_unknown_marker_is_refused_by_what_it_is() {
    for (name, what) in [
        (
            "Version",
            "the marker of a version, as Go and Java write it",
        ),
        (
            "LocalActivity",
            "the marker of a local activity, as Go and Java write it",
        ),
        ("SideEffect", "the marker of a side effect"),
        ("MutableSideEffect", "the marker of a side effect"),
        ("core_patch", "the marker of a patch that cannot be read"),
        ("of tomorrow", "a marker of an unknown kind"),
    ] {
        let marker = MarkerRecordedEventAttributes {
            marker_name: name.to_owned(),
            ..MarkerRecordedEventAttributes::default()
        };
        let event = HistoryEvent {
            event_id: 5,
            attributes: Some(marker.into()),
            ..HistoryEvent::default()
        };
        let mismatch = unsupported_event(&[event]).expect("it is refused");
        assert!(mismatch.unsupported);
        assert_eq!(
            mismatch.to_string(),
            format!("event 5 is {what}, which this version of temporal-runtime cannot replay yet")
        );
    }
}
