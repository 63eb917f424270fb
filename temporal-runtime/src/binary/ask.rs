//! What the sub-commands do that talk to one workflow: `signal`, `query`, `update`, `cancel`, `terminate`, `describe`.

use std::fmt::Write as _;

use super::{
    cli::{Ask, Asked},
    commands::{connect, inputs},
    print,
};
use crate::{app::App, client::WorkflowDescription, convert::RawValue, error::Result};

pub(super) async fn run(app: &App, asked: Asked) -> Result<()> {
    let inputs = inputs(&asked.inputs)?;
    let client = connect(app).await?;
    let workflow = client.workflow_by_name(asked.workflow_id);
    match asked.ask {
        Ask::Signal(name) => workflow.signal(&name, inputs).await,
        Ask::Query(name) => print_value(&workflow.query(&name, inputs).await?),
        Ask::Update(name) => print_value(&workflow.update(&name, inputs).await?),
        Ask::Cancel(reason) => workflow.cancel_because(reason.unwrap_or_default()).await,
        Ask::Terminate(reason) => {
            let reason = reason.unwrap_or_else(|| "terminated from the command line".to_owned());
            workflow.terminate(reason).await
        }
        Ask::Describe => print(described(&workflow.describe().await?).trim_end()),
    }
}

/// A result, as the JSON that it is on the wire.
pub(super) fn print_value(value: &RawValue) -> Result<()> {
    match value.data() {
        [] => print("null"),
        data => print(&String::from_utf8_lossy(data)),
    }
}

/// What the service knows of a workflow, for people.
fn described(workflow: &WorkflowDescription) -> String {
    let mut text = format!(
        "workflow    {} ({})\nrun         {}\nstatus      {}\ntask queue  {}\nevents      {}\n",
        workflow.id,
        workflow.workflow_type,
        workflow.run_id,
        workflow.status,
        workflow.task_queue,
        workflow.history_length,
    );
    // writing to a string cannot fail
    if workflow.workflow_task_attempt > 1 {
        let _ = writeln!(
            text,
            "stuck       its workflow task has failed {} times: the worker's log says why",
            workflow.workflow_task_attempt - 1
        );
    }
    for activity in &workflow.pending_activities {
        let _ = write!(
            text,
            "activity    {} (id {}), attempt {}",
            activity.activity_type, activity.id, activity.attempt
        );
        if let Some(failure) = &activity.last_failure {
            let _ = write!(text, "; the last one failed: {}", failure.message());
        }
        text.push('\n');
    }
    text
}
