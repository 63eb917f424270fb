//! Connections that are encrypted, by rustls. tonic's own means take one certificate for good, and speak of gRPC's
//! protocol only.

#[cfg(feature = "tls")]
mod certificate;
#[cfg(feature = "tls")]
mod incoming;

#[cfg(feature = "tls")]
pub(crate) use certificate::Certificate;
#[cfg(feature = "tls")]
pub(crate) use incoming::TlsIncoming;

/// A certificate that there never is.
#[cfg(not(feature = "tls"))]
#[derive(Debug, Clone)]
pub(crate) enum Certificate {}

#[cfg(not(feature = "tls"))]
impl Certificate {
    pub(crate) fn new(_: &crate::tls::TlsOptions) -> Result<Self, String> {
        Err("this build has no TLS; the feature `tls` of temporal-server has it".to_owned())
    }
}
