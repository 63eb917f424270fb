//! How much later than its time an action is taken: the same for the same schedule and time, always.

/// Milliseconds from zero to below `most`, by the time and the schedule.
pub(crate) fn jitter(seed: &str, nominal: i64, most: i64) -> i64 {
    let hash = mixed(fnv(nominal.to_be_bytes().into_iter().chain(seed.bytes())));
    // 32 bits of the hash and 32 of the length: up to 49 days.
    let most = u64::try_from(most).unwrap_or(0).min(u64::from(u32::MAX));
    let late = ((hash >> 32) * most) >> 32;
    i64::try_from(late).unwrap_or(0)
}

/// FNV-1a (Fowler, Noll, Vo).
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The upper bits of an FNV of nearly equal bytes are nearly equal: SplitMix64's finish spreads them.
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_136_jitter_follows_from_time_and_schedule_and_stays_below_its_bound() {
        let times = || (0..1000).map(|n| jitter("a", n * 3600, 600_000));
        assert!(times().eq(times()));
        assert!(times().all(|late| (0..600_000).contains(&late)));
        // Spread over the whole range: some in each tenth.
        for tenth in 0..10 {
            assert!(times().any(|late| late / 60_000 == tenth), "{tenth}");
        }
        assert!(!times().eq((0..1000).map(|n| jitter("b", n * 3600, 600_000))));
        for none in [0, -5] {
            assert_eq!(jitter("a", 7, none), 0);
        }
        assert!(jitter("a", 7, i64::MAX) <= i64::from(u32::MAX));
    }
}
