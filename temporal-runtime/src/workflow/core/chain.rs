//! What belongs to a run as one of a chain: what it knows of itself, the changes of code it takes, its random numbers.

use std::{collections::BTreeMap, sync::Arc};

use temporal_protos::{common::Payload as RawPayload, history::HistoryEvent};

use super::{Core, Generator};

impl Core {
    /// A workflow task began with this event.
    pub(in crate::workflow) fn note_task(&self, started: &HistoryEvent) {
        Arc::make_mut(&mut self.inner().info).begin_task(started);
    }

    pub(in crate::workflow) fn upsert_search_attributes(
        &self,
        fields: BTreeMap<String, RawPayload>,
    ) {
        let mut inner = self.inner();
        Arc::make_mut(&mut inner.info)
            .search_attributes
            .upsert(&fields);
        inner.machine.upsert_search_attributes(fields);
    }

    pub(in crate::workflow) fn upsert_memo(&self, fields: BTreeMap<String, RawPayload>) {
        let mut inner = self.inner();
        Arc::make_mut(&mut inner.info).memo.upsert(&fields);
        inner.machine.upsert_memo(fields);
    }

    pub(in crate::workflow) fn random(&self) -> u64 {
        self.inner().random.next()
    }

    /// A reset: from here on other numbers than in the run it was made from.
    pub(in crate::workflow) fn reseed(&self, run_id: &str) {
        self.inner().random = Generator::new(run_id);
    }

    /// Whether the run takes a change of the code.
    pub(in crate::workflow) fn patched(&self, id: &str, deprecated: bool) -> bool {
        let mut inner = self.inner();
        let replaying = inner.replaying;
        inner.machine.patched(id, deprecated, replaying)
    }
}
