//! A test with more than its environment.

#[temporal_runtime::test]
async fn it_waits(env: u8, more: u8) {}

fn main() {}
