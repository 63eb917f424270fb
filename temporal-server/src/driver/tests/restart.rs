//! The end of the process after any commit: what begins again from the file is what was there.

use super::World;
use super::audit::Audit;
use super::program::{Program, drain};
use crate::store::scratch::Scratch;

/// `RESTART_PROGRAMS` plays more.
const PROGRAMS: u64 = 8;
const STEPS: u64 = 70;

/// Plays a program, remembering what was there after each step; then stores the same changes one by one, and begins
/// again from what is in the file after each of them.
async fn play(seed: u64) -> (usize, usize) {
    let (mut world, recorder) = World::recorded(seed);
    let mut program = Program::new(seed);
    for _ in 0..STEPS {
        program.step(&mut world).await;
        world.note().await;
    }
    let after = world.after.take().unwrap_or_default();
    let batches = recorder.batches();
    let mut file = Scratch::new();
    for (done, batch) in batches
        .iter()
        .enumerate()
        .map(|(place, batch)| (place + 1, batch))
    {
        file.commit(batch);
        // Messages that were on their way and timers that were due are what is left of a step that was cut off.
        let Some((_, expected)) = after.range(done..).next() else {
            continue;
        };
        if done < *after.keys().next().unwrap_or(&0) {
            continue;
        }
        let mut again = World::with(seed, file.reopened());
        again.driver.fire_due();
        let found = again.dump();
        assert!(
            found == *expected,
            "seed {seed}, after commit {done} of {}:\n{}",
            batches.len(),
            difference(expected, &found)
        );
        if done % 16 == 0 {
            drain(&mut again).await;
            Audit::of(&again).check(&format!("seed {seed}, after commit {done}"));
        }
    }
    (batches.len(), after.len())
}

fn difference(expected: &str, found: &str) -> String {
    let mut text = String::new();
    for (was, is) in expected.lines().zip(found.lines()) {
        if was != is {
            text.push_str(&format!("- {was}\n+ {is}\n"));
        }
    }
    text.push_str(&format!(
        "{} lines before, {} after\n",
        expected.lines().count(),
        found.lines().count()
    ));
    text.chars().take(4000).collect()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a long run says how long it was")]
async fn after_any_commit_everything_begins_again_as_it_was() {
    let began = std::time::Instant::now();
    let (mut commits, mut states) = (0, 0);
    let programs = std::env::var("RESTART_PROGRAMS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(PROGRAMS);
    for seed in 1..=programs {
        let (done, seen) = play(seed).await;
        commits += done;
        states += seen;
    }
    assert!(
        commits as u64 > 30 * programs,
        "{commits} commits are too few to say much"
    );
    println!(
        "{programs} programs, {commits} restarts, {states} states compared in {:.1} s",
        began.elapsed().as_secs_f32()
    );
}
