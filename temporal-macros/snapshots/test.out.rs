#[::core::prelude::v1::test]
#[should_panic]
fn a_year_passes() -> Result<()> {
    async fn a_year_passes(env: &TestEnvironment) -> Result<()> {
        Ok(())
    }
    #[allow(unused_variables, unused_mut)]
    ::temporal_runtime::__private::run_test(my_app, |mut env: ::temporal_runtime::testing::TestEnvironment| async move {
        a_year_passes(&env).await
    })
}
