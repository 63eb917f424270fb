//! The pure core of the service: one run and one request in, events, a reply and effects out.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod effect;
pub(crate) mod namespace;
pub(crate) mod refusal;
pub(crate) mod surroundings;
pub(crate) mod time;
pub(crate) mod visibility;
