#[temporal_runtime::test(app = my_app)]
#[should_panic]
async fn a_year_passes(env: &TestEnvironment) -> Result<()> { Ok(()) }
