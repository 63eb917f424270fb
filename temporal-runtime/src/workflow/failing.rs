//! Which errors decide how a run or an update ends, and which are taken for bugs and fail the workflow task instead.

use std::{error::Error as StdError, fmt, sync::Arc};

use super::{
    executor::{Executor, TaskFailure},
    role::Role,
};
use crate::{
    convert::last_segment,
    error::{Failed, Returned, chain, is_own},
    failure::error_to_proto,
};

/// Stands for every error that workflow code returns.
const ANY: &str = "*";
/// The type of a panic.
const PANIC: &str = "panic";

/// The types of errors that end a run or an update although they are none of ours.
#[derive(Debug, Clone, Default)]
pub(super) struct FailOn {
    pub(super) workflow: &'static [&'static str],
    pub(super) worker: Arc<[String]>,
}

impl FailOn {
    fn lists(&self, error_type: &str) -> bool {
        let of_workflow = self.workflow.iter().copied();
        let mut all = of_workflow.chain(self.worker.iter().map(String::as_str));
        // a panic is no error that the code returns: it must be named
        all.any(|listed| listed == error_type || (listed == ANY && error_type != PANIC))
    }
}

/// User code panicked.
#[derive(Debug)]
struct Panicked(String);

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Panicked {}

/// A panic, as an error that the code might have returned.
pub(super) fn panicked(text: String) -> Failed {
    Failed::Returned(Returned {
        error: Box::new(Panicked(text)),
        type_name: PANIC,
    })
}

/// The type of an error, as the other SDKs will see it.
fn wire_type(returned: &Returned) -> &str {
    let own = returned.error.downcast_ref::<crate::Error>();
    own.and_then(crate::Error::foreign_type)
        .unwrap_or_else(|| last_segment(returned.type_name))
}

/// The error in words, with what it says of its causes.
fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let words: Vec<String> = chain(error).map(ToString::to_string).collect();
    words.join(": ")
}

impl Executor {
    /// An error that decides: one of ours, or of a listed type. Anything else is taken for a bug, and fails the
    /// workflow task.
    pub(super) fn decided(&self, failed: Failed) -> Result<Returned, Failed> {
        match failed {
            Failed::Returned(returned)
                if is_own(&*returned.error) || self.fail_on.lists(wire_type(&returned)) =>
            {
                Ok(returned)
            }
            other => Err(other),
        }
    }

    pub(super) fn not_ours(&self, role: &Role, failed: Failed) -> TaskFailure {
        let (who, name) = (role.owner(), self.definition.name);
        match failed {
            Failed::Arguments(error) => TaskFailure::caused_by(
                &format!("{who} `{name}` was given arguments that do not fit: {error:?}"),
                Some(error_to_proto(&error, None)),
            ),
            Failed::Output(error) => TaskFailure::caused_by(
                &format!("the result of {who} (`{name}`) cannot be encoded: {error:?}"),
                Some(error_to_proto(&error, None)),
            ),
            Failed::Returned(returned) => {
                let ends = role.ends();
                let (shown, cause) = (with_causes(&*returned.error), returned.to_proto());
                if returned.error.is::<Panicked>() {
                    let what = role.describe();
                    return TaskFailure::new(&format!(
                        "{what} of workflow `{name}` panicked: {shown}. The workflow task is tried again, so that mended code can go on; to fail {ends} instead, return an error, or list panics: `#[workflow(fail_on = [\"{PANIC}\"])]`"
                    ));
                }
                let error_type = wire_type(&returned);
                TaskFailure::caused_by(
                    &format!(
                        "{who} (`{name}`) ended with a `{error_type}`, which is taken for a bug: the workflow task fails and is tried again, so that mended code can go on. To fail {ends} instead, return an `ApplicationError` or `Error::msg(..)`, or list the type: `#[workflow(fail_on = [\"{error_type}\"])]`: {shown}"
                    ),
                    Some(cause),
                )
            }
        }
    }

    /// The run has no state, because its `#[init]` failed: what that error decides, and nothing else happens.
    pub(super) fn never_began(&mut self, failed: Failed) -> Result<(), TaskFailure> {
        while self.core.machine(|m| m.poll_job()).is_some() {}
        match self.decided(failed) {
            Ok(returned) => {
                let ending = self.ending(&returned);
                self.end(ending);
                Ok(())
            }
            Err(failed) => Err(self.not_ours(&Role::Init, failed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_by_the_workflow_or_the_worker_decides() {
        let fail_on = FailOn {
            workflow: &["InvalidInput"],
            worker: [ANY.to_owned()].into(),
        };
        assert!(fail_on.lists("InvalidInput") && fail_on.lists("io::Error"));
        assert!(!fail_on.lists(PANIC), "a panic is not returned");
        assert!(!FailOn::default().lists("InvalidInput"));
    }
}
