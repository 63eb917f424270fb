//! How a connection is encrypted, and what it means when two cannot agree on that. Never shows a private key.

use std::fmt;

use tonic::transport::Endpoint;

use crate::error::Result;

/// How a connection is encrypted. It takes the feature `tls`.
///
/// By default the service must show a certificate for the host of the address, signed by an authority that this machine
/// trusts.
///
/// ```
/// use temporal_runtime::client::{ClientOptions, TlsOptions};
///
/// # fn main() -> std::io::Result<()> {
/// # let read = |_: &str| std::io::Result::Ok(Vec::<u8>::new());
/// let tls = TlsOptions::new()
///     .server_root_ca_cert(read("ca.pem")?)
///     .client_cert(read("client.pem")?, read("client.key")?);
/// let options = ClientOptions::new("temporal.example.org:7233").tls(tls);
/// # let _ = options;
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "it is refused whole in a build without TLS")
)]
pub struct TlsOptions {
    server_root_ca_cert: Option<Vec<u8>>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    domain: Option<String>,
}

impl TlsOptions {
    /// What the machine trusts, and no certificate of one's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these authorities, in PEM, in place of those that the machine trusts.
    #[must_use]
    pub fn server_root_ca_cert(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.server_root_ca_cert = Some(authorities.into());
        self
    }

    /// Shows this certificate, with the chain behind it, to services that ask for one: both in PEM, the key as PKCS #8,
    /// PKCS #1 or SEC 1.
    #[must_use]
    pub fn client_cert(
        mut self,
        certificate: impl Into<Vec<u8>>,
        private_key: impl Into<Vec<u8>>,
    ) -> Self {
        self.client = Some((certificate.into(), private_key.into()));
        self
    }

    /// Expects a certificate for this name, in place of the host of the address.
    #[must_use]
    pub fn domain(mut self, name: impl Into<String>) -> Self {
        self.domain = Some(name.into());
        self
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// An endpoint that speaks TLS.
#[cfg(feature = "tls")]
pub(super) fn encrypted(endpoint: Endpoint, options: TlsOptions) -> Result<Endpoint> {
    use tonic::transport::{Certificate, ClientTlsConfig, Identity};

    use crate::error::{Error, ErrorKind, chain};

    let mut config = ClientTlsConfig::new();
    config = match options.server_root_ca_cert {
        Some(authorities) => config.ca_certificate(Certificate::from_pem(authorities)),
        None => config.with_native_roots(),
    };
    if let Some((certificate, key)) = options.client {
        config = config.identity(Identity::from_pem(certificate, key));
    }
    if let Some(name) = options.domain {
        config = config.domain_name(name);
    }
    endpoint.tls_config(config).map_err(|error| {
        let reason = chain(&error).last().map(ToString::to_string);
        let reason = reason.unwrap_or_default();
        let meaning = handshake(&reason).unwrap_or(
            "certificates and key are in PEM, and the key belongs to the first certificate",
        );
        Error::new(
            ErrorKind::Config,
            format!("cannot connect with TLS: {reason} ({meaning})"),
        )
    })
}

#[cfg(not(feature = "tls"))]
pub(super) fn encrypted(endpoint: Endpoint, _: TlsOptions) -> Result<Endpoint> {
    use crate::error::{Error, ErrorKind};

    Err(Error::new(
        ErrorKind::Config,
        format!(
            "this build connects in plaintext only, and an API key or `https` asks for TLS ({}): enable the feature `tls` of temporal-runtime; `http://host:port` is plaintext",
            endpoint.uri()
        ),
    ))
}

/// What it means that TLS has failed for this reason, and what to do.
pub(super) fn handshake(reason: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 7] = [
        (
            "no native certs",
            "this machine trusts no authority: install its CA certificates (the package `ca-certificates`), or give the service's authority with `TlsOptions::server_root_ca_cert`",
        ),
        (
            "UnknownIssuer",
            "nobody that is trusted here has signed the service's certificate: give its authority with `TlsOptions::server_root_ca_cert`",
        ),
        (
            "certificate expired",
            "the service's certificate is over: it needs a new one, or the clock of this machine is wrong",
        ),
        (
            "not valid for name",
            "the service's certificate is for another name: `TlsOptions::domain` says which one is meant",
        ),
        (
            "InvalidContentType",
            "the service does not speak TLS: `http://host:port` is plaintext",
        ),
        (
            "received fatal alert",
            "the service refuses this client's certificate, or asks for one: give it with `TlsOptions::client_cert`",
        ),
        (
            "invalid peer certificate",
            "the service's certificate cannot be used",
        ),
    ];
    let known = KNOWN.iter().find(|(part, _)| reason.contains(part));
    known.map(|(_, meaning)| *meaning)
}
