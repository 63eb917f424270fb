//! What errors do, seen from outside: which end a workflow or an update, and how mended code goes on after the others.

use temporal_runtime::{
    App, ErrorKind, FailureKind, WorkerOptions,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::end_to_end;

#[derive(Debug)]
struct OutOfStock;

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the shelf is empty")
    }
}

impl std::error::Error for OutOfStock {}

#[activity(start_to_close = "30s", max_attempts = 1)]
async fn refuse(what: String) -> Result<()> {
    Err(ApplicationError::new(format!("no {what}"))
        .error_type("Refused")
        .into())
}

#[workflow]
async fn fails_as_a_child(_wf: &mut Wf) -> Result<()> {
    Err(ApplicationError::new("no child")
        .error_type("Refused")
        .into())
}

/// One way to fail for each kind of error, in run and in an update.
#[workflow(fail_on = ["OutOfStock"])]
#[derive(Default)]
struct Failing {
    done: bool,
}

#[workflow]
impl Failing {
    #[run]
    async fn run(wf: &mut Wf<Self>, how: String) -> Result<()> {
        if how.is_empty() {
            return wf.wait(|s| s.done).await;
        }
        Self::fail(wf, how).await
    }

    async fn fail(wf: &mut Wf<Self>, how: String) -> Result<()> {
        match how.as_str() {
            "activity" => wf.execute(refuse::with("activity")).await,
            "child" => wf.execute(fails_as_a_child::with()).await,
            "application" => Err(ApplicationError::new("no application")
                .error_type("Refused")
                .into()),
            _ => Err("of text".into()),
        }
    }

    #[update]
    async fn try_to(wf: &mut Wf<Self>, how: String) -> Result<()> {
        Self::fail(wf, how).await
    }

    #[update]
    fn take_one(&mut self) -> Result<(), OutOfStock> {
        Err(OutOfStock)
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }
}

#[workflow(fail_on = ["OutOfStock"])]
async fn runs_out(_wf: &mut Wf) -> Result<(), OutOfStock> {
    Err(OutOfStock)
}

/// Kind, type and text of what user code said, and the kind of the outermost failure.
fn said(error: &Error) -> (FailureKind, String) {
    let failure = error.failure().expect("it failed");
    let application = failure.application().expect("user code said so");
    let error_type = application.error_type().unwrap_or_default();
    (
        failure.kind(),
        format!("{error_type} {}", application.message()),
    )
}

const WAYS: [(&str, FailureKind, &str); 4] = [
    ("activity", FailureKind::Activity, "Refused no activity"),
    ("child", FailureKind::ChildWorkflow, "Refused no child"),
    (
        "application",
        FailureKind::Application,
        "Refused no application",
    ),
    ("text", FailureKind::Application, " of text"),
];

end_to_end! {
    async fn our_errors_fail_the_workflow(env) {
        for (how, kind, text) in WAYS {
            let error = env.client().execute(Failing::with(how)).await.expect_err(how);
            assert_eq!(error.kind(), ErrorKind::Workflow, "{error:?}");
            assert_eq!(said(&error), (kind, text.to_owned()), "{error:?}");
        }
    }

    async fn our_errors_fail_an_update_and_the_workflow_goes_on(env) {
        let handle = env.client().start(Failing::with("")).await?;
        for (how, kind, text) in WAYS {
            let error = handle.try_to(how).await.expect_err(how);
            assert_eq!(error.kind(), ErrorKind::Update, "{error:?}");
            assert_eq!(said(&error), (kind, text.to_owned()), "{error:?}");
        }
        let error = handle.take_one().await.expect_err("its type is listed");
        assert_eq!(said(&error), (FailureKind::Application, "OutOfStock the shelf is empty".to_owned()));
        handle.finish().await?;
        handle.result().await?;
    }

    async fn a_listed_error_fails_the_workflow(env) {
        let error = env.client().execute(runs_out::with()).await.expect_err("its type is listed");
        assert_eq!(error.kind(), ErrorKind::Workflow, "{error:?}");
        assert_eq!(said(&error), (FailureKind::Application, "OutOfStock the shelf is empty".to_owned()));
    }
}

#[workflow]
async fn lists_nothing(_wf: &mut Wf) -> Result<(), OutOfStock> {
    Err(OutOfStock)
}

#[test]
fn what_a_worker_lists_fails_any_of_its_workflows() -> Result<()> {
    let options = WorkerOptions::new().fail_workflows_on(["OutOfStock"]);
    let app = App::new()
        .only_module("all::end_to_end::failures")
        .worker_options(options);
    block_on(async {
        let env = TestEnvironment::start(app).await?;
        let called = env.client().execute(lists_nothing::with()).await;
        let error = called.expect_err("its type is listed");
        assert_eq!(error.kind(), ErrorKind::Workflow, "{error:?}");
        Ok(())
    })
}
