#[activity(start_to_close = "30s", max_attempts = 5, non_retryable = ["Invalid"])]
/// Charges the customer.
pub async fn charge(db: &Db, ctx: &ActivityContext, order: String, cents: u64) -> Result<String> {
    body that is not parsed = ;
}
