//! What a binary serves: everything that is linked into it, the values that its activities need, and how much it does
//! at once. Checks all of that before anything is polled.

mod workers;

use std::{any::TypeId, fmt, sync::Arc};

use tokio::task::JoinSet;

pub use self::workers::{ShutdownHandle, Workers};

use crate::{
    activity::StateMap,
    client::{Client, DEFAULT},
    convert::{Coding, PayloadCodec},
    error::{Error, ErrorKind, Result},
    registry::{ActivityReg, Plan, Registry, Source},
    worker::{Common, Worker, WorkerOptions},
    workflow::BoxFuture,
};

/// What a binary serves: everything marked `#[workflow]` or `#[activity]` that is linked into it.
///
/// ```
/// use temporal_runtime::App;
///
/// struct Db;
///
/// let app = App::new().task_queue("orders").state(Db);
/// ```
pub struct App {
    task_queue: String,
    state: StateMap,
    options: WorkerOptions,
    keep: Vec<Keep>,
    serves: Serves,
    /// Activities that a test answers.
    mocks: Vec<&'static ActivityReg>,
    /// In a test environment: every queue of the plan is this one.
    one_queue: Option<String>,
    /// What payloads go through, in place of what they go through with the client.
    coding: Option<Coding>,
    demo: Option<Demo>,
}

/// What a binary does when it is run without a sub-command; the text is its result.
pub(crate) struct Demo(Box<dyn FnOnce(Client) -> BoxFuture<Result<String>> + Send>);

impl Demo {
    fn new<T, F>(calls: impl FnOnce(Client) -> F + Send + 'static) -> Self
    where
        T: fmt::Display,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Self(Box::new(|client| {
            let result = calls(client);
            Box::pin(async move { result.await.map(|shown| shown.to_string()) })
        }))
    }

    pub(crate) fn run(self, client: Client) -> BoxFuture<Result<String>> {
        (self.0)(client)
    }
}

/// Which of what is registered the workers serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Serves {
    Both,
    Workflows,
    Activities,
}

/// A part of what is linked.
enum Keep {
    Crate(String),
    Module(String),
}

impl Keep {
    fn keeps(&self, source: &Source) -> bool {
        match self {
            Self::Crate(name) => source.krate == name,
            Self::Module(path) => source
                .module
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
        }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App({})", self.task_queue)
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// Everything that is linked, on the task queue `default`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            task_queue: DEFAULT.to_owned(),
            state: StateMap::new(),
            options: WorkerOptions::default(),
            keep: Vec::new(),
            serves: Serves::Both,
            mocks: Vec::new(),
            one_queue: None,
            coding: None,
            demo: None,
        }
    }

    /// Gives activities a value that they ask for with a `&T` parameter. A `&ActivityContext` and a `&Client` need not
    /// be given: the client is the worker's, if no other is.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.shared(Arc::new(value))
    }

    /// Gives activities a value that others hold, too: `Arc<T>`, or `Arc<dyn Trait>` for a `&dyn Trait` parameter.
    #[must_use]
    pub fn shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.state.insert(TypeId::of::<T>(), Box::new(value));
        self
    }

    /// The task queue of everything that names none itself; the queues that definitions name serve it, too, because a
    /// workflow calls what names none on its own queue.
    #[must_use]
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.task_queue = task_queue.into();
        self
    }

    /// How much each worker does at once.
    #[must_use]
    pub fn worker_options(mut self, options: WorkerOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets what every payload goes through, of the workers and of the client of this binary's sub-commands; if not set,
    /// what the client has that the workers are started with.
    #[must_use]
    pub fn payload_codec(mut self, codec: impl PayloadCodec) -> Self {
        self.coding.get_or_insert_default().set_codec(codec);
        self
    }

    /// As [`ClientOptions::encode_common_attributes`](crate::client::ClientOptions::encode_common_attributes).
    #[must_use]
    pub fn encode_common_attributes(mut self) -> Self {
        let coding = self.coding.get_or_insert_default();
        coding.set_encode_common_attributes();
        self
    }

    /// A client whose payloads go through what the app says, if it says anything.
    pub(crate) fn client(&self, client: &Client) -> Client {
        match &self.coding {
            Some(coding) => client.with_coding(coding.clone()),
            None => client.clone(),
        }
    }

    /// What the binary does when it is run without a sub-command, in place of serving: it connects to the service at
    /// `TEMPORAL_ADDRESS`, or starts one in this process, starts the workers, makes these calls, shows the events of
    /// the workflows that they start, and prints what they give.
    #[must_use]
    pub fn demo<T, F>(mut self, calls: impl FnOnce(Client) -> F + Send + 'static) -> Self
    where
        T: fmt::Display,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.demo = Some(Demo::new(calls));
        self
    }

    pub(crate) fn take_demo(&mut self) -> Option<Demo> {
        self.demo.take()
    }

    /// Serves only what this crate defines. Called more than once, what any of them names is served.
    #[must_use]
    pub fn only_crate(mut self, name: impl Into<String>) -> Self {
        self.keep.push(Keep::Crate(name.into()));
        self
    }

    /// Serves only what this module and those below it define: `.only_module(module_path!())`.
    #[must_use]
    pub fn only_module(mut self, path: impl Into<String>) -> Self {
        self.keep.push(Keep::Module(path.into()));
        self
    }

    /// Runs no activities: their tasks are left to other workers of the task queue.
    #[must_use]
    pub const fn only_workflows(mut self) -> Self {
        self.serves = Serves::Workflows;
        self
    }

    /// Runs no workflows: their tasks are left to other workers of the task queue.
    #[must_use]
    pub const fn only_activities(mut self) -> Self {
        self.serves = Serves::Activities;
        self
    }

    /// Checks what would stop a worker from starting: nothing registered, a name registered twice, a value that an
    /// activity needs and nobody gave.
    ///
    /// # Errors
    /// All that is wrong, one message a line.
    pub fn check(&self) -> Result<()> {
        let registry = self.registry();
        let mut wrong = registry.duplicates(self.queue());
        let always = [
            TypeId::of::<crate::ActivityContext>(),
            TypeId::of::<Client>(),
        ];
        wrong.extend(
            registry.missing_state(|id| always.contains(&id) || self.state.contains_key(&id)),
        );
        checked(&registry, &wrong)
    }

    /// As [`check`](Self::check), without the values: a test may not need them all.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "only tests may lack values")
    )]
    pub(crate) fn check_names(&self) -> Result<()> {
        let registry = self.registry();
        checked(&registry, &registry.duplicates(self.queue()))
    }

    /// The queue of everything that names none.
    pub(crate) fn queue(&self) -> &str {
        self.one_queue.as_deref().unwrap_or(&self.task_queue)
    }

    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::linked();
        if !self.keep.is_empty() {
            registry.retain(|source| self.keep.iter().any(|keep| keep.keeps(source)));
        }
        for mock in &self.mocks {
            registry.replace(mock);
        }
        match self.serves {
            Serves::Both => {}
            Serves::Workflows => registry.activities.clear(),
            Serves::Activities => registry.workflows.clear(),
        }
        registry
    }

    #[cfg(feature = "testing")]
    pub(crate) fn with_mock(mut self, mock: &'static ActivityReg) -> Self {
        self.mocks.push(mock);
        self
    }

    /// What each worker serves.
    pub(crate) fn plans(&self) -> Vec<Plan> {
        match &self.one_queue {
            Some(queue) => vec![self.registry().one_plan(queue)],
            None => self.registry().plans(&self.task_queue),
        }
    }

    /// In a test environment: everything is served from this queue, and values may be missing until they are needed.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "only tests share one queue")
    )]
    pub(crate) fn on_one_queue(mut self, task_queue: String) -> Self {
        self.one_queue = Some(task_queue);
        self
    }

    /// Starts a worker for each task queue. They run until the handle is shut down or dropped.
    ///
    /// All workers of a task queue, of any process, must know the same workflows and activities, because the service
    /// hands a task to any of them: one that does not know it fails it, and it is tried again.
    ///
    /// # Errors
    /// What [`check`](Self::check) finds.
    ///
    /// # Panics
    /// Outside of a tokio runtime, on which the workers run.
    pub fn start(self, client: &Client) -> Result<Workers> {
        self.check()?;
        self.start_unchecked(client)
    }

    pub(crate) fn start_unchecked(self, client: &Client) -> Result<Workers> {
        let common = Common::new(&self.options);
        self.start_with(client, common)
    }

    pub(crate) fn start_with(self, client: &Client, common: Common) -> Result<Workers> {
        let shutdown = common.shutdown.clone();
        let client = &self.client(client);
        let plans = self.plans();
        let mut state = self.state;
        // activities may use the worker's own client
        state
            .entry(TypeId::of::<Client>())
            .or_insert_with(|| Box::new(Arc::new(client.clone())));
        let state = Arc::new(state);
        let (mut running, mut caches) = (JoinSet::new(), Vec::new());
        for plan in plans {
            tracing::debug!(
                task_queue = %plan.task_queue, workflows = plan.workflows.len(), activities = plan.activities.len(),
                "the worker starts"
            );
            let worker = Worker::new(
                client.clone(),
                plan,
                state.clone(),
                self.options.clone(),
                common.clone(),
            )?;
            caches.push(worker.cache());
            running.spawn(worker.run());
        }
        Ok(Workers::new(running, shutdown, caches))
    }
}

fn checked(registry: &Registry, wrong: &[String]) -> Result<()> {
    if registry.is_empty() {
        return Err(Error::new(
            ErrorKind::Registration,
            "nothing is registered: no `#[workflow]` or `#[activity]` is linked into this binary; name the crate that has them once, for example `use my_workflows as _;`",
        ));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Registration, wrong.join("\n")))
}
