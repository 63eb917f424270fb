//! Tokens into what was written. Judges nothing: a legal program and a mistaken one both come out.

pub(crate) mod args;
pub(crate) mod item;
pub(crate) mod signature;
pub(crate) mod trait_item;
