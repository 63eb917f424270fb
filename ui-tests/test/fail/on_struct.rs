//! The attribute on a struct.

#[temporal_runtime::test]
struct T;

fn main() {}
