"""Q. Specs as text and as numbers: what is refused in which words, and what becomes of what is left out."""

from temporalio.api.schedule.v1 import message_pb2 as schedule_proto

from kit import scenario, seconds
from topics import at, create_schedule, delete_schedule, describe_schedule, every, note_matching, schedule, try_schedule

Calendar = schedule_proto.CalendarSpec
Exact = schedule_proto.StructuredCalendarSpec
Range = schedule_proto.Range
Spec = schedule_proto.ScheduleSpec


def attempts(p, **specs):
    for label, spec in specs.items():
        try_schedule(p, label.replace("_", " "), schedule(p, spec))


@scenario("Q_texts_refused", rules=(134,))
def texts_refused(p):
    lines = ["TZ=UTC", "@every", "@every 5", "@every 5x", "@every 1h/1h", "@every 1h/-1m", "@every -1h", "0 0 1/2/3 * *",
             "0 0 1-2-3 * *", "0 1/0 * * *", "0 1/x * * *", "0 x-3 * * *", "0 5-3 * * *", "60 24 * * *", "0 0 0 13 8 1999",
             "0 0 * SEP-JAN *", "0 0 * * 8", "@HOURLY", "0 0 * * * * * *", ",1 * * * *", "? * * * *", "0 0 L * *"]
    for line in lines:
        try_schedule(p, line, schedule(p, Spec(cron_string=[line])))


@scenario("Q_texts_taken", rules=(134,))
def texts_taken(p):
    lines = ["  0 1 * * *  ", "0 1 * * * #", "@annually", "@every 1d", "@every 1.5h", "@every 90", "@every 1h # often",
             "0 0 * * 0-7", "0 0 * * 1-7", "0 0 * * 5-7", "0 0 * * 3-7/3", "0 0 * * 1-7/2", "0 0 * * tu,Saturday",
             "0 0 * december *", "+1 * * * *", "05 * * * *", "0 0 */10 * *"]
    for number, line in enumerate(lines):
        name = f"sched-{p.unique}-{number}"
        reply = create_schedule(p, schedule(p, Spec(cron_string=[line])), schedule_id=name)
        if reply.ok:
            p.note(line, p.call("DescribeSchedule", record=False, schedule_id=name).schedule.spec)
            p.call("DeleteSchedule", record=False, schedule_id=name)


@scenario("Q_numbers_refused", rules=(134, 135))
def numbers_refused(p):
    one = [Range(start=1, end=1)]
    attempts(
        p, two_errors=Spec(structured_calendar=[Exact(second=[Range(start=60)], year=[Range(start=1999, end=2101)])]),
        step=Spec(structured_calendar=[Exact(hour=[Range(start=1, end=2, step=-1)])]),
        weekday_seven=Spec(structured_calendar=[Exact(day_of_week=[Range(start=7)])]),
        long_comment=Spec(structured_calendar=[Exact(hour=one, comment="c" * 201)]),
        comment=Spec(structured_calendar=[Exact(hour=one, comment="c" * 200)]),
        excluded=Spec(exclude_structured_calendar=[Exact(hour=[Range(start=99)])]),
        excluded_text=Spec(exclude_calendar=[Calendar(hour="99")]),
        two_calendars=Spec(calendar=[Calendar(hour="99", minute="99", second="99", day_of_week="x", day_of_month="x",
                                              month="x", year="x")]),
        mixed_zones=Spec(cron_string=["TZ=Europe/Paris 0 1 * * *", "@every 1h"]),
        zone_in_lower_case=Spec(timezone_name="europe/paris"),
        zone_utc=Spec(timezone_name="UTC"), zone_local=Spec(timezone_name="Local"), zone_gmt=Spec(timezone_name="GMT"))


@scenario("Q_numbers_left_out", rules=(134,))
def numbers_left_out(p):
    """What an absent field of a structured calendar matches."""
    def days(label, **fields):
        note_matching(p, label, Spec(structured_calendar=[Exact(**fields)]), "2030-01-01 00:00:00", "2030-01-03 00:00:00")

    every_day = {"day_of_month": [Range(start=1, end=31)], "month": [Range(start=1, end=12)],
                 "day_of_week": [Range(start=0, end=6)]}
    days("nothing")
    days("hour alone", hour=[Range(start=3)])
    days("without a time", **every_day)
    days("without a day", second=[Range()], minute=[Range()], hour=[Range(start=3)])
    days("all but the year", second=[Range()], minute=[Range()], hour=[Range(start=3)], **every_day)


@scenario("Q_times_excluded", rules=(135,))
def times_excluded(p):
    spec = every(4 * 3600)
    spec.calendar.append(Calendar(hour="*/6"))
    spec.exclude_calendar.extend([Calendar(hour="12-20"), Calendar(hour="*", minute="*", second="*", day_of_month="2")])
    note_matching(p, "exclusions", spec, "2030-01-01 00:00:00", "2030-01-03 12:00:00")
    bounded = every(3600)
    bounded.start_time.CopyFrom(at("2030-01-01 10:00:00"))
    bounded.end_time.CopyFrom(at("2030-01-01 12:00:00"))
    note_matching(p, "start and end", bounded, "2030-01-01 00:00:00", "2030-01-03 12:00:00")
    bounded.start_time.nanos = 500_000_000
    note_matching(p, "start within a second", bounded, "2030-01-01 00:00:00", "2030-01-03 12:00:00")
    zones = {"minutes of a repeated hour": ("America/New_York", "*/20 1 * * *", "2030-11-03 00:00:00", "2030-11-04 00:00:00"),
             "midnight that is skipped": ("Africa/Cairo", "30 0 * * *", "2030-04-24 00:00:00", "2030-04-28 00:00:00")}
    for label, (zone, line, start, end) in zones.items():
        note_matching(p, label, Spec(cron_string=[line], timezone_name=zone), start, end)


@scenario("Q_interval_lengths", rules=(135,))
def interval_lengths(p):
    create_schedule(p, schedule(p, Spec(interval=[
        schedule_proto.IntervalSpec(interval=seconds(90.5), phase=seconds(0.5)),
        schedule_proto.IntervalSpec(interval=seconds(400 * 365 * 86400))])))
    p.note("spec", describe_schedule(p).schedule.spec)
    delete_schedule(p)
    note_matching(p, "fractions", Spec(interval=[schedule_proto.IntervalSpec(interval=seconds(90.5), phase=seconds(0.5))]),
                  "2030-01-01 00:00:00", "2030-01-01 00:05:00")
