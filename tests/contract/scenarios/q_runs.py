"""Q. What runs of a schedule mean for it and for those after them; calls to schedules that are gone."""

from temporalio.api.common.v1 import message_pb2 as common
from temporalio.api.schedule.v1 import message_pb2 as schedule_proto

from kit import (application_failure, attributes, complete_workflow, make, payload, scenario, seconds)
from topics import (at, backfill, create_schedule, delete_schedule, describe_schedule, every, note_actions,
                    overlap_policy, patch_schedule, schedule, schedule_id, start_action, started, trigger,
                    update_schedule)


def first_event(p, label, task):
    """What of its past a run was started with."""
    event = task.history.events[0].workflow_execution_started_event_attributes
    p.note(label, {"result": p.plain(event.last_completion_result), "failure": event.continued_failure.message})


def trigger_at(second: int, overlap: str = "UNSPECIFIED") -> schedule_proto.TriggerImmediatelyRequest:
    """A trigger with a time of its own, so that ids differ."""
    request = trigger(overlap)
    request.scheduled_time.CopyFrom(at(f"2024-01-01 00:00:{second:02}"))
    return request


@scenario("Q_results_are_carried_on", rules=(139,))
def results_are_carried_on(p):
    create_schedule(p)
    ends = {"completes": complete_workflow("one"), "fails": make("FAIL_WORKFLOW_EXECUTION", failure=application_failure()),
            "is cancelled": make("CANCEL_WORKFLOW_EXECUTION"), "completes again": complete_workflow("two"),
            "ends": complete_workflow("three")}
    for number, (label, command) in enumerate(ends.items()):
        patch_schedule(p, trigger_immediately=trigger_at(number))
        task = p.poll_workflow()
        first_event(p, f"the one that {label}", task)
        if label == "is cancelled":
            p.call("RequestCancelWorkflowExecution", record=False, workflow_execution=task.workflow_execution)
        p.complete(task, command)
        if label == "is cancelled":
            p.complete(p.poll_workflow(), command)
        describe_schedule(p, lambda d: not d.info.running_workflows)
    delete_schedule(p)


@scenario("Q_overlapping_runs_are_alone", rules=(137, 139))
def overlapping_runs_are_alone(p):
    create_schedule(p)
    patch_schedule(p, trigger_immediately=trigger_at(0))
    p.complete(p.poll_workflow(), complete_workflow("one"))
    describe_schedule(p, lambda d: not d.info.running_workflows)
    patch_schedule(p, trigger_immediately=trigger_at(1, "ALLOW_ALL"))
    task = p.poll_workflow()
    first_event(p, "overlapping", task)
    p.complete(task, complete_workflow("two"))
    patch_schedule(p, trigger_immediately=trigger_at(2))
    first_event(p, "after it", p.poll_workflow())
    note_actions(p, "described", describe_schedule(p, started(3)))
    delete_schedule(p)


@scenario("Q_policy_of_the_schedule_allows_all", rules=(137, 139))
def policy_of_the_schedule_allows_all(p):
    create_schedule(p, schedule(p, overlap_policy="SCHEDULE_OVERLAP_POLICY_ALLOW_ALL"))
    patch_schedule(p, trigger_immediately=trigger_at(0, "SKIP"))
    p.complete(p.poll_workflow(), complete_workflow("one"))
    describe_schedule(p, lambda d: not d.info.running_workflows)
    patch_schedule(p, trigger_immediately=trigger_at(1))
    first_event(p, "by the schedule's policy", p.poll_workflow())
    note_actions(p, "described", describe_schedule(p, started(2)))
    delete_schedule(p)


@scenario("Q_overlap_buffer_one", rules=(137,))
def overlap_buffer_one(p):
    create_schedule(p, schedule(p, every(3600), state={"paused": True}))
    patch_schedule(p, backfill_request=[backfill("2024-01-01 00:00:00", "2024-01-01 03:00:00", "BUFFER_ONE")])
    note_actions(p, "one runs and one waits", describe_schedule(p, lambda d: d.info.buffer_size == 1))
    p.complete(p.poll_workflow(), complete_workflow())
    note_actions(p, "none waits", describe_schedule(p, started(2)))
    delete_schedule(p)


@scenario("Q_overlap_terminate_other", rules=(137,))
def overlap_terminate_other(p):
    create_schedule(p)
    patch_schedule(p, trigger_immediately=trigger_at(0))
    first = p.poll_workflow()
    p.complete(first)
    patch_schedule(p, trigger_immediately=trigger_at(1, "TERMINATE_OTHER"))
    p.poll_workflow()
    p.last(1, "end of the first", first.workflow_execution.workflow_id)
    found = describe_schedule(p, started(2))
    p.note("statuses", [a.start_workflow_status for a in found.info.recent_actions])
    note_actions(p, "described", found)
    delete_schedule(p)


@scenario("Q_a_chain_is_one_run", rules=(139, 142))
def a_chain_is_one_run(p):
    create_schedule(p, schedule(p, pause_on_failure=True))
    patch_schedule(p, trigger_immediately=trigger_at(0))
    p.complete(p.poll_workflow(), make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION", workflow_type=common.WorkflowType(name="probe"),
                                       task_queue=p.queue()))
    note_actions(p, "continued", describe_schedule(p, started(1)))
    p.complete(p.poll_workflow(), make("FAIL_WORKFLOW_EXECUTION", failure=application_failure()))
    found = describe_schedule(p, lambda d: d.schedule.state.paused)
    p.note("state", found.schedule.state)
    p.note("statuses", [a.start_workflow_status for a in found.info.recent_actions])
    delete_schedule(p)


@scenario("Q_a_timeout_pauses", rules=(140,))
def a_timeout_pauses(p):
    action = start_action(p, workflow_run_timeout=seconds(1))
    create_schedule(p, schedule(p, every(3600), action, pause_on_failure=True))
    patch_schedule(p, trigger_immediately=trigger_at(0))
    p.note("state", describe_schedule(p, lambda d: d.schedule.state.paused).schedule.state)
    delete_schedule(p)


@scenario("Q_manual_starts_do_not_count", rules=(140,))
def manual_starts_do_not_count(p):
    create_schedule(p, schedule(p, every(3600), state={"limited_actions": True, "remaining_actions": 0}))
    patch_schedule(p, trigger_immediately=trigger_at(0, "ALLOW_ALL"))
    found = describe_schedule(p, started(1))
    p.note("state", found.schedule.state)
    p.note("times to come", len(found.info.future_action_times))
    delete_schedule(p)


@scenario("Q_the_same_time_twice", rules=(139, 141))
def the_same_time_twice(p):
    """A second start of the same time meets the run of the first, and counts for nothing."""
    create_schedule(p)
    patch_schedule(p, trigger_immediately=trigger_at(0, "ALLOW_ALL"))
    p.complete(p.poll_workflow())
    patch_schedule(p, trigger_immediately=trigger_at(0, "ALLOW_ALL"))
    patch_schedule(p, trigger_immediately=trigger_at(1, "ALLOW_ALL"))
    p.poll_workflow()
    note_actions(p, "described", describe_schedule(p, started(2)))
    delete_schedule(p)


@scenario("Q_first_patch_with_long_notes", rules=(133, 141))
def first_patch_with_long_notes(p):
    create_schedule(p, schedule(p, state={"notes": "s" * 1001}),
                    initial_patch=schedule_proto.SchedulePatch(pause="n" * 1001), record=True)
    p.note("length of the note", len(describe_schedule(p).schedule.state.notes))
    update_schedule(p, "update", schedule(p, state={"notes": "u" * 1001}))
    delete_schedule(p)


@scenario("Q_gone_schedules", rules=(144,))
def gone_schedules(p):
    create_schedule(p)
    p.call("DeleteSchedule", label="delete", schedule_id=schedule_id(p))
    p.call("DeleteSchedule", label="delete again", schedule_id=schedule_id(p))
    update_schedule(p, "update")


@scenario("Q_update_attributes", rules=(143,))
def update_attributes(p):
    create_schedule(p, schedule(p, every(3600)), memo=common.Memo(fields={"m": payload("memo")}),
                    search_attributes=attributes(CustomKeywordField='"blue"'))

    def update(label, expected, **fields):
        update_schedule(p, label, schedule(p, every(3600), state={"notes": label}), **fields)
        found = describe_schedule(p, lambda d: d.schedule.state.notes == label
                                  and set(d.search_attributes.indexed_fields) == expected)
        p.note(f"attributes after {label}", found.search_attributes)
        p.note(f"memo after {label}", found.memo)

    update("nothing", {"CustomKeywordField"})
    update("another attribute", {"CustomIntField"}, search_attributes=attributes(CustomIntField="7"))
    update("no attributes", set(), search_attributes=common.SearchAttributes())
    delete_schedule(p)


@scenario("Q_rows_of_schedules", rules=(125, 128, 142))
def rows_of_schedules(p):
    """A schedule among the workflows."""
    create_schedule(p, schedule(p, every(3600)), search_attributes=attributes(CustomKeywordField=f'"{p.unique}"'))
    mine = f"CustomKeywordField = '{p.unique}'"
    division = "TemporalNamespaceDivision = 'TemporalScheduler'"
    p.until(lambda: p.call("CountSchedules", record=False, query=mine).count == 1)

    def count(query):
        p.note(query.replace(p.unique, "<u>"), p.call("CountWorkflowExecutions", record=False, query=query).count)

    count(mine)
    count(f"{mine} AND {division}")
    count(f"ScheduleId = '{schedule_id(p)}'")
    count(f"{division} AND ScheduleId = '{schedule_id(p)}'")
    count(f"{division} AND WorkflowId = 'temporal-sys-scheduler:{schedule_id(p)}'")
    for query in (f"WorkflowId = '{schedule_id(p)}'", f"ScheduleId IN ('{schedule_id(p)}', 'other')",
                  f"ScheduleId STARTS_WITH '{schedule_id(p)}'", f"{mine} AND ScheduleId != 'other'",
                  f"TemporalScheduleId = '{schedule_id(p)}'", f"{mine} GROUP BY ExecutionStatus",
                  f"{mine} AND {division}"):
        p.call("CountSchedules", label=query.replace(p.unique, "<u>"), query=query)
    delete_schedule(p)
