//! The command line: what the flags of `temporal server start-dev` and of the time-skipping test server
//! mean here. Reads arguments only; a flag without a meaning yet is refused by name, never swallowed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::{Arg, ArgAction, ArgMatches, Command};
use temporal_server::{Durability, SearchAttributeType, ServerOptions, TimeSkipping};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) options: ServerOptions,
    /// What comes out: the lines of `start-dev`, or nothing.
    pub(crate) quiet: bool,
    /// The level of log lines on stderr; none with `never`.
    pub(crate) log_level: Option<String>,
}

/// Flags which scripts pass and which change nothing here: there is no web UI yet, and output has one form.
const HARMLESS: [(&str, bool); 21] = [
    ("headless", false),
    ("ui-port", true),
    ("ui-ip", true),
    ("ui-public-path", true),
    ("ui-asset-path", true),
    ("ui-codec-endpoint", true),
    ("ui-disable-news-fetch", false),
    ("log-format", true),
    ("log-config", false),
    ("color", true),
    ("output", true),
    ("time-format", true),
    ("env", true),
    ("env-file", true),
    ("profile", true),
    ("config-file", true),
    ("command-timeout", true),
    ("client-connect-timeout", true),
    ("no-json-shorthand-payloads", false),
    ("disable-config-file", false),
    ("disable-config-env", false),
];

/// Flags whose meaning does not exist yet, and why one may not go on without them.
const REFUSED: [(&str, &str); 3] = [
    (
        "sqlite-pragma",
        "the pragmas of the file are chosen for you; `--durability normal` is the faster choice",
    ),
    ("http-port", "this version serves gRPC only"),
    ("metrics-port", "this version has no metrics endpoint"),
];

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

fn start_dev_command() -> Command {
    let value = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("VALUE").help(help)
    };
    let command = Command::new("start-dev")
        .about("Starts a development service, with everything in memory unless a file is given")
        // as in the command line of `temporal`, the last one counts: SDKs pass flags of their own besides the user's
        .args_override_self(true)
        .arg(
            value("port", "Port for gRPC [default: 7233]")
                .short('p')
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
            "Log lines from this level on: debug, info, warn, error or never [default: warn]",
        ))
        .arg(
            Arg::new("insecure-listen")
                .long("insecure-listen")
                .action(ArgAction::SetTrue)
                .help(
                    "Allows an address that other machines can reach, although nothing protects it",
                ),
        );
    let command = HARMLESS
        .into_iter()
        .fold(command, |command, (name, takes_value)| {
            let arg = Arg::new(name).long(name).action(ArgAction::Append);
            // `--headless` and `--headless=true`
            let arg = if takes_value {
                arg
            } else {
                arg.num_args(0..=1).require_equals(true)
            };
            command.arg(arg.hide(true))
        });
    REFUSED.into_iter().fold(command, |command, (name, _)| {
        let arg = Arg::new(name)
            .long(name)
            .action(ArgAction::Append)
            .hide(true);
        command.arg(arg)
    })
}

fn start_dev(flags: &ArgMatches) -> Result<Asked, clap::Error> {
    for (name, why) in REFUSED {
        if flags.contains_id(name) {
            return Err(refused(format!("--{name} is not supported yet: {why}")));
        }
    }
    let mut options = ServerOptions::default();
    options.address = Some(SocketAddr::new(
        ip(flags)?,
        flags.get_one::<u16>("port").copied().unwrap_or(7233),
    ));
    options.insecure_listen = flags.get_flag("insecure-listen");
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
    let level = flags
        .get_one::<String>("log-level")
        .map_or("warn", String::as_str);
    if !["debug", "info", "warn", "error", "never", "trace"].contains(&level) {
        return Err(refused(format!(
            "--log-level {level}: take debug, info, warn, error or never"
        )));
    }
    let log_level = (level != "never").then(|| level.to_owned());
    Ok(Asked {
        options,
        quiet: false,
        log_level,
    })
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
    options.time_skipping = if flags.get_flag("enable-time-skipping") {
        TimeSkipping::Unlocked
    } else {
        TimeSkipping::Locked
    };
    Ok(Asked {
        options,
        quiet: true,
        log_level: Some("warn".to_owned()),
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
            assert_eq!(asked.log_level.as_deref(), Some("error"));
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
    fn a_flag_may_come_twice() {
        let asked = asked(
            "temporal-server server start-dev --headless --headless=true --port 1 --port 2 --log-level info --log-level warn",
        );
        assert_eq!(asked.options.address.map(|address| address.port()), Some(2));
        assert_eq!(asked.log_level.as_deref(), Some("warn"));
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
            ("--http-port 1", "--http-port is not supported yet"),
            ("--search-attribute Color", "take KEY=TYPE"),
            ("--search-attribute Color=Blue", "take KEY=TYPE"),
            ("--ip nowhere", "take an IPv4 or IPv6 address"),
            ("--log-level loud", "take debug, info, warn, error or never"),
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
