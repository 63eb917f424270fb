//! What a run may ask of its surroundings while it takes a request. Answers are plain values.

use std::sync::Arc;

use temporal_protos::common::SearchAttributes;

/// A namespace, as far as runs know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Namespace {
    /// Its id, a UUID.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
}

/// Namespaces and search attributes, as they are at the time of the request.
pub(crate) trait Surroundings: Send + Sync {
    /// The namespace of this name.
    fn namespace(&self, name: &str) -> Option<Arc<Namespace>>;

    /// Checks search attributes given to a run, and returns them with their types in the metadata, as histories
    /// keep them. The error is the text of the refusal.
    fn check_search_attributes(
        &self,
        namespace: &Namespace,
        given: &SearchAttributes,
    ) -> Result<SearchAttributes, String>;
}
