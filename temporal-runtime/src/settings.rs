//! The environment: where to connect, and what this version refuses to connect with. The one place that reads it.

use crate::{
    client::{ClientOptions, DEFAULT},
    error::{Error, ErrorKind, Result},
};

/// The variable that says where the service is.
pub(crate) const ADDRESS: &str = "TEMPORAL_ADDRESS";
const NAMESPACE: &str = "TEMPORAL_NAMESPACE";
const API_KEY: &str = "TEMPORAL_API_KEY";
const TLS: &str = "TEMPORAL_TLS";

/// Set by who debugs workflow code, as with the other SDKs.
const DEBUG: &str = "TEMPORAL_DEBUG";

/// Where a service listens if nobody says so.
const LOCAL: &str = "127.0.0.1:7233";

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) address: Option<String>,
    pub(crate) namespace: Option<String>,
}

impl Settings {
    /// Reads the environment of this process.
    pub(crate) fn from_env() -> Result<Self> {
        Self::read(std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        }))
    }

    /// Empty variables count as not set, as in the other SDKs.
    fn read(variables: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut settings = Self::default();
        let mut refused = Vec::new();
        for (name, value) in variables.filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                ADDRESS => settings.address = Some(value),
                NAMESPACE => settings.namespace = Some(value),
                API_KEY => refused.push(name),
                _ if name.starts_with(TLS) && asks_for_tls(&name, &value) => refused.push(name),
                _ => {}
            }
        }
        if refused.is_empty() {
            return Ok(settings);
        }
        refused.sort();
        Err(Error::new(
            ErrorKind::Config,
            format!(
                "{} is set, but this version does not read TLS and API keys from the environment, and will not connect without them: set them with `ClientOptions`, or unset it to connect to a service without TLS",
                refused.join(", ")
            ),
        ))
    }

    /// For a client: the local service if no address is set.
    pub(crate) fn client_options(self) -> ClientOptions {
        ClientOptions::new(self.address.unwrap_or_else(|| LOCAL.to_owned()))
            .namespace(self.namespace.unwrap_or_else(|| DEFAULT.to_owned()))
    }
}

/// Whether workflow code may be stopped in a debugger.
pub(crate) fn is_debugging() -> bool {
    std::env::var(DEBUG).is_ok_and(|value| !is_off(&value))
}

/// `TEMPORAL_TLS=false` asks for what we do.
fn asks_for_tls(name: &str, value: &str) -> bool {
    !(name == TLS && is_off(value))
}

fn is_off(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "false" | "0" | "no" | "off"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings> {
        let owned = variables
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Settings::read(owned)
    }

    #[test]
    fn address_and_namespace_are_read() {
        let settings = read(&[(ADDRESS, "h:1"), (NAMESPACE, "n"), ("PATH", "/")]).unwrap();
        assert_eq!(settings.address.as_deref(), Some("h:1"));
        let options = settings.client_options();
        assert_eq!(
            (options.address.as_str(), options.namespace.as_str()),
            ("h:1", "n")
        );
    }

    #[test]
    fn secrets_are_never_sent_in_plaintext() {
        for name in [API_KEY, TLS, "TEMPORAL_TLS_CLIENT_CERT_PATH"] {
            let error = read(&[(ADDRESS, "h:1"), (name, "x")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }

    #[test]
    fn a_switch_is_off_in_many_words() {
        for off in ["", "0", "false", "No", "OFF"] {
            assert!(is_off(off), "{off}");
        }
        assert!(!is_off("1") && !is_off("true"));
    }

    #[test]
    fn what_is_empty_or_switched_off_is_not_set() {
        assert!(read(&[(API_KEY, ""), (TLS, "false")]).is_ok());
        assert_eq!(read(&[(ADDRESS, "")]).unwrap(), Settings::default());
        let options = Settings::default().client_options();
        assert_eq!(
            (options.address.as_str(), options.namespace.as_str()),
            (LOCAL, DEFAULT)
        );
    }
}
