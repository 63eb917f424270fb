//! What most workflow and activity code names: `use temporal_runtime::prelude::*;`

pub use std::time::Duration;

pub use crate::{
    ActivityContext, App, ApplicationError, CancellationType, Canceller, Client, Error, Failure,
    First2, First3, First4, InWorkflow, Pending, Result, RetryPolicy, Wf, timer, until,
};
pub use crate::{
    activity, init, nondeterministic, query, run, signal, update, validator, workflow,
};

#[cfg(feature = "testing")]
pub use crate::testing::TestEnvironment;
