//! The service with everything that can happen to it: several workers, clients that repeat what was not answered,
//! workers that vanish with their tasks, a process that ends after any commit, and a clock that jumps. Whatever happens,
//! histories are such as could have been, and all that was acknowledged is in them.

use std::time::Instant;

use super::World;
use super::audit::Audit;
use super::program::{Program, Seen, drain};

/// `SIMULATION_SEEDS` plays more, from `SIMULATION_SEED` on.
const SEEDS: u64 = 12;
const STEPS: u64 = 160;

/// Says which seed it was if the test does not come to its end.
struct Named(u64);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "how to see the failure again")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "seed {}: SIMULATION_SEED={} SIMULATION_SEEDS=1 shows it again",
                self.0, self.0
            );
        }
    }
}

async fn play(seed: u64) -> Seen {
    let _named = Named(seed);
    let mut world = World::simulated(seed).await;
    let mut program = Program::faulty(seed);
    for _ in 0..STEPS {
        program.step(&mut world).await;
        // After an end it may take long until all closed runs are known.
        if program.random.once_in(8) {
            let runs = program.random.below(3);
            world.driver.load_some(runs + 1).unwrap();
        }
    }
    let name = format!("seed {seed}");
    drain(&mut world).await;
    program.hear(&mut world).await;
    let waiting = program.give_up().await;
    assert_eq!(waiting, 0, "{name}: updates whose callers wait for ever");
    Audit::of(&world).check_told(&name, &program.ledger);
    Seen {
        told: program.ledger.told.len() as u64,
        ..program.seen()
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |given| given.parse().expect("a number"))
}

/// Every so many-th seed.
fn play_some(first: u64, end: u64, every: usize) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let seeds = (first..end).step_by(every);
    seeds.map(|seed| runtime.block_on(play(seed))).sum()
}

#[test]
#[expect(clippy::print_stdout, reason = "a long run says how long it was")]
fn whatever_happens_histories_could_have_been_and_nothing_acknowledged_is_lost() {
    let began = Instant::now();
    let seeds = number("SIMULATION_SEEDS", SEEDS);
    let first = number("SIMULATION_SEED", 1);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let seen: Seen = std::thread::scope(|scope| {
        let playing: Vec<_> = (0..threads)
            .map(|place| {
                scope.spawn(move || play_some(first + place as u64, first + seeds, threads))
            })
            .collect();
        let played = playing
            .into_iter()
            .map(|thread| thread.join().expect("it went well"));
        played.sum()
    });
    println!(
        "{seeds} seeds, {} calls, {} acknowledged and found, {} answers lost, {} services ended, {} tasks vanished in {:.1} s",
        seen.calls,
        seen.told,
        seen.lost,
        seen.ended,
        seen.vanished,
        began.elapsed().as_secs_f32()
    );
    let faults = [seen.told, seen.lost, seen.ended, seen.vanished];
    assert!(seeds < SEEDS || faults.iter().all(|count| *count > 0));
}
