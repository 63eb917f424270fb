//! The second target of tests that need no skipped time: a service outside of this process.

use crate::error::{Error, ErrorKind, Result};

const ADDRESS: &str = "TEMPORAL_TEST_ADDRESS";
const NAMESPACE: &str = "TEMPORAL_TEST_NAMESPACE";
const ALLOW_REMOTE: &str = "TEMPORAL_TEST_ALLOW_REMOTE";

/// A service to test against.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) namespace: String,
}

/// What the environment of this process says.
pub(super) fn from_env() -> Result<Option<Target>> {
    let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    target(
        read(ADDRESS),
        read(NAMESPACE),
        read(ALLOW_REMOTE).as_deref() == Some("1"),
    )
}

fn target(
    address: Option<String>,
    namespace: Option<String>,
    allow_remote: bool,
) -> Result<Option<Target>> {
    let Some(address) = address else {
        return Ok(None);
    };
    if !allow_remote && !is_loopback(&address) {
        return Err(Error::new(
            ErrorKind::Config,
            format!(
                "{ADDRESS} is `{address}`, which is not this machine: tests start and terminate workflows there; set {ALLOW_REMOTE}=1 if that is what you want"
            ),
        ));
    }
    Ok(Some(Target {
        address,
        namespace: namespace.unwrap_or_else(|| crate::client::DEFAULT.to_owned()),
    }))
}

fn is_loopback(address: &str) -> bool {
    let bare = address.strip_prefix("http://").unwrap_or(address);
    let host = bare.rsplit_once(':').map_or(bare, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_a_target() {
        for address in [
            "127.0.0.1:7233",
            "localhost:1",
            "[::1]:7233",
            "http://127.0.0.1:1",
        ] {
            assert!(
                target(Some(address.to_owned()), None, false).is_ok(),
                "{address}"
            );
        }
        for address in ["example.org:7233", "10.0.0.1:7233", "localhost.evil.org:1"] {
            let refused = target(Some(address.to_owned()), None, false);
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Config, "{address}");
        }
        assert!(target(Some("10.0.0.1:7233".to_owned()), None, true).is_ok());
    }

    #[test]
    fn without_an_address_there_is_none() {
        assert_eq!(target(None, Some("n".to_owned()), true).unwrap(), None);
    }
}
