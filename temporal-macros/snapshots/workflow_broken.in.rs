#[workflow]
impl Checkout {
    #[run]
    async fn run(&mut self, order: Order) -> Result<String> { Ok(1) }
    #[signal]
    fn approve(&mut self, by: &str) {}
    #[query]
    fn log(&self) -> Vec<String> { self.log.clone() }
}
