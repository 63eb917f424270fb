"""V. The time of single workflows, which skips while nothing of them is under way: off by default."""

from google.protobuf import field_mask_pb2
from temporalio.api.common.v1 import message_pb2 as common
from temporalio.api.workflow.v1 import message_pb2 as workflow

from kit import (Probe, application_failure, child, complete_workflow, fail_workflow, make, payloads, retry_policy, scenario,
                 schedule_activity, seconds, start_timer)

ON = ("frontend.WorkflowTimeSkippingEnabled=true",)
DAY = 24 * 3600


def skipping(**fields) -> common.TimeSkippingConfig:
    return common.TimeSkippingConfig(enabled=True, **fields)


def forward(name: str, duration: float) -> common.FastForwardConfig:
    return common.FastForwardConfig(id=name, duration=seconds(duration))


def change(p: Probe, label: str, config: common.TimeSkippingConfig | None, *paths: str):
    options = workflow.WorkflowExecutionOptions(time_skipping_config=config)
    mask = field_mask_pb2.FieldMask(paths=paths or ["time_skipping_config"])
    return p.call("UpdateWorkflowExecutionOptions", label=label, workflow_execution=p.execution(),
                  workflow_execution_options=options, update_mask=mask)


def days(label: str, p: Probe, **where) -> None:
    """How long the run took by its own clock, in whole hours. The first event does not count: the real service writes it
    by its own clock even if the run begins ahead of it."""
    events = p.history(record=False, **where)
    p.note(label, round((events[-1].event_time.ToDatetime() - events[1].event_time.ToDatetime()).total_seconds() / 3600))


def skipped(p: Probe, label: str = "described") -> None:
    p.note(label, p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
           .workflow_extended_info.time_skipping_info)


@scenario("V_time_of_a_workflow_is_off", rules=(172,))
def time_of_a_workflow_is_off(p):
    p.start(time_skipping_config=skipping())
    p.start("not enabled", time_skipping_config=common.TimeSkippingConfig())
    p.opened()
    change(p, "change", skipping())
    p.finish()


@scenario("V_timer_is_skipped", rules=(172,), needs=ON)
def timer_is_skipped(p):
    p.mask("wall_clock_time", "target_time")
    p.opened(start_timer(after=30 * DAY), time_skipping_config=skipping())
    skipped(p)
    p.step(complete_workflow())
    p.history()
    days("hours", p)
    skipped(p, "closed")


@scenario("V_skip_refusals", rules=(172,), needs=ON)
def skip_refusals(p):
    p.start("no duration", time_skipping_config=skipping(fast_forward_config=common.FastForwardConfig(id="f")))
    p.start("no id", time_skipping_config=skipping(fast_forward_config=forward(" ", 60)))
    p.start("not enabled", time_skipping_config=common.TimeSkippingConfig(fast_forward_config=forward("f", 60)))
    p.opened()
    change(p, "partly", skipping(), "time_skipping_config.enabled")
    change(p, "no id", skipping(fast_forward_config=forward("", 60)))
    change(p, "negative budget", skipping(max_session_skip_count=-1))
    p.finish()


@scenario("V_fast_forward_ends_skipping", rules=(172,), needs=ON)
def fast_forward_ends_skipping(p):
    p.mask("wall_clock_time", "target_time")
    p.opened(start_timer(after=2 * DAY), start_timer("2", after=9 * DAY),
             time_skipping_config=skipping(fast_forward_config=forward("f", 5 * DAY)))
    p.step()
    p.until(lambda: len(p.history(record=False)) > 9)
    p.history()
    days("hours", p)
    skipped(p)
    p.finish()


@scenario("V_budget_ends_skipping", rules=(172,), needs=ON)
def budget_ends_skipping(p):
    p.opened(start_timer(after=DAY), time_skipping_config=skipping(max_session_skip_count=2))
    p.step(start_timer("2", after=DAY))
    p.step(start_timer("3", after=DAY))
    p.names()
    skipped(p)
    change(p, "again", skipping(max_session_skip_count=2))
    p.step(complete_workflow())
    p.names("at the end")
    days("hours", p)


@scenario("V_activity_holds_time", rules=(172,), needs=ON)
def activity_holds_time(p):
    p.mask("wall_clock_time", "target_time")
    p.opened(schedule_activity(p, retry_policy=retry_policy(first=DAY)), start_timer(after=9 * DAY),
             time_skipping_config=skipping())
    task = p.poll_activity()
    p.names("while it runs")
    p.call("RespondActivityTaskFailed", record=False, task_token=task.task_token, failure=application_failure())
    task = p.poll_activity()
    p.note("attempt", task.attempt)
    p.names("at the second attempt")
    p.call("RespondActivityTaskCompleted", record=False, task_token=task.task_token, result=payloads("r"))
    p.step(complete_workflow())
    p.names("at the end")
    days("hours", p)


@scenario("V_child_inherits_time", rules=(172,), needs=ON)
def child_inherits_time(p):
    p.mask("wall_clock_time", "target_time", "initial_skipped_duration")
    p.opened(start_timer(after=DAY), time_skipping_config=skipping(fast_forward_config=forward("f", 30 * DAY)))
    p.step(child(p))
    tasks = [p.poll_workflow() for _ in range(2)]
    for task in tasks:
        of_child = task.workflow_execution.workflow_id != p.workflow_id
        p.complete(task, *([start_timer(after=DAY)] if of_child else []), return_new_workflow_task=False)
    p.step(complete_workflow())
    p.step(complete_workflow())
    p.history()
    days("hours", p)
    p.history(f"{p.workflow_id}-child", label="child")
    days("hours of the child", p, workflow_id=f"{p.workflow_id}-child")


@scenario("V_child_does_not_inherit_time", rules=(172,), needs=ON)
def child_does_not_inherit_time(p):
    p.mask("wall_clock_time", "target_time", "initial_skipped_duration")
    p.opened(start_timer(after=DAY), time_skipping_config=skipping(disable_propagation=True))
    p.step(child(p))
    p.until(lambda: len(p.history(record=False)) > 10)
    p.history()
    p.finish()


@scenario("V_delay_and_timeout_are_skipped", rules=(172,), needs=ON)
def delay_and_timeout_are_skipped(p):
    p.start(record=False, workflow_start_delay=seconds(2 * DAY), workflow_run_timeout=seconds(5 * DAY),
            time_skipping_config=skipping())
    p.step()
    p.closed()
    p.names()
    days("hours", p)


@scenario("V_next_run_goes_on_ahead", rules=(172,), needs=ON)
def next_run_goes_on_ahead(p):
    p.mask("wall_clock_time", "target_time", "initial_skipped_duration", "workflow_execution_expiration_time",
           "fast_forward_target_time")
    first = p.opened(start_timer(after=DAY), retry_policy=retry_policy(first=DAY, attempts=2),
                     time_skipping_config=skipping(fast_forward_config=forward("f", 30 * DAY)))
    p.step(fail_workflow())
    p.names(run_id=first)
    p.step(complete_workflow())
    p.history()
    days("hours", p)
    skipped(p)


@scenario("V_time_is_switched_on_and_off", rules=(172,), needs=ON)
def time_is_switched_on_and_off(p):
    p.mask("wall_clock_time", "target_time")
    p.opened(start_timer(after=DAY), start_timer("2", after=9 * DAY))
    skipped(p, "without")
    change(p, "on", skipping())
    task = p.poll_workflow()
    change(p, "off", common.TimeSkippingConfig())
    change(p, "off again", common.TimeSkippingConfig())
    p.complete(task, return_new_workflow_task=False)
    p.step()
    change(p, "removed", None)
    skipped(p, "removed")
    p.history()
    p.finish()
