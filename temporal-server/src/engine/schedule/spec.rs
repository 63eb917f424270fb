//! The times of a schedule: calendars and intervals together, without what is excluded, each later by its jitter.
//! Specs are canonical: texts become calendars of numbers. Times are seconds since the epoch, and milliseconds once
//! jitter is added. Never asks what time it is, and every search has an end.

use prost_types::Timestamp;
use temporal_protos::schedule::{IntervalSpec, Range, ScheduleSpec, StructuredCalendarSpec};

use super::calendar::Calendar;
use super::cron_text::{self, CronTimes};
use super::jitter::jitter;
use super::zone::Zone;
use crate::engine::time;

/// 31 December 2100, the last day of calendars.
const LAST: i64 = 4_133_980_799;
/// Where searches begin at the earliest: in the year -9998.
const FIRST: i64 = -377_600_000_000;
/// So many excluded times in a row, whole days and hours counted once, are all that a search passes over.
const MAX_EXCLUDED: usize = 10_000;
/// Go's longest duration, in seconds; longer ones count as this.
const LONGEST: i64 = i64::MAX / 1_000_000_000;
/// Bytes of the comment of a calendar.
const MAX_COMMENT: usize = 200;

/// A compiled spec.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    canonical: ScheduleSpec,
    zone: Zone,
    calendars: Vec<Calendar>,
    excluded: Vec<Calendar>,
    /// Interval and phase, in seconds.
    intervals: Vec<(i64, i64)>,
    first: i64,
    last: i64,
    /// Milliseconds.
    jitter: i64,
}

/// A time of a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// The second that the spec names.
    pub(crate) nominal: i64,
    /// The millisecond at which the action is due: later by the jitter.
    pub(crate) actual: i64,
}

impl Spec {
    /// Makes a spec canonical, and compiles it. The error says what is wrong, in the real service's words.
    pub(crate) fn new(spec: ScheduleSpec) -> Result<Self, String> {
        let canonical = canonical(spec)?;
        let zone = if canonical.timezone_data.is_empty() {
            Zone::named(&canonical.timezone_name)
                .ok_or_else(|| format!("unknown time zone {}", canonical.timezone_name))?
        } else {
            Zone::from_data(&canonical.timezone_data).ok_or("malformed time zone information")?
        };
        let intervals = canonical.interval.iter();
        Ok(Self {
            zone,
            calendars: canonical
                .structured_calendar
                .iter()
                .map(Calendar::new)
                .collect(),
            excluded: canonical
                .exclude_structured_calendar
                .iter()
                .map(Calendar::new)
                .collect(),
            intervals: intervals
                .map(|interval| {
                    let phase = seconds(interval.phase.as_ref());
                    (seconds(interval.interval.as_ref()).max(1), phase)
                })
                .collect(),
            // The second that a start is in belongs to the schedule, whatever its fraction.
            first: canonical
                .start_time
                .map_or(FIRST, |start| start.seconds.clamp(FIRST, -FIRST)),
            last: canonical.end_time.map_or(i64::MAX, |end| end.seconds),
            jitter: i64::try_from(time::checked(canonical.jitter.as_ref()).as_millis())
                .unwrap_or(i64::MAX),
            canonical,
        })
    }

    /// The spec as it is described.
    pub(crate) fn canonical(&self) -> &ScheduleSpec {
        &self.canonical
    }

    /// How many milliseconds an action may be late.
    pub(crate) fn most_jitter(&self) -> i64 {
        self.jitter
    }

    /// The first time whose second comes after this millisecond. The seed makes the jitter the schedule's own.
    pub(crate) fn next(&self, seed: &str, after: i64) -> Option<Match> {
        let mut after = after.div_euclid(1000).max(self.first - 1);
        for _ in 0..MAX_EXCLUDED {
            let nominal = self.next_unless_excluded(after)?;
            if nominal > self.last {
                return None;
            }
            if let Some(until) = self.excluded_until(nominal) {
                after = until - 1;
                continue;
            }
            // Never as late as the next time.
            let most = match self.next_unless_excluded(nominal) {
                Some(following) => self.jitter.min((following - nominal).saturating_mul(1000)),
                None => self.jitter,
            };
            let actual = nominal * 1000 + jitter(seed, nominal, most);
            return Some(Match { nominal, actual });
        }
        None
    }

    fn next_unless_excluded(&self, after: i64) -> Option<i64> {
        let calendars = self.calendars.iter();
        let by_calendar = calendars.filter_map(|calendar| calendar.next(&self.zone, after, LAST));
        let by_interval = self.intervals.iter().map(|(interval, phase)| {
            ((after - phase).div_euclid(*interval) + 1) * interval + phase
        });
        by_calendar.chain(by_interval).min()
    }

    /// Until when a time, and all after it, are excluded.
    fn excluded_until(&self, at: i64) -> Option<i64> {
        let excluding = self.excluded.iter();
        excluding
            .filter(|calendar| calendar.matches(&self.zone, at))
            .map(|calendar| calendar.matches_until(&self.zone, at))
            .max()
    }
}

/// Milliseconds since the epoch.
pub(crate) fn millis(at: &Timestamp) -> i64 {
    at.seconds
        .clamp(FIRST, -FIRST)
        .saturating_mul(1000)
        .saturating_add(i64::from(at.nanos / 1_000_000))
}

/// The time of a message, from milliseconds.
pub(crate) fn timestamp(millis: i64) -> Timestamp {
    Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or(0),
    }
}

/// Whole seconds of a length of time that was checked.
fn seconds(duration: Option<&prost_types::Duration>) -> i64 {
    i64::try_from(nanos(duration) / 1_000_000_000).unwrap_or(LONGEST)
}

fn nanos(duration: Option<&prost_types::Duration>) -> i128 {
    duration.map_or(0, |duration| {
        let seconds = i128::from(duration.seconds.min(LONGEST));
        seconds * 1_000_000_000 + i128::from(duration.nanos)
    })
}

fn canonical(mut spec: ScheduleSpec) -> Result<ScheduleSpec, String> {
    for calendar in std::mem::take(&mut spec.calendar) {
        spec.structured_calendar
            .push(cron_text::calendar(&calendar)?);
    }
    for calendar in std::mem::take(&mut spec.exclude_calendar) {
        spec.exclude_structured_calendar
            .push(cron_text::calendar(&calendar)?);
    }
    let mut zone: Option<String> = None;
    for line in std::mem::take(&mut spec.cron_string) {
        let line = cron_text::cron(&line)?;
        // Lines agree about their zone, or name none at all.
        if zone.is_some_and(|zone| zone != line.zone) {
            return Err(CONFLICT.into());
        }
        zone = Some(line.zone);
        match line.times {
            CronTimes::Calendar(calendar) => spec.structured_calendar.push(calendar),
            CronTimes::Interval(interval) => spec.interval.push(interval),
        }
    }
    if let Some(zone) = zone.filter(|zone| !zone.is_empty()) {
        let differs = !spec.timezone_name.is_empty() && spec.timezone_name != zone;
        if differs || !spec.timezone_data.is_empty() {
            return Err(CONFLICT.into());
        }
        spec.timezone_name = zone;
    }
    spec.structured_calendar
        .iter()
        .try_for_each(check_calendar)?;
    spec.interval.iter().try_for_each(check_interval)?;
    spec.structured_calendar.iter_mut().for_each(fill);
    spec.exclude_structured_calendar.iter_mut().for_each(fill);
    Ok(spec)
}

const CONFLICT: &str = "conflicting timezone names";

fn check_calendar(calendar: &StructuredCalendarSpec) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut check = |ranges: &[Range], name: &str, least: i32, most: i32| {
        for range in ranges {
            if !(least..=most).contains(&range.start) {
                wrong.push(format!("{name} Start is not in range [{least}-{most}]"));
            }
            if range.end != 0 && (range.end < range.start || range.end > most) {
                wrong.push(format!(
                    "{name} End is before Start or not in range [{least}-{most}]"
                ));
            }
            if range.step < 0 {
                wrong.push(format!("{name} has invalid Step"));
            }
        }
    };
    check(&calendar.second, "Second", 0, 59);
    check(&calendar.minute, "Minute", 0, 59);
    check(&calendar.hour, "Hour", 0, 23);
    check(&calendar.day_of_month, "DayOfMonth", 1, 31);
    check(&calendar.month, "Month", 1, 12);
    check(&calendar.year, "Year", 2000, 2100);
    check(&calendar.day_of_week, "DayOfWeek", 0, 6);
    if calendar.comment.len() > MAX_COMMENT {
        wrong.push("comment is too long".into());
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("invalid calendar spec: {}", wrong.join(", ")))
    }
}

fn check_interval(interval: &IntervalSpec) -> Result<(), String> {
    let (length, phase) = (
        nanos(interval.interval.as_ref()),
        nanos(interval.phase.as_ref()),
    );
    if length < 1_000_000_000 {
        Err("interval is too small".into())
    } else if phase < 0 {
        Err("phase is negative".into())
    } else if phase >= length {
        Err("phase cannot be greater than Interval".into())
    } else {
        Ok(())
    }
}

/// Ranges are described in full.
fn fill(calendar: &mut StructuredCalendarSpec) {
    let fields = [
        &mut calendar.second,
        &mut calendar.minute,
        &mut calendar.hour,
        &mut calendar.day_of_month,
        &mut calendar.month,
        &mut calendar.year,
        &mut calendar.day_of_week,
    ];
    for range in fields.into_iter().flatten() {
        range.end = range.end.max(range.start);
        if range.step == 0 {
            range.step = 1;
        }
    }
}
