//! The command line: what the flags of `temporal server start-dev` and of the time-skipping test server
//! mean here. A flag that asks for what there is not is taken, and said to do nothing; an unknown one is refused.

mod protection;
mod unserved;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::{Arg, ArgAction, ArgMatches, Command};
use temporal_server::{Durability, Pragma, SearchAttributeType, ServerOptions, TimeSkipping};

use crate::log_lines::LogFormat;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) options: ServerOptions,
    /// What comes out: the lines of `start-dev`, or nothing.
    pub(crate) quiet: bool,
    /// The level of log lines on stderr; none with `never`.
    pub(crate) log_level: Option<tracing::Level>,
    pub(crate) log_format: LogFormat,
    /// Whether to say what the service was started with.
    pub(crate) log_config: bool,
    /// What to say of flags that do nothing.
    pub(crate) notes: Vec<String>,
}

/// Reads the arguments; an error is already in the form for the terminal.
pub(crate) fn parse<I, T>(arguments: I) -> Result<Asked, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    let matches = command().try_get_matches_from(arguments)?;
    match matches.subcommand() {
        Some(("server", server)) => match server.subcommand() {
            Some((_, flags)) => start_dev(flags),
            None => test_server(&matches),
        },
        Some((_, flags)) => start_dev(flags),
        None => test_server(&matches),
    }
}

fn command() -> Command {
    Command::new("temporal-server")
        .about("A Temporal service in Rust, for development and tests")
        .version(env!("CARGO_PKG_VERSION"))
        .args_conflicts_with_subcommands(true)
        .arg_required_else_help(true)
        .subcommand(start_dev_command())
        .subcommand(
            Command::new("server")
                .about("The form of the `temporal` command line")
                .subcommand_required(true)
                .subcommand(start_dev_command()),
        )
        .arg(
            Arg::new("port")
                .value_name("PORT")
                .value_parser(clap::value_parser!(u16))
                .help("Starts in the form of the time-skipping test server, on this port"),
        )
        .arg(
            Arg::new("enable-time-skipping")
                .long("enable-time-skipping")
                .action(ArgAction::SetTrue)
                .help("Skips time from the start, without waiting for a client to unlock it"),
        )
}

fn value(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("VALUE").help(help)
}

fn start_dev_command() -> Command {
    let command = Command::new("start-dev")
        .about("Starts a development service, with everything in memory unless a file is given")
        // as in the command line of `temporal`, the last one counts: SDKs pass flags of their own besides the user's
        .args_override_self(true)
        .arg(
            value("port", "Port for gRPC [default: 7233]")
                .short('p')
                .value_parser(clap::value_parser!(u16)),
        )
        .arg(
            value(
                "http-port",
                "Port for the HTTP API, 0 for any free one [default: no HTTP API]",
            )
            .value_parser(clap::value_parser!(u16)),
        )
        .arg(value("ip", "Address to listen on [default: 127.0.0.1]"))
        .arg(
            value("namespace", "Another namespace besides `default`")
                .short('n')
                .action(ArgAction::Append),
        )
        .arg(
            value(
                "db-filename",
                "File to keep everything in, made if it is missing [default: memory only]",
            )
            .short('f'),
        )
        .arg(
            value(
                "durability",
                "When a change in the file is answered: full (it survives a loss of power) or normal (it survives the \
                 end of the process; faster) [default: full]",
            )
            .requires("db-filename"),
        )
        .arg(value("search-attribute", "A search attribute as KEY=TYPE").action(ArgAction::Append))
        .arg(
            value(
                "dynamic-config-value",
                "A key of the dynamic configuration as KEY=JSON; unknown keys do nothing",
            )
            .action(ArgAction::Append),
        )
        .arg(value(
            "log-level",
            "Log lines from this level on: trace, debug, info, warn, error or never [default: warn]",
        ))
        .arg(
            Arg::new("insecure-listen")
                .long("insecure-listen")
                .action(ArgAction::SetTrue)
                .help(
                    "Allows an address that other machines can reach, without TLS and an API key",
                ),
        );
    unserved::add(protection::add(watching(command)))
}

fn bytes(name: &'static str, help: &'static str) -> Arg {
    value(name, help).value_parser(clap::value_parser!(u64))
}

/// The flags of the file's details, and of what is told of the service.
fn watching(command: Command) -> Command {
    command
        .arg(
            value(
                "metrics-port",
                "Port for metrics in the form of Prometheus, at /metrics [default: any free one]",
            )
            .value_parser(clap::value_parser!(u16)),
        )
        .arg(
            value(
                "sqlite-pragma",
                "A pragma for the file as NAME=VALUE: journal_mode or synchronous",
            )
            .requires("db-filename")
            .action(ArgAction::Append),
        )
        .arg(bytes(
            "closed-bytes",
            "Bytes that closed workflows may take in memory, roughly; beyond it they stay in the file, or go \
             [default: 268435456]",
        ))
        .arg(bytes(
            "open-bytes",
            "Bytes that open workflows may take in memory, roughly; beyond it no others are started \
             [default: 4294967296]",
        ))
        .arg(value(
            "log-format",
            "How log lines look: text or json [default: text]",
        ))
        .arg(
            Arg::new("log-config")
                .long("log-config")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(clap::value_parser!(bool))
                .help("Writes what the service was started with to stderr"),
        )
}

fn start_dev(flags: &ArgMatches) -> Result<Asked, clap::Error> {
    let mut options = ServerOptions::default();
    let port = |flag: &str| flags.get_one::<u16>(flag).copied();
    let ip = ip(flags)?;
    options.address = Some(SocketAddr::new(ip, port("port").unwrap_or(7233)));
    options.http_address = port("http-port").map(|port| SocketAddr::new(ip, port));
    options.insecure_listen = flags.get_flag("insecure-listen");
    protection::read(flags, &mut options).map_err(refused)?;
    let bytes = |flag: &str| flags.get_one::<u64>(flag).copied();
    options.closed_bytes = bytes("closed-bytes").unwrap_or(options.closed_bytes);
    options.open_bytes = bytes("open-bytes").unwrap_or(options.open_bytes);
    options.db_filename = flags.get_one::<String>("db-filename").map(Into::into);
    if let Some(name) = flags.get_one::<String>("durability") {
        options.durability = Durability::from_name(name)
            .ok_or_else(|| refused(format!("--durability {name}: take full or normal")))?;
    }
    for name in flags.get_many::<String>("namespace").into_iter().flatten() {
        if !options.namespaces.contains(name) {
            options.namespaces.push(name.clone());
        }
    }
    for pair in flags
        .get_many::<String>("search-attribute")
        .into_iter()
        .flatten()
    {
        options.search_attributes.push(search_attribute(pair)?);
    }
    for pair in flags
        .get_many::<String>("dynamic-config-value")
        .into_iter()
        .flatten()
    {
        options.dynamic_config.push(key_value(pair)?);
    }
    for pragma in flags
        .get_many::<String>("sqlite-pragma")
        .into_iter()
        .flatten()
    {
        let pragma = Pragma::parse(pragma);
        options
            .sqlite_pragmas
            .push(pragma.map_err(|error| refused(format!("--sqlite-pragma {error}")))?);
    }
    // Nobody is asked for a key there.
    let open = ip.is_loopback() || options.insecure_listen;
    let metrics_ip = if open { ip } else { Ipv4Addr::LOCALHOST.into() };
    let metrics_port = port("metrics-port").unwrap_or(0);
    options.metrics_address = Some(SocketAddr::new(metrics_ip, metrics_port));
    let (log_level, log_format) = log_lines(flags)?;
    Ok(Asked {
        options,
        quiet: false,
        log_level,
        log_format,
        log_config: flags
            .get_one::<bool>("log-config")
            .copied()
            .unwrap_or(false),
        notes: unserved::notes(flags),
    })
}

fn log_lines(flags: &ArgMatches) -> Result<(Option<tracing::Level>, LogFormat), clap::Error> {
    let named = |flag: &str| flags.get_one::<String>(flag).map(String::as_str);
    let level = match named("log-level") {
        None => Some(tracing::Level::WARN),
        Some("never") => None,
        Some("error") => Some(tracing::Level::ERROR),
        Some("warn") => Some(tracing::Level::WARN),
        Some("info") => Some(tracing::Level::INFO),
        Some("debug") => Some(tracing::Level::DEBUG),
        Some("trace") => Some(tracing::Level::TRACE),
        Some(level) => {
            return Err(refused(format!(
                "--log-level {level}: take trace, debug, info, warn, error or never"
            )));
        }
    };
    let format = match named("log-format") {
        None | Some("text" | "pretty") => LogFormat::Text,
        Some("json") => LogFormat::Json,
        Some(format) => {
            return Err(refused(format!("--log-format {format}: take text or json")));
        }
    };
    Ok((level, format))
}

fn ip(flags: &ArgMatches) -> Result<IpAddr, clap::Error> {
    match flags.get_one::<String>("ip").map(String::as_str) {
        None | Some("localhost") => Ok(Ipv4Addr::LOCALHOST.into()),
        Some(text) => text.trim_matches(['[', ']']).parse().map_err(|_| {
            refused(format!(
                "--ip {text}: take an IPv4 or IPv6 address, or `localhost`"
            ))
        }),
    }
}

fn search_attribute(pair: &str) -> Result<(String, SearchAttributeType), clap::Error> {
    let parts = pair.split_once('=').filter(|(name, _)| !name.is_empty());
    let parts = parts
        .and_then(|(name, kind)| Some((name.to_owned(), SearchAttributeType::from_name(kind)?)));
    parts.ok_or_else(|| {
        refused(format!(
            "--search-attribute {pair}: take KEY=TYPE, with Text, Keyword, Int, Double, Bool, Datetime or KeywordList"
        ))
    })
}

fn key_value(pair: &str) -> Result<(String, String), clap::Error> {
    let parts = pair.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) =
        parts.ok_or_else(|| refused(format!("--dynamic-config-value {pair}: take KEY=JSON")))?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The form `<port> [--enable-time-skipping]`.
fn test_server(flags: &ArgMatches) -> Result<Asked, clap::Error> {
    let Some(port) = flags.get_one::<u16>("port") else {
        return Err(refused(
            "a port is missing: `temporal-server 7233 --enable-time-skipping`".to_owned(),
        ));
    };
    let mut options = ServerOptions::listening_on(*port);
    protection::key_of_environment(&mut options).map_err(refused)?;
    options.time_skipping = if flags.get_flag("enable-time-skipping") {
        TimeSkipping::Unlocked
    } else {
        TimeSkipping::Locked
    };
    Ok(Asked {
        options,
        quiet: true,
        log_level: Some(tracing::Level::WARN),
        log_format: LogFormat::Text,
        log_config: false,
        notes: Vec::new(),
    })
}

fn refused(message: String) -> clap::Error {
    command().error(clap::error::ErrorKind::ValueValidation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Asked {
        parse(line.split(' ')).unwrap()
    }

    fn refusal(line: &str) -> String {
        parse(line.split(' ')).unwrap_err().to_string()
    }

    #[test]
    fn both_forms_of_start_dev_are_the_same() {
        for form in [
            "temporal-server start-dev",
            "temporal-server server start-dev",
        ] {
            let asked = asked(&format!(
                "{form} --port 7300 -n one -n two --search-attribute Color=keyword --headless --ui-port 1 --log-level error --dynamic-config-value limit.blobSize.error=1000 --dynamic-config-value any=[1]"
            ));
            assert_eq!(
                asked.options.address,
                Some("127.0.0.1:7300".parse().unwrap())
            );
            assert_eq!(asked.options.namespaces, ["default", "one", "two"]);
            assert_eq!(
                asked.options.search_attributes,
                [("Color".to_owned(), SearchAttributeType::Keyword)]
            );
            assert_eq!(asked.options.time_skipping, TimeSkipping::Off);
            assert_eq!(asked.log_level, Some(tracing::Level::ERROR));
            assert_eq!(asked.notes, ["there is no web UI (--ui-port does nothing)"]);
            let set = [("limit.blobSize.error", "1000"), ("any", "[1]")];
            let set = set.map(|(key, value)| (key.to_owned(), value.to_owned()));
            assert_eq!(asked.options.dynamic_config, set);
        }
        assert_eq!(
            asked("temporal-server start-dev").options.address,
            Some("127.0.0.1:7233".parse().unwrap())
        );
        assert_eq!(
            asked("temporal-server start-dev --ip ::1").options.address,
            Some("[::1]:7233".parse().unwrap())
        );
    }

    #[test]
    fn metrics_stay_on_this_machine_unless_all_is_open() {
        for (flags, address) in [
            ("", "127.0.0.1:0"),
            (" --metrics-port 9", "127.0.0.1:9"),
            (" --ip ::1", "[::1]:0"),
            (" --ip 0.0.0.0 --metrics-port 9", "127.0.0.1:9"),
            (" --ip 0.0.0.0 --insecure-listen", "0.0.0.0:0"),
        ] {
            let asked = asked(&format!("temporal-server start-dev{flags}"));
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(asked.options.metrics_address, Some(address), "{flags}");
        }
    }

    #[test]
    fn there_is_an_http_api_if_a_port_is_given() {
        for (flags, address) in [
            ("", None),
            (" --http-port 0", Some("127.0.0.1:0")),
            (" --ip ::1 --http-port 7243", Some("[::1]:7243")),
        ] {
            let asked = asked(&format!("temporal-server start-dev{flags}"));
            let address = address.map(|address| address.parse().unwrap());
            assert_eq!(asked.options.http_address, address, "{flags}");
        }
    }

    #[test]
    fn a_flag_may_come_twice() {
        let asked = asked(
            "temporal-server server start-dev --headless --headless=true --port 1 --port 2 --log-level info --log-level warn",
        );
        assert_eq!(asked.options.address.map(|address| address.port()), Some(2));
        assert_eq!(asked.log_level, Some(tracing::Level::WARN));
    }

    #[test]
    fn the_test_servers_form_holds_a_lock_unless_told_otherwise() {
        assert_eq!(
            asked("temporal-server 7301").options.time_skipping,
            TimeSkipping::Locked
        );
        let unlocked = asked("temporal-server 7301 --enable-time-skipping");
        assert_eq!(unlocked.options.time_skipping, TimeSkipping::Unlocked);
        assert!(unlocked.quiet);
    }

    #[test]
    fn what_is_missing_is_said() {
        for (flags, text) in [
            (
                "--durability normal",
                "the following required arguments were not provided:\n  --db-filename <VALUE>",
            ),
            (
                "-f x.db --durability fast",
                "--durability fast: take full or normal",
            ),
            ("--sqlite-pragma synchronous=off", "  --db-filename <VALUE>"),
            (
                "-f x.db --sqlite-pragma foreign_keys=1",
                "take journal_mode=wal",
            ),
            ("--log-format xml", "take text or json"),
            ("--metrics-port many", "invalid value 'many'"),
            ("--http-port 65536", "invalid value '65536'"),
            ("--search-attribute Color", "take KEY=TYPE"),
            ("--search-attribute Color=Blue", "take KEY=TYPE"),
            ("--ip nowhere", "take an IPv4 or IPv6 address"),
            (
                "--log-level loud",
                "take trace, debug, info, warn, error or never",
            ),
            ("--log-level 3", "--log-level 3: take trace, debug"),
            ("--dynamic-config-value any", "take KEY=JSON"),
            ("--nonsense", "unexpected argument '--nonsense'"),
        ] {
            let refusal = refusal(&format!("temporal-server start-dev {flags}"));
            assert!(refusal.contains(text), "{flags}: {refusal}");
        }
        assert!(refusal("temporal-server --enable-time-skipping").contains("a port is missing"));
    }

    #[test]
    fn the_command_is_well_formed() {
        command().debug_assert();
    }
}
