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

/// The port that other tools look for.
const PORT: u16 = 7233;

pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = clap().try_get_matches_from(arguments)?;
    let Some((command, matches)) = matches.subcommand() else {
        return Ok(Command::Default);
    };
    let one = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    Ok(match command {
        "worker" => Command::Worker,
        "dev" => Command::Dev {
            port: matches.get_one("port").copied().unwrap_or(PORT),
        },
        "list" => Command::List,
        "check" => Command::Check,
        _ => Command::Start(Start {
            workflow: one("workflow").unwrap_or_default(),
            inputs: matches
                .get_many::<String>("input")
                .map(|inputs| inputs.cloned().collect())
                .unwrap_or_default(),
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
        .subcommand(start());
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
        .arg(
            Arg::new("input")
                .long("input")
                .value_name("json")
                .action(ArgAction::Append)
                .help("An argument as JSON; once for each argument"),
        )
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
    fn what_is_not_understood_has_the_exit_code_of_usage() {
        for wrong in [&["strat"][..], &["start"], &["worker", "--port", "1"]] {
            assert_eq!(
                read(wrong).unwrap_err().exit_code(),
                i32::from(USAGE),
                "{wrong:?}"
            );
        }
        assert_eq!(read(&["--help"]).unwrap_err().exit_code(), 0);
    }
}
