//! What activity code is, and what it sees.

mod context;
mod definition;
mod heartbeat;

pub use self::context::{ActivityContext, ActivityInfo, CancelReason, Invocation};
pub use self::definition::{
    ActivityCall, ActivityDef, ActivityFuture, ActivityResult, HasTimeout, Invoke, NoTimeout,
    TimeoutSet, activity_future, not_in_workflow,
};
pub(crate) use self::{context::StateMap, definition::InWorkflow};
