//! Random texts and specs: nothing panics, and nothing takes long.

use temporal_protos::schedule::{CalendarSpec, Range, StructuredCalendarSpec};

use super::*;
use crate::engine::execution::cron::Cron;
use crate::engine::fuzz::{Random, inputs};

/// Pieces that lines are made of: legal ones, nearly legal ones, and hostile ones.
const PIECES: &[&str] = &[
    "*",
    "0",
    "5",
    "59",
    "60",
    "-",
    "-1",
    "1-5",
    "*/15",
    "1,2,3",
    "1-30/7",
    "/",
    ",",
    "JAN",
    "december",
    "MON",
    "su",
    "7",
    "5-7/2",
    "2031",
    "2000-2100",
    "@every",
    "@hourly",
    "@yearly",
    "1h",
    "1h30m",
    "0.1s",
    "9999999999h",
    "d",
    "TZ=",
    "CRON_TZ=Europe/Paris",
    "TZ=UTC",
    "TZ=America/New_York",
    "#",
    "# note",
    "?",
    "é",
    "\u{0}",
    "99999999999999999999",
    "+3",
    "31",
    "29",
    "2",
    "30",
];

/// What the fields of a line are made of when it shall have a chance.
const FIELDS: &[&str] = &[
    "*", "*", "*", "0", "1", "5", "7", "1-5", "*/15", "1,2,3", "1-3/2", "3/2", "2", "12", "31",
    "29", "MON", "JAN", "2031",
];

fn line(random: &mut Random) -> String {
    if random.below(2) == 0 {
        let fields = 5 + random.below(3);
        let zone = random.pick(&["", "", "TZ=Europe/Paris", "CRON_TZ=America/New_York"]);
        let fields: Vec<&str> = (0..fields).map(|_| random.pick(FIELDS)).collect();
        return format!("{zone} {}", fields.join(" "));
    }
    let pieces = 1 + random.below(9);
    let mut line = String::new();
    for _ in 0..pieces {
        line.push_str(random.pick(PIECES));
        line.push_str(random.pick(&[" ", " ", " ", " ", "", ",", "\t"]));
    }
    line
}

#[test]
fn random_cron_lines_are_read_or_refused() {
    let mut random = Random::new(7);
    let mut legal = 0;
    for _ in 0..inputs() {
        let line = line(&mut random);
        if let Ok(spec) = Spec::new(cron(&[&line])) {
            legal += 1;
            let next = spec.next("", YEAR_2030 * 1000);
            assert!(next.is_none_or(|next| next.nominal > YEAR_2030), "{line}");
            // What is canonical stays as it is.
            let again = Spec::new(spec.canonical().clone()).unwrap();
            assert_eq!(again.canonical(), spec.canonical(), "{line}");
            assert_eq!(again.next("", YEAR_2030 * 1000), next, "{line}");
        }
        if let Ok(cron) = Cron::parse(&line) {
            let wait = cron.wait(at(YEAR_2030), at(YEAR_2030));
            assert!(wait.is_none_or(|wait| !wait.is_zero()), "{line}");
        }
    }
    assert!(legal > inputs() / 100, "only {legal} lines were legal");
}

#[test]
fn random_calendars_are_read_or_refused() {
    let mut random = Random::new(11);
    for _ in 0..inputs() {
        let mut field = || match random.below(3) {
            0 => String::new(),
            1 => random.pick(PIECES).to_owned(),
            _ => format!("{}{}", random.pick(PIECES), random.pick(PIECES)),
        };
        let calendar = CalendarSpec {
            second: field(),
            minute: field(),
            hour: field(),
            day_of_month: field(),
            month: field(),
            year: field(),
            day_of_week: field(),
            comment: String::new(),
        };
        let spec = ScheduleSpec {
            exclude_calendar: vec![calendar.clone()],
            calendar: vec![calendar],
            ..every(1)
        };
        if let Ok(spec) = Spec::new(spec) {
            let next = spec.next("", YEAR_2030 * 1000);
            assert!(next.is_none_or(|next| next.nominal > YEAR_2030));
        }
    }
}

#[test]
fn random_numbers_in_specs_are_taken_or_refused() {
    const NUMBERS: [i64; 9] = [
        0,
        1,
        -1,
        59,
        3600,
        i64::MAX,
        i64::MIN,
        YEAR_2030,
        315_576_000_000,
    ];
    let mut random = Random::new(13);
    for _ in 0..inputs() / 4 {
        let mut number = || NUMBERS[random.below(NUMBERS.len())];
        let mut small = || i32::try_from(number()).unwrap_or(i32::MIN);
        let range = Range {
            start: small(),
            end: small(),
            step: small(),
        };
        let nanos = small();
        let mut length = || prost_types::Duration {
            seconds: number(),
            nanos,
        };
        let mut spec = every(60);
        spec.interval[0].interval = Some(length());
        spec.interval[0].phase = Some(length());
        spec.jitter = Some(length());
        spec.start_time = Some(prost_types::Timestamp {
            seconds: number(),
            nanos,
        });
        spec.end_time = Some(prost_types::Timestamp {
            seconds: number(),
            nanos,
        });
        spec.exclude_structured_calendar = vec![StructuredCalendarSpec {
            second: vec![range],
            hour: vec![range],
            year: vec![range],
            ..Default::default()
        }];
        let after = number();
        if let Ok(spec) = Spec::new(spec) {
            let after = millis(&timestamp(after));
            let mut next = spec.next("", after);
            for _ in 0..3 {
                next = next.and_then(|next| spec.next("", next.actual));
            }
        }
    }
}
