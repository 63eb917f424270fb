//! Replay of a made-up history; no service is needed.

use std::time::Instant;

use temporal_runtime::{Result, replay::Replayer};

use super::{
    history,
    measure::{Line, Stopwatch},
    options::Options,
};

/// How replay grows with the history: each size so often that all take about as long, or `n` times; or one size.
///
/// # Errors
/// A replay fails.
pub fn measure(options: &Options) -> Result<Vec<Line>> {
    let sizes: &[(u32, usize)] = match options.size {
        0 => &[(100, 4000), (1666, 250), (8333, 50)],
        size => &[(size, 50)],
    };
    let lines = sizes.iter().map(|&(size, often)| {
        let often = if options.n == 0 { often } else { options.n };
        one_size(&options.scenario, size, often)
    });
    lines.collect()
}

/// `per_second` counts events.
fn one_size(scenario: &str, size: u32, often: usize) -> Result<Line> {
    let history = history::chain(size)?;
    let replayer = Replayer::new()?;
    replayer.replay(&history)?;
    let watch = Stopwatch::start();
    let mut latencies = Vec::with_capacity(often);
    for _ in 0..often {
        let start = Instant::now();
        replayer.replay(&history)?;
        latencies.push(start.elapsed());
    }
    let events = u64::try_from(history.len())?;
    Ok(watch.stop(scenario, 1, latencies, events))
}
