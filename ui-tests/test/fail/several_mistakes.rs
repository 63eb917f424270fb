//! `ap = ..`, `app` without its function, and a parameter too many.
//!
//! Three errors, because there are three mistakes.

#[temporal_runtime::test(ap = my_app, app)]
async fn it_waits(a: u8, b: u8) -> u32 {
    1
}

fn main() {}
