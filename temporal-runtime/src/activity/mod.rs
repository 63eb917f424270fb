//! What activity code is, and what it sees.

mod complete_async;
mod context;
mod definition;
mod for_test;
mod heartbeat;
mod interceptor;
mod local_activity;

pub use self::complete_async::CompleteAsync;
pub use self::context::{ActivityContext, ActivityInfo, CancelReason, Invocation};
pub use self::definition::{
    ActivityCall, ActivityDef, ActivityFuture, ActivityResult, HasTimeout, Invoke, NoTimeout,
    TimeoutSet, activity_future, not_in_workflow,
};
pub use self::interceptor::{ActivityAnswer, ActivityError, ActivityInterceptor, NextActivity};
pub use self::local_activity::LocalActivityCall;
pub(crate) use self::{
    context::StateMap,
    definition::InWorkflow,
    interceptor::{ActivityInterceptors, AttemptError},
};
