//! A service in this process. The only user of temporal-server, whose types go no further.

use std::{net::SocketAddr, time::SystemTime};

use temporal_server::{Server, ServerHandle, ServerOptions, TimeSkipping};

use crate::{
    client::{Client, ClientOptions, Connection, DEFAULT},
    error::{Error, ErrorKind, Result},
};

/// A service in this process, which keeps everything in memory. Dropped, it ends.
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

    /// Ends it: open calls are refused, and its port is free when this returns.
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
