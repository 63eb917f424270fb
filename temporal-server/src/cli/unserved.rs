//! Flags that scripts pass and that mean nothing here. Those that ask for something which is not there are told so.

use clap::{Arg, ArgAction, ArgMatches, Command};

/// Flags without a meaning, and whether they take a value.
const HARMLESS: [(&str, bool); 13] = [
    ("headless", false),
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

/// Flags of what there is not, whether they take a value, and what it is.
const ABSENT: [(&str, bool, &str); 6] = [
    ("ui-port", true, WEB_UI),
    ("ui-ip", true, WEB_UI),
    ("ui-public-path", true, WEB_UI),
    ("ui-asset-path", true, WEB_UI),
    ("ui-codec-endpoint", true, WEB_UI),
    ("ui-disable-news-fetch", false, WEB_UI),
];

const WEB_UI: &str = "web UI";

pub(super) fn add(command: Command) -> Command {
    let harmless = HARMLESS.into_iter();
    let absent = ABSENT.into_iter().map(|(name, value, _)| (name, value));
    harmless
        .chain(absent)
        .fold(command, |command, (name, takes_value)| {
            let arg = Arg::new(name).long(name).action(ArgAction::Append);
            // `--headless` and `--headless=true`
            let arg = if takes_value {
                arg
            } else {
                arg.num_args(0..=1).require_equals(true)
            };
            command.arg(arg.hide(true))
        })
}

/// What to tell of the flags that were given: one line for each thing that there is not.
pub(super) fn notes(flags: &ArgMatches) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for (name, _, what) in ABSENT {
        let note = format!("there is no {what}");
        if flags.contains_id(name) && !notes.iter().any(|n| n.starts_with(&note)) {
            notes.push(format!("{note} (--{name} does nothing)"));
        }
    }
    notes
}
