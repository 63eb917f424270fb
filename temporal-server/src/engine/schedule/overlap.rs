//! What becomes of starts that are due while a run may still be going on. Decides, and touches no state.

use temporal_protos::enums::ScheduleOverlapPolicy as Policy;

use super::state::BufferedStart;

/// What to do with the starts that are due.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// These start whatever else runs.
    pub(crate) at_once: Vec<BufferedStart>,
    /// This one starts, and is the run that others meet.
    pub(crate) next: Option<BufferedStart>,
    /// These wait for the end of a run.
    pub(crate) waiting: Vec<BufferedStart>,
    /// What runs is asked to end.
    pub(crate) cancel: bool,
    /// What runs is ended.
    pub(crate) terminate: bool,
    /// Starts that are dropped.
    pub(crate) skipped: i64,
}

/// Decides about starts in the order in which they were due. `default` is the policy of those that have none.
pub(crate) fn plan(due: Vec<BufferedStart>, running: bool, default: Policy) -> Plan {
    let mut plan = Plan::default();
    for start in due {
        let policy = resolve(start.overlap_policy, default);
        if policy == Policy::AllowAll {
            plan.at_once.push(start);
        } else if !running && plan.next.is_none() {
            plan.next = Some(start);
        } else {
            overlap(&mut plan, start, policy, running);
        }
    }
    if plan.cancel || plan.terminate {
        // They would meet the same fate with the next look.
        plan.at_once.clear();
    }
    plan
}

/// A start that meets a run, or one that is about to begin.
fn overlap(plan: &mut Plan, start: BufferedStart, policy: Policy, running: bool) {
    match policy {
        Policy::BufferAll => plan.waiting.push(start),
        Policy::BufferOne if plan.waiting.is_empty() => plan.waiting.push(start),
        Policy::CancelOther | Policy::TerminateOther if running => {
            plan.cancel |= policy == Policy::CancelOther;
            plan.terminate |= policy == Policy::TerminateOther;
            plan.waiting.push(start);
        }
        // Nothing runs yet: the later start takes the place of the earlier.
        Policy::CancelOther | Policy::TerminateOther => plan.next = Some(start),
        Policy::BufferOne | Policy::Skip | Policy::AllowAll | Policy::Unspecified => {
            plan.skipped += 1;
        }
    }
}

/// The policy of a start: its own, or the schedule's.
pub(crate) fn resolve(given: i32, default: Policy) -> Policy {
    match Policy::try_from(given) {
        Ok(Policy::Unspecified) | Err(_) => default,
        Ok(policy) => policy,
    }
}
