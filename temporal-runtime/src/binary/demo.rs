//! A binary that shows something: a service in this process or elsewhere, the workers, and a few calls whose workflows
//! are shown as they go.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinSet};

use super::{commands, print, terminal::Screen};
use crate::{
    app::{App, Demo},
    client::{Client, Started, history},
    error::Result,
    settings::Settings,
};

/// How long the last events may take to be shown; a workflow that nobody waits for goes on without being shown.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// Runs it: what happens goes to stderr, its result to stdout.
pub(super) async fn run(demo: Demo, app: App) -> Result<()> {
    app.check()?;
    let settings = Settings::from_env()?;
    #[cfg(feature = "embedded")]
    let service;
    let client = match settings.address {
        #[cfg(feature = "embedded")]
        None => {
            service = crate::embedded::EmbeddedService::start().await?;
            service.client().clone()
        }
        _ => Client::connect(settings.client_options()).await?,
    };
    let client = app.client(&client);
    let screen = Screen::of_stderr();
    screen.heading(&format!(
        "Temporal for Rust, with the service {} (namespace {})",
        if client.address().is_empty() || client.address() == "this process" {
            "in this process".to_owned()
        } else {
            format!("at {}", client.address())
        },
        client.namespace()
    ));
    screen.lines(&commands::describe(&app.plans()));
    let queue = app.queue().to_owned();
    let workers = app.start(&client)?;
    let (sender, started) = mpsc::unbounded_channel();
    let shown = tokio::spawn(show(client.clone(), started, screen));
    let result = demo.run(client.observed(queue, sender)).await;
    // the sender is gone with the calls: the last events are shown before the result
    let _ = tokio::time::timeout(LAST_EVENTS, shown).await;
    let stopped = workers.shutdown().await;
    print(&result?)?;
    stopped
}

/// Shows every workflow that is started, until it ends.
async fn show(client: Client, mut started: mpsc::UnboundedReceiver<Started>, screen: Screen) {
    let mut watched = JoinSet::new();
    while let Some(workflow) = started.recv().await {
        watched.spawn(follow(client.clone(), workflow, screen));
    }
    while watched.join_next().await.is_some() {}
}

/// Shows the events of one run as they happen.
async fn follow(client: Client, workflow: Started, screen: Screen) {
    let mut story = screen.story(&workflow.workflow_id);
    let mut token = bytes::Bytes::new();
    loop {
        let (id, run) = (&workflow.workflow_id, &workflow.run_id);
        match history::page(&client, id, run, token, true).await {
            Ok(page) => {
                for event in page.history.unwrap_or_default().events {
                    story.event(&event);
                }
                token = page.next_page_token;
            }
            Err(failure) => return tracing::debug!("events are not shown: {}", failure.message),
        }
        if token.is_empty() {
            return;
        }
    }
}
