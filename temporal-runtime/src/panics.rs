//! Panics of user code: their text and place, without a report on stderr for those that we turn into failures.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{PanicHookInfo, set_hook, take_hook},
    sync::Once,
};

use crate::activity::InWorkflow;

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// From here on, panics of workflow and activity code are kept for their failure instead of being printed. Panics of
/// everything else go where they went before.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if InWorkflow::now() || QUIET.get() {
                PLACE.with(|p| *p.borrow_mut() = info.location().map(ToString::to_string));
            } else {
                before(info);
            }
        }));
    });
}

/// Runs activity code: its panics are kept, not printed.
pub(crate) fn quietly<T>(f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _restore = Restore(QUIET.replace(true));
    f()
}

/// What a panic said, and where, if that is known.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without text".to_owned());
    match PLACE.with(|p| p.borrow_mut().take()) {
        Some(place) => format!("{text} ({place})"),
        None => text,
    }
}

/// Whether a foreign future panicked because workflow code does not run in its runtime.
pub(crate) fn wants_a_reactor(text: &str) -> bool {
    text.contains("there is no reactor running")
        || text.contains("context of a Tokio 1.x runtime")
        || text.contains("A Tokio 1.x context")
}
