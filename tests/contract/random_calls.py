"""The calls that `differ.py` sends at random. Each takes a side and a random choice, and says nothing of the time.

Both sides get the same choices, and do the same as long as they are in the same state: ids are their own, and what a
call needs of an earlier answer (tokens, run ids) is taken from the side's own answers.
"""

from __future__ import annotations

import collections
import json
import random
import time

from google.protobuf import field_mask_pb2
from temporalio.api.activity.v1 import message_pb2 as activity
from temporalio.api.query.v1 import message_pb2 as query_proto
from temporalio.api.update.v1 import message_pb2 as update_proto
from temporalio.api.workflow.v1 import message_pb2 as workflow_proto
from temporalio.api.workflowservice.v1 import request_response_pb2 as workflow

import kit
from kit import accept, common, failure, make, payload, payloads, reject, respond, seconds
from mutation import Mutation

#: Weights by call.
CALLS: dict = {}

#: What differs on purpose, or by how the services are made.
DIFFERENT = {"effective_rate_limit", "auto_reset_points", "first_workflow_task_backoff", "execution_duration"}
#: Long enough for what one call leads to.
A_MOMENT = 0.15


def call(weight: float):
    """Register a call that is made this often."""

    def register(function):
        CALLS[function] = weight
        return function

    return register


class Side:
    """One of the two services, and what a sequence has made there."""

    def __init__(self, probe: kit.Probe, wrong: float):
        self.probe = probe
        self.wrong = wrong
        self.said = ""
        self.runs = collections.defaultdict(list)
        self.tasks: list = []
        self.answered: list = []
        self.activities: list = []
        self.answered_activities: list = []
        self.waiting: list = []
        self.deleted_schedules = 0
        self.speculative = False
        probe.mask(*DIFFERENT)

    def record(self, function, choice: random.Random) -> list:
        """What a call has brought, as data that can be compared."""
        self.probe.steps = []
        self.said = ""
        function(self, choice)
        return json.loads(json.dumps(self.probe.steps))

    def send(self, choice: random.Random, method: str, wrong: float | None = None, timeout: float = 12, **fields):
        """Make a call, now and then with a request that is made wrong."""
        request = self.probe.request(method, **fields)
        self.spoil(choice, request, wrong)
        return self.probe.call(method, request, timeout=timeout)

    def spoil(self, choice: random.Random, request, wrong: float | None = None) -> None:
        if choice.random() < (self.wrong if wrong is None else wrong):
            names = (f"nothing-{self.probe.unique}",)
            self.said += f" {type(request).__name__}: {Mutation(choice, names).change(request)}"

    def id(self, which: str) -> str:
        return f"wf-{self.probe.unique}-{which}"

    def queue(self, which: str):
        return self.probe.queue(f"tq-{self.probe.unique}-{which}")

    def execution(self, choice: random.Random, which: str, named: float = 0.2) -> common.WorkflowExecution:
        """One of the workflows, now and then by a run."""
        run = choice.choice(self.runs[which]) if self.runs[which] and choice.random() < named else ""
        return common.WorkflowExecution(workflow_id=self.id(which), run_id=run)

    def described(self, which: str):
        return self.probe.call("DescribeWorkflowExecution", record=False, execution=self.probe.execution(self.id(which)))

    def pending_activities(self):
        return [found for which in "abc" if (reply := self.described(which)).ok for found in reply.pending_activities]

    def look_back(self, _choice: random.Random) -> None:
        """Record all histories, then what became of those who waited."""
        for which in "abc":
            for run in ["", *self.runs[which]][:6]:
                self.probe.history(self.id(which), run)
        self.close()
        for waits in self.waiting:
            self.probe.note("waited", waits.result())
        for which in "abc":
            self.probe.history(self.id(which))

    def close(self) -> None:
        for which in "abc":
            self.probe.call("TerminateWorkflowExecution", record=False, workflow_execution=self.probe.execution(self.id(which)))


def some(choice: random.Random) -> str:
    """One of three workflows, mostly the first."""
    return choice.choices("abc", [6, 3, 1])[0]


def start_fields(side: Side, choice: random.Random, which: str) -> dict:
    fields = {
        "workflow_id": side.id(which), "workflow_type": common.WorkflowType(name="probe"), "identity": "probe",
        "task_queue": side.queue(which), "input": payloads("in"), "request_id": f"request-{choice.choice('12345678')}",
    }
    optional = {
        "workflow_id_reuse_policy": choice.randrange(0, 5), "workflow_id_conflict_policy": choice.randrange(0, 4),
        "workflow_run_timeout": seconds(300), "workflow_execution_timeout": seconds(600),
        "workflow_task_timeout": seconds(choice.choice([30, 1000])), "workflow_start_delay": seconds(300),
        "memo": common.Memo(fields={"m": payload("v")}), "cron_schedule": "0 0 1 1 *",
        "search_attributes": kit.attributes(CustomKeywordField='"v"'),
        "retry_policy": common.RetryPolicy(initial_interval=seconds(100), maximum_attempts=3),
        "priority": common.Priority(priority_key=2, fairness_key="k"),
    }
    return fields | {name: value for name, value in optional.items() if choice.random() < 0.2}


@call(6)
def start(side, choice):
    which = some(choice)
    reply = side.send(choice, "StartWorkflowExecution", **start_fields(side, choice, which))
    if reply.ok:
        side.runs[which].append(reply.run_id)


@call(2)
def signal_with_start(side, choice):
    which = some(choice)
    reply = side.send(choice, "SignalWithStartWorkflowExecution", signal_name="sig", signal_input=payloads("y"),
                      **start_fields(side, choice, which))
    if reply.ok:
        side.runs[which].append(reply.run_id)


@call(4)
def signal(side, choice):
    side.send(choice, "SignalWorkflowExecution", workflow_execution=side.execution(choice, some(choice)),
              signal_name="sig", input=payloads("x"), identity="probe", request_id=choice.choice(["", "r1", "r2"]))


@call(1)
def cancel(side, choice):
    side.send(choice, "RequestCancelWorkflowExecution", workflow_execution=side.execution(choice, some(choice)),
              identity="probe", request_id=choice.choice(["", "c1", "c2"]), reason="why")


@call(0.7)
def terminate(side, choice):
    side.send(choice, "TerminateWorkflowExecution", workflow_execution=side.execution(choice, some(choice)),
              identity="probe", reason="why", details=payloads("d"))


@call(1)
def reset(side, choice):
    which = some(choice)
    reply = side.send(choice, "ResetWorkflowExecution", workflow_execution=side.execution(choice, which), reason="why",
                      workflow_task_finish_event_id=choice.choice([3, 4, 5, 6, 8, 10]), identity="probe",
                      request_id=f"request-{choice.choice('12')}", reset_reapply_type=choice.randrange(0, 4))
    if reply.ok:
        side.runs[which].append(reply.run_id)


@call(9)
def poll(side, choice):
    """Takes a workflow task, if there is one: an empty poll would only take time."""
    which = some(choice)
    reply = side.described(which)
    ready = reply.ok and reply.response.HasField("pending_workflow_task") and reply.pending_workflow_task.state == 1
    side.probe.note("a task is there", [bool(ready)])
    if ready or (side.speculative and reply.ok and choice.random() < 0.5):
        task = side.send(choice, "PollWorkflowTaskQueue", task_queue=side.queue(which), identity="probe",
                         wrong=side.wrong / 4, timeout=12 if ready else 4)
        if task.ok and task.task_token:
            side.tasks.append((which, task.response))


def schedule_activity(side: Side, choice: random.Random):
    name = choice.choice("ab")
    fields = {"activity_id": name, "activity_type": common.ActivityType(name="work"), "input": payloads("i"),
              "task_queue": side.queue(f"activity-{name}"), "start_to_close_timeout": seconds(100)}
    optional = {
        "retry_policy": common.RetryPolicy(initial_interval=seconds(choice.choice([100, 1])),
                                           maximum_attempts=choice.randrange(0, 4)),
        "heartbeat_timeout": seconds(choice.choice([50, 1000])),
        "schedule_to_close_timeout": seconds(choice.choice([200, 50, 5000])),
        "priority": common.Priority(priority_key=3),
    }
    chosen = {field: value for field, value in optional.items() if choice.random() < 0.4}
    return make("SCHEDULE_ACTIVITY_TASK", **fields, **chosen)


def command(side: Side, choice: random.Random, which: str):
    """A command that does not close the run."""
    other = common.WorkflowExecution(workflow_id=side.id(choice.choice("bcz")))
    attribute = choice.choice(["CustomKeywordField", "CustomTextField"])
    return choice.choice([
        lambda: schedule_activity(side, choice),
        lambda: schedule_activity(side, choice),
        lambda: make("START_TIMER", timer_id=choice.choice("12"), start_to_fire_timeout=seconds(400)),
        lambda: make("CANCEL_TIMER", timer_id=choice.choice("12")),
        lambda: make("REQUEST_CANCEL_ACTIVITY_TASK", scheduled_event_id=choice.choice([5, 6, 7, 10])),
        lambda: make("START_CHILD_WORKFLOW_EXECUTION", workflow_id=side.id(choice.choice("bc")), input=payloads("in"),
                     workflow_type=common.WorkflowType(name="probe"), task_queue=side.queue(choice.choice("bc")),
                     parent_close_policy=choice.randrange(0, 4)),
        lambda: make("SIGNAL_EXTERNAL_WORKFLOW_EXECUTION", execution=other, signal_name="ext"),
        lambda: make("RECORD_MARKER", marker_name="m", details={"d": payloads("x")}),
        lambda: make("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", search_attributes=kit.attributes(**{attribute: '"u"'})),
        lambda: make("MODIFY_WORKFLOW_PROPERTIES", upserted_memo=common.Memo(fields={choice.choice("mn"): payload("z")})),
    ])()


def closing_command(side: Side, choice: random.Random, which: str):
    return choice.choice([
        lambda: make("COMPLETE_WORKFLOW_EXECUTION", result=payloads("r")),
        lambda: make("FAIL_WORKFLOW_EXECUTION", failure=failure()),
        lambda: make("CANCEL_WORKFLOW_EXECUTION", details=payloads("c")),
        lambda: make("CONTINUE_AS_NEW_WORKFLOW_EXECUTION", workflow_type=common.WorkflowType(name="probe"),
                     task_queue=side.queue(which), backoff_start_interval=seconds(100)),
    ])()


def take(choice: random.Random, waiting: list, answered: list):
    """Something that waits for its answer, or now and then something that had it."""
    if waiting and (choice.random() < 0.93 or not answered):
        answered.append(waiting.pop(choice.randrange(len(waiting))))
        return answered[-1]
    return choice.choice(answered) if answered else None


@call(9)
def complete(side, choice):
    if not (taken := take(choice, side.tasks, side.answered)):
        return
    which, task = taken
    commands = [command(side, choice, which) for _ in range(choice.choice([0, 1, 1, 2, 3]))]
    commands += [closing_command(side, choice, which)] if choice.random() < 0.2 else []
    for one in commands:
        side.spoil(choice, getattr(one, one.WhichOneof("attributes")), side.wrong / 3)
    answers = ((reject,), (accept,), (accept, respond), (accept, respond), ())
    messages = [make_answer(sent) for sent in task.messages for make_answer in choice.choice(answers)]
    if choice.random() < 0.5:
        commands = [make("PROTOCOL_MESSAGE", message_id=one.id) for one in messages] + commands
    side.speculative = False
    results = {query: query_proto.WorkflowQueryResult(result_type=1, answer=payloads("answer")) for query in task.queries}
    reply = side.send(choice, "RespondWorkflowTaskCompleted", wrong=side.wrong / 4, task_token=task.task_token,
                      identity="probe", commands=commands, messages=messages, query_results=results,
                      force_create_new_workflow_task=choice.random() < 0.3, return_new_workflow_task=choice.random() < 0.4)
    side.said += " " + ", ".join(str(one.WhichOneof("attributes")).removesuffix("_command_attributes") for one in commands)
    if reply.ok and reply.workflow_task.task_token:
        side.tasks.append((which, reply.workflow_task))
    time.sleep(A_MOMENT)


@call(1.5)
def fail_task(side, choice):
    if taken := take(choice, side.tasks, side.answered):
        side.send(choice, "RespondWorkflowTaskFailed", task_token=taken[1].task_token, identity="probe",
                  cause=choice.choice([0, 1, 5, 23, 24]), failure=failure())


@call(6)
def poll_activity(side, choice):
    name = choice.choice("ab")
    waits = [found for found in side.pending_activities() if found.activity_id == name and found.state == 1]
    if any(found.attempt == 1 or found.current_retry_interval.seconds < 5 for found in waits):
        task = side.send(choice, "PollActivityTaskQueue", task_queue=side.queue(f"activity-{name}"), identity="probe",
                         wrong=side.wrong / 4, timeout=5)
        if task.ok and task.task_token:
            side.activities.append(task.response)


@call(2)
def heartbeat(side, choice):
    if side.activities:
        side.send(choice, "RecordActivityTaskHeartbeat", task_token=choice.choice(side.activities).task_token,
                  identity="probe", details=payloads("h"))


@call(4)
def answer_activity(side, choice):
    if not (task := take(choice, side.activities, side.answered_activities)):
        return
    method, fields = choice.choice([
        ("Completed", {"result": payloads("r")}), ("Failed", {"failure": failure()}), ("Failed", {"failure": failure()}),
        ("Failed", {"failure": failure(), "last_heartbeat_details": payloads("last")}),
        ("Canceled", {"details": payloads("c")}),
    ])
    side.send(choice, f"RespondActivityTask{method}", wrong=side.wrong / 2, task_token=task.task_token,
              identity="probe", **fields)
    time.sleep(A_MOMENT)


@call(2)
def answer_by_id(side, choice):
    method, fields = choice.choice([
        ("RespondActivityTaskCompletedById", {"result": payloads("r")}), ("RecordActivityTaskHeartbeatById", {}),
        ("RespondActivityTaskFailedById", {"failure": failure()}), ("RespondActivityTaskCanceledById", {}),
    ])
    named = side.execution(choice, some(choice))
    side.send(choice, method, workflow_id=named.workflow_id, run_id=named.run_id, activity_id=choice.choice("ab"),
              identity="probe", **fields)


@call(5)
def control_activity(side, choice):
    method, fields = choice.choice([
        ("PauseActivity", {"reason": "r", "request_id": choice.choice(["", "p1"])}),
        ("UnpauseActivity", {"reset_attempts": choice.random() < 0.3, "reset_heartbeat": choice.random() < 0.3}),
        ("ResetActivity", {"keep_paused": choice.random() < 0.3, "reset_heartbeat": choice.random() < 0.3}),
        ("UpdateActivityOptions", {"restore_original": True}),
        ("UpdateActivityOptions", new_options(side, choice)),
    ])
    which = {"id": choice.choice("ab")} if choice.random() < 0.8 else {"type": "work"}
    side.send(choice, method, execution=side.execution(choice, some(choice)), identity="probe", **which, **fields)


def new_options(side: Side, choice: random.Random) -> dict:
    paths = ("start_to_close_timeout", "schedule_to_close_timeout", "heartbeat_timeout", "task_queue.name", "priority",
             "retry_policy", "retry_policy.initial_interval", "retry_policy.maximum_attempts", "priority.priority_key")
    options = activity.ActivityOptions(
        start_to_close_timeout=seconds(77), schedule_to_close_timeout=seconds(500), heartbeat_timeout=seconds(33),
        task_queue=side.queue(f"activity-{choice.choice('ab')}"), priority=common.Priority(priority_key=2),
        retry_policy=common.RetryPolicy(initial_interval=seconds(150), maximum_attempts=5))
    return {"activity_options": options, "update_mask": field_mask_pb2.FieldMask(paths=choice.sample(paths, 2))}


@call(3)
def describe(side, choice):
    request = side.probe.request("DescribeWorkflowExecution", execution=side.execution(choice, some(choice)))
    side.spoil(choice, request)
    reply = side.probe.call("DescribeWorkflowExecution", request, record=False)
    if reply.ok:
        reply.pending_activities.sort(key=lambda found: found.activity_id)
        reply.pending_children.sort(key=lambda found: found.initiated_id)
        if reply.workflow_execution_info.status != 1:
            reply.response.ClearField("pending_workflow_task")
    side.probe.note("described", reply)


@call(2)
def read_history(side, choice):
    method = choice.choice(["GetWorkflowExecutionHistory", "GetWorkflowExecutionHistoryReverse"])
    side.send(choice, method, execution=side.execution(choice, some(choice)))


@call(2.5)
def update(side, choice):
    request = side.probe.update_request(choice.choice(["u1", "u2"]), workflow_id=side.id(choice.choice("ab")))
    request.wait_policy.lifecycle_stage = choice.choice([2, 3])
    side.spoil(choice, request)
    wait_or_note(side, "update", side.probe.background("UpdateWorkflowExecution", request, timeout=40))


@call(0.8)
def update_with_start(side, choice):
    which = some(choice)
    fields = start_fields(side, choice, which) | {"request_id": f"request-{choice.random()}"}
    begin = side.probe.request("StartWorkflowExecution", **fields)
    change = side.probe.update_request(choice.choice(["u1", "u2"]), workflow_id=side.id(which), stage="ACCEPTED")
    side.spoil(choice, begin)
    side.spoil(choice, change)
    operation = workflow.ExecuteMultiOperationRequest.Operation
    operations = [operation(start_workflow=begin), operation(update_workflow=change)]
    caller = side.probe.background("ExecuteMultiOperation", timeout=40, operations=operations)
    wait_or_note(side, "update with start", caller)


def wait_or_note(side: Side, label: str, caller) -> None:
    """Record an answer that is there at once; one that waits for a worker is looked at in the end."""
    time.sleep(2 * A_MOMENT)
    if caller.done():
        side.probe.note(label, caller.result())
    else:
        side.waiting.append(caller)
        side.speculative = True


@call(0.7)
def poll_update(side, choice):
    reference = update_proto.UpdateRef(workflow_execution=side.execution(choice, some(choice)),
                                       update_id=choice.choice(["u1", "u2", "u9"]))
    side.send(choice, "PollWorkflowExecutionUpdate", update_ref=reference, identity="probe", timeout=2)


@call(0.5)
def change_options(side, choice):
    options = workflow_proto.WorkflowExecutionOptions(priority=common.Priority(priority_key=choice.choice([1, 3])))
    side.send(choice, "UpdateWorkflowExecutionOptions", workflow_execution=side.execution(choice, some(choice)),
              workflow_execution_options=options, update_mask=field_mask_pb2.FieldMask(paths=["priority"]))


@call(0.3)
def delete(side, choice):
    side.send(choice, "DeleteWorkflowExecution", workflow_execution=side.execution(choice, some(choice)))
    time.sleep(5 * A_MOMENT)
