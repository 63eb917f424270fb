//! Cron schedules of workflows: five fields, the usual names, `@every`. Everything is in UTC: other time zones are
//! refused, because this crate carries no time zone data.

use std::time::Duration;

use crate::engine::time::Time;

const UNREADABLE: &str = "invalid CronSchedule.";
const NEVER: &str = "invalid CronSchedule, no time can be found to satisfy the schedule";
const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
/// A schedule without an instant in so many days never has one (29 February at most every eight years).
const SEARCHED_DAYS: i64 = 366 * 9;

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cron {
    Every(i64),
    Fields {
        minutes: u64,
        hours: u64,
        days: u64,
        months: u64,
        weekdays: u64,
        any_day: bool,
        any_weekday: bool,
    },
}

impl Cron {
    /// Reads a schedule.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let cron = Self::read(text).map_err(|()| UNREADABLE)?;
        // A schedule that never comes is as wrong as one that cannot be read.
        match &cron {
            Self::Every(_) => Ok(cron),
            Self::Fields { .. } => cron.next_after(0).map(|_| cron.clone()).ok_or(NEVER),
        }
    }

    fn read(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let text = match text
            .strip_prefix("CRON_TZ=")
            .or_else(|| text.strip_prefix("TZ="))
        {
            Some(rest) => {
                let (zone, spec) = rest.split_once(' ').ok_or(())?;
                if !matches!(zone, "UTC" | "Etc/UTC" | "GMT" | "Z") {
                    return Err(());
                }
                spec.trim()
            }
            None => text,
        };
        if let Some(every) = text.strip_prefix("@every ") {
            let seconds = go_duration(every.trim()).ok_or(())?;
            return Ok(Self::Every(seconds.max(1)));
        }
        let text = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(());
        };
        let mut weekday_bits = field(weekdays, 0, 7, &WEEKDAYS)?;
        if weekday_bits & (1 << 7) != 0 {
            weekday_bits |= 1;
        }
        Ok(Self::Fields {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: weekday_bits,
            any_day: days == "*" || days == "?",
            any_weekday: weekdays == "*" || weekdays == "?",
        })
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
            Self::Fields { .. } => self.next_after(nominal.max(ended))?,
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
        let Self::Fields { minutes, hours, .. } = self else {
            return None;
        };
        let start = seconds.div_euclid(MINUTE) + 1;
        let first_day = (start * MINUTE).div_euclid(DAY);
        for day in first_day..first_day + SEARCHED_DAYS {
            if !self.has_day(day) {
                continue;
            }
            let from = (start - day * DAY / MINUTE).max(0);
            let found = (from..DAY / MINUTE).find(|minute| {
                *hours & (1 << (minute / 60)) != 0 && *minutes & (1 << (minute % 60)) != 0
            });
            if let Some(minute) = found {
                return Some(day * DAY + minute * MINUTE);
            }
        }
        None
    }

    fn has_day(&self, day: i64) -> bool {
        let Self::Fields {
            days,
            months,
            weekdays,
            any_day,
            any_weekday,
            ..
        } = self
        else {
            return false;
        };
        let (month, of_month) = civil(day);
        // 1 January 1970 was a Thursday.
        let weekday = (day + 4).rem_euclid(7);
        let by_day = days & (1 << of_month) != 0;
        let by_weekday = weekdays & (1 << weekday) != 0;
        let fits = if *any_day || *any_weekday {
            by_day && by_weekday
        } else {
            by_day || by_weekday
        };
        months & (1 << month) != 0 && fits
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

/// A duration as Go writes it, in whole seconds rounded down.
fn go_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..unit_end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += amount * unit;
        rest = &rest[unit_end..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
    let whole = seconds.clamp(0.0, 1e12) as i64;
    Some(if negative { -whole } else { whole })
}

/// Month and day of the month of a day since the epoch (Howard Hinnant's `civil_from_days`).
fn civil(day: i64) -> (u32, u32) {
    let z = day + 719_468;
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (
        u32::try_from(month).unwrap_or(1),
        u32::try_from(of_month).unwrap_or(1),
    )
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
        ] {
            assert!(Cron::parse(text).is_err(), "{text}");
        }
    }
}
