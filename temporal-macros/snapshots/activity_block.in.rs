#[activity(start_to_close = "30s", task_queue = "payments")]
impl Payments {
    /// Refunds a charge.
    #[activity(name = "Refund")]
    pub async fn refund(&self, id: String) -> Result<()> { self.call(id).await }
    fn helper(&self) {}
}
