//! Handlers that several workflows have from a trait, by the handles of each and of all.

use serde_json::Value;
use temporal_runtime::{ErrorKind, RawValue, prelude::*};

use super::{end_to_end, on_a_skipping_clock};

/// Has a body here and there, and helpers that are no handlers.
#[workflow]
pub(super) trait Pausable {
    /// Who resumes it.
    const RESUMES: &'static str;

    fn pauses(&mut self) -> &mut Vec<String>;

    fn count(&self) -> usize;

    #[signal]
    fn pause(&mut self, by: String) {
        self.pauses().push(by);
    }

    /// Waits, in every workflow in the same way.
    #[signal]
    async fn resume_in(wf: &mut Wf<Self>, seconds: u64) -> Result<()> {
        wf.sleep(Duration::from_secs(seconds)).await?;
        let resumes = Self::RESUMES.to_owned();
        wf.pauses().retain(|by| *by != resumes);
        Ok(())
    }

    /// How often it was paused.
    #[query(name = "pause count")]
    fn pause_count(&self) -> usize {
        self.count()
    }

    #[update]
    async fn pause_twice(wf: &mut Wf<Self>, by: String) -> Result<usize>;

    #[validator(pause_twice)]
    fn may_pause(&self, by: &str) -> Result<()> {
        if by.is_empty() {
            return Err("somebody, please".into());
        }
        Ok(())
    }
}

#[workflow]
trait Named {
    #[update(name = "rename")]
    fn rename(&mut self, name: String) -> Result<String>;
}

#[workflow(inherits(Pausable, Named))]
#[derive(Default)]
struct Download {
    pauses: Vec<String>,
    name: String,
    over: bool,
}

impl Pausable for Download {
    const RESUMES: &'static str = "ann";

    fn pauses(&mut self) -> &mut Vec<String> {
        &mut self.pauses
    }

    fn count(&self) -> usize {
        self.pauses.len()
    }

    async fn pause_twice(wf: &mut Wf<Self>, by: String) -> Result<usize> {
        wf.pauses.push(by.clone());
        wf.sleep(Duration::from_millis(10)).await?;
        wf.pauses.push(by);
        Ok(wf.pauses.len())
    }
}

impl Named for Download {
    fn rename(&mut self, name: String) -> Result<String> {
        Ok(std::mem::replace(&mut self.name, name))
    }
}

#[workflow]
impl Download {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|download| download.over).await?;
        let mut told = vec![wf.name.clone()];
        told.append(&mut wf.pauses);
        Ok(told)
    }

    #[signal]
    fn finish(&mut self) {
        self.over = true;
    }
}

/// Has its own way with what is shared, and takes every other signal, too.
#[workflow(inherits(Pausable))]
#[derive(Default)]
struct Upload(Vec<String>);

impl Pausable for Upload {
    const RESUMES: &'static str = "bob";

    fn pauses(&mut self) -> &mut Vec<String> {
        &mut self.0
    }

    fn count(&self) -> usize {
        100 + self.0.len()
    }

    fn pause(&mut self, by: String) {
        self.0.push(format!("upload paused by {by}"));
    }

    async fn pause_twice(_wf: &mut Wf<Self>, by: String) -> Result<usize> {
        Err(format!("{by} cannot").into())
    }
}

#[workflow]
impl Upload {
    #[run]
    async fn run(wf: &mut Wf<Self>, least: usize) -> Result<Vec<String>> {
        wf.wait(move |upload| upload.0.len() >= least).await?;
        Ok(wf.0.clone())
    }

    #[signal(dynamic)]
    fn other(&mut self, name: String, args: Vec<RawValue>) {
        self.0.push(format!("{name} with {}", args.len()));
    }
}

/// Pauses a child, a neighbour it knows, and one of which it knows only that it can be paused.
#[workflow]
async fn pauses_all(wf: &mut Wf, download: String, upload: String) -> Result<Vec<String>> {
    let child = wf.start(Upload::with(1_usize));
    wf.execute(child.pause("its parent")).await?;
    let download = wf.external_for::<Download>(download);
    wf.execute(download.pause("a neighbour")).await?;
    let unknown = PausableHandle::from(wf.external(upload));
    wf.execute(unknown.pause("somebody")).await?;
    wf.execute(child).await
}

end_to_end! {
    async fn each_workflow_has_the_messages_of_its_traits(env) {
        let client = env.client();
        let download = client.start(Download::with()).await?;
        download.pause("ann").await?;
        assert_eq!(download.pause_count().await?, 1);
        assert_eq!(download.pause_twice("bob").await?, 3);
        let refused = download.pause_twice("").await.expect_err("nobody");
        assert_eq!(refused.failure().map(Failure::message), Some("somebody, please"), "{refused:?}");
        assert_eq!(download.rename("big file").await?, "");
        // of any type that has the trait
        let any = PausableHandle::from(client.workflow_by_name(download.id()));
        any.pause("anybody").await?;
        assert_eq!((any.id(), any.pause_count().await?), (download.id(), 4));
        download.finish().await?;
        assert_eq!(download.result().await?, ["big file", "ann", "bob", "bob", "anybody"]);
    }

    async fn own_bodies_and_dynamic_handlers_go_along(env) {
        let upload = env.client().start(Upload::with(3_usize)).await?;
        upload.pause("ann").await?;
        env.client().workflow_by_name(upload.id()).signal("hurry", (1, 2)).await?;
        assert_eq!(upload.pause_count().await?, 102);
        let failed = upload.pause_twice("carl").await.expect_err("it cannot");
        assert_eq!(failed.failure().map(Failure::message), Some("carl cannot"), "{failed:?}");
        upload.pause("dan").await?;
        assert_eq!(upload.result().await?, ["upload paused by ann", "hurry with 2", "upload paused by dan"]);
    }

    async fn workflows_send_what_is_shared(env) {
        let client = env.client();
        let download = client.start(Download::with()).await?;
        let upload = client.start(Upload::with(1_usize)).await?;
        let told = client.execute(pauses_all::with(download.id(), upload.id())).await?;
        assert_eq!(told, ["upload paused by its parent"]);
        assert_eq!(upload.result().await?, ["upload paused by somebody"]);
        download.finish().await?;
        assert_eq!(download.result().await?, ["", "a neighbour"]);
    }

    async fn what_is_inherited_is_told(env) {
        let download = env.client().start(Download::with()).await?;
        let by_name = env.client().workflow_by_name(download.id());
        let metadata: Value = by_name.query("__temporal_workflow_metadata", ()).await?;
        let names = |list: &str| -> Vec<&str> {
            let listed = metadata["definition"][list].as_array().map(Vec::as_slice).unwrap_or_default();
            listed.iter().filter_map(|d| d["name"].as_str()).collect()
        };
        assert_eq!(names("signalDefinitions"), ["finish", "pause", "resume_in"]);
        assert_eq!(names("updateDefinitions"), ["pause_twice", "rename"]);
        assert!(names("queryDefinitions").contains(&"pause count"), "{metadata}");
        let unknown = by_name.update::<()>("renames", ()).await.expect_err("unknown");
        assert_eq!(unknown.kind(), ErrorKind::Update);
        let text = unknown.failure().map(Failure::message).unwrap_or_default();
        assert!(text.ends_with("known updates: pause_twice, rename"), "{text}");
        download.terminate("the test is over").await?;
    }
}

on_a_skipping_clock! {
    async fn a_shared_handler_waits_in_each_workflow(env) {
        let client = env.client();
        let download = client.start(Download::with()).await?;
        for by in ["ann", "bob"] {
            download.pause(by).await?;
        }
        download.resume_in(3600_u64).await?;
        env.sleep(Duration::from_secs(4000)).await?;
        download.finish().await?;
        assert_eq!(download.result().await?, ["", "bob"]);
    }
}
