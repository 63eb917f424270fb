#[activity(name = "Ship", task_queue = "warehouse", start_to_close = "1h", crate = durable)]
async fn ship(line: String) -> Result<String>;
