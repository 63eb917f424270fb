//! The memo of the own run.

use super::Wf;
use crate::{
    error::Result,
    memo::{Memo, MemoUpdate},
};

impl<W: 'static> Wf<W> {
    /// Changes the memo of this run, in one command: sets and removes keys, and leaves the others. No change at all is no
    /// command.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    /// use temporal_runtime::MemoUpdate;
    ///
    /// #[workflow]
    /// async fn build(wf: &mut Wf) -> Result<()> {
    ///     wf.upsert_memo(MemoUpdate::new().set("step", "compile").remove("error"))
    /// }
    /// ```
    ///
    /// # Errors
    /// A value cannot be encoded; then nothing is changed.
    pub fn upsert_memo(&mut self, update: MemoUpdate) -> Result<()> {
        let fields = update.into_fields()?;
        if !fields.is_empty() {
            self.core().assert_may_command();
            self.core().upsert_memo(fields);
        }
        Ok(())
    }

    /// The memo of this run as it is now: what it was started with, and what it changed.
    #[must_use]
    pub fn memo(&self) -> Memo {
        self.core().info().memo.clone()
    }
}
