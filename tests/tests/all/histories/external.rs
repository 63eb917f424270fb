//! Workflows that signal others, or ask them to cancel.

use temporal_runtime::prelude::*;

use super::failures::chain;

#[workflow(name = "ExternalSignal")]
async fn external_signal(wf: &mut Wf, target: String) -> Result<Vec<String>> {
    let target = wf.external(target);
    Ok(
        match wf
            .execute(target.signal("finish", ("signalled from outside".to_owned(),)))
            .await
        {
            Ok(()) => vec!["ok".into()],
            Err(error) => chain(&error),
        },
    )
}

#[workflow(name = "ExternalCancel")]
async fn external_cancel(wf: &mut Wf, target: String) -> Result<Vec<String>> {
    let target = wf.external(target);
    Ok(match wf.execute(target.cancel()).await {
        Ok(()) => vec!["ok".into()],
        Err(error) => chain(&error),
    })
}
