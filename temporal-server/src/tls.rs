//! What a service shows to those who connect, and what it asks of them. Never shows the private key.

use std::fmt;
use std::path::PathBuf;

/// Certificate and private key of a service that listens with TLS 1.2 or 1.3.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "it is refused whole in a build without TLS")
)]
pub struct TlsOptions {
    pub(crate) certificate: Source,
    pub(crate) private_key: Source,
    pub(crate) client_ca: Option<Source>,
}

/// Where text in PEM is.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "nobody reads it in a build without TLS")
)]
pub(crate) enum Source {
    Here(Vec<u8>),
    File(PathBuf),
}

impl TlsOptions {
    /// Shows this certificate, with the chain behind it, and has this key: both in PEM, the key as PKCS #8, PKCS #1 or
    /// SEC 1.
    pub fn new(certificate: impl Into<Vec<u8>>, private_key: impl Into<Vec<u8>>) -> Self {
        Self {
            certificate: Source::Here(certificate.into()),
            private_key: Source::Here(private_key.into()),
            client_ca: None,
        }
    }

    /// As [`new`](Self::new), from files, which are looked at whenever somebody connects: when they change, the next
    /// connection is shown the new certificate, and open ones stay. While they cannot be used, because one is missing or
    /// the key is not the certificate's, the last ones that could stay, and a line in the log says so.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), temporal_server::StartError> {
    /// use temporal_server::{ApiKey, Server, ServerOptions, TlsOptions};
    ///
    /// let mut options = ServerOptions::default();
    /// options.address = Some(([0, 0, 0, 0], 7233).into());
    /// options.tls = Some(TlsOptions::from_files("server.pem", "server.key"));
    /// options.api_keys = vec![ApiKey::new("secret")];
    /// let server = Server::start(options).await?;
    /// # server.shutdown().await;
    /// # Ok(()) }
    /// ```
    pub fn from_files(certificate: impl Into<PathBuf>, private_key: impl Into<PathBuf>) -> Self {
        Self {
            certificate: Source::File(certificate.into()),
            private_key: Source::File(private_key.into()),
            client_ca: None,
        }
    }

    /// Asks clients for a certificate that one of these authorities, in PEM, has signed; others cannot connect.
    #[must_use]
    pub fn client_ca(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.client_ca = Some(Source::Here(authorities.into()));
        self
    }

    /// As [`client_ca`](Self::client_ca), from a file that is looked at whenever somebody connects.
    #[must_use]
    pub fn client_ca_file(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.client_ca = Some(Source::File(authorities.into()));
        self
    }
}

#[cfg(feature = "tls")]
impl TlsOptions {
    /// Whether what is shown may change.
    pub(crate) fn has_files(&self) -> bool {
        let sources = [
            Some(&self.certificate),
            Some(&self.private_key),
            self.client_ca.as_ref(),
        ];
        let mut sources = sources.into_iter().flatten();
        sources.any(|source| matches!(source, Source::File(_)))
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("asks_for_certificates", &self.client_ca.is_some())
            .finish_non_exhaustive()
    }
}
