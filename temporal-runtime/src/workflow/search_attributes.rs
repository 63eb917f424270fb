//! Search attributes of the own run.

use super::Wf;
use crate::search_attributes::{SearchAttributeUpdate, SearchAttributes};

impl<W: 'static> Wf<W> {
    /// Sets and unsets search attributes of this run, all in one command; those not named stay as they are.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    /// use temporal_runtime::SearchAttributeKey;
    ///
    /// const STEP: SearchAttributeKey<String> = SearchAttributeKey::keyword("Step");
    /// const TRIES: SearchAttributeKey<i64> = SearchAttributeKey::int("Tries");
    ///
    /// #[workflow]
    /// async fn build(wf: &mut Wf) -> Result<()> {
    ///     wf.upsert_search_attributes([STEP.set("compile"), TRIES.unset()]);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// A name that the service does not know, or knows with another type, fails the workflow task until it does; so does
    /// an attribute of the service's own. No updates at all are no command.
    pub fn upsert_search_attributes(
        &mut self,
        updates: impl IntoIterator<Item = SearchAttributeUpdate>,
    ) {
        let fields = SearchAttributes::updates(updates);
        if !fields.is_empty() {
            self.core().assert_may_command();
            self.core().upsert_search_attributes(fields);
        }
    }

    /// The search attributes of this run as they are now: those it was started with, and what it changed. Those that
    /// the service itself keeps, such as the list of patches, are not among them.
    #[must_use]
    pub fn search_attributes(&self) -> SearchAttributes {
        self.core().info().search_attributes.clone()
    }
}
