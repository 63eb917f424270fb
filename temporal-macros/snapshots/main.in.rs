#[temporal_runtime::main(my_workflows)]
async fn main(app: App) -> Result<App> { Ok(app.state(Db::connect().await?)) }
