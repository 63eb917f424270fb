//! What a random workflow does: a tree of steps, which travels as the workflow's argument.

use serde::{Deserialize, Serialize};

/// A whole workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Ending,
}

/// How a workflow ends, if nothing ends it before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Ending {
    Log,
    Failure,
    /// In a new run, with this program.
    Again(Box<Program>),
}

/// One step. Steps of one list follow each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Step {
    /// Waits for one operation; with `must`, its error ends the list.
    Do { work: Work, must: bool },
    /// Waits for two operations.
    Two { how: Two, first: Work, second: Work },
    /// Waits for many activities.
    Many { how: Many, acts: Vec<Act> },
    /// Waits for many local activities.
    Locals { acts: Vec<Local> },
    /// Races an activity that is lent against a timer.
    Lend { act: Act, millis: u64, then: Then },
    /// Starts an activity, does other things, and comes back to it.
    Start {
        act: Act,
        meanwhile: Vec<Self>,
        then: Then,
    },
    /// The same with a task.
    Spawn {
        steps: Vec<Self>,
        meanwhile: Vec<Self>,
        then: Then,
    },
    /// Starts a child, talks to it, and comes back to it.
    Raise {
        child: Child,
        pokes: u32,
        cancels: bool,
        meanwhile: Vec<Self>,
        then: Then,
    },
    /// Steps in an inner scope; the signal `cut` cancels the innermost that is open.
    Within { shielded: bool, steps: Vec<Self> },
    /// Cancels the innermost open scope from within.
    Cut,
    /// Code that came with a patch, or what was there before it.
    Patched {
        id: String,
        since: Vec<Self>,
        before: Vec<Self>,
    },
    /// The patch is everywhere.
    Deprecate { id: String },
    /// Draws a random number and an id, and sleeps for so long.
    Draw,
    /// Changes the memo and a search attribute.
    Describe { value: u32 },
    /// Reads the clock and the state.
    Note,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Two {
    Join,
    Race,
    Settle,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Many {
    Join,
    Settle,
    Next,
}

/// What becomes of a handle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Then {
    Wait,
    CancelAndWait,
    CancelAndForget,
    Forget,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Work {
    Act(Act),
    Local(Local),
    Timer {
        millis: u64,
    },
    Child(Box<Child>),
    /// So many more signals `poke`.
    Pokes {
        more: u32,
    },
    /// A signal `poke` to a workflow, which may be this one, or nobody.
    Poke {
        to: String,
    },
    /// A request to cancel a workflow.
    Cancel {
        of: String,
    },
}

/// An activity: what it does, and how it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Act {
    pub(super) value: u32,
    pub(super) doing: Doing,
    pub(super) attempts: u32,
    pub(super) stop: Stop,
    pub(super) id: Option<String>,
}

/// A local activity. With `patient`, its retries are waited for in the worker, and otherwise on timers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Local {
    pub(super) act: Act,
    pub(super) patient: bool,
}

/// What the code of an activity does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Doing {
    Succeed,
    /// Fails in so many attempts, then succeeds.
    FailFirst(u32),
    Fail,
    /// Takes longer than it may.
    Hang,
    /// Sends heartbeats until it is cancelled, and says so.
    UntilCancelled,
    /// The same, and succeeds then.
    SwallowCancellation,
}

/// How a cancellation ends an operation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Stop {
    Try,
    Wait,
    Abandon,
}

/// A child workflow: a program of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Child {
    pub(super) id: Option<String>,
    pub(super) program: Program,
    pub(super) stop: Stop,
    pub(super) outlives: Outlives,
}

/// What becomes of a child when its parent ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Outlives {
    No,
    Yes,
    Asked,
}
