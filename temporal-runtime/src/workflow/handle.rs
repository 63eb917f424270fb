//! Handles of other workflows on the side of workflow code: the same types as a client's, with fewer verbs. Signals and
//! cancel requests are operations, for `wf.execute(..)`; queries and updates there are none, because their answers
//! would not be in history.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use temporal_protos::common::Payload as RawPayload;

use super::{
    Core,
    definition::WorkflowDef,
    external::{CancelWorkflow, SignalWorkflow, Target},
    wait::{Pending, Started},
};
use crate::{
    client::{ArgumentList, HandleSide, Untyped, WorkflowHandle},
    error::Result,
    machine::OpId,
};

/// The first run of a child, once it runs.
#[derive(Debug, Clone, Default)]
pub(super) struct StartedRun(Arc<OnceLock<String>>);

impl StartedRun {
    pub(super) fn set(&self, run_id: &str) {
        // a child starts once
        let _ = self.0.set(run_id.to_owned());
    }

    pub(super) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// A child of the run.
#[derive(Debug, Clone)]
pub(super) struct ChildRef {
    pub(super) op: OpId,
    pub(super) run: StartedRun,
}

/// The side of a handle that belongs to workflow code, as in `CheckoutHandle<InWorkflow>`.
///
/// Such a handle has the signals of the workflow, as operations for `wf.execute(..)`, and `cancel`. It has no queries
/// and updates: a workflow cannot send any. It may be cloned, and kept in the state.
#[derive(Clone)]
pub struct InWorkflow {
    pub(super) namespace: Option<String>,
    pub(super) child: Option<ChildRef>,
}

impl fmt::Debug for InWorkflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InWorkflow")
    }
}

impl HandleSide for InWorkflow {
    fn started_run_id(&self) -> Option<&str> {
        self.child.as_ref()?.run.get()
    }
}

impl<W> WorkflowHandle<W, InWorkflow> {
    fn target(&self) -> Target {
        let side = self.side();
        Target {
            namespace: side.namespace.clone(),
            workflow_id: self.id().to_owned(),
            // a child is named by its id alone, so that later runs of it are reached
            run_id: match side.child {
                Some(_) => String::new(),
                None => self.run_id().unwrap_or_default().to_owned(),
            },
            child: side.child.as_ref().map(|c| c.op),
        }
    }

    /// Asks the workflow to cancel: it decides itself what to do. Wait for it with `wf.execute(handle.cancel()).await?`,
    /// which is over when the request has reached it.
    ///
    /// The wait fails with [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such workflow, or if it
    /// has closed.
    pub fn cancel(&self) -> CancelWorkflow<W> {
        CancelWorkflow::new(self.target())
    }

    #[doc(hidden)]
    pub fn __signal(&self, name: &str, arguments: Result<Vec<RawPayload>>) -> SignalWorkflow<W> {
        SignalWorkflow::new(self.target(), name, arguments)
    }
}

impl WorkflowHandle<Untyped, InWorkflow> {
    /// A signal by name; the arguments are a tuple: `wf.execute(other.signal("approve", ("ann",))).await?`. The wait is
    /// over when the signal has reached the workflow, and fails with
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such workflow, or if it has closed.
    pub fn signal(&self, name: &str, arguments: impl ArgumentList) -> SignalWorkflow<Untyped> {
        self.__signal(name, arguments.encode())
    }
}

/// What [`Wf::start`](super::Wf::start) gives of a child workflow besides the wait for its result.
///
/// It derefs to the typed handle, such as `CheckoutHandle<InWorkflow>`: its signals, its id, and its first run once it
/// has started. A signal to a child that has not started yet is held back until it has.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// #[derive(Default)]
/// struct Review { verdict: Option<String> }
///
/// #[workflow]
/// impl Review {
///     #[run]
///     async fn run(wf: &mut Wf<Self>, text: String) -> Result<String> {
///         wf.wait(|s| s.verdict.is_some()).await?;
///         Ok(format!("{text}: {}", wf.verdict.clone().unwrap_or_default()))
///     }
///
///     #[signal]
///     fn decide(&mut self, verdict: String) { self.verdict = Some(verdict); }
/// }
///
/// #[workflow]
/// async fn publish(wf: &mut Wf, text: String) -> Result<String> {
///     let review = wf.start(Review::with(text).id("review-1"));
///     let run_id = wf.execute(review.started()).await?;           // the child runs
///     assert_eq!((review.id(), review.run_id()), ("review-1", Some(run_id.as_str())));
///     wf.execute(review.decide("print it")).await?;                // the signal has reached it
///     wf.execute(review).await                                     // its result
/// }
/// ```
pub struct ChildHandle<C: WorkflowDef> {
    handle: C::Handle<InWorkflow>,
    child: ChildRef,
}

impl<C: WorkflowDef> fmt::Debug for ChildHandle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildHandle({})", C::META.name)
    }
}

impl<C: WorkflowDef> Deref for ChildHandle<C> {
    type Target = C::Handle<InWorkflow>;
    fn deref(&self) -> &Self::Target {
        &self.handle
    }
}

impl<C: WorkflowDef> ChildHandle<C> {
    /// The start of the child, which is a stage of its own and gives the id of its first run:
    /// `let run_id = wf.execute(child.started()).await?;`. It fails if the child cannot be started, as when its id is
    /// in use. A parent that closes in the same workflow task in which it started the child never starts it.
    pub fn started(&self) -> Started {
        Started {
            child: self.child.op,
            run: self.child.run.clone(),
        }
    }
}

impl<W, T, C: WorkflowDef> Deref for Pending<W, T, ChildHandle<C>> {
    type Target = ChildHandle<C>;
    fn deref(&self) -> &ChildHandle<C> {
        &self.handle
    }
}

/// What a handle can do besides being waited for.
#[doc(hidden)]
pub trait StartedAs: Send + 'static {
    fn started(core: &Arc<Core>, op: u64) -> Self;
}

impl StartedAs for () {
    fn started(_: &Arc<Core>, _: u64) {}
}

impl<C: WorkflowDef> StartedAs for ChildHandle<C> {
    fn started(core: &Arc<Core>, op: u64) -> Self {
        let (workflow_id, child) = core.child(OpId(op));
        let side = InWorkflow {
            namespace: None,
            child: Some(child.clone()),
        };
        Self {
            handle: WorkflowHandle::on_side(side, workflow_id, None).into(),
            child,
        }
    }
}
