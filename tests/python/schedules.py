"""Schedules through the official Python client. Every schedule here has an id and a task queue of its own run."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest
from temporalio.client import (Client, Schedule, ScheduleActionStartWorkflow, ScheduleAlreadyRunningError,
                               ScheduleBackfill, ScheduleCalendarSpec, ScheduleDescription, ScheduleHandle,
                               ScheduleIntervalSpec, ScheduleOverlapPolicy, SchedulePolicy, ScheduleRange, ScheduleSpec,
                               ScheduleState, ScheduleUpdate, ScheduleUpdateInput, WorkflowExecutionStatus)
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from checks import Checks, raises
from workflows import PYTHON_QUEUE, PyFails, PyResumes, PyWaits

check = Checks()

COLOUR = SearchAttributeKey.for_keyword("PyColour")
NEVER = ScheduleSpec()
HOURLY = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))])
NEW_YEAR = datetime(2024, 1, 1, tzinfo=timezone.utc)


def name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def action(workflow=PyResumes.run, *args, **options) -> ScheduleActionStartWorkflow:
    return ScheduleActionStartWorkflow(workflow, args=args, id=name("scheduled"), task_queue=PYTHON_QUEUE, **options)


async def until(handle: ScheduleHandle, ready: Callable[[ScheduleDescription], bool]) -> ScheduleDescription:
    """The description of a schedule, once it is as wanted."""
    while not ready(found := await handle.describe()):
        await asyncio.sleep(0.02)
    return found


def ended(count: int) -> Callable[[ScheduleDescription], bool]:
    return lambda found: found.info.num_actions >= count and not found.info.running_actions


async def results(client: Client, found: ScheduleDescription) -> list:
    return [await client.get_workflow_handle(a.action.workflow_id).result() for a in found.info.recent_actions]


@check
async def what_is_created_is_described(client: Client) -> None:
    spec = ScheduleSpec(
        calendars=[ScheduleCalendarSpec(
            hour=[ScheduleRange(9, 17, 2)], day_of_week=[ScheduleRange(1, 5)], comment="office")],
        intervals=[ScheduleIntervalSpec(every=timedelta(days=3), offset=timedelta(hours=1))],
        cron_expressions=["0 12 * * MON # lunch"],
        skip=[ScheduleCalendarSpec(month=[ScheduleRange(12)], day_of_month=[ScheduleRange(24, 26)])],
        start_at=datetime(2030, 1, 1, tzinfo=timezone.utc), end_at=datetime(2031, 1, 1, tzinfo=timezone.utc),
        jitter=timedelta(seconds=90), time_zone_name="Europe/Berlin")
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(minutes=5),
                            pause_on_failure=True)
    state = ScheduleState(note="first", paused=True, limited_actions=True, remaining_actions=7)
    handle = await client.create_schedule(
        name("described"), Schedule(action(memo={"of": "action"}), spec, policy, state), memo={"of": "schedule"})
    found = await handle.describe()
    got = found.schedule
    assert [c.comment for c in got.spec.calendars] == ["office", "lunch"] and not got.spec.cron_expressions
    assert list(got.spec.calendars[1].day_of_week) == [ScheduleRange(1, 1, 1)]
    assert got.spec.intervals == spec.intervals and list(got.spec.skip[0].day_of_month) == [ScheduleRange(24, 26, 1)]
    assert (got.spec.start_at, got.spec.end_at, got.spec.jitter) == (spec.start_at, spec.end_at, spec.jitter)
    assert got.spec.time_zone_name == "Europe/Berlin" and got.policy == policy and got.state == state
    assert await found.memo() == {"of": "schedule"}
    assert len(found.info.next_action_times) == 7 and found.info.next_action_times[0] >= spec.start_at
    await handle.delete()
    gone = await raises(RPCError, handle.describe())
    assert gone.status == RPCStatusCode.NOT_FOUND and gone.message == "schedule not found"


@check
async def triggers_carry_the_last_result_on(client: Client) -> None:
    handle = await client.create_schedule(name("triggered"), Schedule(action(), NEVER), trigger_immediately=True)
    for count in (2, 3):
        await until(handle, ended(count - 1))
        # Ids differ by the second.
        await asyncio.sleep(1)
        await handle.trigger()
    found = await until(handle, ended(3))
    assert await results(client, found) == [1, 2, 3]
    described = await client.get_workflow_handle(found.info.recent_actions[0].action.workflow_id).describe()
    by_schedule = SearchAttributeKey.for_keyword("TemporalScheduledById")
    assert described.typed_search_attributes[by_schedule] == handle.id
    await handle.delete()


@check
async def the_spec_starts_by_itself_until_its_actions_are_used_up(client: Client) -> None:
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(seconds=1))])
    state = ScheduleState(limited_actions=True, remaining_actions=2)
    handle = await client.create_schedule(name("each-second"), Schedule(action(), spec, state=state))
    found = await until(handle, ended(2))
    assert found.schedule.state.remaining_actions == 0 and found.info.next_action_times == []
    times = [a.scheduled_at for a in found.info.recent_actions]
    assert times[1] - times[0] == timedelta(seconds=1) and times[0].microsecond == 0
    assert all(a.started_at >= a.scheduled_at for a in found.info.recent_actions)
    await handle.delete()


@check
async def pausing_and_updating(client: Client) -> None:
    handle = await client.create_schedule(name("paused"), Schedule(action(), HOURLY))
    await handle.pause(note="too busy")
    found = await handle.describe()
    assert (found.schedule.state.paused, found.schedule.state.note) == (True, "too busy")
    await handle.unpause(note="quiet")

    def faster(seen: ScheduleUpdateInput) -> ScheduleUpdate:
        seen.description.schedule.spec = ScheduleSpec(cron_expressions=["TZ=America/New_York 30 2 * * *"])
        return ScheduleUpdate(seen.description.schedule)

    await handle.update(faster)
    found = await handle.describe()
    assert found.schedule.spec.time_zone_name == "America/New_York" and found.info.last_updated_at is not None
    local = [time.astimezone(ZoneInfo("America/New_York")) for time in found.info.next_action_times]
    assert {(time.hour, time.minute) for time in local} == {(2, 30)}
    await handle.delete()


@check
async def a_backfill_starts_what_was_missed(client: Client) -> None:
    handle = await client.create_schedule(name("backfilled"), Schedule(action(), HOURLY, state=ScheduleState(paused=True)))
    await handle.backfill(ScheduleBackfill(start_at=NEW_YEAR, end_at=NEW_YEAR + timedelta(hours=4),
                                           overlap=ScheduleOverlapPolicy.BUFFER_ALL))
    found = await until(handle, ended(5))
    # One after the other: each has the result of the one before.
    assert await results(client, found) == [1, 2, 3, 4, 5]
    assert [a.scheduled_at for a in found.info.recent_actions] == [NEW_YEAR + timedelta(hours=n) for n in range(5)]
    next_day = NEW_YEAR + timedelta(days=1)
    await handle.backfill(ScheduleBackfill(start_at=next_day, end_at=next_day + timedelta(hours=11),
                                           overlap=ScheduleOverlapPolicy.ALLOW_ALL))
    found = await until(handle, lambda found: found.info.num_actions == 17)
    assert len(found.info.recent_actions) == 10 and found.info.running_actions == []
    await handle.delete()


@check
async def a_failure_pauses(client: Client) -> None:
    policy = SchedulePolicy(pause_on_failure=True)
    handle = await client.create_schedule(
        name("fails"), Schedule(action(PyFails.run, False), HOURLY, policy), trigger_immediately=True)
    found = await until(handle, lambda found: found.schedule.state.paused)
    assert found.schedule.state.note.startswith("paused due to workflow failure: scheduled-")
    assert found.schedule.state.note.endswith(": it broke")
    await handle.delete()


@check
async def the_other_is_cancelled_first(client: Client) -> None:
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.CANCEL_OTHER)
    handle = await client.create_schedule(
        name("overlaps"), Schedule(action(PyWaits.run, False), NEVER, policy), trigger_immediately=True)
    found = await until(handle, lambda found: len(found.info.running_actions) == 1)
    first = client.get_workflow_handle(found.info.running_actions[0].workflow_id)
    assert await first.query(PyWaits.cleaned) is False, "it has begun"
    await asyncio.sleep(1)
    await handle.trigger()
    found = await until(handle, lambda found: found.info.num_actions == 2)
    assert (await first.describe()).status == WorkflowExecutionStatus.CANCELED
    assert await first.query(PyWaits.cleaned) is True
    await asyncio.sleep(1)
    await handle.trigger(overlap=ScheduleOverlapPolicy.TERMINATE_OTHER)
    second = client.get_workflow_handle(found.info.recent_actions[1].action.workflow_id)
    assert (await second.describe()).status == WorkflowExecutionStatus.TERMINATED
    last = (await until(handle, lambda found: len(found.info.running_actions) == 1)).info.running_actions[0]
    await handle.delete()
    left = client.get_workflow_handle(last.workflow_id)
    assert (await left.describe()).status == WorkflowExecutionStatus.RUNNING, "it goes on without its schedule"
    await left.terminate()


@check
async def lists_and_attributes(client: Client) -> None:
    request = AddSearchAttributesRequest(
        namespace=client.namespace, search_attributes={COLOUR.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD})
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        assert error.status == RPCStatusCode.ALREADY_EXISTS
    colour = name("blue")
    attributes = TypedSearchAttributes([SearchAttributePair(COLOUR, colour)])
    handles = [await client.create_schedule(name(f"listed-{n}"), Schedule(action(), HOURLY), search_attributes=attributes)
               for n in range(3)]
    await handles[0].pause()

    async def listed(query: str) -> set[str]:
        return {s.id async for s in await client.list_schedules(query=query, page_size=2)}

    assert await listed(f"PyColour = '{colour}'") == {handle.id for handle in handles}
    assert await listed(f"PyColour = '{colour}' AND TemporalSchedulePaused = true") == {handles[0].id}
    assert await listed(f"ScheduleId = '{handles[1].id}'") == {handles[1].id}
    async for entry in await client.list_schedules(f"ScheduleId = '{handles[2].id}'"):
        assert entry.schedule.action.workflow == "PyResumes" and len(entry.info.next_action_times) == 5
        assert entry.typed_search_attributes[COLOUR] == colour
    for handle in handles:
        await handle.delete()
    assert await listed(f"PyColour = '{colour}'") == set()


@check
async def an_id_is_taken_once(client: Client) -> None:
    handle = await client.create_schedule(name("taken"), Schedule(action(), NEVER))
    await raises(ScheduleAlreadyRunningError, client.create_schedule(handle.id, Schedule(action(), NEVER)))
    await handle.delete()
    again = await client.create_schedule(handle.id, Schedule(action(), NEVER))
    await again.delete()


@check
async def times_are_those_that_the_time_zone_database_of_python_gives(client: Client) -> None:
    """Around the changes of the clocks in 2023, in zones that change in different ways."""
    for zone in ("America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata"):
        spec = ScheduleSpec(cron_expressions=["15,45 1-3 * * *"], time_zone_name=zone)
        handle = await client.create_schedule(name("zone"), Schedule(action(), spec, state=ScheduleState(paused=True)))
        for month in (3, 4, 10, 11):
            start = datetime(2023, month, 1, tzinfo=timezone.utc)
            quarters = (start + timedelta(minutes=n) for n in range(15, 30 * 24 * 60, 15))
            expected = [m for m in quarters if (local := m.astimezone(ZoneInfo(zone))).hour in (1, 2, 3)
                        and local.minute in (15, 45)]
            request = ListScheduleMatchingTimesRequest(namespace=client.namespace, schedule_id=handle.id)
            request.start_time.FromDatetime(start)
            request.end_time.FromDatetime(start + timedelta(days=30) - timedelta(minutes=1))
            found = await client.workflow_service.list_schedule_matching_times(request)
            assert [t.ToDatetime(timezone.utc) for t in found.start_time] == expected, (zone, month)
        await handle.delete()


skipping = Checks()


async def after(environment: WorkflowEnvironment, handle: ScheduleHandle, days: int) -> ScheduleDescription:
    await environment.sleep(timedelta(days=days))
    return await handle.describe()


@skipping
async def a_week_of_days_passes_in_a_moment(environment: WorkflowEnvironment) -> None:
    daily = ScheduleSpec(cron_expressions=["CRON_TZ=Europe/Berlin 0 9 * * *"])
    handle = await environment.client.create_schedule(name("daily"), Schedule(action(), daily))
    found = await after(environment, handle, 7)
    assert found.info.num_actions == 7, found.info
    assert found.info.num_actions_skipped_overlap == found.info.num_actions_missed_catchup_window == 0
    hours = {a.scheduled_at.astimezone(ZoneInfo("Europe/Berlin")).hour for a in found.info.recent_actions}
    assert hours == {9}
    assert await results(environment.client, await until(handle, ended(7))) == [1, 2, 3, 4, 5, 6, 7]
    await handle.delete()


@skipping
async def a_schedule_alone_does_not_make_time_pass(environment: WorkflowEnvironment) -> None:
    handle = await environment.client.create_schedule(name("stands"), Schedule(action(), HOURLY))
    before = await environment.get_current_time()
    assert (await handle.describe()).info.num_actions == 0
    assert await environment.get_current_time() - before < timedelta(minutes=1)
    await handle.delete()
