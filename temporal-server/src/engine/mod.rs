//! The pure core of the service: one run and one request in, events, a reply and effects out.
//!
//! Nothing in this module waits, looks at a clock, draws a random number, does I/O or iterates in hash
//! order. The time of a request, fresh ids and what is known of the surroundings come in with its
//! [`Context`]; what must happen elsewhere leaves as [`Effect`]s, which the driver performs.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod checksum;
pub(crate) mod date;
pub(crate) mod duration_text;
pub(crate) mod effect;
pub(crate) mod execution;
pub(crate) mod failure;
#[cfg(test)]
pub(crate) mod fuzz;
pub(crate) mod limits;
pub(crate) mod matching;
pub(crate) mod namespace;
pub(crate) mod namespace_change;
pub(crate) mod refusal;
pub(crate) mod saved_namespace;
pub(crate) mod schedule;
pub(crate) mod surroundings;
pub(crate) mod time;
pub(crate) mod timers;
pub(crate) mod visibility;
pub(crate) mod workers;

use effect::Effect;
use limits::Limits;
use surroundings::Surroundings;
use time::Time;

/// What one request brings along besides itself: its time, fresh ids, what is known around the run.
pub(crate) struct Context<'a> {
    /// The virtual time of the request.
    pub(crate) now: Time,
    /// Where a fresh id (a UUID in text) comes from.
    pub(crate) fresh_id: &'a mut dyn FnMut() -> String,
    /// Namespaces and search attributes.
    pub(crate) surroundings: &'a dyn Surroundings,
    /// The limits of this service.
    pub(crate) limits: &'a Limits,
    /// What is to be done elsewhere once the run's change stands, in order.
    pub(crate) effects: Vec<Effect>,
}

impl Context<'_> {
    /// Adds an effect.
    pub(crate) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}
