//! Changes of workflow code that old runs must not see.

use super::Wf;

impl<W: 'static> Wf<W> {
    /// Whether this run takes a change of the code: `true` in new runs, `false` where history was made without it.
    ///
    /// The first `true` of a run writes a marker, and lists the id in the search attribute `TemporalChangeVersion`.
    /// The answer for an id never changes in a run, so ask as often as you like, in a loop too.
    ///
    /// 1. Branch on `patched` and deploy. Old runs go on in the old branch.
    /// 2. Once no run needs the old branch, delete it and write [`deprecate_patch`](Self::deprecate_patch) instead.
    /// 3. Once no run of step 1 is open or will be queried or reset, delete that too.
    ///
    /// A marker that the code no longer asks for, neither by `patched` nor by `deprecate_patch`, is reported as
    /// non-determinism. Runs that are pinned to a worker's version need no patch.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[activity(start_to_close = "5s")]
    /// async fn greet(name: String) -> Result<String> { Ok(format!("hello {name}")) }
    ///
    /// #[activity(start_to_close = "5s")]
    /// async fn welcome(name: String) -> Result<String> { Ok(format!("welcome, {name}")) }
    ///
    /// #[workflow]
    /// async fn reception(wf: &mut Wf, name: String) -> Result<String> {
    ///     if wf.patched("welcome-not-greet") {
    ///         wf.execute(welcome::with(name)).await
    ///     } else {
    ///         wf.execute(greet::with(name)).await
    ///     }
    /// }
    /// ```
    ///
    /// To change everything, register a copy under a new name instead: old runs stay with the old type.
    pub fn patched(&mut self, id: &str) -> bool {
        self.core().assert_may_command();
        self.core().patched(id, false)
    }

    /// Says that all runs take a change, and that its marker may go: the second step of a change that began with
    /// [`patched`](Self::patched).
    ///
    /// Histories with the marker of `patched` replay, and those of new runs will replay when this call is gone as well.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "5s")]
    /// # async fn welcome(name: String) -> Result<String> { Ok(name) }
    /// #[workflow]
    /// async fn reception(wf: &mut Wf, name: String) -> Result<String> {
    ///     wf.deprecate_patch("welcome-not-greet");
    ///     wf.execute(welcome::with(name)).await
    /// }
    /// ```
    pub fn deprecate_patch(&mut self, id: &str) {
        self.core().assert_may_command();
        self.core().patched(id, true);
    }
}
