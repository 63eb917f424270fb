//! What tests with random inputs share: the same numbers on every machine, and how many inputs there are.

use std::time::Duration;

/// How many inputs each test makes; `FUZZ_INPUTS` in the environment asks for more.
pub(crate) fn inputs() -> usize {
    let asked = std::env::var("FUZZ_INPUTS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

/// Numbers that follow from a seed: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from zero up to `end`, but not `end`.
    pub(crate) fn below<N: TryFrom<u64> + TryInto<u64>>(&mut self, end: N) -> N {
        let end: u64 = end.try_into().ok().expect("an end is not negative");
        let below = N::try_from(self.next() % end);
        below.ok().expect("what is below the end has its type")
    }

    /// Whether it happens, of so many times once.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Never twice the same, so that no two timers are due at once.
    pub(crate) fn duration(&mut self, seconds: u64) -> Duration {
        Duration::from_secs(self.below(seconds)) + Duration::from_nanos(1 + self.below(999_999_999))
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// Changes, cuts or lengthens bytes in a few places.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let byte = u8::try_from(self.below(256)).unwrap();
            let at = self.below(bytes.len() + 1);
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                _ => {
                    if let Some(old) = bytes.get_mut(at) {
                        *old = byte;
                    }
                }
            }
        }
    }
}
