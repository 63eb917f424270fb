//! A run that ends and goes on as a new one, with a fresh history and state of its choice.

use std::{error::Error as StdError, fmt};

use super::{Wf, WorkflowCall, WorkflowDef, WorkflowInfo};
use crate::{
    error::{Error, ErrorKind, Result, chain},
    machine::ContinueCommand,
};

impl<W: Send + 'static> Wf<W> {
    /// Ends this run and starts the next one of the same workflow id, with a fresh history: for workflows that go on
    /// for long. Always an error, so that nothing can follow it: return it.
    ///
    /// What the next run is to know travels in its arguments; state, timers, started operations and messages that were
    /// not looked at do not. Do it when [`WorkflowInfo::continue_as_new_suggested`] says so, and let handlers end first:
    /// wait until what they work on is done.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// #[derive(Default)]
    /// struct Counter { count: u64 }
    ///
    /// #[workflow]
    /// impl Counter {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>, so_far: Option<u64>) -> Result<()> {
    ///         wf.count += so_far.unwrap_or_default();
    ///         loop {
    ///             wf.sleep(Duration::from_secs(60)).await?;
    ///             if wf.info().continue_as_new_suggested {
    ///                 return wf.continue_as_new(Self::with(Some(wf.count)));
    ///             }
    ///         }
    ///     }
    ///
    ///     #[signal]
    ///     fn add(&mut self, n: u64) { self.count += n; }
    /// }
    /// ```
    ///
    /// The call may be of another workflow type. Options that it does not set are this run's: the task queue (of
    /// another type, the one its attribute names), run and task timeout, the retry policy, the memo that this run was
    /// started with, and the search attributes as they are now. The id, the execution timeout and the first run belong
    /// to the whole chain and stay.
    ///
    /// The request is a cause of the error, so `?` and wrappers such as `anyhow` keep it; an error that is swallowed
    /// does nothing. If a signal arrives meanwhile, the service has the workflow task done again with the signal.
    ///
    /// # Errors
    /// Always.
    ///
    /// # Panics
    /// In a handler or a spawned task, which cannot end the run: set a field there, and let the run function wait for
    /// it. With an id or an execution timeout in the call. A panic fails the workflow task, not the workflow.
    #[track_caller]
    pub fn continue_as_new<C: WorkflowDef, T>(&mut self, call: WorkflowCall<C>) -> Result<T> {
        assert!(
            !self.is_beside_run(),
            "`continue_as_new` was called in a handler or a spawned task, and only the run function can end the run: set a field of the state here, wait for it in the run function, and return `wf.continue_as_new(..)` there"
        );
        let options = &call.options;
        assert!(
            options.id.is_none() && options.execution_timeout.is_none(),
            "`continue_as_new` was given an id or an execution timeout: these belong to the whole chain of runs and cannot change"
        );
        let command = command(call, &self.info())?;
        Err(Error::new(
            ErrorKind::ContinueAsNew,
            format!("goes on in a new run of `{}`", command.workflow_type),
        )
        .with_source(ContinueAsNew(Box::new(command))))
    }
}

fn command<C: WorkflowDef>(call: WorkflowCall<C>, info: &WorkflowInfo) -> Result<ContinueCommand> {
    let WorkflowCall { args, options, .. } = call;
    let name = options.workflow_type.as_deref().unwrap_or(C::META.name);
    let own_queue = C::META.task_queue.filter(|_| name != info.workflow_type);
    let memo = match options.memo {
        Some(memo) => memo.into_fields()?,
        None => info.started_memo.fields().clone(),
    };
    let search_attributes = match options.search_attributes {
        Some(fields) => fields,
        None => info.search_attributes.clone().into_fields(),
    };
    Ok(ContinueCommand {
        workflow_type: name.to_owned(),
        task_queue: options.task_queue.or_else(|| own_queue.map(str::to_owned)),
        input: C::encode(args)?,
        run_timeout: options.run_timeout,
        task_timeout: options.task_timeout,
        retry_policy: (options.retry_policy.as_ref())
            .or(info.retry_policy.as_ref())
            .map(|policy| policy.to_proto()),
        memo,
        search_attributes,
    })
}

/// The node that says with what the next run starts.
#[derive(Debug)]
struct ContinueAsNew(Box<ContinueCommand>);

impl fmt::Display for ContinueAsNew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "continue as new `{}`", self.0.workflow_type)
    }
}

impl StdError for ContinueAsNew {}

/// Whether an error asks for a new run, whatever wraps it.
pub(super) fn requested(error: &(dyn StdError + 'static)) -> Option<Box<ContinueCommand>> {
    chain(error).find_map(|e| e.downcast_ref::<ContinueAsNew>().map(|c| c.0.clone()))
}
