//! How a service is started, and why it may not start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::engine::limits::Limits;
pub use crate::engine::visibility::ValueType as SearchAttributeType;
use crate::store::{Durability, StoreError};

/// What to start. The default is a service in this process only, without a socket, with the
/// namespace `default` and a clock that runs as the machine's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Where to listen for gRPC; `None` serves this process only, and port 0 takes any free port.
    pub address: Option<SocketAddr>,
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
    /// Allows an address that other machines can reach, although nothing protects it.
    pub insecure_listen: bool,
    /// The file that everything is kept in, made if it is missing; `None` keeps everything in memory only. It takes the
    /// feature `sqlite`, which the binary has.
    pub db_filename: Option<PathBuf>,
    /// When a change counts as kept: nobody is answered before.
    pub durability: Durability,
    /// Bytes that closed workflows may take in memory, roughly. Beyond it they are read back from the file when somebody
    /// asks; without a file the oldest are forgotten, and in any case beyond 10,000 of them. The default is 256 MiB.
    pub closed_bytes: u64,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            address: None,
            namespaces: vec!["default".to_owned()],
            search_attributes: Vec::new(),
            time_skipping: TimeSkipping::Off,
            start_time: None,
            seed: None,
            dynamic_config: Vec::new(),
            insecure_listen: false,
            db_filename: None,
            durability: Durability::Full,
            closed_bytes: Limits::default().closed_bytes,
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
    /// Other machines could reach the address, and nothing would protect the service from them.
    NotLoopback {
        /// The address that was asked for.
        ip: IpAddr,
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
            Self::NotLoopback { ip } => write!(
                f,
                "other machines could reach {ip} and nothing would protect the service from them: listen on 127.0.0.1, \
                 or allow it with `--insecure-listen` (`insecure_listen` in the options)"
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
