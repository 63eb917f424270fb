//! scratch
mod t {
use temporal_runtime::prelude::*;
use temporal_runtime::testing::TestEnvironment;

#[workflow]
async fn patient(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_secs(365 * 24 * 3600)).await?;
    Ok("a year has passed".into())
}

#[temporal_runtime::test]
async fn a_year_passes_at_once(env: TestEnvironment) -> Result<()> {
    let t = std::time::Instant::now();
    assert_eq!(env.client().execute(patient::with()).await?, "a year has passed");
    println!("{:?}", t.elapsed());
    Ok(())
}
}
