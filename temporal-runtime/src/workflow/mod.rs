//! User futures on our own executor: what workflow code sees, and how an activation runs it.
//!
//! Never touches the network, a clock or tokio. Time, events and messages come in with a task; commands go out.

mod arguments;
mod by_name;
mod context;
mod continue_as_new;
mod core;
mod definition;
mod executor;
mod external;
mod failing;
mod handle;
mod handlers;
mod headers;
mod info;
mod inherited;
mod introspection;
mod local_activity;
mod logging;
mod memo;
mod operation;
mod patch;
mod probe;
mod queue;
mod random;
mod retire;
mod role;
mod run;
mod scope;
mod scoped;
mod search_attributes;
mod select;
mod semaphore;
mod set_handlers;
mod tasks;
#[cfg(test)]
mod tests;
mod timeout;
mod unfinished;
mod update;
mod wait;

pub(crate) use self::{
    arguments::check as check_arguments,
    definition::WorkflowOptions,
    executor::TaskFailure,
    inherited::Handlers,
    probe::Probe,
    run::{Completion, QueryAnswer, Run, RunTask},
};
pub use self::{
    by_name::{ByName, activity_by_name, workflow_by_name},
    context::Wf,
    core::Core,
    definition::{
        AskOutside, Begun, BoxFuture, Direct, Handled, HandlerReg, InitialState, Meta, Output,
        RunItFirst, State, Unknown, VTable, Validated, WorkflowCall, WorkflowDef, WorkflowState,
        assert_state, assert_workflow, state, workflow_future,
    },
    external::{CancelWorkflow, ExternalWorkflow, SignalWorkflow, Unanswered},
    handle::{ChildHandle, InWorkflow, StartedAs},
    info::{ContinueAsNewReason, WorkflowInfo, WorkflowRun},
    inherited::{Inherited, InheritedBy, distinct},
    queue::{Queue, QueueReceive, QueueSend},
    random::Random,
    scope::ScopeId,
    scoped::{Canceller, Scoped},
    select::{First2, First3, First4, Join, Next, Race},
    semaphore::{Acquire, Lock, Permit, Semaphore},
    set_handlers::UpdateHandlerSet,
    unfinished::{HandlersFinished, handlers_finished},
    update::UpdateInfo,
    wait::{
        BeginWait, Condition, Op, Pending, Started, Starter, Timer, Wait, Waiting, timer, until,
    },
};
