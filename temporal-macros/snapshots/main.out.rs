#[allow(unused_imports)]
use ::my_workflows as _;
fn main() -> ::std::process::ExitCode {
    async fn main(app: App) -> Result<App> {
        Ok(app.state(Db::connect().await?))
    }
    ::temporal_runtime::__private::main(|app: ::temporal_runtime::App| async move {
        main(app).await
    })
}
#[cfg(test)]
#[::core::prelude::v1::test]
fn temporal_registry_is_consistent() {
    ::temporal_runtime::__private::assert_registry();
}
