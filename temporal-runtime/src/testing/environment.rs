//! One test's world.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use uuid::Uuid;

use super::target;
use crate::{
    app::{App, Workers},
    client::{Call, Client, ClientOptions, Connection},
    convert::std_time,
    embedded::{EmbeddedService, SkippingService},
    error::{Error, ErrorKind, Result},
};

/// One test's world: a service whose clock skips, workers of everything that is linked, and a client.
///
/// Time stands (runs at its real pace) while the test does something, and skips while it waits for a result or
/// [sleeps](Self::sleep). Dropped, all of it ends.
#[derive(Debug, Clone)]
pub struct TestEnvironment(Arc<World>);

#[derive(Debug)]
struct World {
    client: Client,
    task_queue: String,
    skips: bool,
    _workers: Option<Workers>,
    _service: Service,
}

/// What the environment's client talks to; kept until the environment is dropped.
#[expect(dead_code, reason = "a service ends when it is dropped")]
enum Service {
    Skipping(SkippingService),
    Real(EmbeddedService),
    Elsewhere,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Skipping(_) => "Skipping",
            Self::Real(_) => "Real",
            Self::Elsewhere => "Elsewhere",
        })
    }
}

impl TestEnvironment {
    /// An environment with a skipping clock, for this app: `App::new()` is everything that is linked.
    ///
    /// A value that an activity needs and the app does not have fails that activity, with what to add.
    ///
    /// # Errors
    /// Nothing is registered, or a name twice.
    pub async fn start(app: App) -> Result<Self> {
        let service = SkippingService::start(None).await?;
        let connection = service.connection();
        Self::over(
            connection,
            ClientOptions::new(""),
            Service::Skipping(service),
            app,
        )
    }

    /// An environment in which time runs at its real pace. With `TEMPORAL_TEST_ADDRESS` set it uses that service
    /// (namespace: `TEMPORAL_TEST_NAMESPACE`, or `default`); it must be on this machine, unless
    /// `TEMPORAL_TEST_ALLOW_REMOTE=1`.
    ///
    /// # Errors
    /// The service cannot be reached, or is elsewhere; nothing is registered, or a name twice.
    pub async fn real_time(app: App) -> Result<Self> {
        match target::from_env()? {
            None => {
                let service = EmbeddedService::start().await?;
                let connection = service.client().connection().clone();
                Self::over(
                    connection,
                    ClientOptions::new(""),
                    Service::Real(service),
                    app,
                )
            }
            Some(target) => {
                let connection = Connection::tcp(&ClientOptions::new(&target.address))?;
                let options = ClientOptions::new("").namespace(target.namespace);
                Self::over(connection, options, Service::Elsewhere, app)
            }
        }
    }

    /// An environment on a service that a client is connected to, in the client's namespace, with workers of its own on
    /// a task queue of its own. Time runs at its real pace.
    ///
    /// # Errors
    /// Nothing is registered, or a name twice.
    pub fn from_client(client: &Client, app: App) -> Result<Self> {
        let connection = client.connection().clone();
        let mut options = ClientOptions::new("").namespace(client.namespace());
        options.coding = connection.coding().clone();
        options.interceptors = client.interceptors().clone();
        options.propagators = client.propagators().clone();
        Self::over(connection, options, Service::Elsewhere, app)
    }

    fn over(
        connection: Connection,
        options: ClientOptions,
        service: Service,
        app: App,
    ) -> Result<Self> {
        let task_queue = format!("test-{}", Uuid::new_v4());
        let skips = matches!(service, Service::Skipping(_));
        let options = options.task_queue(task_queue.clone());
        let client = Client::for_tests(connection, options, skips);
        let client = app.client(&client);
        let app = app.on_one_queue(task_queue.clone());
        app.check_names()?;
        let workers = app.start_unchecked(&client)?;
        Ok(Self(Arc::new(World {
            client,
            task_queue,
            skips,
            _workers: Some(workers),
            _service: service,
        })))
    }

    /// A client of the environment's service.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The environment's own task queue, on which everything is served, whatever its definition names.
    #[must_use]
    pub fn task_queue(&self) -> &str {
        &self.0.task_queue
    }

    /// Whether the clock skips.
    #[must_use]
    pub fn skips_time(&self) -> bool {
        self.0.skips
    }

    /// How long a wait for a result may see nothing happen before it fails and tells where each open workflow waits:
    /// 15 s of real time if not set. It matters only where the clock skips, when no activity runs; set it higher for
    /// a test that does something slow of its own meanwhile.
    pub fn set_patience(&self, patience: Duration) {
        if let Some(shared) = self.client().patience() {
            shared.set(patience);
        }
    }

    /// The time of the environment's clock.
    ///
    /// # Errors
    /// No answer.
    pub async fn now(&self) -> Result<SystemTime> {
        if !self.0.skips {
            return Ok(SystemTime::now());
        }
        let client = self.client();
        let answer = client
            .connection()
            .get_current_time((), client.namespace(), Call::Unary)
            .await
            .map_err(|failure| failure.into_error(None))?;
        answer
            .time
            .as_ref()
            .map(std_time)
            .ok_or_else(|| Error::new(ErrorKind::Rpc, "the service did not tell the time"))
    }

    /// Lets that much time pass on the environment's clock, skipping it where nothing happens.
    ///
    /// # Errors
    /// No answer.
    pub async fn sleep(&self, time: Duration) -> Result<()> {
        match self.client().time_skipping() {
            Some(clock) => clock.sleep(time).await,
            None => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}
