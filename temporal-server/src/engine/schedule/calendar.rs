//! Which seconds a calendar matches: a set of numbers for each field of the local time. Local times that the clocks
//! skip never match, and those that they repeat match twice, because it is UTC that is searched: stretch by stretch
//! of one offset. Every search has an end.

use temporal_protos::schedule::{Range, StructuredCalendarSpec};

use super::zone::Zone;
use crate::engine::date::{DAY, Date, weekday};

/// The years that a calendar can name, as in the real service.
pub(crate) const YEARS: std::ops::RangeInclusive<i64> = 2000..=2100;

const ALL_OF_60: u64 = (1 << 60) - 1;
const ALL_HOURS: u64 = (1 << 24) - 1;

/// A compiled calendar. Each number is a set: bit n stands for the value n.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Calendar {
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) hours: u64,
    pub(crate) days: u64,
    pub(crate) months: u64,
    /// 0 is Sunday.
    pub(crate) weekdays: u64,
    /// Bit n stands for the year 2000 + n; none for any year.
    pub(crate) years: Option<u128>,
    /// Whether the day of the month or the day of the week is enough, as crontab has it when both are given.
    pub(crate) either_day: bool,
}

impl Calendar {
    /// Compiles a calendar; what lies beyond the range of a field never matches. A field without ranges matches
    /// nothing, but for the year: the real service fills in no defaults for calendars of numbers, and SDKs do.
    pub(crate) fn new(spec: &StructuredCalendarSpec) -> Self {
        let years = || {
            let mut years = 0_u128;
            for year in values(&spec.year, 2000, 2100) {
                years |= 1 << (year - 2000);
            }
            years
        };
        Self {
            seconds: set(&spec.second, 0, 59),
            minutes: set(&spec.minute, 0, 59),
            hours: set(&spec.hour, 0, 23),
            days: set(&spec.day_of_month, 1, 31),
            months: set(&spec.month, 1, 12),
            weekdays: set(&spec.day_of_week, 0, 6),
            years: (!spec.year.is_empty()).then(years),
            either_day: false,
        }
    }

    /// Whether this second matches.
    pub(crate) fn matches(&self, zone: &Zone, at: i64) -> bool {
        let local = at + zone.offset(at);
        self.next_local(local, local + 1).is_some()
    }

    /// The first second that matches after this one, up to `last`.
    pub(crate) fn next(&self, zone: &Zone, after: i64, last: i64) -> Option<i64> {
        let end = last.saturating_add(1);
        let mut from = after.saturating_add(1);
        while from < end {
            let offset = zone.offset(from);
            let until = zone.next_change(from).unwrap_or(end).min(end);
            let local = self.next_local(from.saturating_add(offset), until.saturating_add(offset));
            if let Some(local) = local {
                return Some(local - offset);
            }
            from = until;
        }
        None
    }

    /// The end of a stretch that matches as a whole, from a second on that does. Only whole minutes, hours and days are
    /// seen; otherwise it is the next second.
    pub(crate) fn matches_until(&self, zone: &Zone, at: i64) -> i64 {
        let length = match (self.seconds, self.minutes, self.hours) {
            (ALL_OF_60, ALL_OF_60, ALL_HOURS) => DAY,
            (ALL_OF_60, ALL_OF_60, _) => 3600,
            (ALL_OF_60, ..) => 60,
            _ => return at + 1,
        };
        let into = (at + zone.offset(at)).rem_euclid(length);
        let end = at + length - into;
        zone.next_change(at).map_or(end, |change| change.min(end))
    }

    /// The same in local time without changes: from the first second on, before the other.
    fn next_local(&self, from: i64, until: i64) -> Option<i64> {
        let mut day = from.div_euclid(DAY);
        let mut second = from.rem_euclid(DAY);
        while day.saturating_mul(DAY) < until {
            let date = Date::of(day);
            let next = if !self.has_year(date.year) {
                date.next_year().number()
            } else if !has(self.months, date.month) {
                date.next_month().number()
            } else {
                if self.has_day(date, day)
                    && let Some(found) = self.time_of_day(second)
                {
                    let at = day * DAY + found;
                    return (at < until).then_some(at);
                }
                day + 1
            };
            day = next;
            second = 0;
        }
        None
    }

    fn has_year(&self, year: i64) -> bool {
        let Some(years) = self.years else {
            return true;
        };
        YEARS.contains(&year) && years & (1 << (year - YEARS.start())) != 0
    }

    fn has_day(&self, date: Date, day: i64) -> bool {
        let by_month = has(self.days, date.day);
        let by_week = has(self.weekdays, weekday(day));
        if self.either_day {
            by_month || by_week
        } else {
            by_month && by_week
        }
    }

    /// The first second of a day that matches, from this one on.
    fn time_of_day(&self, from: i64) -> Option<i64> {
        let (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        for h in (hour..24).filter(|h| self.hours & (1 << h) != 0) {
            let first = if h == hour { minute } else { 0 };
            for m in (first..60).filter(|m| self.minutes & (1 << m) != 0) {
                let least = if (h, m) == (hour, minute) { second } else { 0 };
                let left = self.seconds >> least;
                if left != 0 {
                    return Some(h * 3600 + m * 60 + least + i64::from(left.trailing_zeros()));
                }
            }
        }
        None
    }
}

fn has(set: u64, value: u32) -> bool {
    set & (1 << value) != 0
}

fn set(ranges: &[Range], least: i64, most: i64) -> u64 {
    values(ranges, least, most).fold(0, |set, value| set | (1 << value))
}

/// The values of ranges. An end before the start means the start alone, and a step of zero means one.
fn values(ranges: &[Range], least: i64, most: i64) -> impl Iterator<Item = i64> {
    ranges.iter().flat_map(move |range| {
        let (start, step) = (i64::from(range.start), i64::from(range.step.max(1)));
        // A range may begin far below: what lies there is passed over at once.
        let below = (least - start + step - 1).max(0) / step;
        let end = i64::from(range.end).max(start).min(most);
        let stride = usize::try_from(step).unwrap_or(1);
        (start + below * step..=end).step_by(stride)
    })
}
