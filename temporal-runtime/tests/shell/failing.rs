//! Workflows that do not complete, and tasks that cannot be processed: who hears what.

use std::sync::atomic::{AtomicU32, Ordering};

use temporal_runtime::{ErrorKind, FailureKind, prelude::*, testing::TestEnvironment};

fn app(_: App) -> App {
    super::app(module_path!())
}

#[workflow]
async fn refuses(_wf: &mut Wf) -> Result<()> {
    Err(ApplicationError::new("no stock")
        .error_type("OutOfStock")
        .detail(3)?
        .into())
}

#[temporal_runtime::test(app = app)]
async fn a_failure_keeps_type_and_details(env: TestEnvironment) -> Result<()> {
    let error = env.client().execute(refuses::with()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Workflow);
    let failure = error.failure().ok_or("no failure")?;
    assert_eq!(
        (failure.message(), failure.error_type()),
        ("no stock", Some("OutOfStock"))
    );
    assert_eq!(failure.details()[0].decode::<u32>()?, 3);
    Ok(())
}

#[workflow]
async fn waits(wf: &mut Wf) -> Result<()> {
    wf.wait(|()| false).await
}

#[temporal_runtime::test(app = app)]
async fn cancelled_and_terminated_are_told_apart(env: TestEnvironment) -> Result<()> {
    let cancelled = env.client().start(waits::with()).await?;
    cancelled.cancel_because("closing time").await?;
    let error = cancelled.result().await.unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");

    let terminated = env.client().start(waits::with()).await?;
    terminated.terminate("enough").await?;
    let error = terminated.result().await.unwrap_err();
    let kind = error.failure().map(|f| f.kind());
    assert_eq!(
        (kind, error.is_cancelled()),
        (Some(FailureKind::Terminated), false)
    );
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn a_run_that_takes_too_long_times_out(env: TestEnvironment) -> Result<()> {
    let call = env
        .client()
        .execute(waits::with())
        .run_timeout(Duration::from_secs(86_400));
    let error = call.await.unwrap_err();
    assert!(
        matches!(
            error.failure().map(|f| f.kind()),
            Some(FailureKind::Timeout(_))
        ),
        "{error:?}"
    );
    Ok(())
}

#[workflow]
async fn panics(_wf: &mut Wf) -> Result<()> {
    let shelves: Vec<u32> = Vec::new();
    let _ = shelves[3];
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn a_test_is_told_why_its_workflow_is_stuck(env: TestEnvironment) -> Result<()> {
    let error = env.client().execute(panics::with()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WorkflowTask);
    let text = error.to_string();
    assert!(
        text.contains("index out of bounds") && text.contains("failing.rs"),
        "{text}"
    );
    Ok(())
}

static TRIES: AtomicU32 = AtomicU32::new(0);

#[workflow]
async fn mended(_wf: &mut Wf) -> Result<u32> {
    match TRIES.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("not yet"),
        tries => Ok(tries),
    }
}

#[temporal_runtime::test(app = app)]
async fn a_task_that_failed_is_tried_again(env: TestEnvironment) -> Result<()> {
    assert_eq!(env.client().execute(mended::with()).await?, 1);
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn an_unknown_workflow_type_names_the_known_ones(env: TestEnvironment) -> Result<()> {
    let handle = env.client().start_by_name("Nobody", ()).await?;
    let error = handle.result::<()>().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("no workflow `Nobody`") && text.contains("refuses, waits"),
        "{text}"
    );
    Ok(())
}

#[temporal_runtime::test(app = app)]
async fn who_is_not_there_is_not_found(env: TestEnvironment) -> Result<()> {
    let nobody = env.client().workflow::<waits>("nobody");
    for error in [
        nobody.result().await.unwrap_err(),
        nobody.describe().await.unwrap_err(),
        nobody.cancel().await.unwrap_err(),
        nobody.terminate("").await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.workflow_id()),
            (ErrorKind::NotFound, Some("nobody")),
            "{error:?}"
        );
    }
    Ok(())
}
