//! An error type that is no error.

use temporal_runtime::prelude::*;

#[derive(Debug)]
struct MyErr;

#[activity]
async fn f() -> Result<u32, MyErr> {
    Err(MyErr)
}

fn main() {}
