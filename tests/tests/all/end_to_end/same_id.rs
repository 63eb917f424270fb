//! A workflow that starts a child under the id of one that runs, and cancels that one in the same task.

use temporal_runtime::{ErrorKind, prelude::*};

use super::end_to_end;

/// Without a timer, which a clock that skips could reach.
#[workflow]
async fn stands_until_cancelled(wf: &mut Wf) -> Result<()> {
    wf.wait(|()| false).await
}

/// Replaces a child, in the wrong order: what it hears of the older one, of the newer one, and of a request by the id.
#[workflow]
async fn replaces_a_child(wf: &mut Wf, id: String) -> Result<Vec<String>> {
    let mut older = wf.start(stands_until_cancelled::with().id(id.as_str()));
    wf.execute(older.started()).await?;
    let newer = wf.start(stands_until_cancelled::with().id(id.as_str()));
    let by_id = wf.start(wf.external(id).cancel());
    older.cancel();
    let refused = wf
        .execute(by_id)
        .await
        .expect_err("the service would refuse it");
    assert_eq!(refused.kind(), ErrorKind::ExternalWorkflow);
    let newer = wf.execute(newer).await;
    let older = wf.execute(older).await;
    Ok(vec![
        format!("{:?}", newer.map_err(|error| error.kind())),
        format!("{:?}", older.map_err(|error| error.is_cancelled())),
        refused
            .failure()
            .map(|f| f.message().to_owned())
            .unwrap_or_default(),
    ])
}

end_to_end! {
    async fn the_older_child_is_cancelled_and_the_newer_one_never_starts(env) {
        let id = format!("{}-child", env.task_queue());
        let run = env.client().start(replaces_a_child::with(id.as_str())).await?;
        let told = run.result().await?;
        assert_eq!(told[..2], ["Err(AlreadyStarted)", "Err(true)"]);
        assert!(told[2].contains("wait for the start of the child before"), "{told:?}");
    }
}
