//! Timing, percentiles, the process's own use of the machine, and the JSON line.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::Serialize;

/// One line of figures. `n` operations took `seconds`; each has one latency.
#[derive(Debug, Serialize)]
pub struct Line {
    peer: &'static str,
    scenario: String,
    n: usize,
    concurrency: usize,
    seconds: f64,
    per_second: f64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    cpu_seconds: f64,
    /// Of one counted thing: an event of a replay, a workflow.
    cpu_micros_each: f64,
    max_rss_mb: f64,
    /// Operations as many as one measured: events of a replay, workflows of a run.
    per_operation: u64,
    /// What only this scenario tells.
    #[serde(flatten)]
    extra: BTreeMap<&'static str, f64>,
}

impl Line {
    /// Adds a figure that only this scenario has.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.extra.insert(name, round(value, 1));
        self
    }
}

/// Wall clock and own CPU time since it was started.
#[derive(Debug)]
pub struct Stopwatch {
    start: Instant,
    cpu: f64,
}

impl Stopwatch {
    /// Starts.
    #[must_use]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            cpu: cpu_seconds(),
        }
    }

    /// Stops. `per_operation` is how many of the counted things one latency covers.
    #[must_use]
    pub fn stop(
        self,
        scenario: &str,
        concurrency: usize,
        mut latencies: Vec<Duration>,
        per_operation: u64,
    ) -> Line {
        let seconds = self.start.elapsed().as_secs_f64();
        latencies.sort_unstable();
        let n = latencies.len();
        #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let counted = n as f64 * per_operation as f64;
        let cpu = cpu_seconds() - self.cpu;
        Line {
            peer: "temporal-for-rust",
            scenario: scenario.to_owned(),
            n,
            concurrency,
            seconds: round(seconds, 6),
            per_second: round(counted / seconds, 3),
            p50_ms: percentile(&latencies, 50),
            p95_ms: percentile(&latencies, 95),
            p99_ms: percentile(&latencies, 99),
            cpu_seconds: round(cpu, 3),
            cpu_micros_each: round(cpu * 1e6 / counted.max(1.0), 3),
            max_rss_mb: round(max_rss_mb(), 1),
            per_operation,
            extra: BTreeMap::new(),
        }
    }
}

/// Nearest-rank percentile of sorted latencies, in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map(|d| round(d.as_secs_f64() * 1e3, 4))
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

/// User and system time of this process so far, where the system tells; 0 elsewhere.
#[must_use]
pub fn cpu_seconds() -> f64 {
    cpu_seconds_of(std::process::id())
}

/// User and system time of a process so far, where the system tells; 0 elsewhere.
#[must_use]
pub fn cpu_seconds_of(pid: u32) -> f64 {
    // the 14th and 15th fields, counted from the end of the name, in hundredths of a second
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |nth: usize| {
        after_name
            .split_whitespace()
            .nth(nth)
            .and_then(|t| t.parse::<f64>().ok())
    };
    (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / 100.0
}

/// The largest resident set this process ever had, in megabytes, where the system tells; 0 elsewhere.
fn max_rss_mb() -> f64 {
    status_bytes(std::process::id(), "VmHWM:") / 1e6
}

/// The resident set of this process, in bytes, where the system tells; 0 elsewhere.
#[must_use]
pub fn rss_bytes() -> f64 {
    rss_bytes_of(std::process::id())
}

/// The resident set of a process, in bytes, where the system tells; 0 elsewhere.
#[must_use]
pub fn rss_bytes_of(pid: u32) -> f64 {
    status_bytes(pid, "VmRSS:")
}

fn status_bytes(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0
}
