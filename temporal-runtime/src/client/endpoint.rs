//! Where a connection goes: the address, and who may read what is sent. Never falls back to plaintext.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use super::{ClientOptions, tls};
use crate::error::{Error, ErrorKind, Result};

/// Where services listen if nobody says otherwise.
const PORT: u16 = 7233;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// With its timeout, this finds a dead peer within 45 s.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// Who may read what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Privacy {
    /// The service: the connection is encrypted.
    Encrypted,
    /// This machine: the connection does not leave it.
    Local,
    /// Whoever is on the way.
    Plaintext,
}

impl Privacy {
    /// The error of who would send a secret to `address` where others may read it.
    pub(super) fn of_secrets(self, address: &str, advice: &str) -> Result<()> {
        if self != Self::Plaintext {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            format!("`{address}` is plaintext, and nothing that is secret goes that way: {advice}"),
        ))
    }
}

/// A channel to a service, its address with the port, and who may read what is sent. Nothing is sent before the first
/// call.
pub(super) fn channel(options: &ClientOptions) -> Result<(Channel, String, Privacy)> {
    let (scheme, bare) = match options.address.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, options.address.as_str()),
    };
    let asked = options.tls.is_some() || options.api_key.is_some();
    let encrypted = match scheme {
        Some("http") => false,
        Some("https") => true,
        None => asked,
        Some(_) => return Err(no_address(&options.address)),
    };
    let scheme = if encrypted { "https" } else { "http" };
    let parse = |address: &str| {
        Endpoint::from_shared(format!("{scheme}://{address}"))
            .map_err(|error| no_address(&options.address).with_source(error))
    };
    let mut bare = bare.to_owned();
    let mut endpoint = parse(&bare)?;
    if endpoint.uri().port_u16().is_none() {
        bare = format!("{}:{PORT}", bare.trim_end_matches(['/', ':']));
        endpoint = parse(&bare)?;
    }
    let privacy = if encrypted {
        Privacy::Encrypted
    } else if options.tls.is_none() && is_this_machine(&endpoint) {
        Privacy::Local
    } else {
        Privacy::Plaintext
    };
    if encrypted {
        endpoint = tls::encrypted(endpoint, options.tls.clone().unwrap_or_default())?;
    } else if asked {
        let advice = "leave out `http://`, or TLS and the API key";
        privacy.of_secrets(&options.address, advice)?;
    }
    let channel = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
        .connect_lazy();
    Ok((channel, bare, privacy))
}

fn no_address(given: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("`{given}` is not an address; write `host:port`, such as 127.0.0.1:7233"),
    )
}

fn is_this_machine(endpoint: &Endpoint) -> bool {
    let host = endpoint.uri().host().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Connection;

    #[tokio::test]
    async fn an_address_without_a_port_has_the_usual_one() {
        for (given, address) in [
            ("localhost", "localhost:7233"),
            ("temporal.example.org:", "temporal.example.org:7233"),
            ("http://10.0.0.1/", "10.0.0.1:7233"),
            ("[::1]", "[::1]:7233"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ] {
            let (_, found, _) = channel(&ClientOptions::new(given)).unwrap();
            assert_eq!(found, address, "{given}");
        }
    }

    #[tokio::test]
    async fn secrets_are_never_sent_in_plaintext() {
        for (address, secret, plain) in [
            ("http://temporal.example.org", true, false),
            ("http://127.0.0.1:7233", true, true),
            ("http://localhost", true, true),
            ("http://[::1]:7233", true, true),
            ("http://temporal.example.org", false, true),
        ] {
            let mut options = ClientOptions::new(address);
            if secret {
                options = options.api_key("key");
            }
            assert_eq!(channel(&options).is_ok(), plain, "{address}");
            let tls = channel(&options.tls(tls::TlsOptions::new())).unwrap_err();
            assert!(tls.to_string().contains("is plaintext"), "{tls}");
        }
        // nor is one that comes later
        for (address, sent) in [
            ("http://temporal.example.org", false),
            ("temporal.example.org:7233", false),
            ("10.0.0.1", false),
            ("127.0.0.1:7233", true),
            ("http://localhost", true),
            ("[::1]", true),
        ] {
            let connection = Connection::tcp(&ClientOptions::new(address)).unwrap();
            let Err(error) = connection.set_api_key("key") else {
                assert!(sent, "{address}");
                continue;
            };
            assert!(!sent, "{address}: {error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("is plaintext"), "{error}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[tokio::test]
    async fn without_the_feature_it_says_which_one_it_is() {
        for options in [
            ClientOptions::new("https://127.0.0.1"),
            ClientOptions::new("127.0.0.1").api_key("key"),
        ] {
            let error = channel(&options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("feature `tls`"), "{error}");
        }
    }
}
