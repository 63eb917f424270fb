//! The command line of the benchmarks.

use temporal_runtime::{Error, Result};

/// What one operation of a scenario is, and how it is run unless told otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// As it is called on the command line.
    pub name: &'static str,
    /// Operations.
    pub n: usize,
    /// Operations at a time.
    pub concurrency: usize,
    /// What one operation is made of: activities, timers, children, seconds.
    pub size: u32,
    /// One line.
    pub about: &'static str,
}

macro_rules! scenarios {
    ($($name:literal $n:literal $concurrency:literal $size:literal $about:literal,)*) => {
        /// All of them.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: $name,
            n: $n,
            concurrency: $concurrency,
            size: $size,
            about: $about,
        }),*];
    };
}

scenarios! {
    "seq_latency" 200 1 1 "workflows of SIZE activities, one at a time",
    "one_activity" 1000 50 1 "workflows of SIZE activities",
    "chain100" 10 1 100 "workflows of SIZE activities in sequence",
    "fanout100" 10 1 100 "workflows of SIZE activities at once",
    "timers" 10 1 100 "workflows of SIZE timers of 1 ms at once",
    "children" 10 1 20 "workflows of SIZE children at once",
    "local_activities" 10 1 100 "workflows of SIZE local activities in sequence",
    "signals" 1000 16 1 "signals into one workflow, until all are counted",
    "updates" 500 1 1 "updates of one workflow",
    "queries" 500 1 1 "queries of one workflow",
    "cold_start" 1 1 1 "from the start of the process to the first result",
    "cached_memory" 10_000 50 1 "workflows that rest in the cache; the service must be outside",
    "replay_offline" 0 1 0 "replays of SIZE activities; without a size 605, 10,001 and 50,003 events",
    "schedules" 500 50 60 "schedules of every second, for SIZE seconds; the service must be outside",
    "start_up" 20 1 1 "starts of the service, to its first answer; needs --service",
    "service_memory" 100_000 50 1 "closed workflows of one activity, then deleted; needs --service",
}

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// Its name.
    pub scenario: String,
    /// Operations; 0: as many as the scenario thinks best.
    pub n: usize,
    /// Operations at a time.
    pub concurrency: usize,
    /// See [`Scenario::size`].
    pub size: u32,
    /// The service is started with this command, and its use of the machine is told.
    pub service: Option<Vec<String>>,
    /// The service to measure against, if it is not in this process.
    pub address: Option<String>,
    /// What stands behind `--`: the command of a peer.
    pub peer: Vec<String>,
}

impl Options {
    /// Reads a command line, without the program's name.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut arguments = arguments.into_iter();
        let scenario = arguments.next().ok_or_else(usage)?;
        let defaults = SCENARIOS.iter().find(|s| s.name == scenario);
        if defaults.is_none() && scenario != "peer" && scenario != "all" {
            return Err(Error::msg(format!(
                "there is no scenario `{scenario}`\n{}",
                usage()
            )));
        }
        let mut options = Self {
            scenario,
            n: defaults.map_or(0, |s| s.n),
            concurrency: defaults.map_or(1, |s| s.concurrency),
            size: defaults.map_or(1, |s| s.size),
            service: None,
            address: std::env::var("TEMPORAL_ADDRESS").ok(),
            peer: Vec::new(),
        };
        while let Some(flag) = arguments.next() {
            if flag == "--" {
                options.peer = arguments.by_ref().collect();
                break;
            }
            let value = arguments
                .next()
                .ok_or_else(|| Error::msg(format!("`{flag}` takes a value")))?;
            let number = || {
                let refusal = |_| Error::msg(format!("`{value}` is no number for `{flag}`"));
                value.parse::<u32>().map_err(refusal)
            };
            match flag.as_str() {
                "--n" => options.n = number()? as usize,
                "--concurrency" => options.concurrency = number()? as usize,
                "--size" => options.size = number()?,
                "--service" => {
                    options.service = Some(value.split_whitespace().map(str::to_owned).collect());
                }
                _ => {
                    return Err(Error::msg(format!(
                        "there is no flag `{flag}`\n{}",
                        usage()
                    )));
                }
            }
        }
        if options.scenario == "peer" && (options.peer.is_empty() || options.service.is_none()) {
            return Err("`peer` takes --service COMMAND -- COMMAND ..".into());
        }
        Ok(options)
    }
}

fn usage() -> Error {
    let mut text = "usage: bench SCENARIO|all [--n N] [--concurrency C] [--size S] [--service COMMAND]\n       bench peer --service COMMAND -- COMMAND ..\n\n".to_owned();
    for scenario in SCENARIOS {
        let Scenario {
            name,
            n,
            concurrency,
            size,
            about,
        } = scenario;
        text.push_str(&format!(
            "  {name:<17}{about} (N {n}, C {concurrency}, SIZE {size})\n"
        ));
    }
    Error::msg(text)
}
