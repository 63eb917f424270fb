#[workflow(name = "Invoice", task_queue = "accounting")]
/// Sends an invoice.
pub async fn invoice(order: String, cents: u64) -> Result<String>;
