//! The attribute on a struct.

#[temporal_runtime::main]
struct Main;

fn main() {}
