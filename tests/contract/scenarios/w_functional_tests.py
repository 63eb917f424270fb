"""W. What the real service's own functional tests have shown that nobody had asked for."""

import time

from h_update_calls import reference, with_start
from k_activity_pause import control, short
from kit import (accept, common, complete_workflow, make, payload, payloads, reject, retry_policy, scenario,
                 schedule_activity, seconds)
from n_reset import reset
from temporalio.api.query.v1 import message_pb2 as query_proto
from topics import start_action, try_schedule, schedule

FIRST, SECOND = "11111111-2222-4333-8444-555555555551", "11111111-2222-4333-8444-555555555552"
USE_EXISTING = 2
INTERNAL = "temporal-sys-per-ns-tq"


@scenario("W_link_of_a_start_that_uses_a_run", rules=(14,))
def link_of_a_start_that_uses_a_run(p):
    def start(label, **options):
        reply = p.start(label, workflow_id_conflict_policy=USE_EXISTING, **options)
        p.note(f"{label}: link", reply.link)

    links = [common.Link(workflow_event=common.Link.WorkflowEvent(namespace="default", workflow_id="other", run_id=FIRST))]
    start("first", request_id=FIRST)
    start("nothing is attached")
    start("the request is attached", request_id=SECOND, on_conflict_options={"attach_request_id": True})
    start("again", request_id=SECOND)
    start("the first again", request_id=FIRST)
    start("links are attached", on_conflict_options={"attach_links": True}, links=links)
    p.note("links of the event", list(p.last(1)[-1].links))


@scenario("W_eager_start_repeated", rules=(13, 17))
def eager_start_repeated(p):
    first = p.start(record=False, request_id=FIRST, request_eager_execution=True)
    again = p.start(record=False, request_id=FIRST, request_eager_execution=True)
    p.note("has a task", [one.response.HasField("eager_workflow_task") for one in (first, again)])
    p.complete(again.eager_workflow_task, label="completed")
    late = p.start(record=False, request_id=FIRST, request_eager_execution=True)
    p.note("after the task", late.response.HasField("eager_workflow_task"))
    p.names()


@scenario("W_queues_of_the_services_own_workers", rules=(12, 57, 133))
def queues_of_the_services_own_workers(p):
    p.start("start", task_queue=p.queue(INTERNAL))
    p.call("SignalWithStartWorkflowExecution", label="signal-with-start", workflow_id=p.workflow_id, signal_name="sig",
           workflow_type=common.WorkflowType(name="probe"), task_queue=p.queue(INTERNAL), request_id=FIRST)
    try_schedule(p, "schedule", schedule(p, action=start_action(p, task_queue=p.queue(INTERNAL))))
    p.try_commands("activity", schedule_activity(p, task_queue=p.queue(INTERNAL)), upto=4)


@scenario("W_memos_without_values", rules=(18, 110, 131))
def memos_without_values(p):
    nothing = {"null": common.Payload(metadata={"encoding": b"binary/null"}),
               "json": common.Payload(metadata={"encoding": b"json/plain"}, data=b"null"),
               "list": common.Payload(metadata={"encoding": b"json/plain"}, data=b"[]"),
               "empty": common.Payload(metadata={"encoding": b"binary/plain"})}

    def memo(**values):
        return common.Memo(fields={**nothing, **values})

    def note(label, event):
        of = event.workflow_execution_started_event_attributes
        p.note(label, {"memo": of.memo if of.HasField("memo") else None,
                       "attributes": of.search_attributes if of.HasField("search_attributes") else None})

    p.start(record=False, memo=memo(some=payload("value")))
    note("some", p.history(record=False)[0])
    task = p.poll_workflow()
    change = make("MODIFY_WORKFLOW_PROPERTIES", upserted_memo=common.Memo(fields={"some": nothing["list"]}))
    p.complete(task, change, return_new_workflow_task=False)
    reply = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
    p.note("taken away", reply.workflow_execution_info.memo)
    p.finish()
    empty = common.SearchAttributes(indexed_fields={"CustomKeywordField": nothing["json"]})
    p.start(record=False, memo=memo(), search_attributes=empty)
    note("none", p.history(record=False)[0])
    p.complete(p.poll_workflow(), make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION", memo=memo(some=payload("value")),
                                       search_attributes=empty), return_new_workflow_task=False)
    note("continued", p.history(record=False)[0])


@scenario("W_builds_of_unversioned_workers", rules=(129,))
def builds_of_unversioned_workers(p):
    def note(label):
        reply = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
        found = reply.workflow_execution_info.search_attributes.indexed_fields
        p.note(label, found["BuildIds"].data if "BuildIds" in found else None)

    p.start(record=False)
    for build in ("one", "two", "one", 'with "quotes"', ""):
        task = p.poll_workflow()
        p.complete(task, worker_version_stamp=common.WorkerVersionStamp(build_id=build), return_new_workflow_task=False)
        note(f"after {build}")
        p.signal()


@scenario("W_query_before_the_first_task", rules=(78,))
def query_before_the_first_task(p):
    p.start(record=False, workflow_start_delay=seconds(3))
    p.note("too impatient", p.query(timeout=1).result())
    waiting = p.query(timeout=10)
    task = p.brief("task", p.poll_workflow())
    answers = {one: query_proto.WorkflowQueryResult(result_type=1, answer=payloads("here")) for one in task.queries}
    p.complete(task, query_results=answers, return_new_workflow_task=False)
    p.note("patient", waiting.result())


@scenario("W_reset_attaches_requests_again", rules=(114,))
def reset_attaches_requests_again(p):
    p.start(record=False, request_id=FIRST)
    p.step()
    p.start("attached", request_id=SECOND, workflow_id_conflict_policy=USE_EXISTING,
            on_conflict_options={"attach_request_id": True})
    p.signal()
    p.step()
    reset(p, 4, record=False, reset_reapply_type="RESET_REAPPLY_TYPE_NONE")
    p.last(2)
    p.start("still attached", request_id=SECOND, workflow_id_conflict_policy=USE_EXISTING)
    p.names()


@scenario("W_paused_activity_does_not_time_out", rules=(93, 100))
def paused_activity_does_not_time_out(p):
    p.opened(schedule_activity(p, start_to_close_timeout=seconds(1), schedule_to_close_timeout=seconds(60),
                               retry_policy=retry_policy(attempts=1)))
    p.poll_activity()
    control(p, "PauseActivity")
    time.sleep(2.5)
    short(p, "still there", "paused")
    control(p, "ResetActivity")
    p.until(lambda: any("TIMED_OUT" in p.name_of(event) for event in p.history(record=False)))
    p.last(2)


@scenario("W_eager_activity_without_another_limit", rules=(92, 93))
def eager_activity_without_another_limit(p):
    p.start(record=False)
    p.complete(p.poll_workflow(), schedule_activity(p, start_to_close_timeout=None, request_eager_execution=True,
                                                    schedule_to_close_timeout=seconds(2),
                                                    retry_policy=retry_policy(attempts=1)))
    p.until(lambda: any("TIMED_OUT" in p.name_of(event) for event in p.history(record=False)))
    p.last(2)


@scenario("W_update_rejected_by_the_last_task", rules=(66, 71))
def update_rejected_by_the_last_task(p):
    endings = {"completed": complete_workflow(), "continued": make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION")}
    for label, ending in endings.items():
        p.workflow_id = f"wf-{p.unique}-{label}"
        run = p.opened()
        caller = p.update(run_id=run)
        task = p.poll_workflow()
        p.complete(task, ending, messages=[reject(task.messages[0])], return_new_workflow_task=False)
        p.note(label, caller.result())
        p.names(f"{label}: events", run_id=run)


@scenario("W_update_with_start_beyond_a_limit", rules=(62, 75))
def update_with_start_beyond_a_limit(p):
    p.opened()
    waiting = [p.update(f"u{n}", timeout=9) for n in range(10)]
    p.until(lambda: all(p.call("PollWorkflowExecutionUpdate", record=False, timeout=2, update_ref=reference(p, f"u{n}")).ok
                        for n in range(10)))
    with_start(p, {"workflow_id_conflict_policy": USE_EXISTING},
               {"request": {"meta": {"update_id": "another"}}}, label="the eleventh", timeout=3)
    p.finish()
    for one in waiting:
        one.result()


@scenario("W_update_with_start_attaches_nothing", rules=(14, 75))
def update_with_start_attaches_nothing(p):
    p.opened()
    options = {"attach_request_id": True, "attach_links": True}
    caller = with_start(p, {"request_id": SECOND, "workflow_id_conflict_policy": USE_EXISTING, "on_conflict_options": options},
                        background=True)
    task = p.poll_workflow()
    p.complete(task, messages=[accept(sent) for sent in task.messages], return_new_workflow_task=False)
    p.note("answer", caller.result())
    p.names()
    described = p.call("DescribeWorkflowExecution", record=False, execution=p.execution())
    p.note("attached", SECOND in described.workflow_extended_info.request_id_infos)
    p.finish()
