//! What workflow code logs: nothing on replay, for it was logged before; and else under spans that say whose line it is.

use std::sync::LazyLock;

use tracing::{
    Dispatch, Event, Metadata, Span, Subscriber, dispatcher, error_span,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};

use super::{WorkflowInfo, executor::Executor, role::Role};

/// The fields of a run. At the level of errors, so that no filter takes them from a line that it lets through.
pub(super) fn run_span(info: &WorkflowInfo) -> Span {
    error_span!(
        "workflow",
        workflow_type = %info.workflow_type,
        workflow_id = %info.workflow_id,
        run_id = %info.run_id,
        task_queue = %info.task_queue,
        namespace = %info.namespace,
        attempt = info.attempt,
    )
}

impl Role {
    fn span(&self) -> Span {
        match self {
            Self::Signal { name, event_id } => {
                error_span!("signal", signal_name = %name, signal_event_id = event_id)
            }
            Self::Update(update) => {
                error_span!("update", update_name = %update.name, update_id = %update.id)
            }
            Self::Query(name) => error_span!("query", query_name = %name),
            Self::Init | Self::Main | Self::Spawned => Span::none(),
        }
    }
}

/// Takes nothing. `Dispatch::none()` would not do: a line of code that is met under it first counts as one that nobody
/// ever wants to hear of, for it is asked when it is alone in the process or beside one that is not of this thread.
struct Mute;

static MUTE: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Mute));

impl Subscriber for Mute {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Runs user code: without a trace on replay, and else in the spans of the run and of what it does for it.
pub(super) fn logged<T>(
    info: &WorkflowInfo,
    replaying: bool,
    role: &Role,
    call: impl FnOnce() -> T,
) -> T {
    if replaying {
        return dispatcher::with_default(&MUTE, call);
    }
    run_span(info).in_scope(|| role.span().in_scope(call))
}

impl Executor {
    pub(super) fn logged<T>(&self, role: &Role, call: impl FnOnce() -> T) -> T {
        // a query is no part of the history, so what it says is always news
        let replaying = self.core.is_replaying() && !matches!(role, Role::Query(_));
        logged(&self.core.info(), replaying, role, call)
    }
}
