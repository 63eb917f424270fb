//! An `Rc` kept across an `.await`.

use temporal_runtime::prelude::*;

#[activity]
async fn f() -> Result<()> {
    let number = std::rc::Rc::new(1);
    tick().await;
    drop(number);
    Ok(())
}

async fn tick() {}

fn main() {}
