//! What an item means. Everything that leaves this layer is legal; what is not legal is reported here, at
//! the narrowest place, with the rule and the fix. Writes no code.

pub(crate) mod activity;
pub(crate) mod block;
pub(crate) mod callable;
pub(crate) mod check;
mod consistency;
mod declared;
pub(crate) mod handler;
pub(crate) mod inherited;
pub(crate) mod names;
pub(crate) mod options;
pub(crate) mod role;
pub(crate) mod workflow;
