//! What activity code is, and what it sees.

mod context;
mod definition;

pub use self::context::{ActivityContext, Invocation};
pub(crate) use self::definition::InWorkflow;
pub use self::definition::{
    ActivityCall, ActivityDef, ActivityFuture, ActivityResult, HasTimeout, Invoke, NoTimeout,
    TimeoutSet, activity_future, not_in_workflow,
};
