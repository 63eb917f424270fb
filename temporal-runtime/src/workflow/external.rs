//! Signals and cancel requests to other workflows, and the handles of workflows that are no children.

use std::{fmt, marker::PhantomData};

use temporal_protos::common::Payload as RawPayload;

use super::{
    Core, Wf,
    definition::WorkflowDef,
    handle::InWorkflow,
    operation::{Begin, Kind},
    wait::{Decode, Op, Starter, starter},
};
use crate::{
    client::{Untyped, WorkflowHandle},
    error::{Error, Result},
    machine::{Deed, ExternalCommand, OpId},
};

/// Which workflow is meant: its id, as plain text or with what else is known of it.
///
/// ```
/// use temporal_runtime::{ExternalWorkflow, prelude::*};
///
/// #[workflow]
/// async fn nudge(wf: &mut Wf, order: String, run: String) -> Result<()> {
///     wf.execute(wf.external(order.as_str()).signal("nudge", ())).await?;     // its latest run
///     let exact = ExternalWorkflow::new(order).run_id(run);
///     wf.execute(wf.external(exact).cancel()).await
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalWorkflow {
    workflow_id: String,
    run_id: Option<String>,
    namespace: Option<String>,
}

impl ExternalWorkflow {
    /// The latest run of the workflow with this id, in the namespace of who asks.
    pub fn new(workflow_id: impl Into<String>) -> Self {
        Self {
            workflow_id: workflow_id.into(),
            run_id: None,
            namespace: None,
        }
    }

    /// Only this run.
    #[must_use]
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// In another namespace. Services refuse that unless they were told to allow it.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }
}

impl From<&str> for ExternalWorkflow {
    fn from(workflow_id: &str) -> Self {
        Self::new(workflow_id)
    }
}

impl From<&String> for ExternalWorkflow {
    fn from(workflow_id: &String) -> Self {
        Self::new(workflow_id)
    }
}

impl From<String> for ExternalWorkflow {
    fn from(workflow_id: String) -> Self {
        Self::new(workflow_id)
    }
}

impl<W: Send + 'static> Wf<W> {
    /// The handle of a workflow that is no child of this one, by its id; see [`ExternalWorkflow`] for one run of it.
    /// Asks nobody: whether there is such a workflow shows when it is signalled or asked to cancel.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// #[workflow]
    /// async fn nudge(wf: &mut Wf, order: String) -> Result<()> {
    ///     let order = wf.external(order);
    ///     wf.execute(order.signal("nudge", ("ann", 3_u32))).await
    /// }
    /// ```
    #[must_use]
    pub fn external(
        &self,
        workflow: impl Into<ExternalWorkflow>,
    ) -> WorkflowHandle<Untyped, InWorkflow> {
        handle(workflow.into())
    }

    /// As [`external`](Self::external), with the handle of a definition that is at hand:
    /// `wf.execute(wf.external_for::<Checkout>("order-1").approve("ann")).await?`. What runs under the id is not
    /// checked.
    #[must_use]
    pub fn external_for<T: WorkflowDef>(
        &self,
        workflow: impl Into<ExternalWorkflow>,
    ) -> T::Handle<InWorkflow> {
        handle(workflow.into()).into()
    }
}

fn handle<T>(workflow: ExternalWorkflow) -> WorkflowHandle<T, InWorkflow> {
    let side = InWorkflow {
        namespace: workflow.namespace,
        child: None,
    };
    WorkflowHandle::on_side(side, workflow.workflow_id, workflow.run_id)
}

/// Whom a signal or a cancel request goes to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) namespace: Option<String>,
    pub(super) workflow_id: String,
    pub(super) run_id: String,
    pub(super) child: Option<OpId>,
}

impl Target {
    fn reach(self, core: &Core, deed: Deed) -> Begin {
        let info = core.info();
        // only a signal can be limited to a child in all services; a cancel request names it like any other workflow
        let child_only = self.child.is_some() && matches!(deed, Deed::Signal { .. });
        let command = ExternalCommand {
            namespace: self.namespace.unwrap_or_else(|| info.namespace.clone()),
            workflow_id: self.workflow_id,
            run_id: self.run_id,
            child_only,
            deed,
        };
        Begin::External(command, self.child)
    }
}

/// A signal to another workflow: pass it to `wf.execute(..)`, which waits until it has arrived, or `wf.start(..)`.
#[must_use = "no signal is sent until you pass it to `wf.execute(..)` or `wf.start(..)`"]
pub struct SignalWorkflow<W> {
    target: Target,
    name: String,
    arguments: Result<Vec<RawPayload>>,
    workflow: PhantomData<fn() -> W>,
}

impl<W> fmt::Debug for SignalWorkflow<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SignalWorkflow({} to {})",
            self.name, self.target.workflow_id
        )
    }
}

impl<W> SignalWorkflow<W> {
    pub(super) fn new(target: Target, name: &str, arguments: Result<Vec<RawPayload>>) -> Self {
        Self {
            target,
            name: name.to_owned(),
            arguments,
            workflow: PhantomData,
        }
    }
}

impl<W, T> Op<W> for SignalWorkflow<T> {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        let Self {
            target,
            name,
            arguments,
            ..
        } = self;
        starter(Decode::Any, move |core| match arguments {
            Ok(input) => target.reach(core, Deed::Signal { name, input }),
            Err(error) => Begin::Broken(Kind::External(format!("signal `{name}`").into()), error),
        })
    }
}

/// A request to cancel another workflow: pass it to `wf.execute(..)`, which waits until it has arrived, or
/// `wf.start(..)`.
#[must_use = "nobody is asked to cancel until you pass it to `wf.execute(..)` or `wf.start(..)`"]
pub struct CancelWorkflow<W> {
    target: Target,
    reason: String,
    workflow: PhantomData<fn() -> W>,
}

impl<W> fmt::Debug for CancelWorkflow<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelWorkflow({})", self.target.workflow_id)
    }
}

impl<W> CancelWorkflow<W> {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            reason: String::new(),
            workflow: PhantomData,
        }
    }

    /// Says why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

impl<W, T> Op<W> for CancelWorkflow<T> {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        let Self { target, reason, .. } = self;
        starter(Decode::Any, move |core| {
            // in the words of the other SDKs
            let reason = format!(
                "Cancel requested by workflow with run id {} with reason: {reason}",
                core.info().run_id
            );
            target.reach(core, Deed::Cancel { reason })
        })
    }
}

/// What a query or an update that a workflow wants to send would give, so that its refusal is the only error there.
#[derive(Debug)]
pub struct Unanswered<T>(PhantomData<fn() -> T>);

impl<T> Unanswered<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<W, T: Send + 'static> Op<W> for Unanswered<T> {
    type Output = T;
    type Handle = ();
    fn starter(self) -> Starter<W, T> {
        starter(Decode::Any, |_| {
            let what = Kind::External("a query or an update".into());
            Begin::Broken(
                what,
                Error::msg("a workflow cannot send queries and updates"),
            )
        })
    }
}
