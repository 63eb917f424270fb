//! A service in this process. The only user of temporal-server, whose types go no further.

use std::{net::SocketAddr, path::PathBuf, time::SystemTime};

use temporal_server::{Durability, Server, ServerHandle, ServerOptions, TimeSkipping};

use crate::{
    client::{Client, ClientOptions, Connection, DEFAULT},
    error::{Error, ErrorKind, Result},
};

/// How a service in this process is started: without a socket and with everything in memory, unless told otherwise.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # use temporal_runtime::{EmbeddedOptions, EmbeddedService};
/// # async fn run() -> Result<()> {
/// // with the feature `sqlite`:
/// let options = EmbeddedOptions::new().port(7233).db_filename("app.db");
/// let service = EmbeddedService::start_with(options).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    port: Option<u16>,
    db_filename: Option<PathBuf>,
    durability: Durability,
    dynamic_config: Vec<(String, String)>,
}

impl EmbeddedOptions {
    /// A service that only this process can reach, with everything in memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens on this port of the loopback interface, too; 0 takes any free one.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Keeps everything in this file, which is made if it is missing: whatever was answered is there when a service is
    /// started on it again. One service may use it at a time. Takes the feature `sqlite`.
    #[must_use]
    pub fn db_filename(mut self, path: impl Into<PathBuf>) -> Self {
        self.db_filename = Some(path.into());
        self
    }

    /// Sets a value of the dynamic configuration, by the key of the real service and in JSON, as its flag
    /// `--dynamic-config-value KEY=VALUE` does: limits, in tests of how a workflow behaves at one. A key that has no
    /// meaning here does nothing; a value that makes no sense is refused when the service is started.
    ///
    /// | key | the limit |
    /// |---|---|
    /// | `limit.historyCount.suggestContinueAsNew`, `limit.historySize.suggestContinueAsNew` | events (4096) and bytes (4 MiB) from which a continue-as-new is suggested |
    /// | `limit.historyCount.error`, `limit.historySize.error` | events (51,200) and bytes (50 MiB) of a run, beyond which it is terminated |
    /// | `limit.numPendingActivities.error`, `limit.numPendingChildExecutions.error` | what may be pending in a run (2000) |
    /// | `limit.blobSize.error` | bytes of the arguments or the result of one call (2 MiB) |
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # use temporal_runtime::{EmbeddedOptions, EmbeddedService};
    /// # async fn run() -> Result<()> {
    /// let options = EmbeddedOptions::new()
    ///     .dynamic_config_value("limit.historyCount.suggestContinueAsNew", "50");
    /// // for a `TestEnvironment::from_client`, or for workers of one's own
    /// let service = EmbeddedService::start_with(options).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn dynamic_config_value(
        mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.dynamic_config.push((key.into(), value.into()));
        self
    }

    /// Answers once the system has a change, and does not wait for the disk: only a loss of power can then take the
    /// last changes of the file.
    #[must_use]
    pub const fn durability_normal(mut self) -> Self {
        self.durability = Durability::Normal;
        self
    }
}

/// A service in this process, which keeps everything in memory unless it is told otherwise. Dropped, it ends.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # use temporal_runtime::EmbeddedService;
/// # #[workflow] async fn hello(wf: &mut Wf, name: String) -> Result<String> { Ok(format!("hello {name}")) }
/// # async fn run() -> Result<()> {
/// let service = EmbeddedService::start().await?;
/// let workers = App::new().start(service.client())?;
/// assert_eq!(service.client().execute(hello::with("World")).await?, "hello World");
/// workers.shutdown().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct EmbeddedService {
    server: ServerHandle,
    client: Client,
}

impl EmbeddedService {
    /// Starts a service that only this process can reach: it has no socket.
    ///
    /// # Errors
    /// It cannot start.
    pub async fn start() -> Result<Self> {
        Self::with(ServerOptions::default()).await
    }

    /// Starts a service that listens on this port of the loopback interface, too; 0 takes any free one.
    ///
    /// # Errors
    /// The port is in use, or may not be used.
    pub async fn start_on_port(port: u16) -> Result<Self> {
        Self::with(ServerOptions::listening_on(port)).await
    }

    /// Starts a service as the options say.
    ///
    /// # Errors
    /// The port is in use, or may not be used; the file cannot be used: the error says why, and what to do.
    pub async fn start_with(options: EmbeddedOptions) -> Result<Self> {
        let EmbeddedOptions {
            port,
            db_filename,
            durability,
            dynamic_config,
        } = options;
        let mut options = port.map_or_else(ServerOptions::default, ServerOptions::listening_on);
        options.db_filename = db_filename;
        options.durability = durability;
        options.dynamic_config = dynamic_config;
        Self::with(options).await
    }

    async fn with(options: ServerOptions) -> Result<Self> {
        let server = start(options).await?;
        let connection = Connection::in_process(server.channel());
        let client = Client::over(connection, ClientOptions::new("").namespace(DEFAULT));
        Ok(Self { server, client })
    }

    /// A client of it, in the namespace `default`.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Where it listens, if it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.address()
    }

    /// Ends it: open calls are refused, and its port and file are free when this returns.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

async fn start(options: ServerOptions) -> Result<ServerHandle> {
    Server::start(options).await.map_err(|error| {
        Error::new(
            ErrorKind::Config,
            format!("the embedded service cannot start: {error}"),
        )
    })
}

/// A service for one test: without a socket, with a clock of its own that skips only while it is unlocked.
#[cfg(feature = "testing")]
pub(crate) struct SkippingService {
    server: ServerHandle,
}

#[cfg(feature = "testing")]
impl SkippingService {
    pub(crate) async fn start(start_time: Option<SystemTime>) -> Result<Self> {
        let mut options = ServerOptions::default();
        options.time_skipping = TimeSkipping::Locked;
        options.start_time = start_time;
        Ok(Self {
            server: start(options).await?,
        })
    }

    /// One whose clock stands, and whose ids follow from a number: everything goes the same way each time.
    #[cfg(test)]
    pub(crate) async fn simulated(seed: u64) -> Result<Self> {
        let mut options = ServerOptions::default();
        options.time_skipping = TimeSkipping::Locked;
        options.start_time = Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30));
        options.seed = Some(seed);
        options.search_attributes = vec![(
            "Mood".to_owned(),
            temporal_server::SearchAttributeType::Keyword,
        )];
        Ok(Self {
            server: start(options).await?,
        })
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::in_process(self.server.channel())
    }
}
