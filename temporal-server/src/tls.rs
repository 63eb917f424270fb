//! What a service shows to those who connect, and what it asks of them. Never shows the private key.

use std::fmt;

/// Certificate and private key of a service that listens with TLS 1.2 or 1.3.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "it is refused whole in a build without TLS")
)]
pub struct TlsOptions {
    pub(crate) certificate: Vec<u8>,
    pub(crate) private_key: Vec<u8>,
    pub(crate) client_ca: Option<Vec<u8>>,
}

impl TlsOptions {
    /// Shows this certificate, with the chain behind it, and has this key: both in PEM, the key as PKCS #8, PKCS #1 or
    /// SEC 1.
    pub fn new(certificate: impl Into<Vec<u8>>, private_key: impl Into<Vec<u8>>) -> Self {
        Self {
            certificate: certificate.into(),
            private_key: private_key.into(),
            client_ca: None,
        }
    }

    /// Asks clients for a certificate that one of these authorities, in PEM, has signed; others cannot connect.
    #[must_use]
    pub fn client_ca(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.client_ca = Some(authorities.into());
        self
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("asks_for_certificates", &self.client_ca.is_some())
            .finish_non_exhaustive()
    }
}
