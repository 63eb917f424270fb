#[workflow]
/// Can be paused.
pub trait Pausable: Titled {
    const LIMIT: u32;
    /// Pauses it.
    #[signal]
    fn pause(&mut self, by: String);
    #[signal]
    async fn pause_in(wf: &mut Wf<Self>, seconds: u64) -> Result<()> { wf.sleep(Duration::from_secs(seconds)).await }
    #[query]
    fn pauses(&self) -> u32;
    #[update(name = "re-name", unfinished = "abandon")]
    async fn rename(wf: &mut Wf<Self>, name: String) -> Result<String>;
    #[validator(rename)]
    fn check_name(&self, name: &String) -> Result<()>;
}
