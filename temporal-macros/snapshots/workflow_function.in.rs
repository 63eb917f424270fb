#[workflow]
/// A workflow without state is just a function.
async fn hello(wf: &mut Wf, name: String) -> Result<String> { Ok(name) }
