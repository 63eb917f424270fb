//! Time zones: how far local time is from UTC, and until when. The only file that names the crate of time zones. The
//! definitions are compiled in, so that what a schedule does follows from the service alone.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// UTC.
    pub(crate) const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of this name in the IANA database, spelled exactly so; no name stands for UTC. So does `Local`: the
    /// service has no place.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if matches!(name, "" | "UTC" | "Local") {
            return Some(Self::utc());
        }
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        // The database does not mind upper and lower case, but the real service does.
        (zone.iana_name() == Some(name)).then_some(Self(zone))
    }

    /// The zone that a TZif file defines.
    pub(crate) fn from_data(data: &[u8]) -> Option<Self> {
        TimeZone::tzif("given", data).ok().map(Self)
    }

    /// Seconds that local time is ahead of UTC at this second.
    pub(crate) fn offset(&self, at: i64) -> i64 {
        i64::from(self.0.to_offset(timestamp(at)).seconds())
    }

    /// The first second after this one at which another offset may begin.
    pub(crate) fn next_change(&self, at: i64) -> Option<i64> {
        self.0
            .following(timestamp(at))
            .next()
            .map(|change| change.timestamp().as_second())
            .filter(|change| *change > at)
    }
}

/// What lies beyond the crate's time has the offset of its end.
fn timestamp(at: i64) -> Timestamp {
    let end = if at < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(at).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_database_exactly() {
        assert_eq!(Zone::named(""), Some(Zone::utc()));
        assert_eq!(Zone::named("UTC"), Some(Zone::utc()));
        assert!(Zone::named("Europe/Paris").is_some());
        assert!(Zone::named("US/Eastern").is_some());
        assert!(Zone::named("Etc/GMT+5").is_some());
        for unknown in [
            "europe/paris",
            "Mars/Olympus",
            "../etc/passwd",
            "Local ",
            "local",
            "é",
        ] {
            assert_eq!(Zone::named(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn offsets_hold_until_the_next_change() {
        let york = Zone::named("America/New_York").unwrap();
        // 10 March 2030, 07:00 UTC: the clocks go forward.
        let change = 1_899_356_400;
        assert_eq!(york.offset(change - 1), -5 * 3600);
        assert_eq!(york.offset(change), -4 * 3600);
        assert_eq!(york.next_change(change - 1), Some(change));
        assert!(york.next_change(change).unwrap() > change);
        assert_eq!(Zone::utc().next_change(0), None);
        // Far beyond what a clock shows, in both directions.
        assert_eq!(york.offset(i64::MAX), york.offset(i64::MAX - 1));
        assert!(york.offset(i64::MIN) < 0);
    }

    #[test]
    fn a_zone_may_be_given_as_a_file() {
        assert_eq!(Zone::from_data(b"none"), None);
        // Version 1, one type, no changes: two hours ahead.
        let mut data = b"TZif\0".to_vec();
        data.extend([0; 15]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            data.extend(count.to_be_bytes());
        }
        data.extend(7200_i32.to_be_bytes());
        data.extend([0, 0]);
        data.extend(b"TWO\0");
        assert_eq!(Zone::from_data(&data).unwrap().offset(0), 7200);
    }
}
