//! What a workflow may not call, why, and what to write instead. Knows names only, and no token but the
//! arguments of a macro.

use proc_macro2::{Group, TokenTree};

/// Whether a call can be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Severity {
    /// Replay gives another value, or the call never comes back to the workflow.
    Certain,
    /// Harmless in some programs.
    Likely,
}

/// Calls that are wrong for the same reason.
pub(super) struct Rule {
    pub(super) severity: Severity,
    /// Ends of paths. `*` is any function: a name that begins with a small letter. `!` makes it a macro.
    pub(super) paths: &'static [&'static str],
    /// Follows "`..` in a workflow".
    pub(super) message: &'static str,
}

impl Rule {
    const fn certain(message: &'static str, paths: &'static [&'static str]) -> Self {
        Self {
            severity: Severity::Certain,
            paths,
            message,
        }
    }

    const fn likely(message: &'static str, paths: &'static [&'static str]) -> Self {
        Self {
            severity: Severity::Likely,
            paths,
            message,
        }
    }

    /// Whether this is about a path, or about a macro of that name with these arguments.
    pub(super) fn covers(&self, segments: &[String], arguments: Option<&Group>) -> bool {
        let ends = |path: &str| {
            let wanted: Vec<&str> = path.split("::").collect();
            let rest = segments.len().checked_sub(wanted.len());
            rest.is_some_and(|skip| segments[skip..].iter().zip(&wanted).all(matches))
        };
        self.paths
            .iter()
            .any(|path| match (path.strip_suffix('!'), arguments) {
                (Some(path), Some(arguments)) => ends(path) && !is_biased(segments, arguments),
                (None, None) => ends(path),
                _ => false,
            })
    }
}

fn matches((segment, wanted): (&String, &&str)) -> bool {
    match *wanted {
        "*" => segment.starts_with(|first: char| first.is_lowercase()),
        wanted => segment == wanted,
    }
}

/// `select! { biased; .. }` asks its branches in their order.
fn is_biased(segments: &[String], arguments: &Group) -> bool {
    let first = arguments.stream().into_iter().next();
    segments.last().is_some_and(|name| name == "select")
        && matches!(first, Some(TokenTree::Ident(word)) if word == "biased")
}

/// Types without an order, and those with one.
pub(super) const UNORDERED: &[(&str, &str, &str)] = &[
    ("HashMap", "BTreeMap", "IndexMap"),
    ("HashSet", "BTreeSet", "IndexSet"),
];

pub(super) const RULES: &[Rule] = &[
    Rule::certain(
        "reads the wall clock; use `wf.now()`",
        &[
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "OffsetDateTime::now_utc",
            "OffsetDateTime::now_local",
            "Timestamp::now",
            "Zoned::now",
        ],
    ),
    Rule::certain(
        "blocks the worker; use `wf.sleep(..)`",
        &[
            "thread::sleep",
            "thread::park",
            "thread::park_timeout",
            "thread::yield_now",
        ],
    ),
    Rule::certain(
        "is not a Temporal timer; use `wf.sleep(..)`",
        &[
            "time::sleep",
            "time::sleep_until",
            "time::interval",
            "time::interval_at",
            "futures_timer::Delay::new",
        ],
    ),
    Rule::certain(
        "is not a Temporal timer; use `wf.race(..)` with `timer(..)`",
        &["time::timeout", "time::timeout_at"],
    ),
    Rule::certain(
        "runs outside the workflow, where replay cannot follow; use `wf.spawn(..)`, or an activity",
        &[
            "tokio::spawn",
            "task::spawn",
            "task::spawn_blocking",
            "task::spawn_local",
            "task::block_in_place",
            "thread::spawn",
            "thread::scope",
            "rayon::spawn",
            "Runtime::new",
            "Handle::current",
        ],
    ),
    Rule::certain(
        "asks its branches in random order; use `wf.race(..)`",
        &["select!"],
    ),
    Rule::certain(
        "is random, and differs on replay; use `wf.uuid4()`",
        &[
            "Uuid::new_v1",
            "Uuid::now_v1",
            "Uuid::new_v4",
            "Uuid::now_v6",
            "Uuid::now_v7",
        ],
    ),
    Rule::certain(
        "is random, and differs on replay; use `wf.random()`",
        &[
            "rand::random",
            "rand::random_range",
            "rand::random_bool",
            "rand::rng",
            "rand::thread_rng",
            "thread_rng",
            "OsRng",
            "StdRng::from_os_rng",
            "StdRng::from_entropy",
            "SmallRng::from_os_rng",
            "SmallRng::from_entropy",
            "fastrand::*",
            "getrandom::*",
        ],
    ),
    Rule::certain(
        "waits for what the workflow cannot see; keep the value in the state and use `wf.wait(..)`",
        &[
            "mpsc::channel",
            "mpsc::unbounded_channel",
            "mpsc::sync_channel",
            "oneshot::channel",
            "watch::channel",
            "broadcast::channel",
            "Notify::new",
            "tokio::sync::Mutex::new",
            "tokio::sync::RwLock::new",
            "tokio::sync::Semaphore::new",
            "tokio::sync::Barrier::new",
        ],
    ),
    Rule::certain(
        "does I/O, which replay would do again; move it to an activity",
        &[
            "std::fs::*",
            "tokio::fs::*",
            "fs::read",
            "fs::read_to_string",
            "fs::read_dir",
            "fs::write",
            "fs::create_dir_all",
            "fs::remove_file",
            "fs::metadata",
            "File::open",
            "File::create",
            "OpenOptions::new",
            "TcpStream::connect",
            "TcpListener::bind",
            "UdpSocket::bind",
            "UnixStream::connect",
            "net::lookup_host",
            "reqwest::get",
            "reqwest::blocking::get",
            "reqwest::Client::new",
            "reqwest::Client::builder",
            "reqwest::Client::default",
            "io::stdin",
        ],
    ),
    Rule::certain(
        "starts a process, which replay would do again; move it to an activity",
        &["process::Command::new", "process::exit", "process::abort"],
    ),
    Rule::likely(
        "may start a process; move it to an activity",
        &["Command::new"],
    ),
    Rule::certain(
        "differs between workers; pass the value as an argument, or read it in an activity",
        &[
            "env::var",
            "env::var_os",
            "env::vars",
            "env::vars_os",
            "env::args",
            "env::args_os",
            "env::current_dir",
            "env::temp_dir",
            "process::id",
            "available_parallelism",
        ],
    ),
    Rule::likely(
        "differs between replays, which run on any thread of any worker",
        &["thread::current"],
    ),
    Rule::likely(
        "prints again on every replay; use `tracing::info!`, which keeps quiet then",
        &["println!", "print!", "eprintln!", "eprint!"],
    ),
    Rule::likely(
        "prints again on every replay; use `tracing::debug!`, which keeps quiet then",
        &["dbg!"],
    ),
    Rule::likely(
        "logs again on every replay; use the macro of that name in `tracing`, which keeps quiet then",
        &[
            "log::error!",
            "log::warn!",
            "log::info!",
            "log::debug!",
            "log::trace!",
        ],
    ),
    Rule::likely(
        "is shared by all runs in this process; keep the value in the workflow's state",
        &["thread_local!"],
    ),
    Rule::likely(
        "iterates in a different order in every process; use `BTreeMap` (or `IndexMap`)",
        &[
            "HashMap::new",
            "HashMap::with_capacity",
            "HashMap::default",
            "HashMap::from",
            "HashMap::from_iter",
        ],
    ),
    Rule::likely(
        "iterates in a different order in every process; use `BTreeSet` (or `IndexSet`)",
        &[
            "HashSet::new",
            "HashSet::with_capacity",
            "HashSet::default",
            "HashSet::from",
            "HashSet::from_iter",
        ],
    ),
    Rule::likely(
        "hashes differently in every process; use a hasher with a fixed key",
        &["RandomState::new", "RandomState::default"],
    ),
];
