//! Blocks the thread of who comes by, until the test lets it go on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
};

use tokio::sync::oneshot;

static GATES: Mutex<BTreeMap<String, Gate>> = Mutex::new(BTreeMap::new());

struct Gate {
    entered: oneshot::Sender<()>,
    opened: mpsc::Receiver<()>,
}

/// The test's side of a gate. Dropped, it opens.
pub(super) struct Key {
    pub(super) entered: oneshot::Receiver<()>,
    pub(super) open: mpsc::Sender<()>,
}

fn gates() -> MutexGuard<'static, BTreeMap<String, Gate>> {
    GATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes a gate for the next one who comes by with this name.
pub(super) fn close(name: &str) -> Key {
    let (enter, entered) = oneshot::channel();
    let (open, opened) = mpsc::channel();
    gates().insert(
        name.to_owned(),
        Gate {
            entered: enter,
            opened,
        },
    );
    Key { entered, open }
}

/// Goes through; blocks this thread if there is a gate and it is closed.
pub(super) fn pass(name: &str) {
    let gate = gates().remove(name);
    if let Some(gate) = gate {
        let _ = gate.entered.send(());
        // ends when the key is dropped
        let _ = gate.opened.recv();
    }
}
