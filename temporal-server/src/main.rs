//! The binary `temporal-server`.
fn main() {}
