//! One name for two workflows: no worker starts with them.

use temporal_runtime::{ErrorKind, prelude::*};

#[workflow(name = "billing")]
async fn bills(_wf: &mut Wf, cents: u64) -> Result<u64> {
    Ok(cents)
}

#[workflow(name = "billing")]
async fn bills_again(_wf: &mut Wf, cents: u64) -> Result<u64> {
    Ok(cents)
}

#[test]
fn a_workflow_that_is_registered_twice_is_named_with_both_places() {
    let error = super::app(module_path!()).check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Registration);
    let text = error.to_string();
    assert!(
        text.starts_with("workflow `billing` is registered twice: "),
        "{text}"
    );
    assert_eq!(text.split("shell/twice.rs:").count(), 3, "{text}");
}
