//! The ids that a service chooses: random ones, or for tests those that follow from a number.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

/// Where ids come from.
#[derive(Debug)]
pub(crate) struct Ids {
    /// The state of the generator, if ids are not random.
    seeded: Option<AtomicU64>,
}

/// The step of SplitMix64 (Steele, Lea, Flood 2014): any number of steps away the values differ.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self {
            seeded: seed.map(AtomicU64::new),
        }
    }

    /// Goes on where another one stood.
    pub(crate) fn resume(&self, state: u64) {
        if let Some(seeded) = &self.seeded {
            seeded.store(state, Ordering::Relaxed);
        }
    }

    /// Where the generator stands, if ids follow from a number.
    pub(crate) fn state(&self) -> Option<u64> {
        self.seeded
            .as_ref()
            .map(|state| state.load(Ordering::Relaxed))
    }

    /// Whether ids follow from a number.
    pub(crate) const fn are_seeded(&self) -> bool {
        self.seeded.is_some()
    }

    /// An id that was not there before.
    pub(crate) fn fresh(&self) -> String {
        let id = match &self.seeded {
            None => Uuid::new_v4(),
            Some(state) => {
                let (high, low) = (next(state), next(state));
                let bits = (u128::from(high) << 64) | u128::from(low);
                Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
            }
        };
        id.to_string()
    }
}

fn next(state: &AtomicU64) -> u64 {
    let mut bits = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_gives_one_sequence_of_different_ids() {
        let take = |seed| {
            let ids = Ids::new(Some(seed));
            (0..100).map(|_| ids.fresh()).collect::<Vec<_>>()
        };
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
        let mut unique = take(7);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 100);
        assert!(
            unique
                .iter()
                .all(|id| Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4))
        );
    }

    #[test]
    fn without_a_number_they_are_random() {
        assert_ne!(Ids::new(None).fresh(), Ids::new(None).fresh());
    }
}
