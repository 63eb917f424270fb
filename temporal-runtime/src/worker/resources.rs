//! How busy and how full this machine is. What is read where is the platform's file's; elsewhere than on Linux nothing
//! is known, and who asks is told so.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
#[path = "resources_linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "resources_other.rs"]
mod platform;

use crate::error::{Error, ErrorKind, Result};

/// How often the system is asked.
const INTERVAL: Duration = Duration::from_millis(100);

/// The load of this machine.
#[derive(Debug)]
pub(super) enum Usage {
    Machine(Mutex<Sampled>),
    #[cfg(test)]
    Told(std::sync::Arc<tokio::sync::watch::Sender<(f64, f64)>>),
}

#[derive(Debug)]
pub(super) struct Sampled {
    at: Instant,
    cpu: CpuTime,
    /// The parts of processor time and memory that are in use.
    used: (f64, f64),
}

/// Ticks of all processors since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CpuTime {
    pub(super) busy: u64,
    pub(super) all: u64,
}

impl CpuTime {
    /// The busy part of the time since then; nothing if none has passed.
    fn since(self, before: Self) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        let busy = self.busy.saturating_sub(before.busy);
        #[allow(
            clippy::cast_precision_loss,
            reason = "ticks between two samples are few"
        )]
        Some((busy as f64 / all as f64).min(1.0))
    }
}

impl Usage {
    /// # Errors
    /// This system does not tell.
    pub(super) fn of_this_machine() -> Result<Self> {
        let (Some(cpu), Some(memory)) = (platform::cpu_time(), platform::memory_used()) else {
            return Err(Error::new(
                ErrorKind::Config,
                "resource-based slots need to know how busy this machine is, which is read from /proc on Linux and cannot be told here: use `SlotSupplier::Fixed(..)`",
            ));
        };
        Ok(Self::Machine(Mutex::new(Sampled {
            at: Instant::now(),
            cpu,
            used: (0.0, memory),
        })))
    }

    /// What a test says.
    #[cfg(test)]
    pub(super) fn told() -> (Self, std::sync::Arc<tokio::sync::watch::Sender<(f64, f64)>>) {
        let told = std::sync::Arc::new(tokio::sync::watch::Sender::new((0.0, 0.0)));
        (Self::Told(told.clone()), told)
    }

    /// The parts, from 0 to 1, of processor time and memory that are in use.
    pub(super) fn now(&self) -> (f64, f64) {
        let sampled = match self {
            Self::Machine(sampled) => sampled,
            #[cfg(test)]
            Self::Told(told) => return *told.borrow(),
        };
        let mut sampled = sampled.lock().unwrap_or_else(PoisonError::into_inner);
        if sampled.at.elapsed() < INTERVAL {
            return sampled.used;
        }
        sampled.at = Instant::now();
        if let Some(cpu) = platform::cpu_time() {
            sampled.used.0 = cpu.since(sampled.cpu).unwrap_or(sampled.used.0);
            sampled.cpu = cpu;
        }
        if let Some(memory) = platform::memory_used() {
            sampled.used.1 = memory;
        }
        sampled.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busy_part_is_that_of_the_time_between() {
        let before = CpuTime {
            busy: 100,
            all: 1000,
        };
        let after = CpuTime {
            busy: 175,
            all: 1100,
        };
        assert_eq!(after.since(before), Some(0.75));
        assert_eq!(before.since(before), None, "no time has passed");
        assert_eq!(before.since(after), None, "time went back");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_tells() {
        let (cpu, memory) = Usage::of_this_machine().unwrap().now();
        assert!(
            (0.0..=1.0).contains(&cpu) && memory > 0.0 && memory <= 1.0,
            "{cpu} {memory}"
        );
    }

    #[cfg(not(target_os = "linux"))]
    #[test]
    fn elsewhere_it_is_refused() {
        assert_eq!(
            Usage::of_this_machine().unwrap_err().kind(),
            ErrorKind::Config
        );
    }
}
