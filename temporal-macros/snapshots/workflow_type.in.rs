#[workflow(task_queue = "orders")]
#[derive(Default)]
pub struct Checkout { approved_by: Option<String> }
