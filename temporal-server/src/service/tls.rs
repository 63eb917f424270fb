//! Connections that are encrypted, by tonic's own means.

#[cfg(feature = "tls")]
use std::time::Duration;

use tonic::transport::Server;

use crate::tls::TlsOptions;

/// How long a handshake may take: whoever connects and says nothing is let go.
#[cfg(feature = "tls")]
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A server that speaks TLS, or the reason why there can be none.
#[cfg(feature = "tls")]
pub(crate) fn with_tls(server: Server, options: &TlsOptions) -> Result<Server, String> {
    use tonic::transport::{Certificate, Identity, ServerTlsConfig};

    // One that the process has chosen stays. Without one, rustls would guess, and panic in a build that has two.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let identity = Identity::from_pem(&options.certificate, &options.private_key);
    let mut config = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE);
    if let Some(authorities) = &options.client_ca {
        config = config.client_ca_root(Certificate::from_pem(authorities));
    }
    server.tls_config(config).map_err(|error| {
        let mut last: &dyn std::error::Error = &error;
        while let Some(next) = last.source() {
            last = next;
        }
        last.to_string()
    })
}

#[cfg(not(feature = "tls"))]
pub(crate) fn with_tls(_: Server, _: &TlsOptions) -> Result<Server, String> {
    Err("this build has no TLS; the feature `tls` of temporal-server has it".to_owned())
}
