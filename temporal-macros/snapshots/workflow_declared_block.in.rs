#[workflow]
impl Invoice {
    #[run]
    async fn run(order: String, cents: u64) -> Result<String>;
    #[signal]
    fn approve(by: String);
    #[query]
    fn due() -> u64;
    fn own() -> u8 { 1 }
}
