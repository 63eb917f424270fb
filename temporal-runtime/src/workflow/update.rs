//! What an update handler knows of the update it works on.

use std::sync::Arc;

use super::Wf;

/// Which update a handler works on.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] #[derive(Default)] struct Till { paid: Vec<String> }
/// #[workflow]
/// impl Till {
///     #[update]
///     async fn pay(wf: &mut Wf<Self>) -> Result<()> {
///         let id = wf.current_update_info().map(|update| update.id.clone());
///         wf.paid.extend(id); // the same for who sends it twice
///         Ok(())
///     }
///     // ..
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<()> { wf.wait(|s| !s.paid.is_empty()).await }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UpdateInfo {
    /// Its id: whoever sends it may choose one, and the same id is handled once in a run. Kept in the state that a
    /// continue-as-new passes on, it tells updates that came before.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl<W: Send + 'static> Wf<W> {
    /// The update that this handler, or the handler which spawned this task, works on; `None` everywhere else.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[workflow] #[derive(Default)] struct Ledger { seen: Vec<String> }
    /// #[workflow]
    /// impl Ledger {
    ///     #[update]
    ///     async fn book(wf: &mut Wf<Self>, cents: u64) -> Result<u64> {
    ///         let id = wf.current_update_info().map(|update| update.id.clone()).unwrap_or_default();
    ///         wf.seen.push(id);
    ///         Ok(cents)
    ///     }
    ///     // ..
    /// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<usize> { Ok(wf.seen.len()) }
    /// }
    /// ```
    #[must_use]
    pub fn current_update_info(&self) -> Option<&UpdateInfo> {
        self.update.as_deref()
    }
}

/// The update whose handler is about to begin: every [`Wf`] that is made now belongs to it.
pub(super) type CurrentUpdate = Option<Arc<UpdateInfo>>;
