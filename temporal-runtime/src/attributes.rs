//! The attributes, with their documentation. They are written in `temporal-macros`, which knows nothing of this crate,
//! and explained here, where examples can be run.

/// Turns a function, the methods of an impl block, or a declaration without a body into Temporal activities.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// struct Db;
///
/// /// `&T` parameters are injected (see [`App::state`](crate::App::state)), owned ones travel.
/// #[activity(start_to_close = "30s", max_attempts = 5, non_retryable = ["InvalidCard"])]
/// async fn charge(db: &Db, ctx: &ActivityContext, order: String, cents: u64) -> Result<String> {
///     ctx.heartbeat("charging");
///     Ok(format!("receipt-{order}-{cents}"))
/// }
///
/// /// A plain `fn` runs on the blocking pool.
/// #[activity(start_to_close = "5s")]
/// fn render(receipt: String) -> std::io::Result<usize> {
///     Ok(receipt.len())
/// }
///
/// /// Without a body: another worker implements it, in whatever language.
/// #[activity(name = "Ship", task_queue = "warehouse", start_to_close = "1h")]
/// async fn ship(line: String) -> Result<String>;
///
/// struct Payments {
///     key: String,
/// }
///
/// /// Methods share an instance; what the block says holds for each of them.
/// #[activity(start_to_close = "10s")]
/// impl Payments {
///     #[activity(name = "Refund")]
///     async fn refund(&self, receipt: String) -> Result<()> {
///         println!("{} refunds {receipt}", self.key);
///         Ok(())
///     }
/// }
///
/// #[workflow]
/// async fn buy(wf: &mut Wf, order: String) -> Result<String> {
///     let receipt = wf.execute(charge::with(order, 500)).await?; // `with` describes a call
///     if wf.execute(ship::with("one book")).await.is_err() {
///         wf.execute(Payments::refund_with(receipt.as_str())).await?;
///     }
///     Ok(receipt)
/// }
/// ```
///
/// | key | value |
/// |---|---|
/// | `name` | the activity type on the wire; the function's name if not given |
/// | `name_prefix` | on an impl block: stands before the names of its activities, see below |
/// | `task_queue` | where it is served and called |
/// | `start_to_close` | time for one attempt, such as `"30s"`; this or the next is needed, here or at each call |
/// | `schedule_to_close` | time for all attempts |
/// | `schedule_to_start` | time until a worker must have taken it |
/// | `heartbeat` | time between two heartbeats |
/// | `max_attempts` | how many attempts there are in all; no limit if not given |
/// | `initial_interval`, `backoff`, `max_interval` | the wait before the second attempt, by how much each is longer than the one before, and the longest |
/// | `non_retryable` | the types of errors that end it at once |
/// | `cancellation` | what a cancelled wait does: `"try_cancel"` (the default), `"wait_completed"` or `"abandon"` |
/// | `dynamic` | on one function: it runs every activity of its task queue whose name nobody else has, see below |
/// | `crate` | the path of this crate, if it was renamed |
///
/// Durations are a number and one of `ms`, `s`, `m`, `h`, `d`. Calls can override every option.
///
/// An `async fn` runs on the tokio runtime in which the workers were started, beside their polls. What blocks its thread
/// (`std::fs`, a busy loop, a client without `async`) is written as a plain `fn`, which has a thread for itself, or goes
/// through `tokio::task::spawn_blocking`.
///
/// The function stays what it was: a unit test calls it with ordinary references.
///
/// The activities of an impl block may share a prefix, so that several blocks can have methods of one name; a `name` of
/// its own is taken as it is:
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// struct Invoices;
///
/// #[activity(name_prefix = "invoices.", start_to_close = "10s")]
/// impl Invoices {
///     /// `invoices.send`
///     #[activity]
///     async fn send(&self, order: String) -> Result<()> {
///         println!("an invoice for {order}");
///         Ok(())
///     }
///
///     /// `CancelInvoice`
///     #[activity(name = "CancelInvoice")]
///     async fn cancel(&self, order: String) -> Result<()> {
///         println!("nothing to pay for {order}");
///         Ok(())
///     }
/// }
/// ```
///
/// A dynamic activity takes `(name: String, args: Vec<RawValue>)`, beside what is injected, and decodes the values
/// itself; a task queue has at most one:
///
/// ```
/// use temporal_runtime::{RawValue, prelude::*};
///
/// #[activity(dynamic)]
/// async fn anything(name: String, args: Vec<RawValue>) -> Result<String> {
///     let first: String = args.first().ok_or("an argument, please")?.decode()?;
///     Ok(format!("{name} of {first}"))
/// }
/// ```
pub use temporal_macros::activity;
/// Builds the state from the workflow's arguments, before anything else happens; without it the state is `Default`.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] struct Counter { n: u32 }
/// #[workflow]
/// impl Counter {
///     #[init]
///     fn new(from: u32) -> Result<Self> {
///         if from > 100 {
///             return Err("start lower".into());
///         }
///         Ok(Self { n: from })
///     }
///     // ..
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<u32> { Ok(wf.n) }
/// }
/// ```
pub use temporal_macros::init;
/// Makes a binary that serves everything that is linked. Its sub-commands, as `--help` lists them: `worker` and `dev` serve,
/// `list` and `check` tell what would be served, `start`, `signal`, `query`, `update`, `cancel`, `terminate` and `describe`
/// talk to workflows.
///
/// ```no_run
/// use temporal_runtime::prelude::*;
///
/// struct Db;
///
/// #[temporal_runtime::main]
/// async fn main(app: App) -> Result<App> {
///     Ok(app.state(Db))
/// }
/// ```
///
/// The arguments are crates: rustc leaves out a crate that nobody names, with all its workflows and activities.
/// `#[temporal_runtime::main(my_workflows)]` names it; the library of the same package needs no naming. A test that no
/// name is registered twice is part of it.
pub use temporal_macros::main;
/// Says that a difference between two runs of this code does no harm: the determinism lint of
/// [`workflow`](macro@crate::workflow#what-replay-would-see) then lets it pass.
///
/// ```
/// use std::time::Instant;
///
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// async fn measured(wf: &mut Wf) -> Result<u64> {
///     #[nondeterministic] // shown to people, and never decides anything
///     let started = Instant::now();
///     wf.sleep(Duration::from_secs(1)).await?;
///     tracing::info!("here for {:?}", started.elapsed());
///     Ok(1)
/// }
/// ```
///
/// It goes on a statement, a block, a helper function or a field.
pub use temporal_macros::nondeterministic;
/// Answers from the state, at once and without changing it: `&self` or `wf: &Wf<Self>`, and any result.
///
/// `#[query(name = "..")]` gives it another name on the wire; `#[query(dynamic)]` takes
/// `(name: String, args: Vec<RawValue>)` for every name that has no handler of its own.
pub use temporal_macros::query;
/// The workflow function: async, with `wf: &mut Wf<Self>` (through which it waits, commands and reaches the state) and
/// the workflow's arguments.
pub use temporal_macros::run;
/// Takes a message that has no answer: `&mut self`, or async with `wf: &mut Wf<Self>` when it also waits.
///
/// `#[signal(name = "..")]` gives it another name on the wire; `#[signal(dynamic)]` takes
/// `(name: String, args: Vec<RawValue>)` for every name that has no handler of its own. A signal that nothing handles
/// stays in history: code that handles it later gets it on replay.
///
/// A run that ends while async handlers are at work cuts them off, and the worker warns of that. The run waits for them
/// with [`handlers_finished`](crate::handlers_finished); `#[signal(unfinished = "abandon")]` says that nothing is lost.
pub use temporal_macros::signal;
/// Gives a test a service with a clock that skips, workers of everything that is linked, and a client, all of its own.
///
#[cfg_attr(feature = "testing", doc = "```")]
#[cfg_attr(not(feature = "testing"), doc = "```ignore")]
/// # mod tests {
/// use temporal_runtime::prelude::*;
/// use temporal_runtime::testing::TestEnvironment;
///
/// struct Db;
///
/// fn with_db(app: App) -> App {
///     app.state(Db)
/// }
///
/// #[workflow]
/// async fn patient(wf: &mut Wf) -> Result<u32> {
///     wf.sleep(Duration::from_secs(365 * 24 * 3600)).await?;
///     Ok(1)
/// }
///
/// #[temporal_runtime::test(app = with_db)]
/// async fn a_year_takes_milliseconds(env: TestEnvironment) -> Result<()> {
///     assert_eq!(env.client().execute(patient::with()).await?, 1);
///     Ok(())
/// }
/// # }
/// # fn main() {}
/// ```
///
/// The environment may be taken by value, by reference, or not at all; `app = path` names a `fn(App) -> App` that gives
/// activities what they need.
pub use temporal_macros::test;
/// Takes a message that has an answer: `&mut self`, or async with `wf: &mut Wf<Self>` when it also waits.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[workflow] #[derive(Default)] struct Cart { items: Vec<String> }
/// #[workflow]
/// impl Cart {
///     #[update]
///     fn add(&mut self, item: String) -> Result<usize> {
///         self.items.push(item);
///         Ok(self.items.len())
///     }
///
///     /// Refuses before anything is recorded.
///     #[validator(add)]
///     fn has_room(&self, item: &String) -> Result<()> {
///         if self.items.len() >= 10 { Err(format!("no room for {item}").into()) } else { Ok(()) }
///     }
///     // ..
/// #   #[run] async fn run(wf: &mut Wf<Self>) -> Result<usize> { Ok(wf.items.len()) }
/// }
/// ```
///
/// `#[update(name = "..")]` gives it another name on the wire; `#[update(dynamic)]` takes
/// `(name: String, args: Vec<RawValue>)` for every name that has no handler of its own.
///
/// A run that ends while async handlers are at work cuts them off: who sent the update is told that the workflow has
/// ended, and the worker warns of it. The run waits for them with [`handlers_finished`](crate::handlers_finished);
/// `#[update(unfinished = "abandon")]` says that nothing is lost.
pub use temporal_macros::update;
/// `#[validator(update_name)]`: accepts or refuses an update before it is recorded, from `&self` and the update's
/// arguments by reference.
pub use temporal_macros::validator;
/// Turns a type and its impl block, or a function, into a Temporal workflow; on a trait, shares handlers.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// /// The type is the state. It goes away with the run, and comes back by replaying its history.
/// #[workflow(task_queue = "orders")]
/// #[derive(Default)]
/// struct Checkout {
///     approved_by: Option<String>,
/// }
///
/// #[workflow]
/// impl Checkout {
///     #[run]
///     async fn run(wf: &mut Wf<Self>, order: String) -> Result<String> {
///         wf.wait(|state| state.approved_by.is_some()).await?;
///         let by = wf.approved_by.clone().unwrap_or_default();
///         Ok(format!("{order}, approved by {by}"))
///     }
///
///     #[signal]
///     fn approve(&mut self, by: String) {
///         self.approved_by = Some(by);
///     }
///
///     #[query]
///     fn is_approved(&self) -> bool {
///         self.approved_by.is_some()
///     }
/// }
///
/// /// Without state a function is enough.
/// #[workflow]
/// async fn hello(wf: &mut Wf, name: String) -> Result<String> {
///     wf.sleep(Duration::from_secs(1)).await?;
///     Ok(format!("hello {name}"))
/// }
///
/// /// Without a body: another worker implements it, in whatever language. Arguments are what travels.
/// #[workflow(name = "Invoice", task_queue = "accounting")]
/// async fn invoice(order: String, cents: u64) -> Result<String>;
///
/// #[workflow]
/// async fn bill(wf: &mut Wf, order: String) -> Result<String> {
///     wf.execute(invoice::with(order, 500).id("invoice-1")).await // a child in that language
/// }
///
/// async fn caller(client: &Client) -> Result<()> {
///     let handle: CheckoutHandle = client.start(Checkout::with("o-1")).id("order-1").await?;
///     handle.approve("ann").await?;
///     println!("{} {}", handle.is_approved().await?, handle.result().await?);
///     println!("{}", client.execute(hello::with("you")).await?);
///     Ok(())
/// }
/// ```
///
/// | key | on | value |
/// |---|---|---|
/// | `name` | type, function | the workflow type on the wire; the name in Rust if not given |
/// | `task_queue` | type, function | where it is served and started |
/// | `handle` | type, impl, function | the name of the typed handle, which is otherwise `CheckoutHandle` |
/// | `inherits(..)` | type, declared function | the traits whose handlers it has, see below |
/// | `fail_on` | type, function | the types of errors that fail the workflow (or update) and not the workflow task, see below |
/// | `dynamic` | impl, function | it runs every workflow of its task queue whose type nobody else has, see below |
/// | `allow(nondeterminism)` | everywhere | switches the lint below off; `#[run(allow(nondeterminism))]` does it for one function |
/// | `crate` | everywhere | the path of this crate, if it was renamed |
///
/// # Errors and panics
///
/// An [`Error`](crate::Error) (made from text, or from a wait), a [`Failure`](crate::Failure) and an
/// [`ApplicationError`](crate::ApplicationError) fail the workflow, from `#[run]`, `#[init]` and signal handlers, or the
/// update, from its handler. Every other error, and a panic, is taken for a bug: it fails the workflow task, which is
/// tried again until mended code comes. `fail_on = ["InvalidInput"]` makes the listed types fail the workflow or update,
/// too: the last word of the error type's path, `"*"` for every error that is returned, `"panic"` for panics.
/// [`WorkerOptions::fail_workflows_on`](crate::WorkerOptions::fail_workflows_on) does so for all workflows of a worker.
/// What a validator says, a panic included, only rejects the update; what a query says only fails the query.
///
/// # Workflows that are implemented elsewhere
///
/// A function without a body declares a workflow of another worker or language, as above. If it has signals, queries
/// and updates, it is a unit struct with a block in which no function has a body: what they list is what travels. The
/// typed handle is that of any workflow, for clients, parents and workflows next to it:
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// /// In Python, at the accountants'.
/// #[workflow(name = "Invoice", task_queue = "accounting")]
/// pub struct Invoice;
///
/// #[workflow]
/// impl Invoice {
///     #[run]
///     async fn run(order: String, cents: u64) -> Result<String>;
///
///     #[signal]
///     fn approve(by: String);
///
///     #[query(name = "amountDue")]
///     fn amount_due() -> u64;
///
///     #[update]
///     fn reduce(by: u64) -> Result<u64>;
/// }
///
/// #[workflow]
/// async fn bill(wf: &mut Wf, order: String) -> Result<String> {
///     let invoice = wf.start(Invoice::with(order, 500_u64));      // a child in Python
///     wf.execute(invoice.approve("ann")).await?;
///     wf.execute(invoice).await
/// }
///
/// async fn haggle(client: &Client) -> Result<u64> {
///     let invoice = client.workflow::<Invoice>("invoice-1");
///     if invoice.amount_due().await? > 100 { invoice.reduce(100_u64).await } else { Ok(0) }
/// }
/// ```
///
/// # Handlers that several workflows share
///
/// A trait declares them once, with bodies or without, and each workflow that `inherits` it implements it; `#[run]` and
/// `#[init]` are each workflow's own. The typed handle of each workflow has the messages of the trait, and
/// `PausableHandle`, which lies beside the trait, is a handle of whatever has it:
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// trait Pausable {
///     #[signal]
///     fn pause(&mut self, by: String);
///
///     #[query]
///     fn paused_by(&self) -> Option<String>;
///
///     /// Handlers that wait are `async`, here and in the implementations.
///     #[signal]
///     async fn pause_later(wf: &mut Wf<Self>, seconds: u64) -> Result<()> {
///         wf.sleep(Duration::from_secs(seconds)).await?;
///         wf.pause("the clock".to_owned());
///         Ok(())
///     }
/// }
///
/// #[workflow(inherits(Pausable))]
/// #[derive(Default)]
/// struct Download { paused_by: Option<String> }
///
/// impl Pausable for Download {
///     fn pause(&mut self, by: String) { self.paused_by = Some(by); }
///     fn paused_by(&self) -> Option<String> { self.paused_by.clone() }
/// }
///
/// #[workflow]
/// impl Download {
///     #[run]
///     async fn run(wf: &mut Wf<Self>, url: String) -> Result<String> {
///         wf.wait(|download| download.paused_by.is_none()).await?;
///         Ok(url)
///     }
/// }
///
/// async fn caller(client: &Client) -> Result<()> {
///     client.workflow::<Download>("download-1").pause("ann").await?;
///     let any = PausableHandle::from(client.workflow_by_name("upload-7"));
///     any.pause_later(60_u64).await?;
///     println!("{:?}", any.paused_by().await?);
///     Ok(())
/// }
/// ```
///
/// In workflow code it is `PausableHandle::from(wf.external("upload-7"))`. The names of all handlers of one kind must
/// differ. The lint below judges what the trait itself says, and not its implementations.
///
/// # A workflow for every type
///
/// `#[run]` of a dynamic workflow takes `(name: String, args: Vec<RawValue>)`; so does its `#[init]`, or nothing. It is
/// started by name only, and a task queue has at most one:
///
/// ```
/// use temporal_runtime::{RawValue, prelude::*};
///
/// #[workflow(dynamic)]
/// async fn anything(wf: &mut Wf, name: String, args: Vec<RawValue>) -> Result<String> {
///     wf.sleep(Duration::from_secs(1)).await?;
///     let first: u32 = args.first().ok_or("a number, please")?.decode()?;
///     Ok(format!("{name} of {first}"))
/// }
/// ```
///
/// # What replay would see
///
/// A workflow comes back by running its code again over its history, so the code must do the same again. Calls that
/// would not are found when it is compiled: in `#[run]`, `#[init]`, signal and update handlers, async helpers of the
/// block, and `#[workflow]` functions.
///
/// | instead of | write |
/// |---|---|
/// | `SystemTime::now`, `Instant::now`, `Utc::now` and others | `wf.now()` |
/// | `tokio::time::sleep`, `thread::sleep`, `tokio::time::interval` | `wf.sleep(..)` |
/// | `tokio::time::timeout`, `select!` (but with `biased;`) | `wf.race(..)` |
/// | `tokio::spawn`, `spawn_blocking`, `thread::spawn` | `wf.spawn(..)`, or an activity |
/// | `rand::random`, `thread_rng`, `OsRng`, `fastrand::*`, `getrandom::*` | `wf.random()` |
/// | `Uuid::new_v4`, `Uuid::now_v7` | `wf.uuid4()` |
/// | channels, `Notify`, tokio's locks | the state, and `wf.wait(..)` |
/// | files, sockets, `reqwest`, processes, `stdin` | an activity |
/// | `env::var`, `env::args`, `process::id` | an argument, or an activity |
/// | `println!`, `dbg!`, `log::info!` (a warning) | `tracing::info!`, which keeps quiet during replay |
/// | `HashMap`, `HashSet`, `RandomState`, also as types of fields (a warning) | `BTreeMap`, `IndexMap` |
/// | `static`, `thread_local!`, `thread::current` (a warning) | the state |
///
/// What is known to be harmless is marked [`#[nondeterministic]`](macro@crate::nondeterministic), or allowed as in the
/// table above.
///
/// The lint reads what is written, and knows nothing else. It does **not** see a renamed import (`use Instant as
/// Clock`), a bare imported function (`use std::thread::sleep; sleep(..)`), methods (`started.elapsed()`), helpers
/// outside the block, or a `HashMap` made by `collect`; and it takes a type of your own called `Instant` for the clock.
/// What slips through meets two more nets: waiting for anything but `wf` fails the workflow task at once, and
/// [`replay`](crate::replay) runs recorded histories against today's code. To forbid more calls in a crate that holds
/// only workflows, list them as `disallowed-methods` in its `clippy.toml`.
///
/// The roles in the block are [`run`](macro@crate::run), [`init`](macro@crate::init), [`signal`](macro@crate::signal),
/// [`query`](macro@crate::query), [`update`](macro@crate::update) and [`validator`](macro@crate::validator); functions without a role are the block's own business.
pub use temporal_macros::workflow;
