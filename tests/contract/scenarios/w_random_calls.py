"""W. What random sequences of calls have shown that nobody had asked for (`differ.py`)."""

from google.protobuf import field_mask_pb2
from temporalio.api.workflow.v1 import message_pb2 as workflow_proto

from h_update_calls import with_start
from h_updates import admitted
from kit import (accept, child, common, complete_workflow, failure, make, reject, respond, scenario, schedule_activity,
                 seconds, start_timer)
from n_reset import reset
from topics import create_schedule, delete_schedule, describe_schedule, every, schedule, schedule_id

UNKNOWN_RUN = "00000000-0000-4000-8000-000000000000"


def signal_with_start(p, label, request_id, **fields):
    p.call("SignalWithStartWorkflowExecution", label=label, workflow_id=p.workflow_id, request_id=request_id,
           workflow_type=common.WorkflowType(name="probe"), task_queue=p.queue(), signal_name="sig",
           identity=p.identity, **fields)


def described(p, label):
    """Record what DescribeWorkflowExecution says beyond the usual."""
    reply = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
    p.note(label, [list(p.plain(reply.workflow_extended_info)["request_id_infos"]),
                   list(reply.workflow_execution_info.auto_reset_points.points)])


@scenario("W_eager_task_is_of_the_starts_request", rules=(17,))
def eager_task_is_of_the_starts_request(p):
    reply = p.start(record=False, request_eager_execution=True, request_id="the-start")
    p.note("started event", reply.eager_workflow_task.history.events[-1].workflow_task_started_event_attributes
           if reply.response.HasField("eager_workflow_task") else None)
    p.last(1)


@scenario("W_signal_with_start_repeated", rules=(13, 19))
def signal_with_start_repeated(p):
    signal_with_start(p, "first", "r1")
    signal_with_start(p, "again", "r1")
    signal_with_start(p, "another", "r2")
    p.start("start with the request of a signal", request_id="r2", workflow_id_conflict_policy=2)
    p.names()
    described(p, "signals are not among the requests")
    p.complete(p.poll_workflow(), complete_workflow())
    signal_with_start(p, "again, after the end", "r1")
    p.names("a new run")


@scenario("W_reset_with_the_request_of_the_start", rules=(113,))
def reset_with_the_request_of_the_start(p):
    p.start(record=False, request_id="r1")
    run = p.step().workflow_execution.run_id
    p.note("the same run", reset(p, 4, record=False, request_id="r1").run_id == run)
    p.note("another run", reset(p, 4, record=False, request_id="r2").run_id == run)
    p.history()


@scenario("W_reset_of_a_task_that_nobody_took", rules=(114,))
def reset_of_a_task_that_nobody_took(p):
    p.start(record=False)
    p.step()
    p.signal()
    reset(p, 3)
    p.last(3)


@scenario("W_reset_points_expire_with_the_next_run", rules=(157,))
def reset_points_expire_with_the_next_run(p):
    p.opened()
    described(p, "before")
    p.signal()
    p.step(make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION"))
    p.step()
    described(p, "the new run")


@scenario("W_unknown_runs_are_named", rules=(120,))
def unknown_runs_are_named(p):
    nobody = p.execution(f"nobody-{p.unique}", UNKNOWN_RUN)
    for method, fields in (
            ("DescribeWorkflowExecution", {"execution": nobody}),
            ("GetWorkflowExecutionHistory", {"execution": nobody}),
            ("GetWorkflowExecutionHistoryReverse", {"execution": nobody}),
            ("QueryWorkflow", {"execution": nobody, "query": {"query_type": "q"}}),
            ("SignalWorkflowExecution", {"workflow_execution": nobody, "signal_name": "s"}),
            ("RequestCancelWorkflowExecution", {"workflow_execution": nobody}),
            ("TerminateWorkflowExecution", {"workflow_execution": nobody}),
            ("DeleteWorkflowExecution", {"workflow_execution": nobody}),
            ("ResetWorkflowExecution", {"workflow_execution": nobody, "request_id": "r", "workflow_task_finish_event_id": 3}),
            ("ResetStickyTaskQueue", {"execution": nobody}),
            ("PauseActivity", {"execution": nobody, "id": "1"}),
            ("RespondActivityTaskCompletedById", {"workflow_id": nobody.workflow_id, "run_id": UNKNOWN_RUN, "activity_id": "1"}),
            ("UpdateWorkflowExecutionOptions", {"workflow_execution": nobody, "update_mask": field_mask_pb2.FieldMask(),
                                                "workflow_execution_options": workflow_proto.WorkflowExecutionOptions()}),
    ):
        p.call(method, **fields)
    p.note("update", p.update(workflow_id=nobody.workflow_id, run_id=UNKNOWN_RUN).result())


@scenario("W_workflow_options_refused", rules=(120,))
def workflow_options_refused(p):
    p.start(record=False)

    def change(label, *paths, execution=None, **options):
        p.call("UpdateWorkflowExecutionOptions", label=label, workflow_execution=execution or p.execution(),
               workflow_execution_options=workflow_proto.WorkflowExecutionOptions(**options),
               update_mask=field_mask_pb2.FieldMask(paths=paths), identity=p.identity)

    p.call("UpdateWorkflowExecutionOptions", label="nothing at all")
    p.call("UpdateWorkflowExecutionOptions", label="no mask", workflow_execution=p.execution())
    p.call("UpdateWorkflowExecutionOptions", label="no options", workflow_execution=p.execution(),
           update_mask=field_mask_pb2.FieldMask(paths=["priority"]))
    change("bad run id", "priority", execution=p.execution(run_id="x"))
    change("empty mask", priority=common.Priority(priority_key=1))
    change("unknown path", "colour", priority=common.Priority(priority_key=1))
    change("camel case", "priority.priorityKey", priority=common.Priority(priority_key=1))
    change("bad priority, unknown path", "colour", priority=common.Priority(priority_key=-1))
    change("a part", "priority.fairness_key", priority=common.Priority(priority_key=1, fairness_key="k"))
    change("no priority any more", "priority")
    p.history()


@scenario("W_started_speculative_task_loses_its_worker", rules=(69,))
def started_speculative_task_loses_its_worker(p):
    p.opened()
    caller = p.update()
    task = p.poll_workflow()
    p.signal()
    sent = task.messages[0]
    p.complete(task, messages=[accept(sent), respond(sent)], label="complete")
    caller.result()
    p.history()


@scenario("W_failure_by_id_of_nothing", rules=(97,))
def failure_by_id_of_nothing(p):
    p.opened(schedule_activity(p))
    for activity in ("1", "2"):
        p.call("RespondActivityTaskFailedById", label=f"activity {activity}", workflow_id=p.workflow_id,
               activity_id=activity, failure=failure(application_failure_info=None))


@scenario("W_namespace_by_name_and_id", rules=(3,))
def namespace_by_name_and_id(p):
    p.call("DeleteNamespace", namespace="default", namespace_id=UNKNOWN_RUN)
    p.call("DeleteNamespace", label="neither")


@scenario("W_schedule_requests_count_once", rules=(141, 143))
def schedule_requests_count_once(p):
    create_schedule(p, schedule(p, every(3600)))

    def patch(label, request_id, **fields):
        p.call("PatchSchedule", label=label, schedule_id=schedule_id(p), identity=p.identity, request_id=request_id,
               patch=fields)

    patch("pause", "r1", pause="first")
    patch("the same request", "r1", unpause="never")
    p.call("UpdateSchedule", label="an update by the same request", schedule_id=schedule_id(p), request_id="r1",
           schedule=schedule(p, every(60)))
    patch("another request", "r2", pause="second")
    found = describe_schedule(p, lambda d: d.schedule.state.notes == "second")
    p.note("state", found.schedule.state)
    p.note("spec", found.schedule.spec)
    delete_schedule(p)


@scenario("W_schedule_updates", rules=(143,))
def schedule_updates(p):
    create_schedule(p, schedule(p, every(3600)), search_attributes={"indexed_fields": {}})
    p.note("no attributes", describe_schedule(p, lambda d: True).response.HasField("search_attributes"))

    def update(label, notes="", **fields):
        p.call("UpdateSchedule", label=label, schedule_id=schedule_id(p), identity=p.identity, **fields)
        if notes:
            found = describe_schedule(p, lambda d: d.schedule.state.notes == notes)
            p.note(f"{label}: notes", found.schedule.state.notes)

    update("nothing")
    update("no action", schedule=schedule(p, every(60), action=schedule(p).action.__class__()))
    update("short token", "a", schedule=schedule(p, every(60), state={"notes": "a"}), conflict_token=b"short")
    update("zero token", "b", schedule=schedule(p, every(60), state={"notes": "b"}), conflict_token=bytes(8))
    delete_schedule(p)
    update("after its end, no action", schedule=schedule(p, action=schedule(p).action.__class__()))
    update("after its end", schedule=schedule(p, every(60)))


@scenario("W_update_that_came_during_a_task", rules=(31, 64, 68))
def update_that_came_during_a_task(p):
    """Its own task is speculative only if it comes with the answer."""
    for label, returned in (("through the queue", False), ("with the answer", True)):
        p.workflow_id = f"wf-{p.unique}-{label.replace(' ', '-')}"
        task = p.begin()
        caller = p.update()
        admitted(p)
        answer = p.complete(task, return_new_workflow_task=returned)
        task = answer.workflow_task if returned else p.poll_workflow()
        p.complete(task, messages=[reject(task.messages[0])], return_new_workflow_task=False, label=label)
        caller.result()
        p.history(label=f"{label}: history")
        p.finish()


@scenario("W_updates_come_after_earlier_signals", rules=(65,))
def updates_come_after_earlier_signals(p):
    p.opened()
    p.signal()
    caller = p.update()
    admitted(p)
    p.signal()
    task = p.brief("task", p.poll_workflow())
    sent = task.messages[0]
    p.complete(task, messages=[accept(sent), respond(sent)], label="complete", return_new_workflow_task=False)
    caller.result()
    p.last(3)


@scenario("W_update_with_start_that_is_terminated", rules=(74, 75))
def update_with_start_that_is_terminated(p):
    caller = with_start(p, background=True)
    p.until(lambda: p.call("DescribeWorkflowExecution", record=False, execution=p.execution()).ok)
    p.finish()
    p.note("the start stays", caller.result())
    p.names()


@scenario("W_completions_come_in_one_piece", rules=(159,))
def completions_come_in_one_piece(p):
    task = p.begin()
    p.complete(task, intermediate_page=True, label="a page")
    p.complete(task, label="all of it")


@scenario("W_only_sticky_queues_have_a_normal_name", rules=(45,))
def only_sticky_queues_have_a_normal_name(p):
    queue = p.queue(normal_name="other")
    p.call("PollWorkflowTaskQueue", task_queue=queue)
    p.call("PollActivityTaskQueue", task_queue=queue)
    p.call("DescribeTaskQueue", task_queue=queue)
    p.call("ListTaskQueuePartitions", task_queue=queue)
    p.start(task_queue=queue)


@scenario("W_update_does_not_wait_for_a_delay", rules=(20, 64))
def update_does_not_wait_for_a_delay(p):
    for label, fields in (("start delay", {"workflow_start_delay": seconds(300)}), ("cron", {"cron_schedule": "0 0 1 1 *"})):
        p.workflow_id = f"wf-{p.unique}-{label.replace(' ', '-')}"
        p.mask("first_workflow_task_backoff")
        p.start(record=False, **fields)
        caller = p.update()
        admitted(p)
        task = p.brief(f"{label}: task", p.poll_workflow())
        sent = task.messages[0]
        p.complete(task, messages=[accept(sent), respond(sent)], label=f"{label}: complete")
        caller.result()
        p.history(label=label)
        p.finish()


@scenario("W_timeouts_of_zero_are_shown", rules=(16,))
def timeouts_of_zero_are_shown(p):
    zero = dict(workflow_execution_timeout=seconds(0), workflow_run_timeout=seconds(0), workflow_task_timeout=seconds(0))
    for label, fields in (("all", zero), ("execution", {"workflow_execution_timeout": seconds(0)}),
                          ("run", {"workflow_run_timeout": seconds(0)})):
        p.workflow_id = f"wf-{p.unique}-{label}"
        p.opened(child(p, **zero) if label == "all" else start_timer(), **fields)
        reply = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
        p.note(f"{label}: configuration", reply.execution_config)
        p.history(label=label)
        p.finish()


@scenario("W_what_is_checked_first", rules=(12, 74))
def what_is_checked_first(p):
    signal_with_start(p, "both policies", "r1", workflow_id_reuse_policy="WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING",
                      workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_FAIL")
    signal_with_start(p, "fail", "r1", workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_FAIL")
    with_start(p, label="cron and delay", start={"cron_schedule": "@daily", "workflow_start_delay": seconds(1)})
    with_start(p, label="negative timeout, eager", start={"workflow_run_timeout": seconds(-1), "request_eager_execution": True})


@scenario("W_what_comes_to_a_waiting_speculative_task", rules=(69,))
def what_comes_to_a_waiting_speculative_task(p):
    """Its own event comes first, and it is a task like any other from then on."""
    for label, fields in (("idle", {}), ("delayed", {"workflow_start_delay": seconds(300)})):
        for what in ("signal", "cancel request", "option", "activity"):
            p.workflow_id = f"wf-{p.unique}-{label}-{what}".replace(" ", "-")
            p.mask("first_workflow_task_backoff")
            if fields:
                p.start(record=False, **fields)
            else:
                p.opened(schedule_activity(p))
            caller = p.update()
            admitted(p)
            if what == "signal":
                p.signal()
            elif what == "cancel request":
                p.call("RequestCancelWorkflowExecution", workflow_execution=p.execution())
            elif what == "option":
                p.start(record=False, workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING",
                        on_conflict_options={"attach_request_id": True})
            elif not fields:
                p.call("RespondActivityTaskCompletedById", workflow_id=p.workflow_id, activity_id="1")
            task = p.poll_workflow()
            p.complete(task, messages=[reject(task.messages[0])], label=f"{label}: {what}", return_new_workflow_task=False)
            caller.result()
            p.names(f"{label}: {what}: events")
            p.finish()


@scenario("W_reset_of_a_run_without_a_task", rules=(113,))
def reset_of_a_run_without_a_task(p):
    p.start(record=False, workflow_start_delay=seconds(300))
    p.signal()
    reset(p, 2, "to the signal")
    p.finish()
    reset(p, 3, "to the end")
