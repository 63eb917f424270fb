//! Random numbers and unique ids of a run: the same on every replay, other ones in every run.
//!
//! The generator is xoshiro256** of Blackman and Vigna, its state filled by SplitMix64 from an FNV-1a hash of the run
//! id. Histories rely on the numbers, so none of this may ever change.

use std::{
    ops::{Bound, RangeBounds},
    sync::Arc,
};

use super::{Core, Wf};

/// A run's generator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generator([u64; 4]);

/// Draws random numbers that are the same on every replay; see [`Wf::random`].
#[derive(Debug)]
pub struct Random<'a>(&'a Arc<Core>);

impl<W: 'static> Wf<W> {
    /// Random numbers for workflow code: the same on every replay, and others in each run. Not for secrets.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// async fn lottery(wf: &mut Wf, mut names: Vec<String>) -> Result<Option<String>> {
    ///     wf.random().shuffle(&mut names);
    ///     let jitter = wf.random().range(0..1000);
    ///     wf.sleep(Duration::from_millis(jitter)).await?;
    ///     Ok(names.pop())
    /// }
    /// ```
    ///
    /// They come from the run's id (of a run that a reset made: from the original's, and from the reset on from its
    /// own), so they are known to who knows the id. Values from elsewhere, such as secrets, belong into an activity, or
    /// a local activity where a task of its own is too much: there is no other side effect whose value history keeps.
    pub fn random(&mut self) -> Random<'_> {
        Random(self.core())
    }

    /// A unique id, as text: a UUID of version 4, the same on every replay.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "5s")]
    /// # async fn charge(key: String) -> Result<()> { Ok(()) }
    /// #[workflow]
    /// async fn pay(wf: &mut Wf) -> Result<()> {
    ///     let key = wf.uuid4(); // every attempt of the activity sees the same
    ///     wf.execute(charge::with(key)).await
    /// }
    /// ```
    pub fn uuid4(&mut self) -> String {
        let mut random = self.random();
        let (high, low) = (random.next_u64(), random.next_u64());
        let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }
}

impl Random<'_> {
    /// Any number.
    pub fn next_u64(&mut self) -> u64 {
        self.0.random()
    }

    /// A number of the range, each as likely as any other: `range(1..=6)`.
    ///
    /// # Panics
    /// The range is empty.
    pub fn range(&mut self, range: impl RangeBounds<u64>) -> u64 {
        let first = match range.start_bound() {
            Bound::Included(n) => Some(*n),
            Bound::Excluded(n) => n.checked_add(1),
            Bound::Unbounded => Some(0),
        };
        let last = match range.end_bound() {
            Bound::Included(n) => Some(*n),
            Bound::Excluded(n) => n.checked_sub(1),
            Bound::Unbounded => Some(u64::MAX),
        };
        let (Some(first), Some(last)) = (first, last) else {
            panic!("an empty range has no random number");
        };
        assert!(first <= last, "an empty range has no random number");
        let Some(count) = (last - first).checked_add(1) else {
            return self.next_u64();
        };
        // numbers past the last whole multiple would make the small ones likelier
        let limit = u64::MAX - u64::MAX % count;
        loop {
            let number = self.next_u64();
            if number < limit {
                return first + number % count;
            }
        }
    }

    /// A number from 0 up to 1, without 1.
    pub fn f64(&mut self) -> f64 {
        // 53 bits are what an `f64` holds
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// True or false.
    pub fn bool(&mut self) -> bool {
        self.next_u64() >> 63 == 1
    }

    /// One of the items; `None` if there is none.
    pub fn choose<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        (count > 0)
            .then(|| self.range(0..count))
            .and_then(|at| items.get(usize::try_from(at).ok()?))
    }

    /// Puts the items into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let up_to = u64::try_from(last).unwrap_or(u64::MAX);
            let other = usize::try_from(self.range(0..=up_to)).unwrap_or(last);
            items.swap(last, other);
        }
    }
}

impl Generator {
    pub(super) fn new(run_id: &str) -> Self {
        let mut seed = run_id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Self(std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }))
    }

    pub(super) fn next(&mut self) -> u64 {
        let state = &mut self.0;
        let number = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first numbers from the state 1, 2, 3, 4.
    #[test]
    fn the_generator_is_xoshiro256_star_star() {
        let mut generator = Generator([1, 2, 3, 4]);
        let numbers: Vec<u64> = std::iter::repeat_with(|| generator.next())
            .take(4)
            .collect();
        assert_eq!(
            numbers,
            [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        );
    }

    /// Histories rely on these.
    #[test]
    fn a_run_id_gives_the_same_numbers_for_ever() {
        let mut generator = Generator::new("01a1fe96-31bc-7ca0-9a97-fc258a22ec02");
        let numbers: Vec<u64> = std::iter::repeat_with(|| generator.next())
            .take(3)
            .collect();
        assert_eq!(numbers, FIRST);
        assert_ne!(
            Generator::new("01a1fe96-31bc-7ca0-9a97-fc258a22ec03"),
            Generator::new("01a1fe96-31bc-7ca0-9a97-fc258a22ec02")
        );
    }

    const FIRST: [u64; 3] = [
        6_760_936_006_240_812_450,
        8_939_852_890_188_406_701,
        11_733_473_124_366_801_806,
    ];
}
