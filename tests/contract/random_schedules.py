"""Random calls about schedules, for `differ.py --only schedule`: specs of every kind, their times, and what changes them.

Times are looked for in years that neither service can reach, so both must say the same.
"""

from __future__ import annotations

import random
import time

from temporalio.api.common.v1 import message_pb2 as common
from temporalio.api.schedule.v1 import message_pb2 as schedule_proto

import kit
from kit import payload, payloads, seconds
from random_calls import Side, call, start_fields
from topics import at

#: Long enough for the schedule of the real service, a workflow, to have seen a signal.
UNTIL_SEEN = 1.2
#: What follows from the time of the call.
OF_NOW = {"future_action_times", "create_time", "update_time", "conflict_token"}

Calendar = schedule_proto.CalendarSpec
Range = schedule_proto.Range


def name(side: Side, choice: random.Random) -> str:
    """One of two schedules; the id of one that was deleted is not used again, as the real service goes on to know it."""
    return f"sched-{side.probe.unique}-{choice.choice('aab')}{side.deleted_schedules}"


def part(choice: random.Random, low: int, high: int) -> str:
    """A part of a calendar or a cron line."""
    first, second = choice.randint(low, high), choice.randint(low, high)
    step = choice.choice([1, 2, 5, 7])
    return choice.choice([
        "*", "*", str(first), str(first), f"{min(first, second)}-{max(first, second)}", f"*/{step}", f"{first}/{step}",
        f"{min(first, second)}-{max(first, second)}/{step}", f"{first},{second}", f"{first}-{second}", "", "?", f"{high + 1}", "x",
    ])


def calendar(choice: random.Random) -> Calendar:
    fields = {
        "second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day_of_month": (1, 31), "month": (1, 12),
        "year": (2098, 2101), "day_of_week": (0, 7),
    }
    chosen = {field: part(choice, *bounds) for field, bounds in fields.items() if choice.random() < 0.35}
    words = {"day_of_week": choice.choice(["MON", "sun-tue", "Monday", "fri,sat", "7"]),
             "month": choice.choice(["jan", "FEB-apr", "December", "13", "Sept"])}
    chosen |= {field: word for field, word in words.items() if choice.random() < 0.15}
    return Calendar(**chosen, comment=choice.choice(["", "", "why"]))


def ranges(choice: random.Random, low: int, high: int) -> list[Range]:
    return [Range(start=choice.randint(low, high), end=choice.choice([0, choice.randint(low, high), high + 1]),
                  step=choice.choice([0, 0, 1, 3])) for _ in range(choice.choice([1, 1, 2]))]


def structured(choice: random.Random) -> schedule_proto.StructuredCalendarSpec:
    fields = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day_of_month": (1, 31), "month": (1, 12),
              "year": (2098, 2101), "day_of_week": (0, 6)}
    return schedule_proto.StructuredCalendarSpec(
        **{field: ranges(choice, *bounds) for field, bounds in fields.items() if choice.random() < 0.5})


def cron(choice: random.Random) -> str:
    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    line = " ".join(part(choice, *one) or "*" for one in bounds)
    return choice.choice([
        line, line, line, f"{part(choice, 0, 59) or '0'} {line} {choice.choice(['*', '2099', '2098-2100/2'])}",
        f"{line} 2099", "@daily", "@hourly", "@weekly", "@monthly", "@yearly", "@every 7h", "@every 1h30m/5m", "@every 90",
        "@reboot", f"CRON_TZ=Europe/Berlin {line}", f"TZ=Asia/Tokyo {line}", f"{line} # a comment", "0 0 31 2 *", "",
    ])


def spec(choice: random.Random) -> schedule_proto.ScheduleSpec:
    made = schedule_proto.ScheduleSpec()
    for _ in range(choice.choice([1, 1, 2])):
        choice.choice([
            lambda: made.calendar.append(calendar(choice)),
            lambda: made.structured_calendar.append(structured(choice)),
            lambda: made.cron_string.append(cron(choice)),
            lambda: made.interval.append(schedule_proto.IntervalSpec(
                interval=seconds(choice.choice([3600, 86400, 7, 90.5, 0.5, 0, 10**7])),
                phase=seconds(choice.choice([0, 0, 60, 3599, 0.25, -1])))),
        ])()
    if choice.random() < 0.2:
        made.exclude_structured_calendar.append(structured(choice))
    if choice.random() < 0.1:
        made.exclude_calendar.append(calendar(choice))
    if choice.random() < 0.2:
        made.start_time.CopyFrom(at(choice.choice(["2099-03-10 07:30:00", "2099-12-31 00:00:00"])))
    if choice.random() < 0.2:
        made.end_time.CopyFrom(at(choice.choice(["2099-03-20 07:30:00", "2099-04-01 00:00:00", "2020-01-01 00:00:00"])))
    if choice.random() < 0.4:
        made.timezone_name = choice.choice(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC",
                                            "EST5EDT", "Etc/GMT+5", "Local", "europe/berlin", "Nowhere/At_All"])
    return made


def plan(side: Side, choice: random.Random) -> schedule_proto.Schedule:
    fields = start_fields(side, choice, choice.choice("ab"))
    taken = {"workflow_id", "workflow_type", "task_queue", "input", "workflow_run_timeout", "workflow_execution_timeout",
             "workflow_task_timeout", "memo", "search_attributes", "retry_policy", "priority"}
    action = schedule_proto.ScheduleAction(start_workflow={key: fields[key] for key in taken & fields.keys()})
    made = schedule_proto.Schedule(spec=spec(choice), action=action)
    made.policies.overlap_policy = choice.choice([0, 0, 1, 2, 3, 4, 5, 6])
    if choice.random() < 0.2:
        made.policies.catchup_window.CopyFrom(seconds(choice.choice([1, 10, 3600, -5, 10**6])))
    made.policies.pause_on_failure = choice.random() < 0.2
    made.policies.keep_original_workflow_id = choice.random() < 0.1
    made.state.notes = choice.choice(["", "note"])
    made.state.paused = choice.random() < 0.2
    if choice.random() < 0.2:
        made.state.limited_actions = True
        made.state.remaining_actions = choice.choice([0, 1, 2, -1])
    return made


@call(1)
def schedule_create(side, choice):
    side.send(choice, "CreateSchedule", schedule_id=name(side, choice), schedule=plan(side, choice), identity="probe",
              request_id=f"r-{choice.random()}", **creation(choice))
    time.sleep(UNTIL_SEEN)


def creation(choice: random.Random) -> dict:
    optional = {
        "memo": common.Memo(fields={"m": payload("v")}), "search_attributes": kit.attributes(CustomKeywordField='"s"'),
        "initial_patch": patch(choice),
    }
    return {key: value for key, value in optional.items() if choice.random() < 0.25}


def patch(choice: random.Random) -> schedule_proto.SchedulePatch:
    made = schedule_proto.SchedulePatch()
    for _ in range(choice.choice([1, 1, 1, 2])):
        choice.choice([
            lambda: setattr(made, "pause", "stop"),
            lambda: setattr(made, "unpause", "go"),
            lambda: made.trigger_immediately.CopyFrom(
                schedule_proto.TriggerImmediatelyRequest(overlap_policy=choice.randrange(0, 7))),
            lambda: made.backfill_request.append(schedule_proto.BackfillRequest(
                start_time=at("2099-03-10 00:00:00"), end_time=at(choice.choice(["2099-03-10 00:30:00", "2099-03-09 00:00:00"])),
                overlap_policy=choice.randrange(0, 7))),
        ])()
    return made


@call(1)
def schedule_patch(side, choice):
    side.send(choice, "PatchSchedule", schedule_id=name(side, choice), patch=patch(choice), identity="probe",
              request_id=f"r-{choice.random()}")
    time.sleep(UNTIL_SEEN)


@call(0.7)
def schedule_update(side, choice):
    fields = {}
    if choice.random() < 0.2:
        fields["search_attributes"] = kit.attributes(CustomKeywordField='"t"') if choice.random() < 0.7 else kit.attributes()
    side.send(choice, "UpdateSchedule", schedule_id=name(side, choice), schedule=plan(side, choice), identity="probe",
              request_id=f"r-{choice.random()}", conflict_token=choice.choice([b"", b"", b"", b"\x01", b"garbage!"]), **fields)
    time.sleep(UNTIL_SEEN)


@call(1.5)
def schedule_describe(side, choice):
    request = side.probe.request("DescribeSchedule", schedule_id=name(side, choice))
    side.spoil(choice, request)
    side.probe.mask(*OF_NOW)
    side.probe.call("DescribeSchedule", request)


@call(2)
def schedule_times(side, choice):
    start, end = choice.choice([
        ("2099-03-10 00:00:00", "2099-03-12 00:00:00"), ("2099-01-01 00:00:00", "2100-12-31 00:00:00"),
        ("2099-10-24 20:00:00", "2099-10-26 00:00:00"), ("2099-03-28 20:00:00", "2099-03-29 09:00:00"),
        ("2099-03-12 00:00:00", "2099-03-10 00:00:00"),
    ])
    request = side.probe.request("ListScheduleMatchingTimes", schedule_id=name(side, choice), start_time=at(start),
                                 end_time=at(end))
    side.spoil(choice, request, side.wrong / 2)
    reply = side.probe.call("ListScheduleMatchingTimes", request, record=False)
    side.probe.note("times", [str(one.ToDatetime()) + " " for one in reply.start_time] if reply.ok else reply)


@call(0.5)
def schedule_list(side, choice):
    query = choice.choice(["", "TemporalSchedulePaused = true", 'CustomKeywordField = "s"', "nonsense", 'WorkflowId = "x"',
                           "ScheduleId STARTS_WITH 'sched'", "ExecutionStatus = 'Running'", "TemporalSchedulePaused = 'maybe'"])
    side.probe.mask(*OF_NOW)
    own = f'ScheduleId STARTS_WITH "sched-{side.probe.unique}"' + (f" AND {query}" if query else "")
    reply = side.send(choice, "CountSchedules", wrong=0, query=own)
    reply = side.probe.call("ListSchedules", record=False, query=own, maximum_page_size=100)
    if reply.ok:
        reply.schedules.sort(key=lambda found: found.schedule_id)
    side.probe.note("list", reply)


@call(0.3)
def schedule_delete(side, choice):
    reply = side.send(choice, "DeleteSchedule", schedule_id=name(side, choice), identity="probe")
    side.deleted_schedules += reply.ok
    time.sleep(UNTIL_SEEN)
