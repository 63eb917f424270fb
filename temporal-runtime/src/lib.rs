//! Durable execution for Rust: Temporal workflows and activities from plain structs and functions.

// `machine/` forbids what is not pure; the rest of the crate may use it
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "only machine/ must be pure"
)]

#[cfg(test)]
extern crate self as temporal_runtime;

#[doc(hidden)]
pub mod __private;
mod activity;
mod app;
mod attributes;
mod binary;
pub mod client;
mod convert;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
mod failure;
mod headers;
mod machine;
mod memo;
mod options;
mod panics;
pub mod prelude;
#[cfg(test)]
mod random_programs;
mod registry;
pub mod replay;
mod search_attributes;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod worker;
mod workflow;

#[cfg(feature = "embedded")]
pub use self::embedded::{EmbeddedOptions, EmbeddedService};
pub use self::{
    activity::{
        ActivityAnswer, ActivityCall, ActivityContext, ActivityError, ActivityInfo,
        ActivityInterceptor, ActivityOptions, CancelReason, CompleteAsync, Local,
        LocalActivityCall, NextActivity, Remote,
    },
    app::{App, ShutdownHandle, Workers},
    attributes::{
        activity, init, main, nondeterministic, query, run, signal, test, update, validator,
        workflow,
    },
    client::Client,
    convert::{CodecFuture, Payload, PayloadCodec, RawValue},
    error::{Error, ErrorKind, Result, RpcStatus},
    failure::{ApplicationError, Failure, FailureKind, RetryState, TimeoutType},
    headers::{ContextPropagator, Headers},
    machine::Mismatch,
    memo::{Memo, MemoUpdate},
    options::{CancellationType, IdReusePolicy, ParentClosePolicy, Priority, RetryPolicy},
    search_attributes::{
        SearchAttributeKey, SearchAttributeType, SearchAttributeUpdate, SearchAttributeValue,
        SearchAttributes,
    },
    worker::{PollerBehavior, ResourceBasedSlots, SlotSupplier, WorkerOptions},
    workflow::{
        Acquire, ByName, CancelWorkflow, Canceller, ChildHandle, Condition, ContinueAsNewReason,
        ExternalWorkflow, First2, First3, First4, HandlersFinished, InWorkflow, Join, Lock, Next,
        Op, Pending, Permit, Queue, QueueReceive, QueueSend, Race, Random, Scoped, Semaphore,
        SignalWorkflow, Started, Timer, UpdateHandlerSet, UpdateInfo, Wait, Wf, WorkflowCall,
        WorkflowInfo, WorkflowRun, activity_by_name, handlers_finished, timer, until,
        workflow_by_name,
    },
};

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
