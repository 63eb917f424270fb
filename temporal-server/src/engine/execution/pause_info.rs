//! The search attribute that says what of a run is paused. Leaves no event.

use std::collections::BTreeSet;

use super::Run;
use crate::engine::Context;

const PAUSE_INFO: &str = "TemporalPauseInfo";

impl Run {
    /// Says again which types of activities are paused: after a pause, or the end of one. Like the real service it does
    /// not look again when a paused activity ends.
    pub(super) fn note_pauses(&mut self, ctx: &mut Context<'_>) {
        let paused: BTreeSet<String> = self
            .activities
            .values()
            .filter(|activity| activity.paused.is_some())
            .filter_map(|activity| activity.attributes().activity_type.as_ref())
            .map(|kind| format!("property:activityType={}", kind.name))
            .collect();
        let paused: Vec<&str> = paused.iter().map(String::as_str).collect();
        self.set_own_attribute(ctx, PAUSE_INFO, (!paused.is_empty()).then_some(&paused[..]));
    }
}
