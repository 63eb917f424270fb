"""V. Waiting for the end of a fast-forward, PollWorkflowExecutionTimeSkipping."""

import time
import uuid

from temporalio.api.common.v1 import message_pb2 as common

from kit import Probe, complete_workflow, make, scenario, schedule_activity, start_timer
from v_time_of_one_workflow import DAY, ON, change, days, forward, skipped, skipping

POLL = "PollWorkflowExecutionTimeSkipping"


def poll(p: Probe, label: str, name: str = "f", **where) -> None:
    p.call(POLL, label=label, workflow_execution=p.execution(**where), fast_forward_id=name)


def waiting(p: Probe, name: str = "f", **where):
    """A poll that is on its way to waiting when this returns."""
    found = p.background(POLL, workflow_execution=p.execution(**where), fast_forward_id=name, timeout=30)
    time.sleep(0.5)
    p.note("waits", not found.done())
    return found


def busy(p: Probe, duration: float = 30 * DAY) -> str:
    """A run that has an activity, so that its time stands, before the end of a fast-forward."""
    return p.opened(schedule_activity(p), time_skipping_config=skipping(fast_forward_config=forward("f", duration)))


def finish_activity(p: Probe) -> None:
    p.call("RespondActivityTaskCompleted", record=False, task_token=p.poll_activity().task_token)


@scenario("V_fast_forward_poll_is_off", rules=(172,))
def poll_is_off(p):
    p.opened()
    poll(p, "off")
    poll(p, "off, and no id", "")
    p.call(POLL, label="no execution")
    p.call(POLL, label="unknown namespace", namespace="unknown", workflow_execution=p.execution(), fast_forward_id="f")
    p.finish()


@scenario("V_fast_forward_poll_refusals", rules=(172,), needs=ON)
def poll_refusals(p):
    p.call(POLL, label="no execution", fast_forward_id="f")
    p.call(POLL, label="no workflow id", workflow_execution=common.WorkflowExecution(), fast_forward_id="f")
    p.call(POLL, label="run id is none", workflow_execution=p.execution(run_id="x"), fast_forward_id="f")
    poll(p, "no id", "")
    poll(p, "blank id", " ")
    poll(p, "unknown workflow")
    poll(p, "unknown run", run_id="11111111-1111-4111-8111-111111111111")
    p.opened()
    poll(p, "never skipped")
    change(p, "without forward", skipping())
    poll(p, "without forward")
    p.finish()


@scenario("V_fast_forward_poll_completes", rules=(172,), needs=ON)
def poll_completes(p):
    busy(p)
    found = waiting(p)
    finish_activity(p)
    p.step()
    p.note("completed", found.result())
    poll(p, "again")
    poll(p, "another", "g")
    p.finish()
    poll(p, "after the end")


@scenario("V_fast_forward_poll_ends_with_the_run", rules=(172,), needs=ON)
def poll_ends_with_the_run(p):
    run = busy(p)
    found = waiting(p, run_id=run)
    poll(p, "another", "g")
    p.call("TerminateWorkflowExecution", record=False, workflow_execution=p.execution())
    p.note("ended", found.result())
    poll(p, "again")


@scenario("V_fast_forward_poll_hears_of_changes", rules=(172,), needs=ON)
def poll_hears_of_changes(p):
    busy(p)
    found = waiting(p)
    change(p, "longer", skipping(fast_forward_config=forward("f", 40 * DAY)))
    p.note("reset", found.result())
    found = waiting(p)
    change(p, "another", skipping(fast_forward_config=forward("g", 40 * DAY)))
    p.note("replaced", found.result())
    found = waiting(p, "g")
    change(p, "off", common.TimeSkippingConfig())
    p.note("off", found.result())
    poll(p, "again", "g")
    p.finish()


@scenario("V_fast_forward_poll_disabled", rules=(172,), needs=ON)
def poll_disabled(p):
    config = skipping(max_session_skip_count=1, fast_forward_config=forward("f", 30 * DAY))
    p.opened(start_timer(after=DAY), time_skipping_config=config)
    p.step()
    poll(p, "the budget is spent")
    p.finish()


@scenario("V_fast_forward_poll_follows_the_chain", rules=(172,), needs=ON)
def poll_follows_the_chain(p):
    first = busy(p)
    found = waiting(p, run_id=first)
    finish_activity(p)
    p.step(make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION", workflow_type=common.WorkflowType(name="probe"), task_queue=p.queue()))
    p.note("still waits", not found.done())
    p.step()
    p.note("completed", found.result())
    poll(p, "by the workflow")
    p.finish()


@scenario("V_too_many_wait_for_a_fast_forward", rules=(172,), needs=ON)
def too_many_wait(p):
    busy(p)
    found = [waiting(p) for _ in range(5)]
    poll(p, "the sixth")
    p.call("TerminateWorkflowExecution", record=False, workflow_execution=p.execution())
    for one in found:
        p.note("ended", one.result())


def reset(p: Probe, at: int, label: str = "reset", **fields) -> str:
    """A reset to the task whose end is event `at`; returns the id of the new run."""
    reply = p.call("ResetWorkflowExecution", label=label, workflow_execution=p.execution(), workflow_task_finish_event_id=at,
                   request_id=str(uuid.uuid4()), reason="again", **fields)
    return reply.run_id


@scenario("V_reset_goes_back_in_time", rules=(172, 115), needs=ON)
def reset_goes_back_in_time(p):
    p.mask("wall_clock_time", "target_time")
    first = p.opened(start_timer(after=2 * DAY), time_skipping_config=skipping(max_session_skip_count=9))
    p.step(start_timer("2", after=5 * DAY))
    p.until(lambda: len(p.history(record=False)) > 12)
    p.names("before", run_id=first)
    days("hours", p)
    second = reset(p, 10)
    p.names("after", run_id=second)
    days("hours after the reset", p)
    skipped(p)
    p.step(start_timer("3", after=DAY))
    p.until(lambda: len(p.history(run_id=second, record=False)) > 15)
    p.names("later", run_id=second)
    days("hours later", p)
    third = reset(p, 4, "to the first task")
    p.names("after it", run_id=third)
    days("hours after both", p)
    skipped(p, "described again")
    p.finish()


@scenario("V_reset_takes_options_again", rules=(172, 115), needs=ON)
def reset_takes_options_again(p):
    p.opened()
    change(p, "on", skipping(max_session_skip_count=9))
    second = reset(p, 4)
    p.history(run_id=second)
    skipped(p)
    p.step(complete_workflow())


@scenario("V_fast_forward_ends_during_a_task", rules=(172, 46), needs=ON)
def ends_during_a_task(p):
    """A worker has the task when the time of the fast-forward has come by itself."""
    p.mask("wall_clock_time", "target_time")
    config = skipping(fast_forward_config=forward("f", 1.5))
    task = p.begin(time_skipping_config=config)
    time.sleep(2.5)
    p.names("while the task runs")
    skipped(p)
    poll(p, "meanwhile")
    p.complete(task, complete_workflow(), label="complete")
    p.history()
    p.step()
    p.names("after the next task")
    second = p.begin(f"{p.workflow_id}-2", time_skipping_config=config)
    time.sleep(2.5)
    p.complete(second, start_timer(after=60), return_new_workflow_task=False)
    p.names("with a command", workflow_id=f"{p.workflow_id}-2")
    for suffix in ("", "-2"):
        p.call("TerminateWorkflowExecution", record=False, workflow_execution=p.execution(p.workflow_id + suffix))
