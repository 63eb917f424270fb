//! Which times a spec has.

use temporal_protos::schedule::{CalendarSpec, Range, StructuredCalendarSpec};

use super::*;
use crate::engine::date::{DAY, Date, rfc3339, weekday};
use crate::engine::schedule::calendar::Calendar;
use crate::engine::schedule::zone::Zone;

/// The nominal times after the beginning of 2030, or after that of the range.
fn times(spec: ScheduleSpec, after: i64, most: usize) -> Vec<String> {
    let spec = Spec::new(spec).unwrap();
    let mut after = after * 1000;
    let mut times = Vec::new();
    while let Some(next) = spec.next("seed", after).filter(|_| times.len() < most) {
        assert!(next.actual > after, "time goes on");
        after = next.actual;
        times.push(
            rfc3339(next.nominal)
                .replace(['T', 'Z'], " ")
                .trim()
                .to_owned(),
        );
    }
    times
}

fn in_york(lines: &[&str]) -> ScheduleSpec {
    ScheduleSpec {
        timezone_name: "America/New_York".into(),
        ..cron(lines)
    }
}

#[test]
fn rule_135_intervals_are_aligned_to_the_epoch_and_shifted_by_their_phase() {
    let mut spec = every(7 * HOUR);
    let seven = ["2030-01-01 06:00:00", "2030-01-01 13:00:00"];
    assert_eq!(times(spec.clone(), YEAR_2030, 2), seven);
    spec.interval[0].phase = Some(duration(60));
    let shifted = ["2030-01-01 06:01:00", "2030-01-01 13:01:00"];
    assert_eq!(times(spec.clone(), YEAR_2030, 2), shifted);
    // Before the epoch the grid is the same.
    assert_eq!(times(spec, -24 * HOUR, 1), ["1969-12-31 03:01:00"]);
}

#[test]
fn rule_135_all_parts_together_give_each_time_once() {
    let mut spec = cron(&["0 * * * *", "30 1 * * *"]);
    spec.interval = every(HOUR / 2).interval;
    let found = times(spec, YEAR_2030, 4);
    let halves = ["00:30:00", "01:00:00", "01:30:00", "02:00:00"];
    assert_eq!(found, halves.map(|time| format!("2030-01-01 {time}")));
}

#[test]
fn rule_135_local_times_that_are_skipped_never_come() {
    // 10 March 2030: from 02:00 to 03:00 the clocks go forward.
    let after = Date {
        year: 2030,
        month: 3,
        day: 9,
    }
    .number()
        * DAY;
    let skipped = ["2030-03-09 07:30:00", "2030-03-11 06:30:00"];
    assert_eq!(times(in_york(&["30 2 * * *"]), after, 2), skipped);
    // What is every half hour goes on without a gap in real time.
    let spec = in_york(&["0,30 * * * *"]);
    let halves = times(spec, after + 30 * HOUR, 4);
    let expected = ["06:30:00", "07:00:00", "07:30:00", "08:00:00"];
    assert_eq!(halves, expected.map(|time| format!("2030-03-10 {time}")));
}

#[test]
fn rule_135_local_times_that_are_repeated_come_twice() {
    // 3 November 2030: from 02:00 back to 01:00.
    let after = Date {
        year: 2030,
        month: 11,
        day: 2,
    }
    .number()
        * DAY;
    let repeated = [
        "2030-11-02 05:30:00",
        "2030-11-03 05:30:00",
        "2030-11-03 06:30:00",
        "2030-11-04 06:30:00",
    ];
    assert_eq!(times(in_york(&["30 1 * * *"]), after, 4), repeated);
    // A time in the repeated hour finds the next, whichever of the two it is in.
    let second = after + DAY + 6 * HOUR + 1800;
    assert_eq!(
        times(in_york(&["45 1 * * *"]), second, 1),
        ["2030-11-03 06:45:00"]
    );
    let first = second - HOUR;
    assert_eq!(
        times(in_york(&["45 1 * * *"]), first, 1),
        ["2030-11-03 05:45:00"]
    );
}

#[test]
fn rule_135_half_hour_changes_are_followed_as_well() {
    // Lord Howe goes back by half an hour on 7 April 2030, from 02:00 to 01:30.
    let spec = ScheduleSpec {
        timezone_name: "Australia/Lord_Howe".into(),
        ..cron(&["45 1 * * *"])
    };
    let after = Date {
        year: 2030,
        month: 4,
        day: 6,
    }
    .number()
        * DAY;
    let twice = [
        "2030-04-06 14:45:00",
        "2030-04-06 15:15:00",
        "2030-04-07 15:15:00",
    ];
    assert_eq!(times(spec, after, 3), twice);
}

#[test]
fn rule_134_days_that_a_month_has_not_are_passed_over() {
    let ends = ["2030-01-31", "2030-03-31", "2030-05-31", "2030-07-31"];
    let found = times(cron(&["0 0 31 * *"]), YEAR_2030, 4);
    assert_eq!(found, ends.map(|day| format!("{day} 00:00:00")));
    let leaps = ["2032-02-29", "2036-02-29", "2040-02-29"];
    let found = times(cron(&["0 0 29 2 *"]), YEAR_2030, 3);
    assert_eq!(found, leaps.map(|day| format!("{day} 00:00:00")));
    // 2100 is no leap year, and the last.
    let after = Date {
        year: 2096,
        month: 3,
        day: 1,
    }
    .number()
        * DAY;
    assert_eq!(times(cron(&["0 0 29 2 *"]), after, 3), Vec::<String>::new());
}

#[test]
fn rule_134_a_day_of_the_month_and_one_of_the_week_must_both_fit() {
    let mondays = ["2030-04-01 00:00:00", "2030-07-01 00:00:00"];
    assert_eq!(times(cron(&["0 0 1 * MON"]), YEAR_2030, 2), mondays);
}

#[test]
fn rule_134_years_end_with_2100() {
    let spec = cron(&["0 0 1 1 * 2099-2100"]);
    let last = ["2099-01-01 00:00:00", "2100-01-01 00:00:00"];
    assert_eq!(times(spec, YEAR_2030, 5), last);
    let after = Date {
        year: 2100,
        month: 12,
        day: 31,
    }
    .number()
        * DAY
        + 23 * HOUR;
    assert_eq!(times(cron(&["0 * * * *"]), after, 5), Vec::<String>::new());
    // Intervals know no calendar.
    assert_eq!(times(every(HOUR), after, 3).len(), 3);
}

#[test]
fn times_that_never_come_are_given_up_at_once() {
    let impossible = ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 MON 2100"];
    let spec = Spec::new(cron(&impossible)).unwrap();
    assert_eq!(spec.next("", YEAR_2030 * 1000), None);
    // Everything is excluded, second by second and all at once.
    for second in ["*", "0-29", "0-58"] {
        let mut spec = every(1);
        let all = CalendarSpec {
            second: second.into(),
            minute: "*".into(),
            hour: "*".into(),
            ..Default::default()
        };
        let rest = CalendarSpec {
            second: "29-59".into(),
            ..all.clone()
        };
        spec.exclude_calendar = vec![all, rest];
        let spec = Spec::new(spec).unwrap();
        assert_eq!(spec.next("", YEAR_2030 * 1000), None, "{second}");
    }
    // So is everything but one moment in ten years.
    let mut spec = every(1);
    spec.exclude_structured_calendar = vec![StructuredCalendarSpec {
        second: all(59),
        minute: all(59),
        hour: all(23),
        day_of_month: all(31),
        month: all(12),
        day_of_week: all(6),
        year: vec![Range {
            start: 2030,
            end: 2039,
            step: 1,
        }],
        ..Default::default()
    }];
    assert_eq!(times(spec, YEAR_2030, 1), ["2040-01-01 00:00:00"]);
}

fn all(end: i32) -> Vec<Range> {
    vec![Range {
        start: 0,
        end,
        step: 1,
    }]
}

#[test]
fn rule_135_exclusions_take_away_from_all_parts() {
    let mut spec = cron(&["0 */6 * * *"]);
    spec.interval = every(4 * HOUR).interval;
    spec.exclude_calendar = vec![
        CalendarSpec {
            hour: "12-20".into(),
            ..Default::default()
        },
        // All of the second of January.
        CalendarSpec {
            hour: "*".into(),
            minute: "*".into(),
            second: "*".into(),
            day_of_month: "2".into(),
            ..Default::default()
        },
    ];
    let found = times(spec, YEAR_2030, 5);
    let expected = [
        "2030-01-01 04:00:00",
        "2030-01-01 06:00:00",
        "2030-01-01 08:00:00",
        "2030-01-03 00:00:00",
        "2030-01-03 04:00:00",
    ];
    assert_eq!(found, expected);
}

#[test]
fn rule_135_start_and_end_belong_to_the_schedule() {
    let mut spec = every(HOUR);
    spec.start_time = Some(timestamp(YEAR_2030 + 10 * HOUR));
    spec.end_time = Some(timestamp(YEAR_2030 + 12 * HOUR));
    let hours = ["10:00:00", "11:00:00", "12:00:00"];
    let found = times(spec.clone(), YEAR_2030, 9);
    assert_eq!(found, hours.map(|time| format!("2030-01-01 {time}")));
    // The second that a start is in belongs to it.
    spec.start_time.as_mut().unwrap().nanos = 1;
    assert_eq!(times(spec, YEAR_2030, 9).len(), 3);
}

#[test]
fn rule_136_jitter_never_reaches_the_next_time() {
    let mut spec = every(60);
    spec.jitter = Some(duration(HOUR));
    let spec = Spec::new(spec).unwrap();
    let mut after = YEAR_2030 * 1000;
    for n in 1..200 {
        let next = spec.next("seed", after).unwrap();
        assert_eq!(next.nominal, YEAR_2030 + n * 60, "no time is lost");
        assert!((0..60_000).contains(&(next.actual - next.nominal * 1000)));
        after = next.actual;
    }
}

#[test]
fn rule_134_a_field_left_out_of_a_structured_calendar_matches_nothing_but_any_year() {
    let one = |start| {
        vec![Range {
            start,
            end: start,
            step: 1,
        }]
    };
    let full = StructuredCalendarSpec {
        second: one(0),
        minute: one(0),
        hour: one(3),
        day_of_month: one(2),
        month: one(1),
        day_of_week: all(6),
        ..Default::default()
    };
    let spec = |calendar| ScheduleSpec {
        structured_calendar: vec![calendar],
        ..Default::default()
    };
    let once = times(spec(full.clone()), YEAR_2030, 1);
    assert_eq!(once, ["2030-01-02 03:00:00"]);
    let without: [fn(&mut StructuredCalendarSpec); 6] = [
        |calendar| calendar.second.clear(),
        |calendar| calendar.minute.clear(),
        |calendar| calendar.hour.clear(),
        |calendar| calendar.day_of_month.clear(),
        |calendar| calendar.month.clear(),
        |calendar| calendar.day_of_week.clear(),
    ];
    for clear in without {
        let mut calendar = full.clone();
        clear(&mut calendar);
        assert_eq!(times(spec(calendar), YEAR_2030, 1), Vec::<String>::new());
    }
}

#[test]
fn a_range_from_far_away_is_not_counted_through() {
    let far = Range {
        start: i32::MIN,
        end: i32::MAX,
        step: 0,
    };
    let odd = Range { step: 2, ..far };
    let calendar = Calendar::new(&StructuredCalendarSpec {
        second: vec![far],
        minute: vec![odd],
        year: vec![far],
        ..Default::default()
    });
    assert_eq!(calendar.seconds, (1 << 60) - 1);
    assert_eq!(calendar.minutes.count_ones(), 30);
    assert_eq!(calendar.years.unwrap().count_ones(), 101);
}

/// A search that knows no stretches and no fields to pass over: minute after minute.
#[test]
fn searches_find_what_looking_at_every_minute_finds() {
    let mut random = crate::engine::fuzz::Random::new(2030);
    let zones = [
        "UTC",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Europe/Dublin",
    ];
    for _ in 0..300 {
        let zone = Zone::named(zones[random.below(zones.len())]).unwrap();
        let mut bits = |most: u32| {
            (0..most).fold(0, |set, bit| set | (u64::from(random.below(3) == 0) << bit))
        };
        let calendar = Calendar {
            seconds: 1,
            minutes: bits(60),
            hours: bits(24),
            days: bits(32) | 1 << 10,
            months: bits(13),
            weekdays: bits(7),
            years: None,
            either_day: random.below(2) == 0,
        };
        // Around the changes of clocks in March, April and November 2030.
        let day = Date {
            year: 2030,
            month: [3, 4, 11][random.below(3)],
            day: 1,
        }
        .number();
        let from = (day + random.below(10)) * DAY;
        let end = from + 3 * DAY;
        let mut found = Vec::new();
        let mut after = from - 1;
        while let Some(next) = calendar.next(&zone, after, end) {
            found.push(next);
            after = next;
        }
        let slow: Vec<i64> = (from..=end)
            .step_by(60)
            .filter(|minute| fits(&calendar, minute + zone.offset(*minute)))
            .collect();
        assert_eq!(found, slow);
        assert!(slow.iter().all(|at| calendar.matches(&zone, *at)));
    }
}

fn fits(calendar: &Calendar, local: i64) -> bool {
    let date = Date::of(local.div_euclid(DAY));
    let (hour, minute) = (local.rem_euclid(DAY) / 3600, local.rem_euclid(3600) / 60);
    let has = |set: u64, value: i64| set & (1 << value) != 0;
    let by_month = has(calendar.days, date.day.into());
    let by_week = has(calendar.weekdays, weekday(local.div_euclid(DAY)).into());
    let day = if calendar.either_day {
        by_month || by_week
    } else {
        by_month && by_week
    };
    day && has(calendar.months, date.month.into())
        && has(calendar.hours, hour)
        && has(calendar.minutes, minute)
}
