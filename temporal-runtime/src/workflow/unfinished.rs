//! Handlers that are still at work: a run may wait for them, and is warned about if it ends without.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    HandlerReg, Starter, Wf,
    executor::Executor,
    operation::{Begin, Value},
    role::Role,
    wait::{Decode, Op, starter},
};

/// How many async handlers are at work.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenHandlers(Arc<AtomicUsize>);

impl OpenHandlers {
    pub(super) fn began(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ended(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// The end of all signal and update handlers; see [`handlers_finished`].
#[must_use = "this is only waited for when you pass it to `wf.execute`, `wf.join` or `wf.race`"]
#[derive(Debug, Clone, Copy)]
pub struct HandlersFinished;

/// Describes a wait until no signal or update handler is at work: a run that ends before cuts them off, and who sent an
/// update is told that the workflow has ended. A handler must not wait for it, because it would wait for itself.
///
/// ```
/// use temporal_runtime::{handlers_finished, prelude::*};
///
/// #[workflow]
/// #[derive(Default)]
/// struct Order { closed: bool }
///
/// #[workflow]
/// impl Order {
///     #[run]
///     async fn run(wf: &mut Wf<Self>) -> Result<()> {
///         wf.wait(|s| s.closed).await?;
///         wf.execute(handlers_finished()).await
///     }
///
///     #[update]
///     async fn close(wf: &mut Wf<Self>) -> Result<()> {
///         wf.closed = true;
///         wf.sleep(Duration::from_secs(60)).await
///     }
/// }
/// ```
pub const fn handlers_finished() -> HandlersFinished {
    HandlersFinished
}

impl<W> Op<W> for HandlersFinished {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        starter(Decode::Any, |core| {
            let open = core.open_handlers();
            Begin::Condition(Box::new(move |_| open.none().then_some(Value::Unit)))
        })
    }
}

impl<W: Send + 'static> Wf<W> {
    /// Whether no signal or update handler is at work. In such a handler it never holds, for it is one itself.
    #[must_use]
    pub fn all_handlers_finished(&self) -> bool {
        self.core().open_handlers().none()
    }
}

impl Executor {
    /// Tells people which handlers the end of the run cuts off, but for those that may be.
    pub(super) fn warn_of_unfinished(&self) {
        let handlers = self.definition.handlers;
        let (mut signals, mut updates) = (Vec::new(), Vec::new());
        for role in self.roles() {
            match role {
                Role::Signal { name, event_id } if !abandons(handlers.signals(), name) => {
                    signals.push(format!("`{name}` (event {event_id})"));
                }
                Role::Update(update) if !abandons(handlers.updates(), &update.name) => {
                    updates.push(format!("`{}` (id {})", update.name, update.id));
                }
                _ => {}
            }
        }
        let instead = "wait with `wf.execute(handlers_finished()).await?` before the run ends";
        if !updates.is_empty() {
            self.report(&format!(
                "[TMPRL1102] the workflow ended while update handlers were at work, and whoever sent these updates is told that it has ended: {}; {instead}, or allow it with `#[update(unfinished = \"abandon\")]`",
                updates.join(", ")
            ));
        }
        if !signals.is_empty() {
            self.report(&format!(
                "[TMPRL1102] the workflow ended while signal handlers were at work, and what they still had to do is lost: {}; {instead}, or allow it with `#[signal(unfinished = \"abandon\")]`",
                signals.join(", ")
            ));
        }
    }
}

/// Whether a handler may be cut off: the one of that name, or else the dynamic one.
fn abandons(handlers: impl Iterator<Item = &'static HandlerReg> + Clone, name: &str) -> bool {
    let found = handlers.clone().find(|h| h.name == name);
    found
        .or_else(|| handlers.into_iter().find(|h| h.name == "*"))
        .is_some_and(|h| h.abandon)
}
