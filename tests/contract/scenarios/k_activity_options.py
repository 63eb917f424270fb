"""K. Activities: options changed while they are pending, and what is said of pauses."""

from google.protobuf import field_mask_pb2
from temporalio.api.activity.v1 import message_pb2 as activity

from k_activity_pause import KINDS, change, control, short
from kit import application_failure, common, payloads, retry_policy, scenario, schedule_activity, seconds


def options(p, label, *fields):
    """Record the options and a few fields of the pending activities."""
    short(p, label, "priority", "activity_options", *fields)


@scenario("K_every_option_changes_by_its_path", rules=(100,))
def every_option_changes_by_its_path(p):
    p.opened(schedule_activity(p, retry_policy=retry_policy(1, attempts=5), priority=common.Priority(priority_key=4)))
    given = dict(
        task_queue=p.queue(f"other-{p.task_queue}"), schedule_to_close_timeout=seconds(100),
        schedule_to_start_timeout=seconds(90), start_to_close_timeout=seconds(80), heartbeat_timeout=seconds(70),
        retry_policy=common.RetryPolicy(initial_interval=seconds(2), backoff_coefficient=3,
                                        maximum_interval=seconds(50), maximum_attempts=7,
                                        non_retryable_error_types=["Boom"]),
        priority=common.Priority(priority_key=2, fairness_key="k", fairness_weight=1.5))
    for path in ("schedule_to_close_timeout", "schedule_to_start_timeout", "start_to_close_timeout",
                 "heartbeat_timeout", "task_queue", "task_queue.name", "retry_policy.initial_interval",
                 "retry_policy.backoff_coefficient", "retry_policy.maximum_interval",
                 "retry_policy.maximum_attempts", "retry_policy.non_retryable_error_types", "priority.priority_key",
                 "priority.fairness_key", "priority.fairness_weight", "colour"):
        control(p, "UpdateActivityOptions", path, **change(path, **given))
    control(p, "UpdateActivityOptions", "in camel case",
            **change("startToCloseTimeout", "Priority", "retryPolicy", start_to_close_timeout=seconds(60),
                     priority=common.Priority(priority_key=1),
                     retry_policy=common.RetryPolicy(maximum_attempts=3)))
    options(p, "pending")
    p.call("ResetActivity", label="reset", execution=p.execution(), id="1", restore_original_options=True)
    options(p, "all but the priority is as it was")
    control(p, "UpdateActivityOptions", "restore", restore_original=True)
    options(p, "all is as it was")


@scenario("K_options_refused", rules=(100,))
def options_refused(p):
    p.opened(schedule_activity(p, retry_policy=retry_policy(1)))

    def refused(label, *paths, **given):
        control(p, "UpdateActivityOptions", label, **change(*paths, **given))

    refused("negative priority that the mask leaves out", "colour", priority=common.Priority(priority_key=-1))
    refused("long fairness key", "priority", priority=common.Priority(fairness_key="k" * 65))
    refused("no queue", "task_queue.name")
    refused("empty queue", "task_queue.name", task_queue=p.queue().__class__())
    refused("reserved queue", "task_queue.name", task_queue=p.queue("/_sys/x"))
    refused("long queue", "task_queue.name", task_queue=p.queue("q" * 1001))
    refused("no policy", "retry_policy")
    refused("no policy for a part", "retry_policy.maximum_attempts")
    refused("bad part", "retry_policy.backoff_coefficient", retry_policy=common.RetryPolicy(backoff_coefficient=0.5))
    refused("no priority for a part", "priority.priority_key")
    refused("no timeout is left", "start_to_close_timeout")
    refused("nothing", start_to_close_timeout=seconds(1))
    control(p, "UpdateActivityOptions", "empty mask and restore", restore_original=True,
            update_mask=field_mask_pb2.FieldMask())
    control(p, "UpdateActivityOptions", "neither mask nor options")
    for method in KINDS:
        p.call(method, label=f"{method}: bad run id", id="1", execution=p.execution(run_id="x"),
               **(change("colour") if method == KINDS[3] else {}))
        p.call(method, label=f"{method}: nothing at all")
    options(p, "pending")


@scenario("K_changed_interval_counts_at_once", rules=(100,))
def changed_interval_counts_at_once(p):
    p.opened(schedule_activity(p, retry_policy=retry_policy(60)))
    p.call("RespondActivityTaskFailed", task_token=p.poll_activity().task_token, failure=application_failure())
    short(p, "waits", "current_retry_interval")
    control(p, "UpdateActivityOptions", **change("heartbeat_timeout", heartbeat_timeout=seconds(5)))
    short(p, "counted by the attempt to come", "current_retry_interval")
    control(p, "UpdateActivityOptions", "short",
            **change("retry_policy", retry_policy=common.RetryPolicy(initial_interval=seconds(0.1), backoff_coefficient=1)))
    p.note("attempt", p.poll_activity(timeout=10).attempt)


@scenario("K_pause_is_a_search_attribute", rules=(100, 129))
def pause_is_a_search_attribute(p):
    p.opened(schedule_activity(p, "a"), schedule_activity(p, "b"))

    def attribute(label):
        reply = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
        fields = reply.workflow_execution_info.search_attributes.indexed_fields
        p.note(label, fields.get("TemporalPauseInfo"))

    control(p, "PauseActivity", activity_id="a")
    attribute("one is paused")
    control(p, "PauseActivity", activity_id="b")
    control(p, "UnpauseActivity", activity_id="a")
    attribute("the other one is paused")
    control(p, "ResetActivity", activity_id="b")
    attribute("none is paused")
    control(p, "PauseActivity", activity_id="a")
    p.call("RespondActivityTaskCompletedById", workflow_id=p.workflow_id, activity_id="a")
    attribute("the paused one is over")
    p.until(lambda: p.call("CountWorkflowExecutions", record=False, query=(
        f"WorkflowId = '{p.workflow_id}' AND TemporalPauseInfo = 'property:activityType=work'")).count)


@scenario("K_reset_of_heartbeats_waits_for_the_next_attempt", rules=(100,))
def reset_of_heartbeats_waits_for_the_next_attempt(p):
    p.opened(schedule_activity(p, retry_policy=retry_policy(0.1)))
    task = p.poll_activity()
    p.call("RecordActivityTaskHeartbeat", record=False, task_token=task.task_token, details=payloads("half"))
    control(p, "ResetActivity", reset_heartbeat=True)
    short(p, "still there", "heartbeat_details")
    p.call("RespondActivityTaskFailed", record=False, task_token=task.task_token, failure=application_failure())
    task = p.poll_activity(timeout=10)
    p.note("the next attempt begins without", task.response.HasField("heartbeat_details"))


@scenario("K_unpause_counts_attempts_anew_while_one_runs", rules=(100,))
def unpause_counts_attempts_anew_while_one_runs(p):
    p.opened(schedule_activity(p, retry_policy=retry_policy(0.1)))
    p.call("RespondActivityTaskFailed", record=False, task_token=p.poll_activity().task_token,
           failure=application_failure())
    task = p.poll_activity(timeout=10)
    control(p, "PauseActivity")
    control(p, "UnpauseActivity", reset_attempts=True)
    short(p, "attempts")
    p.call("RespondActivityTaskCompleted", label="its answer", task_token=task.task_token)


@scenario("K_a_task_has_what_it_leaves_out_from_the_workflow", rules=(98,))
def a_task_has_what_it_leaves_out_from_the_workflow(p):
    p.opened(schedule_activity(p, "a", task_queue=p.queue(f"a-{p.task_queue}"),
                               priority=common.Priority(fairness_key="own")),
             schedule_activity(p, "b", task_queue=p.queue(f"b-{p.task_queue}")),
             priority=common.Priority(priority_key=2, fairness_key="k", fairness_weight=3))
    for queue in "ab":
        task = p.poll_activity(task_queue=p.queue(f"{queue}-{p.task_queue}"))
        p.note(queue, task.priority)
