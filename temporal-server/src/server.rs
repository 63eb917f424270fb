//! Starting and ending a service. Nothing is shared between two services of one process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::codegen::tokio_stream::StreamExt as _;
use tonic::transport::{self, server::TcpIncoming};

use crate::api_key::ApiKey;
use crate::directory::Directory;
use crate::driver::{Driver, DriverOptions, Ids};
use crate::dynamic_config;
use crate::engine::execution::saved::Damaged;
use crate::engine::limits::Limits;
use crate::engine::namespace::Settings;
use crate::engine::refusal::Refusal;
use crate::metrics::{self, Metrics};
use crate::options::{ServerOptions, StartError, TimeSkipping};
#[cfg(feature = "tls")]
use crate::service::TlsIncoming;
use crate::service::{ApiKeys, Authorized, Certificate, Front, HttpApi, Opening, Service, Spoken};
use crate::store::{self, Opened, StoreError};

/// How long closed runs are kept in the namespaces which a service begins with.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// How long the end of a service waits for answers that are on their way.
const FAREWELL: Duration = Duration::from_secs(2);

/// Streams of one connection; each poll of a worker is one.
const MAX_STREAMS: u32 = 10_000;

/// How often a silent connection is asked whether it is still there; polls of one that is not are given up.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The headers of one call.
const MAX_HEADER_BYTES: u32 = 64 << 10;

/// Starts services.
#[derive(Debug)]
#[non_exhaustive]
pub struct Server;

impl Server {
    /// Starts a service, which ends when its handle is dropped. It answers calls once this returns.
    pub async fn start(options: ServerOptions) -> Result<ServerHandle, StartError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(StartError::NoRuntime);
        }
        if !options.api_keys.iter().all(ApiKey::is_sendable) {
            return Err(StartError::ApiKey);
        }
        let keys = api_keys(&options)?;
        let certificate = certificate(&options)?;
        let listener = listen(options.address, &options).await?;
        let for_http = listen(options.http_address, &options).await?;
        let for_metrics = listen_for_metrics(&options).await?;
        let kept = open(&options)?;
        let limits = limits(&options)?;
        let directory = Arc::new(directory(&options, kept.as_ref(), &limits)?);
        let cluster_id = cluster_id(kept.as_ref());
        let (closing, closed) = watch::channel(false);
        let driver = Driver::start(
            directory.clone(),
            DriverOptions {
                time_skipping: options.time_skipping != TimeSkipping::Off,
                time_locked: options.time_skipping == TimeSkipping::Locked,
                start_time: options.start_time,
                seed: options.seed,
                limits,
            },
            kept,
        );
        let driver = driver.map_err(|damaged| damaged_file(&options, &damaged))?;
        let service = Service {
            driver: driver.clone(),
            directory,
            cluster_id,
        };
        let front = Front::new(service, options.time_skipping, closed.clone());
        let address_of = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        let (address, http_address) = (address_of(&listener), address_of(&for_http));
        let metrics = for_metrics.map(|listener| {
            let metrics = Metrics::new(front.calls().clone(), driver.clone());
            metrics::serve(listener, metrics, closed.clone())
        });
        let (metrics_address, metrics) = metrics.unzip();
        let guarded = Authorized::new(front.clone(), keys);
        let http = for_http.map(|listener| {
            let is_local = http_address.is_some_and(|address| address.ip().is_loopback());
            let api = HttpApi::new(guarded.clone(), is_local);
            serve(
                listener,
                certificate.clone(),
                Spoken::Both,
                api,
                closed.clone(),
            )
        });
        let serving =
            listener.map(|listener| serve(listener, certificate, Spoken::Http2, guarded, closed));
        Ok(ServerHandle {
            address,
            http_address,
            front,
            driver,
            closing,
            serving: serving.into_iter().chain(http).collect(),
            metrics_address: metrics_address.flatten(),
            metrics,
        })
    }
}

/// A running service. Dropping it ends the service, and open calls with it.
#[derive(Debug)]
pub struct ServerHandle {
    address: Option<SocketAddr>,
    http_address: Option<SocketAddr>,
    front: Front,
    driver: Arc<Driver>,
    closing: watch::Sender<bool>,
    /// gRPC, and the HTTP API.
    serving: Vec<JoinHandle<()>>,
    metrics_address: Option<SocketAddr>,
    metrics: Option<JoinHandle<()>>,
}

impl ServerHandle {
    /// Where the service listens; none if it serves this process only.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where the HTTP API listens; none if there is none.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http_address
    }

    /// Where numbers about the service are told; none if nowhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The service without a socket: what the generated clients take in place of a connection.
    pub fn channel(&self) -> Front {
        self.front.clone()
    }

    /// Ends the service: open calls are answered UNAVAILABLE, and the ports and the file are free when this returns.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        let mut serving = std::mem::take(&mut self.serving);
        let all = async {
            for one in &mut serving {
                let _ = one.await;
            }
        };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            // A client that does not read its answers must not keep the service.
            for one in serving.into_iter().filter(|one| !one.is_finished()) {
                one.abort();
                let _ = one.await;
            }
        }
        if let Some(metrics) = self.metrics.take() {
            metrics.abort();
            let _ = metrics.await;
        }
        let driver = self.driver.clone();
        // The disk is waited for elsewhere; a panic there has been reported.
        let _ = tokio::task::spawn_blocking(move || driver.end()).await;
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.closing.send_replace(true);
        self.driver.end();
    }
}

fn certificate(options: &ServerOptions) -> Result<Option<Certificate>, StartError> {
    let certificate = options.tls.as_ref().map(Certificate::new).transpose();
    certificate.map_err(|reason| StartError::Tls { reason })
}

fn api_keys(options: &ServerOptions) -> Result<ApiKeys, StartError> {
    let file = options.api_key_file.as_deref();
    ApiKeys::new(options.api_keys.clone(), file).map_err(|reason| StartError::ApiKeyFile {
        path: file.map(Path::to_owned).unwrap_or_default(),
        reason,
    })
}

/// Other machines may come only where TLS hides what is said and a key tells who may say it, or where that is not
/// wanted.
async fn listen(
    address: Option<SocketAddr>,
    options: &ServerOptions,
) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let (tls, api_key) = (options.tls.is_some(), options.asks_for_a_key());
    let is_safe = address.ip().is_loopback() || (tls && api_key);
    if !is_safe && !options.insecure_listen {
        let ip = address.ip();
        return Err(StartError::NotLoopback { ip, tls, api_key });
    }
    bind(address).await.map(Some)
}

async fn listen_for_metrics(options: &ServerOptions) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = options.metrics_address else {
        return Ok(None);
    };
    if !address.ip().is_loopback() && !options.insecure_listen {
        return Err(StartError::MetricsNotLoopback { ip: address.ip() });
    }
    bind(address).await.map(Some)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => StartError::AddressInUse { address },
            _ => StartError::Address { address, source },
        })
}

/// The limits, as the dynamic configuration has them.
fn limits(options: &ServerOptions) -> Result<Limits, StartError> {
    let mut limits = Limits {
        closed_bytes: options.closed_bytes,
        open_bytes: options.open_bytes,
        ..Limits::default()
    };
    for (key, value) in &options.dynamic_config {
        let refused = |reason| StartError::DynamicConfig {
            key: key.clone(),
            reason,
        };
        dynamic_config::apply(&mut limits, key, value).map_err(refused)?;
    }
    Ok(limits)
}

/// Opens the file that everything is kept in.
fn open(options: &ServerOptions) -> Result<Option<Opened>, StartError> {
    let Some(path) = &options.db_filename else {
        return Ok(None);
    };
    let opened = store::open(path, options.durability, &options.sqlite_pragmas);
    opened.map(Some).map_err(StartError::Store)
}

fn damaged_file(options: &ServerOptions, damaged: &Damaged) -> StartError {
    StartError::Store(StoreError::Damaged {
        path: options.db_filename.clone().unwrap_or_default(),
        reason: damaged.to_string(),
    })
}

/// Names the service; a file keeps its name.
fn cluster_id(kept: Option<&Opened>) -> String {
    const RECORD: (&str, &str) = ("service", "cluster id");
    let fresh = uuid::Uuid::new_v4().to_string();
    let Some(kept) = kept else { return fresh };
    let known = kept
        .loaded
        .records
        .iter()
        .find(|(kind, key, _)| (kind.as_str(), key.as_str()) == RECORD);
    match known {
        Some((_, _, id)) => String::from_utf8_lossy(id).into_owned(),
        None => {
            let body = fresh.clone().into_bytes().into();
            kept.store.begin().batch().put(RECORD.0, RECORD.1, body);
            fresh
        }
    }
}

fn directory(
    options: &ServerOptions,
    kept: Option<&Opened>,
    limits: &Limits,
) -> Result<Directory, StartError> {
    let directory = match kept {
        Some(kept) => Directory::kept(kept.store.clone(), &kept.loaded)
            .map_err(|damaged| damaged_file(options, &damaged))?,
        None => Directory::default(),
    }
    .limited(limits.attributes);
    // others than those of the runs
    let ids = Ids::new(options.seed.map(u64::reverse_bits));
    let attributes: BTreeMap<String, i32> = options
        .search_attributes
        .iter()
        .map(|(name, kind)| (name.clone(), kind.number()))
        .collect();
    for name in &options.namespaces {
        let id = ids.fresh();
        let settings = Settings {
            retention: RETENTION,
            ..Settings::default()
        };
        let is_known = directory.read(|namespaces| namespaces.by_name(name).is_some());
        if kept.is_none() || !is_known {
            directory
                .write(|namespaces| namespaces.register(name, id, settings))
                .map_err(|refusal| StartError::Namespace {
                    name: name.clone(),
                    reason: reason(refusal),
                })?;
        }
        for (attribute, kind) in &attributes {
            let one = BTreeMap::from([(attribute.clone(), *kind)]);
            directory
                .change_attributes(|namespaces| namespaces.add_attributes(name, &one))
                .map_err(|refusal| StartError::SearchAttribute {
                    name: attribute.clone(),
                    reason: reason(refusal),
                })?;
        }
    }
    Ok(directory)
}

fn reason(refusal: Refusal) -> String {
    tonic::Status::from(refusal).message().to_owned()
}

/// What is spoken over a connection.
fn transport(spoken: Spoken) -> transport::Server {
    transport::Server::builder()
        .accept_http1(spoken == Spoken::Both)
        .max_concurrent_streams(MAX_STREAMS)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_max_header_list_size(MAX_HEADER_BYTES)
}

fn serve<S>(
    listener: TcpListener,
    certificate: Option<Certificate>,
    spoken: Spoken,
    service: S,
    mut closing: watch::Receiver<bool>,
) -> JoinHandle<()>
where
    S: tower_service::Service<
            http::Request<Body>,
            Response = http::Response<Body>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let closed = async move {
        // An error means that the handle is gone.
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let server = transport(spoken);
    tokio::spawn(async move {
        let ended = match certificate {
            None => {
                let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                let incoming = incoming.map(|connection| connection.map(Opening::new));
                let serving = server.serve_with_incoming_shutdown(service, incoming, closed);
                serving.await
            }
            #[cfg(feature = "tls")]
            Some(certificate) => {
                let incoming = TlsIncoming::new(listener, certificate, spoken);
                let incoming = incoming.map(|connection| connection.map(Opening::new));
                let serving = server.serve_with_incoming_shutdown(service, incoming, closed);
                serving.await
            }
            #[cfg(not(feature = "tls"))]
            Some(never) => match never {},
        };
        if let Err(error) = ended {
            tracing::error!(%error, "a server ended");
        }
    })
}
