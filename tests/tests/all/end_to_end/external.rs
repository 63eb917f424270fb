//! Workflows that talk to other workflows: to their children, and to those that are none.

use temporal_runtime::{ErrorKind, ExternalWorkflow, client::WorkflowStatus, prelude::*};

use super::end_to_end;

/// Collects what it is told until it has heard enough.
#[workflow]
#[derive(Default)]
pub(super) struct Ear {
    heard: Vec<String>,
    enough: bool,
}

#[workflow]
impl Ear {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.enough).await?;
        Ok(wf.heard.clone())
    }

    #[signal]
    fn tell(&mut self, what: String) {
        self.heard.push(what);
    }

    #[signal(name = "that's it")]
    async fn end(wf: &mut Wf<Self>) -> Result<()> {
        wf.enough = true;
        Ok(())
    }

    #[query]
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

#[workflow]
async fn tells(wf: &mut Wf, id: String, what: String) -> Result<()> {
    let listener = wf.external_for::<Ear>(&id);
    wf.execute(listener.tell(what)).await?;
    wf.execute(listener.end()).await
}

#[workflow]
async fn tells_by_name(wf: &mut Wf, id: String, run_id: String) -> Result<()> {
    let listener = wf.external(ExternalWorkflow::new(id).run_id(run_id));
    wf.execute(listener.signal("tell", ("by name",))).await?;
    wf.execute(listener.signal("that's it", ())).await
}

#[workflow]
async fn cancels_another(wf: &mut Wf, id: String) -> Result<()> {
    let other = wf.external(id);
    wf.execute(other.cancel().reason("nobody needs it")).await
}

/// What an error says: its kind, the failure's type and text.
fn told(error: &Error) -> (String, String, String) {
    let failure = error.failure();
    (
        format!("{:?}", error.kind()),
        failure
            .and_then(Failure::error_type)
            .unwrap_or_default()
            .to_owned(),
        failure.map(ToString::to_string).unwrap_or_default(),
    )
}

#[workflow]
async fn reaches_nobody(wf: &mut Wf) -> Result<Vec<(String, String, String)>> {
    let nobody = wf.external_for::<Ear>("nobody-has-this-id");
    let signal = wf.execute(nobody.tell("hello?")).await;
    let cancel = wf.execute(nobody.cancel()).await;
    Ok(signal
        .err()
        .iter()
        .chain(cancel.err().iter())
        .map(told)
        .collect())
}

/// Not caught, it fails the workflow.
#[workflow]
async fn relies_on_nobody(wf: &mut Wf) -> Result<()> {
    let nobody = wf.external("nobody-has-this-id");
    wf.execute(nobody.signal("hello", ())).await
}

#[workflow]
async fn raises_a_child(wf: &mut Wf) -> Result<(Vec<String>, bool)> {
    let child = wf.start(Ear::with());
    // held back until the child runs
    let early = wf.start(child.tell("before the start"));
    let run_id = wf.execute(child.started()).await?;
    let known = child.run_id() == Some(run_id.as_str()) && !child.id().is_empty();
    wf.execute(early).await?;
    wf.execute(child.tell("after the start")).await?;
    // a plain handle for the state or for another task
    let handle = child.clone();
    let last = wf.spawn(|mut wf| async move { wf.execute(handle.end()).await });
    let (heard, ()) = wf.join((child, last)).await?;
    Ok((heard, known))
}

#[workflow]
async fn cancels_its_child_by_handle(wf: &mut Wf) -> Result<bool> {
    let child = wf.start(Ear::with());
    let handle: EarHandle<InWorkflow> = child.clone();
    wf.execute(handle.cancel()).await?;
    let ended = wf.execute(child).await;
    Ok(ended.is_err_and(|error| error.is_cancelled()))
}

#[workflow]
async fn signals_a_child_that_cannot_start(wf: &mut Wf, id: String) -> Result<Vec<String>> {
    let mut child = wf.start(Ear::with().id(id));
    let signal = wf.start(child.tell("hello?"));
    let (signal, child) = wf.settle((signal, &mut child)).await;
    let kinds = [signal.err(), child.err()].map(|e| format!("{:?}", e.map(|e| e.kind())));
    Ok(kinds.into())
}

#[workflow]
async fn signals_a_child_that_has_ended(wf: &mut Wf) -> Result<String> {
    let mut child = wf.start(Ear::with());
    wf.execute(child.end()).await?;
    wf.execute(&mut child).await?;
    let late = wf.execute(child.tell("too late")).await;
    Ok(format!("{:?}", late.map_err(|e| e.kind())))
}

/// Signals flow from a handler too.
#[workflow]
#[derive(Default)]
struct Relay {
    sent: u32,
}

#[workflow]
impl Relay {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.wait(|s| s.sent == 2).await?;
        Ok(wf.sent)
    }

    #[update]
    async fn pass_on(wf: &mut Wf<Self>, to: String, what: String) -> Result<u32> {
        let to = wf.external_for::<Ear>(to);
        wf.execute(to.tell(what)).await?;
        wf.sent += 1;
        Ok(wf.sent)
    }
}

#[workflow]
async fn changes_its_mind(wf: &mut Wf, id: String) -> Result<bool> {
    let listener = wf.external_for::<Ear>(&id);
    let mut hasty = wf.start(listener.tell("forget it"));
    hasty.cancel();
    let cancelled = wf.execute(hasty).await.is_err_and(|e| e.is_cancelled());
    wf.execute(listener.tell("this one counts")).await?;
    wf.execute(listener.end()).await?;
    Ok(cancelled)
}

end_to_end! {
    async fn a_workflow_signals_another(env) {
        let client = env.client();
        let listener = client.start(Ear::with()).await?;
        client.execute(tells::with(listener.id(), "typed")).await?;
        assert_eq!(listener.result().await?, ["typed"]);
    }

    async fn a_workflow_signals_one_run_by_name(env) {
        let client = env.client();
        let listener = client.start(Ear::with()).await?;
        let run_id = listener.run_id().unwrap_or_default().to_owned();
        client.execute(tells_by_name::with(listener.id(), run_id)).await?;
        assert_eq!(listener.result().await?, ["by name"]);
        // the run is closed now, and no other one is meant
        let run_id = listener.run_id().unwrap_or_default().to_owned();
        let error = client.execute(tells_by_name::with(listener.id(), run_id)).await.expect_err("it is closed");
        assert!(format!("{error:?}").contains("because it was not found"), "{error:?}");
    }

    async fn a_workflow_cancels_another(env) {
        let client = env.client();
        let listener = client.start(Ear::with()).await?;
        client.execute(cancels_another::with(listener.id())).await?;
        assert!(listener.result().await.expect_err("it was cancelled").is_cancelled());
        assert_eq!(listener.describe().await?.status, WorkflowStatus::Canceled);
    }

    async fn nobody_is_reached(env) {
        let found = |text: &str| ("NotFound".to_owned(), "ExternalWorkflowExecutionNotFound".to_owned(), text.to_owned());
        assert_eq!(env.client().execute(reaches_nobody::with()).await?, [
            found("Unable to signal external workflow because it was not found"),
            found("Unable to cancel external workflow because not found"),
        ]);
        let error = env.client().execute(relies_on_nobody::with()).await.expect_err("there is nobody");
        assert_eq!(error.kind(), ErrorKind::Workflow);
        let failure = error.failure().expect("why");
        assert_eq!(failure.error_type(), Some("ExternalWorkflowExecutionNotFound"));
    }

    async fn a_parent_signals_its_child(env) {
        let (heard, known) = env.client().execute(raises_a_child::with()).await?;
        assert_eq!(heard, ["before the start", "after the start"]);
        assert!(known, "the handle knows the ids");
    }

    async fn a_parent_cancels_its_child_by_a_kept_handle(env) {
        assert!(env.client().execute(cancels_its_child_by_handle::with()).await?);
    }

    async fn a_signal_to_a_child_that_cannot_start_finds_nobody(env) {
        let taken = env.client().start(Ear::with()).await?;
        let kinds = env.client().execute(signals_a_child_that_cannot_start::with(taken.id())).await?;
        assert_eq!(kinds, ["Some(NotFound)", "Some(AlreadyStarted)"]);
        assert_eq!(taken.heard().await?, [""; 0]);
        taken.end().await?;
    }

    async fn a_signal_to_a_child_that_has_ended_finds_nobody(env) {
        assert_eq!(env.client().execute(signals_a_child_that_has_ended::with()).await?, "Err(NotFound)");
    }

    async fn a_handler_signals_another_workflow(env) {
        let client = env.client();
        let listener = client.start(Ear::with()).await?;
        let relay = client.start(Relay::with()).await?;
        assert_eq!(relay.pass_on(listener.id(), "one").await?, 1);
        assert_eq!(relay.pass_on(listener.id(), "two").await?, 2);
        assert_eq!(relay.result().await?, 2);
        listener.end().await?;
        assert_eq!(listener.result().await?, ["one", "two"]);
    }

    async fn a_signal_is_cancelled_before_it_is_sent(env) {
        let client = env.client();
        let listener = client.start(Ear::with()).await?;
        assert!(client.execute(changes_its_mind::with(listener.id())).await?);
        assert_eq!(listener.result().await?, ["this one counts"]);
    }
}
