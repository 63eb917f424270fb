//! The parts of the examples that are worth a test of their own.

pub mod bench;
pub mod digest;
