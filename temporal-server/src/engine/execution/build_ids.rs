//! The search attribute that names the builds which have completed tasks of a run.

use temporal_protos::common::WorkerVersionStamp;
use temporal_protos::history::history_event::Attributes;

use super::Run;
use super::properties::BUILD_IDS;
use crate::engine::Context;

/// What comes first as long as no worker deployment has the run.
const UNVERSIONED: &str = "unversioned";

/// The most bytes that the names may have; the oldest go first.
const MOST_BYTES: usize = 2048;

impl Run {
    /// A worker of this build has completed a task.
    pub(super) fn note_build_id(
        &mut self,
        ctx: &mut Context<'_>,
        stamp: Option<&WorkerVersionStamp>,
    ) {
        let known = self.search_attributes.indexed_fields.get(BUILD_IDS);
        let known = known.and_then(|value| serde_json::from_slice::<Vec<String>>(&value.data).ok());
        let mut names = known.clone().unwrap_or_default();
        if names.is_empty() {
            names.push(UNVERSIONED.into());
        }
        let build = stamp
            .filter(|stamp| !stamp.use_versioning && !stamp.build_id.is_empty())
            .map(|stamp| format!("{UNVERSIONED}:{}", stamp.build_id));
        if let Some(build) = build
            && !names.contains(&build)
        {
            names.push(build);
        }
        let bytes = |names: &[String]| names.iter().map(String::len).sum::<usize>();
        while names.len() > 1 && bytes(&names) > MOST_BYTES {
            names.remove(1);
        }
        if known.as_ref() != Some(&names) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.set_own_attribute(ctx, BUILD_IDS, Some(&names));
        }
    }

    /// The build of the worker that completed the last workflow task.
    pub(super) fn last_build(&self) -> Option<WorkerVersionStamp> {
        let completed = self.history.event(self.last_completed_event_id)?;
        match completed.attributes.as_ref()? {
            Attributes::WorkflowTaskCompletedEventAttributes(task) => task.worker_version.clone(),
            _ => None,
        }
    }
}
