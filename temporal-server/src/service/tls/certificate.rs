//! The certificate that a service shows now, with its key and what is asked of clients. Files are looked at each time:
//! that is little beside a handshake, and what is seen is what is there.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::service::Spoken;
use crate::tls::{Source, TlsOptions};

/// What clients may speak, by its names in TLS.
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Clones share it.
#[derive(Clone)]
pub(crate) struct Certificate {
    options: Arc<TlsOptions>,
    now: Arc<Mutex<Now>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.options.fmt(f)
    }
}

struct Now {
    /// What was seen last, whether it can be used or not.
    seen: Result<Texts, String>,
    configs: Configs,
}

/// What is in use: for gRPC, and for what speaks the older HTTP as well.
#[derive(Clone)]
struct Configs {
    http_2: Arc<ServerConfig>,
    both: Arc<ServerConfig>,
}

/// All in PEM.
#[derive(PartialEq, Eq)]
struct Texts {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Certificate {
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, String> {
        let seen = texts(options)?;
        let now = Now {
            configs: configs(&seen)?,
            seen: Ok(seen),
        };
        Ok(Self {
            options: Arc::new(options.clone()),
            now: Arc::new(Mutex::new(now)),
        })
    }

    /// For the next handshake. Files are read on a thread that may wait for the disk.
    pub(super) async fn config(&self, spoken: Spoken) -> Option<Arc<ServerConfig>> {
        if !self.options.has_files() {
            let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            return Some(now.configs.of(spoken));
        }
        let this = self.clone();
        let looked = tokio::task::spawn_blocking(move || this.look(spoken));
        looked.await.ok()
    }

    fn look(&self, spoken: Spoken) -> Arc<ServerConfig> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: who read earlier must not put back what was replaced since.
        let seen = texts(&self.options);
        if seen != now.seen {
            let made = seen.as_ref().map_err(Clone::clone).and_then(configs);
            match made {
                Ok(configs) => {
                    tracing::info!("the certificate has changed, and is shown from now on");
                    now.configs = configs;
                }
                Err(reason) => tracing::warn!(
                    %reason,
                    "the certificate's files have changed and cannot be used; what they were stays in use"
                ),
            }
            now.seen = seen;
        }
        now.configs.of(spoken)
    }
}

impl Configs {
    fn of(&self, spoken: Spoken) -> Arc<ServerConfig> {
        match spoken {
            Spoken::Both => self.both.clone(),
            Spoken::Http2 => self.http_2.clone(),
        }
    }
}

fn texts(options: &TlsOptions) -> Result<Texts, String> {
    let authorities = options.client_ca.as_ref();
    Ok(Texts {
        certificate: text(&options.certificate)?,
        private_key: text(&options.private_key)?,
        client_ca: authorities.map(text).transpose()?,
    })
}

fn text(source: &Source) -> Result<Vec<u8>, String> {
    let named = |file: &Path, error| format!("{}: {error}", file.display());
    match source {
        Source::Here(text) => Ok(text.clone()),
        Source::File(file) => std::fs::read(file).map_err(|error| named(file, error)),
    }
}

fn configs(texts: &Texts) -> Result<Configs, String> {
    let http_2 = config(texts)?;
    let mut both = http_2.clone();
    both.alpn_protocols.push(HTTP_1.to_vec());
    Ok(Configs {
        http_2: http_2.into(),
        both: both.into(),
    })
}

fn config(texts: &Texts) -> Result<ServerConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match &texts.client_ca {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(authorities)? {
                roots.add(authority).map_err(|error| error.to_string())?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            let verifier = verifier.build().map_err(|error| error.to_string())?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::from_pem_slice(&texts.private_key)
        .map_err(|error| format!("the private key: {error}"))?;
    let chain = certificates(&texts.certificate)?;
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    Ok(config)
}

/// All of a text, and at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err("there is no certificate in the text".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("a certificate: {error}")),
    }
}
