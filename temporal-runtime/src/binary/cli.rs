//! The command line, read into plain values. Does nothing else.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command as Clap, value_parser};

/// The exit code of a command line that is not understood, and of settings that cannot be honoured.
pub(super) const USAGE: u8 = 2;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing was named.
    Default,
    Worker,
    Dev {
        port: u16,
    },
    List,
    Check,
    Start(Start),
    Ask(Asked),
}

/// A workflow to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) workflow: String,
    /// One JSON text for each argument.
    pub(super) inputs: Vec<String>,
    pub(super) id: Option<String>,
    pub(super) task_queue: Option<String>,
    pub(super) wait: bool,
}

/// Something asked of one workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) workflow_id: String,
    /// One JSON text for each argument.
    pub(super) inputs: Vec<String>,
    pub(super) ask: Ask,
}

/// What is asked: a message by its name, or a change with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Signal(String),
    Query(String),
    Update(String),
    Cancel(Option<String>),
    Terminate(Option<String>),
    Describe,
}

/// The port that other tools look for.
const PORT: u16 = 7233;

pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = clap().try_get_matches_from(arguments)?;
    let Some((command, matches)) = matches.subcommand() else {
        return Ok(Command::Default);
    };
    let one = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    let inputs = match matches.try_get_many::<String>("input") {
        Ok(Some(inputs)) => inputs.cloned().collect(),
        // not given, or not an argument of this sub-command
        _ => Vec::new(),
    };
    let ask = |ask| {
        Command::Ask(Asked {
            workflow_id: one("workflow-id").unwrap_or_default(),
            inputs: inputs.clone(),
            ask,
        })
    };
    let name = || one("name").unwrap_or_default();
    Ok(match command {
        "worker" => Command::Worker,
        "dev" => Command::Dev {
            port: matches.get_one("port").copied().unwrap_or(PORT),
        },
        "list" => Command::List,
        "check" => Command::Check,
        "signal" => ask(Ask::Signal(name())),
        "query" => ask(Ask::Query(name())),
        "update" => ask(Ask::Update(name())),
        "cancel" => ask(Ask::Cancel(one("reason"))),
        "terminate" => ask(Ask::Terminate(one("reason"))),
        "describe" => ask(Ask::Describe),
        _ => Command::Start(Start {
            workflow: one("workflow").unwrap_or_default(),
            inputs,
            id: one("id"),
            task_queue: one("task-queue"),
            wait: matches.get_flag("wait"),
        }),
    })
}

fn clap() -> Clap {
    // help shows the name that the binary was called by
    let mut clap = Clap::new("worker")
        .about("A Temporal worker")
        .after_help("TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where the service is; RUST_LOG says what is logged.")
        .subcommand(
            Clap::new("worker")
                .about("Serves what is registered, from the service at TEMPORAL_ADDRESS (the default)"),
        )
        .subcommand(Clap::new("list").about("Shows what is registered, per task queue"))
        .subcommand(Clap::new("check").about("Checks what would stop a worker from starting"))
        .subcommand(start())
        .subcommands(messages())
        .subcommands(controls());
    if cfg!(feature = "embedded") {
        clap = clap.subcommand(
            Clap::new("dev")
                .about("Runs a service in memory, and serves what is registered from it")
                .arg(
                    Arg::new("port")
                        .long("port")
                        .value_parser(value_parser!(u16))
                        .help("Where the service listens on 127.0.0.1; 0 takes any free port [default: 7233]"),
                ),
        );
    }
    clap
}

fn start() -> Clap {
    Clap::new("start")
        .about("Starts a workflow at the service at TEMPORAL_ADDRESS, and prints its id")
        .arg(
            Arg::new("workflow")
                .required(true)
                .value_name("Workflow")
                .help("The workflow type; `list` shows them"),
        )
        .arg(input())
        .arg(
            Arg::new("id")
                .long("id")
                .help("The workflow id; made up if not given"),
        )
        .arg(
            Arg::new("task-queue")
                .long("task-queue")
                .help("Another task queue than the definition's"),
        )
        .arg(
            Arg::new("wait")
                .long("wait")
                .action(ArgAction::SetTrue)
                .help("Waits for the result, and prints it as JSON"),
        )
}

fn input() -> Arg {
    Arg::new("input")
        .long("input")
        .value_name("json")
        .action(ArgAction::Append)
        .help("An argument as JSON; once for each argument")
}

fn workflow_id() -> Arg {
    Arg::new("workflow-id")
        .required(true)
        .value_name("id")
        .help("The workflow id")
}

/// What a workflow has handlers for.
fn messages() -> [Clap; 3] {
    [
        ("signal", "Sends a signal to a workflow"),
        (
            "query",
            "Asks a workflow a query, and prints the answer as JSON",
        ),
        (
            "update",
            "Sends an update to a workflow, waits for its result, and prints it as JSON",
        ),
    ]
    .map(|(role, about)| {
        let name = Arg::new("name")
            .required(true)
            .help("The name of its handler; `list` shows them");
        Clap::new(role)
            .about(about)
            .arg(workflow_id())
            .arg(name)
            .arg(input())
    })
}

/// What can be done with every workflow.
fn controls() -> [Clap; 3] {
    let reason = || {
        Arg::new("reason")
            .long("reason")
            .help("Why; it is kept in the workflow's history")
    };
    [
        Clap::new("cancel")
            .about("Asks a workflow to cancel: it may clean up first")
            .arg(workflow_id())
            .arg(reason()),
        Clap::new("terminate")
            .about("Ends a workflow at once, without asking it")
            .arg(workflow_id())
            .arg(reason()),
        Clap::new("describe")
            .about("Shows the state of a workflow, and the activities it waits for")
            .arg(workflow_id()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Command, clap::Error> {
        let all = ["/bin/orders"].iter().chain(arguments);
        parse(all.map(OsString::from))
    }

    #[test]
    fn nothing_named_is_the_default() {
        assert_eq!(read(&[]).unwrap(), Command::Default);
        assert_eq!(read(&["worker"]).unwrap(), Command::Worker);
    }

    #[test]
    fn inputs_come_in_order() {
        let Command::Start(start) =
            read(&["start", "Sum", "--input", "1", "--input", "[2]"]).unwrap()
        else {
            panic!("not a start")
        };
        assert_eq!(
            (start.workflow.as_str(), start.inputs),
            ("Sum", vec!["1".into(), "[2]".into()])
        );
    }

    #[test]
    fn what_is_asked_of_a_workflow_is_read() {
        let asked = |ask, inputs: &[&str]| {
            Command::Ask(Asked {
                workflow_id: "o-1".to_owned(),
                inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
                ask,
            })
        };
        for (arguments, expected) in [
            (
                &["signal", "o-1", "approve", "--input", "1", "--input", "2"][..],
                asked(Ask::Signal("approve".to_owned()), &["1", "2"]),
            ),
            (
                &["query", "o-1", "log"],
                asked(Ask::Query("log".to_owned()), &[]),
            ),
            (
                &["update", "o-1", "set", "--input", "3"],
                asked(Ask::Update("set".to_owned()), &["3"]),
            ),
            (
                &["cancel", "o-1", "--reason", "late"],
                asked(Ask::Cancel(Some("late".to_owned())), &[]),
            ),
            (&["terminate", "o-1"], asked(Ask::Terminate(None), &[])),
            (&["describe", "o-1"], asked(Ask::Describe, &[])),
        ] {
            assert_eq!(read(arguments).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_not_understood_has_the_exit_code_of_usage() {
        for wrong in [
            &["strat"][..],
            &["start"],
            &["worker", "--port", "1"],
            &["signal", "o-1"],
            &["cancel", "o-1", "--input", "1"],
        ] {
            assert_eq!(
                read(wrong).unwrap_err().exit_code(),
                i32::from(USAGE),
                "{wrong:?}"
            );
        }
        assert_eq!(read(&["--help"]).unwrap_err().exit_code(), 0);
    }
}
