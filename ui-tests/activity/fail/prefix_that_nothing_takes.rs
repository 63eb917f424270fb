//! A name of its own is taken as it is, so this prefix would change nothing; an empty one never does.

use temporal_runtime::prelude::*;

struct Payments;

#[activity(name_prefix = "Payments.", start_to_close = "1s")]
impl Payments {
    #[activity(name = "Refund")]
    async fn refund(&self) -> Result<()> {
        Ok(())
    }
}

struct Books;

#[activity(name_prefix = "", start_to_close = "1s")]
impl Books {
    #[activity]
    async fn order(&self) -> Result<()> {
        Ok(())
    }
}

struct Letters;

#[activity(prefix = "Letters.", start_to_close = "1s")]
impl Letters {
    #[activity]
    async fn send(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
