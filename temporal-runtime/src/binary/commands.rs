//! What the sub-commands do.

use std::fmt::Write as _;

use super::{
    ask,
    cli::{Command, Start},
    demo, print,
    signals::Signals,
    terminal,
};
use crate::{
    app::{App, Workers},
    client::Client,
    convert::RawValue,
    error::{Error, ErrorKind, Result},
    registry::Plan,
    settings::{self, Settings},
    workflow::check_arguments,
};

pub(super) async fn run(command: Command, mut app: App) -> Result<()> {
    match command {
        Command::Default => match app.take_demo() {
            Some(demo) => demo::run(demo, app).await,
            None => worker(app).await,
        },
        Command::Worker => worker(app).await,
        #[cfg(feature = "embedded")]
        Command::Dev { port } => dev(app, port).await,
        #[cfg(not(feature = "embedded"))]
        Command::Dev { .. } => Err(Error::new(
            ErrorKind::Config,
            "this binary was built without the feature `embedded`",
        )),
        Command::List => list(&app),
        Command::Check => {
            app.check()?;
            print("all is well")
        }
        Command::Start(asked) => start(&app, asked).await,
        Command::Ask(asked) => ask::run(&app, asked).await,
    }
}

/// An in-memory service is never started by surprise.
pub(super) fn settings() -> Result<Settings> {
    let settings = Settings::from_env()?;
    if settings.address.is_some() {
        return Ok(settings);
    }
    let instead = if cfg!(feature = "embedded") {
        ", or use the sub-command `dev`, which runs one in memory"
    } else {
        ""
    };
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "{} is not set: set it to the address of a Temporal service, such as 127.0.0.1:7233{instead}",
            settings::ADDRESS
        ),
    ))
}

/// The client of this binary's commands.
pub(super) async fn connect(app: &App) -> Result<Client> {
    let client = Client::connect(settings()?.client_options()).await?;
    Ok(app.client(&client))
}

async fn worker(app: App) -> Result<()> {
    app.check()?;
    let client = connect(&app).await?;
    tracing::info!(
        address = client.address(),
        namespace = client.namespace(),
        "connected"
    );
    let signals = Signals::new()?;
    serve(app.start(&client)?, signals).await
}

/// Until a signal drains it, or it cannot go on.
async fn serve(mut workers: Workers, mut signals: Signals) -> Result<()> {
    let asked = async {
        signals.next().await;
        tracing::info!("shutting down: no new tasks are taken; a second signal ends at once");
    };
    tokio::select! {
        ended = workers.join() => return ended,
        () = asked => {}
    }
    workers.shutdown_handle().shutdown();
    tokio::select! {
        ended = workers.join() => ended,
        () = signals.next() => {
            terminal::error("ended by a second signal: what ran will be handed out again");
            std::process::exit(i32::from(super::FAILURE));
        }
    }
}

#[cfg(feature = "embedded")]
async fn dev(app: App, port: u16) -> Result<()> {
    app.check()?;
    // whoever reads what is printed below may send one at once
    let signals = Signals::new()?;
    let service = crate::embedded::EmbeddedService::start_on_port(port).await?;
    let plans = app.plans();
    let workers = app.start(service.client())?;
    if let Some(address) = service.address() {
        print(&format!(
            "service     {address} (in memory: nothing outlives this process)"
        ))?;
    }
    print(describe(&plans).trim_end())?;
    let ended = serve(workers, signals).await;
    service.shutdown().await;
    ended
}

fn list(app: &App) -> Result<()> {
    let plans = app.plans();
    if plans.is_empty() {
        app.check()?;
    }
    print(describe(&plans).trim_end())
}

/// The plan, for people.
pub(super) fn describe(plans: &[Plan]) -> String {
    let mut text = String::new();
    for plan in plans {
        // writing to a string cannot fail
        let _ = writeln!(text, "task queue  {}", plan.task_queue);
        for workflow in plan.workflows.values() {
            let _ = write!(
                text,
                "  workflow  {}({})",
                shown(workflow.name, workflow.dynamic),
                workflow.args.join(", ")
            );
            let handlers = workflow.handlers();
            let (signals, queries, updates) =
                (handlers.signals(), handlers.queries(), handlers.updates());
            for (kind, names) in [
                ("signals", signals.map(|h| h.name).collect::<Vec<_>>()),
                ("queries", queries.map(|h| h.name).collect()),
                ("updates", updates.map(|h| h.name).collect()),
            ] {
                if !names.is_empty() {
                    let _ = write!(text, "  {kind}: {}", names.join(", "));
                }
            }
            text.push('\n');
        }
        for activity in plan.activities.values() {
            let _ = writeln!(
                text,
                "  activity  {}({})",
                shown(activity.name, activity.dynamic),
                activity.args.join(", ")
            );
        }
    }
    text
}

fn shown(name: &str, dynamic: bool) -> String {
    if dynamic {
        format!("any other name: {name}")
    } else {
        name.to_owned()
    }
}

/// How many arguments a start must give: those at the end that are written `Option<..>` may be left out.
fn required(args: &[&str]) -> usize {
    let optional = |arg: &&&str| arg.contains(": Option<");
    args.len() - args.iter().rev().take_while(optional).count()
}

async fn start(app: &App, asked: Start) -> Result<()> {
    let inputs = inputs(&asked.inputs)?;
    let registry = app.registry();
    let known = registry.workflows.iter().find(|w| w.name == asked.workflow);
    if let Some(workflow) = known
        && !(required(workflow.args)..=workflow.args.len()).contains(&inputs.len())
    {
        return Err(Error::new(
            ErrorKind::Payload,
            format!(
                "workflow `{}` takes ({}), and {} inputs were given",
                workflow.name,
                workflow.args.join(", "),
                inputs.len()
            ),
        ));
    }
    if let Some(workflow) = known {
        check_arguments(
            workflow,
            inputs.iter().cloned().map(RawValue::into_inner).collect(),
        )?;
    }
    let queue = asked
        .task_queue
        .or_else(|| known?.task_queue.map(str::to_owned));
    if known.is_none() && queue.is_none() {
        let names: Vec<&str> = registry.workflows.iter().map(|w| w.name).collect();
        return Err(Error::new(
            ErrorKind::Registration,
            format!(
                "no workflow `{}` is registered here; known workflows: {}. To start one that another worker serves, give its `--task-queue`",
                asked.workflow,
                names.join(", ")
            ),
        ));
    }
    let client = connect(app).await?;
    let mut call = client
        .start_by_name(asked.workflow, inputs)
        .task_queue(queue.unwrap_or_else(|| app.queue().to_owned()));
    if let Some(id) = asked.id {
        call = call.id(id);
    }
    let handle = call.await?;
    if !asked.wait {
        return print(&format!(
            "{} {}",
            handle.id(),
            handle.run_id().unwrap_or_default()
        ));
    }
    terminal::note(&format!(
        "started workflow `{}`, run {}",
        handle.id(),
        handle.run_id().unwrap_or_default()
    ));
    let result: RawValue = handle.result().await?;
    ask::print_value(&result)
}

pub(super) fn inputs(texts: &[String]) -> Result<Vec<RawValue>> {
    let parsed = texts.iter().map(|text| {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            Error::new(
                ErrorKind::Payload,
                format!("the input `{text}` is not JSON (a string needs quotes: '\"{text}\"')"),
            )
            .with_source(error)
        })?;
        RawValue::encode(value)
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_is_not_json_says_how_to_write_a_string() {
        let error = inputs(&["World".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("'\"World\"'"), "{error}");
        assert_eq!(
            inputs(&["\"World\"".to_owned()]).unwrap()[0].data(),
            b"\"World\""
        );
    }
}
