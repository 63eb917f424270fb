//! What activity code is, and what it sees.

mod call;
mod complete_async;
mod context;
mod definition;
mod for_test;
mod heartbeat;
mod interceptor;
mod options;

pub use self::call::{ActivityCall, Local, LocalActivityCall, Remote};
pub use self::complete_async::CompleteAsync;
pub use self::context::{ActivityContext, ActivityInfo, CancelReason, Invocation};
pub use self::definition::{
    ActivityDef, ActivityFuture, ActivityResult, HasTimeout, Invoke, NoTimeout, TimeoutSet,
    activity_future, not_in_workflow,
};
pub use self::interceptor::{ActivityAnswer, ActivityError, ActivityInterceptor, NextActivity};
pub use self::options::ActivityOptions;
pub(crate) use self::{
    context::StateMap,
    definition::InWorkflow,
    interceptor::{ActivityInterceptors, AttemptError},
};
