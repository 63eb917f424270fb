#[workflow]
impl Checkout {
    #[init]
    fn new(order: Order) -> Self { Self {} }
    /// Charges the order.
    #[run]
    async fn run(wf: &mut Wf<Self>, order: Order) -> Result<String> { Ok(wf.receipt) }
    #[signal]
    fn approve(&mut self, by: String) {}
    #[signal(name = "later")]
    async fn approve_later(wf: &mut Wf<Self>, by: String) -> Result<()> { Ok(()) }
    /// What happened so far.
    #[query]
    fn log(&self) -> Vec<String> { self.log.clone() }
    #[cfg(unix)]
    #[update]
    fn set_discount(&mut self, cents: u64) -> Result<u64> { Ok(1) }
    #[validator(set_discount)]
    fn check_discount(&self, cents: &u64) -> Result<()> { Ok(()) }
    #[query(dynamic)]
    fn any(&self, name: String, args: Vec<RawValue>) -> usize { 1 }
    fn helper(&self) {}
}
