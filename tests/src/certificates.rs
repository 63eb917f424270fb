//! Certificates for tests: an authority, and what it signs for this machine. The tests of `temporal-server` include this
//! file.

use std::{
    error::Error,
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Signs certificates. Nobody trusts it but who is told to.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// The machine has no random numbers.
    pub fn new() -> Result<Self> {
        // the name tells authorities apart, and so does the key
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let mut params = CertificateParams::default();
        let name = format!("authority {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self(CertifiedIssuer::self_signed(
            params,
            KeyPair::generate()?,
        )?))
    }

    /// Its own certificate.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and private key of a service, or of a client, on this machine. `change` may spoil them.
    ///
    /// # Errors
    /// What `change` did cannot be signed.
    pub fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Result<(String, String)> {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}
