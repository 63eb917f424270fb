//! Calendars and cron lines as text.

use temporal_protos::schedule::{CalendarSpec, Range};

use super::*;
use crate::engine::schedule::cron_text::calendar;

fn refusal(spec: ScheduleSpec) -> String {
    Spec::new(spec).unwrap_err()
}

fn canonical(lines: &[&str]) -> ScheduleSpec {
    Spec::new(cron(lines)).unwrap().canonical().clone()
}

fn range(start: i32, end: i32, step: i32) -> Range {
    Range { start, end, step }
}

#[test]
fn rule_134_five_six_and_seven_fields() {
    let five = canonical(&["30 8 * * *"]);
    let six = canonical(&["30 8 * * * 2031"]);
    let seven = canonical(&["15 30 8 * * * 2031"]);
    assert_eq!(five.structured_calendar[0].second, [range(0, 0, 1)]);
    assert_eq!(five.structured_calendar[0].year, []);
    assert_eq!(six.structured_calendar[0].year, [range(2031, 2031, 1)]);
    assert_eq!(seven.structured_calendar[0].second, [range(15, 15, 1)]);
    assert_eq!(seven.structured_calendar[0].minute, [range(30, 30, 1)]);
    assert!(five.cron_string.is_empty(), "the text is gone");
    for count in [4, 8] {
        let line = vec!["*"; count].join(" ");
        assert_eq!(
            refusal(cron(&[&line])),
            "CronString does not have 5-7 fields"
        );
    }
}

#[test]
fn rule_134_lists_ranges_steps_and_names() {
    let hours = |hour: &str| {
        let text = CalendarSpec {
            hour: hour.into(),
            ..Default::default()
        };
        calendar(&text).map(|calendar| calendar.hour)
    };
    assert_eq!(hours("*"), Ok(vec![range(0, 23, 1)]));
    assert_eq!(hours("3"), Ok(vec![range(3, 3, 1)]));
    assert_eq!(hours("3/5"), Ok(vec![range(3, 23, 5)]));
    assert_eq!(hours(" 1,4-9/2 "), Ok(vec![range(1, 1, 1), range(4, 9, 2)]));
    for (wrong, why) in [
        ("24", "Hour is not in range [0-23]"),
        ("noon", "Hour is not in range [0-23]"),
        ("", ""),
        ("1,", "Hour is not in range [0-23]"),
        ("x-3", "Hour Start is not in range [0-23]"),
        ("5-3", "Hour End is before Start or not in range [0-23]"),
        ("1-2-3", "Hour has too many dashes"),
        ("1/2/3", "Hour has too many slashes"),
        ("1/0", "Hour has invalid Step"),
        ("1/x", "strconv.Atoi: parsing \"x\": invalid syntax"),
    ] {
        assert_eq!(hours(wrong).err().unwrap_or_default(), why, "{wrong}");
    }
    let text = CalendarSpec {
        month: "January-mar,SEPT".into(),
        day_of_week: "tu,Thursday".into(),
        ..Default::default()
    };
    let named = calendar(&text).unwrap();
    assert_eq!(named.month, [range(1, 3, 1), range(9, 9, 1)]);
    assert_eq!(named.day_of_week, [range(2, 2, 1), range(4, 4, 1)]);
}

#[test]
fn rule_134_all_that_is_wrong_with_a_calendar_is_said() {
    let text = CalendarSpec {
        hour: "24".into(),
        minute: "60".into(),
        ..Default::default()
    };
    let both = "Minute is not in range [0-59], Hour is not in range [0-23]";
    assert_eq!(calendar(&text).unwrap_err(), both);
}

#[test]
fn rule_134_sunday_is_zero_and_seven() {
    let days = |text: &str| {
        canonical(&[&format!("0 0 * * {text}")]).structured_calendar[0]
            .day_of_week
            .clone()
    };
    assert_eq!(days("7"), [range(0, 0, 1)]);
    assert_eq!(days("0-7"), [range(0, 6, 1)]);
    assert_eq!(days("1-7"), [range(1, 6, 1)]);
    assert_eq!(days("5-7"), [range(0, 0, 1), range(5, 6, 1)]);
    assert_eq!(days("3-7/3"), [range(3, 6, 3)]);
    assert_eq!(days("1-7/2"), [range(0, 0, 1), range(1, 6, 2)]);
}

#[test]
fn rule_134_names_comments_and_intervals() {
    assert_eq!(canonical(&["@hourly"]), canonical(&["0 * * * *"]));
    assert_eq!(canonical(&["@weekly"]), canonical(&["0 0 * * SUN"]));
    let noted = canonical(&["0 1 * * * # at night # really"]);
    assert_eq!(noted.structured_calendar[0].comment, "at night # really");
    let interval = canonical(&["@every 1d/1h5m # now and then"]).interval[0];
    assert_eq!(interval.interval, Some(duration(86_400)));
    assert_eq!(interval.phase, Some(duration(3900)));
    for (line, why) in [
        ("@every", "CronString does not have interval after @every"),
        ("@every soon", "time: invalid duration \"soon\""),
        ("@every 0.5s", "interval is too small"),
        ("@every 1h/1h", "phase cannot be greater than Interval"),
        ("@every 1h/-1m", "phase is negative"),
        ("@sometimes", "CronString does not have 5-7 fields"),
        ("TZ=UTC", "CronString has time zone but missing fields"),
    ] {
        assert_eq!(refusal(cron(&[line])), why, "{line}");
    }
}

#[test]
fn rule_134_lines_agree_about_their_time_zone() {
    let paris = canonical(&[
        "TZ=Europe/Paris 0 1 * * *",
        "CRON_TZ=Europe/Paris 0 2 * * *",
    ]);
    assert_eq!(paris.timezone_name, "Europe/Paris");
    let conflict = "conflicting timezone names";
    assert_eq!(
        refusal(cron(&["TZ=Europe/Paris 0 1 * * *", "0 1 * * *"])),
        conflict
    );
    let mut spec = cron(&["TZ=Europe/Paris 0 1 * * *"]);
    spec.timezone_name = "Europe/Rome".into();
    assert_eq!(refusal(spec.clone()), conflict);
    spec.timezone_name = "Europe/Paris".into();
    assert!(Spec::new(spec.clone()).is_ok());
    spec.timezone_data = b"data".to_vec().into();
    assert_eq!(refusal(spec), conflict);
    assert_eq!(
        refusal(cron(&["TZ=Mars/Olympus 0 1 * * *"])),
        "unknown time zone Mars/Olympus"
    );
}

#[test]
fn rule_134_an_absent_end_means_one_value_and_a_backward_one_is_refused() {
    let spec = |start, end| ScheduleSpec {
        structured_calendar: vec![temporal_protos::schedule::StructuredCalendarSpec {
            second: vec![range(start, end, 0)],
            ..Default::default()
        }],
        ..Default::default()
    };
    let filled = Spec::new(spec(5, 0)).unwrap();
    assert_eq!(
        filled.canonical().structured_calendar[0].second,
        [range(5, 5, 1)]
    );
    let backward = "invalid calendar spec: Second End is before Start or not in range [0-59]";
    assert_eq!(refusal(spec(5, 1)), backward);
    assert_eq!(refusal(spec(5, 60)), backward);
    let start = "invalid calendar spec: Second Start is not in range [0-59]";
    assert_eq!(refusal(spec(-1, 0)), start);
}
