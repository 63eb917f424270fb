//! Cron schedules of workflows: five fields, the usual names, `@every`, each in a time zone. The times are those of
//! calendars, but that a day of the month or a day of the week is enough if both are given, as crontab has it.

use std::time::Duration;

use crate::engine::duration_text;
use crate::engine::schedule::calendar::Calendar;
use crate::engine::schedule::cron_text::named;
use crate::engine::schedule::zone::Zone;
use crate::engine::time::Time;

const UNREADABLE: &str = "invalid CronSchedule.";
const NEVER: &str = "invalid CronSchedule, no time can be found to satisfy the schedule";
const SECOND: i64 = 1_000_000_000;
/// A schedule without an instant in so many seconds never has one (29 February at most every eight years).
const SEARCHED: i64 = 366 * 9 * 86_400;

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cron {
    /// So many seconds.
    Every(i64),
    /// Local times.
    Times(Calendar, Zone),
}

impl Cron {
    /// Reads a schedule.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let cron = Self::read(text).map_err(|()| UNREADABLE)?;
        // A schedule that never comes is as wrong as one that cannot be read.
        match &cron {
            Self::Every(_) => Ok(cron),
            Self::Times(..) => cron.next_after(0).map(|_| cron.clone()).ok_or(NEVER),
        }
    }

    fn read(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let zoned = text.strip_prefix("CRON_TZ=").or(text.strip_prefix("TZ="));
        let (zone, text) = match zoned {
            Some(rest) => rest.split_once(' ').ok_or(())?,
            None => ("", text),
        };
        let zone = Zone::named(zone).ok_or(())?;
        let text = text.trim();
        if let Some(every) = text.strip_prefix("@every ") {
            let nanos = duration_text::parse(every.trim(), false).map_err(|_| ())?;
            return Ok(Self::Every((nanos / SECOND).max(1)));
        }
        let fields: Vec<&str> = named(text).split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(());
        };
        let mut weekday_bits = field(weekdays, 0, 7, &WEEKDAYS)?;
        if weekday_bits & (1 << 7) != 0 {
            weekday_bits |= 1;
        }
        let any = |text| text == "*" || text == "?";
        let calendar = Calendar {
            seconds: 1,
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: weekday_bits,
            years: None,
            either_day: !any(days) && !any(weekdays),
        };
        Ok(Self::Times(calendar, zone))
    }

    /// How long the run after one that should have begun at `nominal` waits from `now` on.
    pub(crate) fn wait(&self, nominal: Time, now: Time) -> Option<Duration> {
        let nominal = nominal.as_nanos().div_euclid(SECOND);
        let ended = now.as_nanos().div_euclid(SECOND);
        let mut next = match self {
            Self::Every(seconds) => {
                let missed = (ended - nominal).max(0) / seconds;
                nominal + (missed + 1) * seconds
            }
            Self::Times(..) => self.next_after(nominal.max(ended))?,
        };
        if next <= ended {
            next = ended + 1;
        }
        let wait = next * SECOND - now.as_nanos();
        // Whole seconds, rounded up.
        let seconds = (wait + SECOND - 1).div_euclid(SECOND);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(1)))
    }

    fn next_after(&self, seconds: i64) -> Option<i64> {
        match self {
            Self::Every(_) => None,
            Self::Times(calendar, zone) => calendar.next(zone, seconds, seconds + SEARCHED),
        }
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One field as a set of bits.
fn field(text: &str, least: u32, most: u32, names: &[&str]) -> Result<u64, ()> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().map_err(|_| ())?),
            None => (part, 1),
        };
        let value = |text: &str| number(text, least, names);
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (least, most),
            Some((from, to)) => (value(from)?, value(to)?),
            None if part.contains('/') => (value(range)?, most),
            None => (value(range)?, value(range)?),
        };
        if step == 0 || from < least || to > most || from > to {
            return Err(());
        }
        let step = usize::try_from(step).map_err(|_| ())?;
        for bit in (from..=to).step_by(step) {
            bits |= 1_u64 << bit;
        }
    }
    Ok(bits)
}

fn number(text: &str, least: u32, names: &[&str]) -> Result<u32, ()> {
    let lower = text.to_lowercase();
    match names.iter().position(|name| *name == lower) {
        Some(place) => Ok(least + u32::try_from(place).map_err(|_| ())?),
        None => text.parse().map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(text: &str, nominal: i64, now: i64) -> Option<u64> {
        let at = |seconds: i64| Time::from_nanos(seconds * SECOND);
        Cron::parse(text)
            .unwrap()
            .wait(at(nominal), at(now))
            .map(|wait| wait.as_secs())
    }

    #[test]
    fn rule_109_fields_ranges_steps_and_names() {
        // The epoch is a Thursday, at midnight.
        assert_eq!(wait("* * * * *", 0, 0), Some(60));
        assert_eq!(wait("*/15 * * * *", 0, 61), Some(15 * 60 - 61));
        assert_eq!(wait("30 9-17 * * *", 0, 0), Some(9 * 3600 + 30 * 60));
        assert_eq!(wait("0 0 * * mon", 0, 0), Some(4 * 86_400));
        assert_eq!(wait("0 0 1 feb *", 0, 0), Some(31 * 86_400));
        assert_eq!(wait("@hourly", 0, 10), Some(3590));
        assert_eq!(
            wait("CRON_TZ=UTC 0 0 29 2 *", 0, 0),
            Some((365 * 2 + 31 + 28) * 86_400)
        );
    }

    #[test]
    fn rule_109_every_counts_from_the_nominal_time_and_skips_missed_slots() {
        assert_eq!(wait("@every 10s", 100, 100), Some(10));
        assert_eq!(wait("@every 10s", 100, 104), Some(6));
        assert_eq!(wait("@every 10s", 100, 137), Some(3));
        assert_eq!(wait("@every 0.1s", 100, 100), Some(1));
    }

    #[test]
    fn rule_109_what_cannot_be_read_or_never_comes_is_refused() {
        for text in [
            "",
            "nonsense",
            "* * * *",
            "60 * * * *",
            "0 0 31 2 *",
            "@every",
            "@every x",
            "CRON_TZ=Mars/Base * * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "CRON_TZ=europe/berlin * * * * *",
            "CRON_TZ=Europe/Berlin",
        ] {
            assert!(Cron::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rule_109_times_are_those_of_the_zone() {
        // 10 March 2030, 05:00 UTC: midnight in New York, where 02:30 is skipped that day.
        let before = 1_899_349_200;
        let york = |text: &str| wait(&format!("CRON_TZ=America/New_York {text}"), before, before);
        assert_eq!(york("30 1 * * *"), Some(90 * 60));
        assert_eq!(york("30 3 * * *"), Some(150 * 60));
        assert_eq!(york("30 2 * * *"), Some((24 + 1) * 3600 + 30 * 60));
        assert_eq!(wait("TZ=Asia/Tokyo 0 9 * * *", 0, 0), Some(86_400));
    }

    #[test]
    fn rule_109_day_of_month_or_day_of_week_is_enough_if_both_are_given() {
        // The epoch is a Thursday.
        assert_eq!(wait("0 0 13 * fri", 0, 0), Some(86_400));
        assert_eq!(wait("0 0 2 * sun", 0, 0), Some(86_400));
        assert_eq!(wait("0 0 * * sun", 0, 0), Some(3 * 86_400));
    }
}
