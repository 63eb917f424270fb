//! A test that is not async.

#[temporal_runtime::test]
fn it_waits() {}

fn main() {}
