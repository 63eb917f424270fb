//! Calendars as text: the fields of a [`CalendarSpec`], and cron lines, which become the same. Only reads; what is
//! wrong is said in the real service's words.

use temporal_protos::schedule::{CalendarSpec, IntervalSpec, Range, StructuredCalendarSpec};

use crate::engine::duration_text;

/// A field of a calendar.
struct Field {
    name: &'static str,
    /// What an empty text stands for.
    default: &'static str,
    least: i32,
    most: i32,
    /// Names of the values from the least on, and how many letters of them are enough.
    names: &'static [&'static str],
    letters: usize,
}

const fn field(name: &'static str, default: &'static str, least: i32, most: i32) -> Field {
    Field {
        name,
        default,
        least,
        most,
        names: &[],
        letters: 0,
    }
}

const SECOND: Field = field("Second", "0", 0, 59);
const MINUTE: Field = field("Minute", "0", 0, 59);
const HOUR: Field = field("Hour", "0", 0, 23);
const DAY_OF_MONTH: Field = field("DayOfMonth", "*", 1, 31);
const YEAR: Field = field("Year", "*", 2000, 2100);
const MONTH: Field = Field {
    names: &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    letters: 3,
    ..field("Month", "*", 1, 12)
};
/// 7 is Sunday, too.
const DAY_OF_WEEK: Field = Field {
    names: &[
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ],
    letters: 2,
    ..field("DayOfWeek", "*", 0, 7)
};

/// What a cron line says.
#[derive(Debug, PartialEq)]
pub(crate) struct CronLine {
    pub(crate) times: CronTimes,
    /// The zone that it names; empty if none.
    pub(crate) zone: String,
}

/// The times of a cron line.
#[derive(Debug, PartialEq)]
pub(crate) enum CronTimes {
    Calendar(StructuredCalendarSpec),
    Interval(IntervalSpec),
}

/// Reads the fields of a calendar. All that is wrong is said at once.
pub(crate) fn calendar(text: &CalendarSpec) -> Result<StructuredCalendarSpec, String> {
    let mut wrong = Vec::new();
    let mut read = |field: &Field, text: &str| {
        ranges(field, text).unwrap_or_else(|error| {
            wrong.push(error);
            Vec::new()
        })
    };
    let structured = StructuredCalendarSpec {
        second: read(&SECOND, &text.second),
        minute: read(&MINUTE, &text.minute),
        hour: read(&HOUR, &text.hour),
        day_of_week: read(&DAY_OF_WEEK, &text.day_of_week),
        day_of_month: read(&DAY_OF_MONTH, &text.day_of_month),
        month: read(&MONTH, &text.month),
        // Every year is no range at all.
        year: match text.year.trim() {
            "*" | "" => Vec::new(),
            year => read(&YEAR, year),
        },
        comment: text.comment.clone(),
    };
    if wrong.is_empty() {
        Ok(structured)
    } else {
        Err(wrong.join(", "))
    }
}

/// Reads a cron line: `TZ=zone`, then five to seven fields, a name like `@hourly` or `@every length/phase`, then a
/// `#comment`.
pub(crate) fn cron(line: &str) -> Result<CronLine, String> {
    let line = line.trim();
    let (zone, line) = match line.strip_prefix("CRON_TZ=").or(line.strip_prefix("TZ=")) {
        Some(rest) => rest
            .split_once(' ')
            .ok_or("CronString has time zone but missing fields")?,
        None => ("", line),
    };
    let (line, comment) = line.split_once('#').unwrap_or((line, ""));
    let line = line.trim();
    if line.starts_with("@every") {
        // Intervals know no zone.
        return Ok(CronLine {
            times: CronTimes::Interval(every(line)?),
            zone: String::new(),
        });
    }
    let fields: Vec<&str> = named(line).split_whitespace().collect();
    let [second, minute, hour, day_of_month, month, day_of_week, year] = match fields[..] {
        [a, b, c, d, e] => ["", a, b, c, d, e, ""],
        [a, b, c, d, e, f] => ["", a, b, c, d, e, f],
        [a, b, c, d, e, f, g] => [a, b, c, d, e, f, g],
        _ => return Err("CronString does not have 5-7 fields".into()),
    }
    .map(str::to_owned);
    let structured = calendar(&CalendarSpec {
        second,
        minute,
        hour,
        day_of_month,
        month,
        year,
        day_of_week,
        comment: comment.trim().into(),
    })?;
    Ok(CronLine {
        times: CronTimes::Calendar(structured),
        zone: zone.into(),
    })
}

/// The fields that a name like `@hourly` stands for; anything else stands for itself.
pub(crate) fn named(line: &str) -> &str {
    match line {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => other,
    }
}

/// `@every 1h/5m`: a length of time, and the phase.
fn every(line: &str) -> Result<IntervalSpec, String> {
    let (_, lengths) = line
        .split_once(' ')
        .ok_or("CronString does not have interval after @every")?;
    let (interval, phase) = lengths.split_once('/').unwrap_or((lengths, ""));
    let read = |text: &str| duration_text::parse(text, true).map(duration);
    Ok(IntervalSpec {
        interval: Some(read(interval)?),
        phase: (!phase.is_empty()).then(|| read(phase)).transpose()?,
    })
}

fn duration(nanos: i64) -> prost_types::Duration {
    prost_types::Duration {
        seconds: nanos / 1_000_000_000,
        nanos: i32::try_from(nanos % 1_000_000_000).unwrap_or(0),
    }
}

/// Ranges of a field: `*`, `2`, `2-5`, `2-9/3`, `2/3`, and several with commas between.
fn ranges(field: &Field, text: &str) -> Result<Vec<Range>, String> {
    let text = match text.trim() {
        "" => field.default,
        text => text,
    };
    let mut ranges = Vec::new();
    for part in text.split(',') {
        range(field, part, &mut ranges)?;
    }
    Ok(ranges)
}

fn range(field: &Field, part: &str, ranges: &mut Vec<Range>) -> Result<(), String> {
    let Field {
        name, least, most, ..
    } = *field;
    let (part, step) = match part.split_once('/') {
        Some((_, step)) if step.contains('/') => {
            return Err(format!("{name} has too many slashes"));
        }
        Some((part, step)) => (part, Some(self::step(name, step)?)),
        None => (part, None),
    };
    let (start, end) = match part.split_once('-') {
        _ if part == "*" => (least, most),
        Some((_, end)) if end.contains('-') => return Err(format!("{name} has too many dashes")),
        Some((start, end)) => {
            let start = value(field, start, least)
                .ok_or_else(|| format!("{name} Start is not in range [{least}-{most}]"))?;
            let end = value(field, end, start).ok_or_else(|| {
                format!("{name} End is before Start or not in range [{least}-{most}]")
            })?;
            (start, end)
        }
        None => {
            let start = value(field, part, least)
                .ok_or_else(|| format!("{name} is not in range [{least}-{most}]"))?;
            // With a step, one value is the first of all that follow.
            (start, if step.is_some() { most } else { start })
        }
    };
    let step = step.unwrap_or(1);
    if most == DAY_OF_WEEK.most {
        days_of_week(start, end, step, ranges);
    } else {
        ranges.push(Range { start, end, step });
    }
    Ok(())
}

/// Sunday is kept as 0 alone: a range up to 7 ends at 6, and 0 comes before it unless it is there already.
fn days_of_week(start: i32, end: i32, step: i32, ranges: &mut Vec<Range>) {
    let sunday = DAY_OF_WEEK.most;
    if end < sunday {
        ranges.push(Range { start, end, step });
        return;
    }
    if (sunday - start) % step == 0 && (step > 1 || start > 1) {
        ranges.push(Range {
            start: 0,
            end: 0,
            step: 1,
        });
    }
    if start < sunday {
        ranges.push(Range {
            start,
            end: sunday - 1,
            step,
        });
    }
}

fn step(name: &str, text: &str) -> Result<i32, String> {
    let step: i64 = text
        .parse()
        .map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))?;
    if step < 1 {
        return Err(format!("{name} has invalid Step"));
    }
    Ok(i32::try_from(step).unwrap_or(i32::MAX))
}

/// A value by its number or its name, from `least` to the most of the field.
fn value(field: &Field, text: &str, least: i32) -> Option<i32> {
    let lower = text.to_lowercase();
    let named = field
        .names
        .iter()
        .position(|name| text.len() >= field.letters && name.starts_with(&lower));
    let value = match named {
        Some(place) => field.least + i32::try_from(place).ok()?,
        None => text.parse().ok()?,
    };
    (least..=field.most).contains(&value).then_some(value)
}
