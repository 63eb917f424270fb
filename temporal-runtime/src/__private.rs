//! The only paths that generated code names. Not public API: may change in any release.

pub use inventory;
pub use std;

pub use temporal_protos::common::Payload as RawPayload;

/// Encoded arguments.
pub type Payloads = Vec<RawPayload>;

pub use crate::{
    activity::{
        ActivityCall, ActivityDef, ActivityFuture, ActivityResult, HasTimeout, Invocation, Invoke,
        NoTimeout, TimeoutSet, activity_future, not_in_workflow,
    },
    client::{HandleOf, QueryCall, SignalCall, UpdateCall, WorkflowHandle},
    convert::{Arguments, Codec, Payload, RawValue, codec, dynamic},
    error::{Failed, Returned, Returns},
    options::{ActivityDefaults, CancellationType},
    registry::{ActivityReg, Need, Source, WorkflowReg},
    workflow::{
        AskOutside, BeginWait, Begun, BoxFuture, Core, Direct, Handled, HandlerReg, Inherited,
        InheritedBy, InitialState, Meta, Output, RunItFirst, ScopeId, StartedAs, Starter, State,
        Unanswered, Unknown, VTable, Validated, Waiting, WorkflowCall, WorkflowDef, WorkflowState,
        assert_state, assert_workflow, distinct, state, workflow_future,
    },
};

/// The place of a definition, at the line that the macro saw.
#[doc(hidden)]
#[macro_export]
macro_rules! __source {
    ($line:expr) => {
        $crate::__private::Source {
            krate: ::core::env!("CARGO_PKG_NAME"),
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: $line,
        }
    };
}

/// The values an activity needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __needs {
    ($($type:ty),* $(,)?) => {
        &[$($crate::__private::Need {
            id: || $crate::__private::std::any::TypeId::of::<$type>(),
            name: || $crate::__private::std::any::type_name::<$type>(),
        }),*]
    };
}

pub use crate::{__needs as needs, __source as source};

#[cfg(feature = "testing")]
pub use crate::testing::run_test;

pub use crate::binary::{assert_registry, main};
