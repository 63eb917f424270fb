//! Random programs: an interpreter workflow runs trees of steps, and whatever they are, three executions agree: with a
//! worker that keeps every run, with one that keeps none, and the replay of what they wrote. Every history they make is looked over, and every signal
//! that was acknowledged is in one, also if it was sent twice.
//!
//! `RANDOM_PROGRAMS` is how many there are, `RANDOM_SEED` the number of the first one. A failure names its number:
//! `RANDOM_SEED=<number> RANDOM_PROGRAMS=1` is that program alone.

mod auditor;
mod compare;
mod generator;
mod interpreter;
mod over_grpc;
mod program;
mod simulation;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use self::{
    generator::{Generator, Rng},
    program::Program,
};

/// How many programs a plain `cargo test` runs, unoptimised.
const FEW: u64 = 50;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, and not `{text}`")))
}

fn program(seed: u64) -> Program {
    Generator::new(&mut Rng::new(seed)).program()
}

/// Runs one program in all ways.
fn agree(seed: u64) -> Result<(), String> {
    let program = program(seed);
    let told = |how: &'static str| {
        let program = &program;
        move |what: String| format!("{how}: {what}\n\nThe program: {program:#?}")
    };
    let cached = simulation::simulate(seed, &program, 1000).map_err(told("with a cache"))?;
    compare::replay(&cached).map_err(told("the replay"))?;
    let uncached = simulation::simulate(seed, &program, 0).map_err(told("without a cache"))?;
    compare::difference(&cached, &uncached).map_err(told("with a cache and without"))?;
    // a cache for one run, in a world with more, forgets and begins anew
    if cached.len() > 1 {
        let small = simulation::simulate(seed, &program, 1).map_err(told("with a small cache"))?;
        compare::difference(&cached, &small).map_err(told("with a cache and a small one"))?;
    }
    Ok(())
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "how long it took is what one wants to know of a long test"
)]
fn with_a_cache_without_and_replayed_they_agree() {
    let first = number("RANDOM_SEED").unwrap_or(1);
    let count = number("RANDOM_PROGRAMS").unwrap_or(FEW);
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failed: Vec<(u64, String)> = std::thread::scope(|scope| {
        let worker = || {
            let mut failed = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count || failed.len() > 2 {
                    return failed;
                }
                let seed = first.wrapping_add(at);
                let agreed = std::panic::catch_unwind(|| agree(seed));
                let agreed = agreed.unwrap_or_else(|panic| Err(crate::panics::message(&*panic)));
                failed.extend(agreed.err().map(|how| (seed, how)));
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("panics are caught"))
            .collect()
    });
    println!(
        "{count} random programs from {first} on in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let seeds: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    if let Some((seed, how)) = failed.into_iter().min_by_key(|(seed, _)| *seed) {
        panic!("of {seeds:?}, program {seed} (RANDOM_SEED={seed} RANDOM_PROGRAMS=1): {how}");
    }
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "how long it took is what one wants to know of a long test"
)]
fn over_grpc_they_agree() {
    let first = number("RANDOM_SEED").unwrap_or(1);
    let count = number("RANDOM_PROGRAMS").unwrap_or(FEW).div_ceil(50);
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let agreed = runtime.block_on(over_grpc::agree(first, count));
    println!(
        "{count} random programs over gRPC from {first} on in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    if let Err(error) = agreed {
        panic!("{error}");
    }
}
