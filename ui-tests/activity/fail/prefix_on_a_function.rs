//! A prefix is for a group of activities.

use temporal_runtime::prelude::*;

#[activity(name_prefix = "Payments.", start_to_close = "1s")]
async fn refund() -> Result<()> {
    Ok(())
}

struct Payments;

#[activity(start_to_close = "1s")]
impl Payments {
    #[activity(name_prefix = "Payments.")]
    async fn charge(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
