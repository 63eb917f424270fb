//! The look at a whole file, which may last longer than a start may. What it finds ends all changes: a file whose tables
//! do not hang together gets worse with each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::disk::Inspector;
use super::{DiskError, Line, Store};

/// How often an inspection that is to end is told so: one that is just beginning does not hear it.
const AGAIN: Duration = Duration::from_millis(1);

/// An inspection that is still to be made, or is under way.
#[derive(Debug, Default)]
pub(super) struct Inspection(Mutex<Stage>);

#[derive(Default)]
enum Stage {
    #[default]
    None,
    Planned(Box<dyn Inspector>),
    UnderWay(JoinHandle<()>, Box<dyn Fn() + Send + Sync>),
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Planned(_) => "Planned",
            Self::UnderWay(..) => "UnderWay",
        })
    }
}

impl Inspection {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, whatever it has found. Waits for its thread.
    pub(super) fn end(&self) {
        let stage = std::mem::take(&mut *self.stage());
        if let Stage::UnderWay(thread, interrupt) = stage {
            while !thread.is_finished() {
                interrupt();
                std::thread::sleep(AGAIN);
            }
            if thread.join().is_err() {
                tracing::error!("the inspection of the file panicked");
            }
        }
    }
}

impl Store {
    /// The file was not looked at whole yet.
    pub(crate) fn plan_inspection(&self, inspector: Box<dyn Inspector>) {
        *self.inspection.stage() = Stage::Planned(inspector);
    }

    /// Looks at the whole file, if that was planned, on a thread of its own.
    pub(crate) fn begin_inspection(&self) {
        let mut stage = self.inspection.stage();
        if self.is_ending() {
            return;
        }
        *stage = match std::mem::take(&mut *stage) {
            Stage::Planned(mut inspector) => {
                let interrupt = inspector.interrupt();
                let line = self.line.clone();
                let thread = std::thread::Builder::new()
                    .name("temporal-inspect".into())
                    .spawn(move || inspect(&line, inspector.as_mut()));
                match thread {
                    Ok(thread) => Stage::UnderWay(thread, interrupt),
                    Err(error) => {
                        tracing::error!(%error, "the inspection of the file did not start");
                        Stage::None
                    }
                }
            }
            other => other,
        };
    }
}

fn inspect(line: &Arc<Line>, inspector: &mut dyn Inspector) {
    match inspector.inspect() {
        Ok(None) => tracing::debug!("the file hangs together"),
        Ok(Some(flaw)) => line.break_off(DiskError {
            full: false,
            damaged: true,
            text: flaw,
        }),
        // It was interrupted, or the disk cannot be read; then others will say so.
        Err(error) => tracing::debug!(%error, "the inspection of the file was given up"),
    }
}
