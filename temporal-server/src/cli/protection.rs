//! The flags of TLS and API keys. Sees that the files they name can be read. A key never stands in an argument, where every process of
//! the machine could read it, and never in a message.

use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use temporal_server::{ApiKey, ServerOptions, TlsOptions};

/// A key for those who would rather not write a file.
const KEY_VARIABLE: &str = "TEMPORAL_SERVER_API_KEY";

pub(super) fn add(command: Command) -> Command {
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").help(help)
    };
    command
        .arg(
            file("tls-cert", "Listens with TLS: the certificate and its chain, in PEM; when the files change, new connections are shown the new one")
                .requires("tls-key"),
        )
        .arg(file("tls-key", "The certificate's private key, in PEM").requires("tls-cert"))
        .arg(
            file(
                "tls-client-ca",
                "Lets only clients connect whose certificate one of these authorities has signed, in PEM",
            )
            .requires("tls-cert"),
        )
        .arg(file(
            "api-key-file",
            "Asks for one of these keys, one a line, in every call (`Authorization: Bearer <key>`); when the file \
             changes, the next call needs one of the new ones; a key may also stand in the variable \
             TEMPORAL_SERVER_API_KEY",
        ))
}

/// Sets what the flags and the environment ask for; an error says which file is the matter.
pub(super) fn read(flags: &ArgMatches, options: &mut ServerOptions) -> Result<(), String> {
    let named = |flag: &str| flags.get_one::<String>(flag);
    if let (Some(certificate), Some(key)) = (named("tls-cert"), named("tls-key")) {
        // What cannot be read is said with the flag's name; they are read again when they are used.
        bytes("tls-cert", certificate)?;
        bytes("tls-key", key)?;
        let mut tls = TlsOptions::from_files(certificate, key);
        if let Some(authorities) = named("tls-client-ca") {
            bytes("tls-client-ca", authorities)?;
            tls = tls.client_ca_file(authorities);
        }
        options.tls = Some(tls);
    }
    if let Some(file) = named("api-key-file") {
        bytes("api-key-file", file)?;
        options.api_key_file = Some(file.into());
    }
    key_of_environment(options)
}

/// Sets the key that the environment has; the form of the test server has no flags for more.
pub(super) fn key_of_environment(options: &mut ServerOptions) -> Result<(), String> {
    if let Some(key) = std::env::var_os(KEY_VARIABLE).filter(|key| !key.is_empty()) {
        let key = key
            .into_string()
            .map_err(|_| format!("the variable {KEY_VARIABLE} is no text"))?;
        options.api_keys.push(ApiKey::new(key));
    }
    Ok(())
}

fn bytes(flag: &str, file: &str) -> Result<Vec<u8>, String> {
    std::fs::read(Path::new(file)).map_err(|error| format!("--{flag} {file}: {error}"))
}
