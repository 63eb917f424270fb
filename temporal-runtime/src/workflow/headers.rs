//! The headers that a run was started with, and which of them go along with what it begins.

use super::run::Run;
use crate::headers::Headers;

impl Run {
    /// Says which of the headers that the run was started with go along with its activities, children, signals and the
    /// next run. Replay does not compare them, so another answer tomorrow does no harm.
    pub(crate) fn pass_on(&mut self, passes_on: impl Fn(&str) -> bool) {
        let mut headers = Headers::new();
        let info = self.executor.core().info();
        for (name, value) in &info.headers {
            if passes_on(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        self.passed_on = headers.into_proto().map(Box::new);
    }

    /// What goes along with what the run begins.
    pub(crate) fn passed_on(&self) -> Headers {
        Headers::from_proto(self.passed_on.as_deref().cloned())
    }
}
