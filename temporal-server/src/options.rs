//! How a service is started, and why it may not start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::api_key::ApiKey;
use crate::engine::limits::Limits;
pub use crate::engine::visibility::ValueType as SearchAttributeType;
use crate::store::{Durability, Pragma, StoreError};
use crate::tls::TlsOptions;

/// What to start. The default is a service in this process only, without a socket, with the
/// namespace `default` and a clock that runs as the machine's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Where to listen for gRPC; `None` serves this process only, and port 0 takes any free port.
    pub address: Option<SocketAddr>,
    /// Where to listen for the HTTP API, which takes and gives JSON: with the TLS and the keys that gRPC has. `None` has
    /// none, and port 0 takes any free port.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), temporal_server::StartError> {
    /// use temporal_server::{Server, ServerOptions};
    ///
    /// let mut options = ServerOptions::listening_on(7233);
    /// options.http_address = Some(([127, 0, 0, 1], 7243).into());
    /// let server = Server::start(options).await?;
    /// println!("curl http://{}/api/v1/cluster-info", server.http_address().unwrap());
    /// # server.shutdown().await;
    /// # Ok(()) }
    /// ```
    pub http_address: Option<SocketAddr>,
    /// The namespaces to begin with.
    pub namespaces: Vec<String>,
    /// Search attributes to define in each of these namespaces.
    pub search_attributes: Vec<(String, SearchAttributeType)>,
    /// Whether time may be skipped.
    pub time_skipping: TimeSkipping,
    /// What the clock shows at the start, if not the machine's time.
    pub start_time: Option<SystemTime>,
    /// For tests that must go the same way each time: the ids that the service chooses follow from this number, and the
    /// clock stands. Only `UnlockTimeSkippingWithSleep` moves it, at most so far as it asks: to the next timer, and not
    /// at all while there is a workflow task to do; it returns at once. Two services with one number give one id to two
    /// runs.
    pub seed: Option<u64>,
    /// Keys of the real service's dynamic configuration with their values in JSON. Those of limits, such as
    /// `limit.blobSize.error`, set them; others do nothing.
    pub dynamic_config: Vec<(String, String)>,
    /// What to listen with; `None` listens in plaintext. It takes the feature `tls`, which the binary has.
    pub tls: Option<TlsOptions>,
    /// The keys of which one must come with each call over the network; with none, everybody may call. Calls in this
    /// process and those of health checks need no key.
    pub api_keys: Vec<ApiKey>,
    /// A file with more such keys, one a line; empty lines and those that begin with `#` are for people. It is looked at
    /// with each call: a key that is added or taken away counts from then on, and calls that wait go on. While the file
    /// cannot be used, because it is missing, empty or wrong, the keys that it had last stay, and a line in the log says
    /// so.
    pub api_key_file: Option<PathBuf>,
    /// Allows an address that other machines can reach without TLS and a key.
    pub insecure_listen: bool,
    /// The file that everything is kept in, made if it is missing; `None` keeps everything in memory only. It takes the
    /// feature `sqlite`, which the binary has.
    pub db_filename: Option<PathBuf>,
    /// When a change counts as kept: nobody is answered before.
    pub durability: Durability,
    /// What is set of SQLite besides; `synchronous` goes before the durability.
    pub sqlite_pragmas: Vec<Pragma>,
    /// Where to tell numbers about the service over HTTP, in the text form of Prometheus at `/metrics`: without TLS and
    /// a key, so other machines may reach it only with `insecure_listen`. Port 0 takes any free port.
    pub metrics_address: Option<SocketAddr>,
    /// Bytes that closed workflows may take in memory, roughly, with what lists show of them. Beyond it they are read
    /// back from the file when somebody asks. Without a file the oldest are forgotten, and in any case beyond 10,000 of
    /// them; with one they are if what lists show takes as much alone: a kilobyte and a half for each. The default is
    /// 256 MiB.
    pub closed_bytes: u64,
    /// Bytes that open workflows may take in memory, roughly: their histories, and what is pending in them. Beyond it
    /// clients and schedules start no others, and are told RESOURCE_EXHAUSTED; those that are open go on, as do their
    /// children and next runs, each within its own limits. The default is 4 GiB.
    pub open_bytes: u64,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            address: None,
            http_address: None,
            namespaces: vec!["default".to_owned()],
            search_attributes: Vec::new(),
            time_skipping: TimeSkipping::Off,
            start_time: None,
            seed: None,
            dynamic_config: Vec::new(),
            tls: None,
            api_keys: Vec::new(),
            api_key_file: None,
            insecure_listen: false,
            db_filename: None,
            durability: Durability::Full,
            sqlite_pragmas: Vec::new(),
            metrics_address: None,
            closed_bytes: Limits::default().closed_bytes,
            open_bytes: Limits::default().open_bytes,
        }
    }
}

impl ServerOptions {
    /// A service that listens on this port of the loopback interface; 0 takes any free port.
    pub fn listening_on(port: u16) -> Self {
        Self {
            address: Some((Ipv4Addr::LOCALHOST, port).into()),
            ..Self::default()
        }
    }

    /// Whether calls over the network must carry a key.
    pub fn asks_for_a_key(&self) -> bool {
        !self.api_keys.is_empty() || self.api_key_file.is_some()
    }
}

/// Whether the clock may jump ahead while all workflows only wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeSkipping {
    /// Never; `TestService` is not served.
    #[default]
    Off,
    /// From the start.
    Unlocked,
    /// Only after a client has called `UnlockTimeSkipping`.
    Locked,
}

/// Why a service did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Something else listens there.
    AddressInUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    Address {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Other machines could reach the address, and nothing, or too little, would protect the service from them.
    NotLoopback {
        /// The address that was asked for.
        ip: IpAddr,
        /// Whether it has TLS.
        tls: bool,
        /// Whether it asks for a key.
        api_key: bool,
    },
    /// Other machines could reach the numbers.
    MetricsNotLoopback {
        /// The address that was asked for.
        ip: IpAddr,
    },
    /// Certificate and key cannot be used.
    Tls {
        /// Why.
        reason: String,
    },
    /// A key that no call could carry.
    ApiKey,
    /// The file of keys cannot be used.
    ApiKeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A namespace cannot be made.
    Namespace {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A search attribute cannot be defined.
    SearchAttribute {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A value of the dynamic configuration makes no sense.
    DynamicConfig {
        /// Its key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The file that everything is to be kept in cannot be used.
    Store(StoreError),
    /// There is no tokio runtime here.
    NoRuntime,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AddressInUse { address } => write!(
                f,
                "port {} of {} is in use: stop what listens there, or take another port (0 takes any free one)",
                address.port(),
                address.ip()
            ),
            Self::Address { address, .. } => {
                write!(
                    f,
                    "cannot listen on {address}: take an address of this machine and a port you may use"
                )
            }
            Self::NotLoopback { ip, tls, api_key } => {
                let missing = match (tls, api_key) {
                    (false, true) => "there is no TLS",
                    (true, false) => "no API key is asked for",
                    _ => "there is neither TLS nor an API key",
                };
                write!(
                    f,
                    "other machines could reach {ip}, and {missing}: listen on 127.0.0.1, or give both a certificate \
                     (`--tls-cert`, `--tls-key`) and API keys (`--api-key-file`), or allow it as it is with \
                     `--insecure-listen` (in the options `tls`, `api_keys`, `insecure_listen`)"
                )
            }
            Self::MetricsNotLoopback { ip } => write!(
                f,
                "other machines could reach the metrics at {ip}, where nothing asks who they are: tell them on 127.0.0.1, \
                 or allow it with `--insecure-listen` (`insecure_listen` in the options)"
            ),
            Self::Tls { reason } => write!(
                f,
                "cannot listen with TLS: {reason} (certificates and key are in PEM, and the key belongs to the first \
                 certificate)"
            ),
            Self::ApiKey => write!(
                f,
                "an API key is empty or has characters that a header cannot carry: take visible ASCII without spaces"
            ),
            Self::ApiKeyFile { path, reason } => write!(
                f,
                "the API keys of {} (`--api-key-file`, `api_key_file` in the options): {reason}",
                path.display()
            ),
            Self::Namespace { name, reason } => {
                write!(f, "cannot make namespace `{name}`: {reason}")
            }
            Self::SearchAttribute { name, reason } => {
                write!(f, "cannot define search attribute `{name}`: {reason}")
            }
            Self::DynamicConfig { key, reason } => {
                write!(
                    f,
                    "cannot set `{key}` of the dynamic configuration: {reason}"
                )
            }
            Self::Store(error) => write!(f, "{error}"),
            Self::NoRuntime => write!(f, "a service needs a tokio runtime: start it inside one"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Address { source, .. } => Some(source),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
