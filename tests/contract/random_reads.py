"""Random calls that read, for `differ.py`: queries, lists by a filter, descriptions."""

from __future__ import annotations

import random
import time

from temporalio.api.query.v1 import message_pb2 as query_proto

from kit import failure, payloads
from random_calls import A_MOMENT, Side, call, some

#: Long enough for the lists of the real service to have what was done.
UNTIL_LISTED = 1.5


@call(3)
def query(side, choice):
    """Asks, and answers as a worker would, unless the question comes with a workflow task."""
    which = some(choice)
    request = side.probe.request("QueryWorkflow", execution=side.execution(choice, which),
                                 query=query_proto.WorkflowQuery(query_type="q", query_args=payloads("arg")),
                                 query_reject_condition=choice.randrange(0, 4))
    side.spoil(choice, request)
    caller = side.probe.background("QueryWorkflow", request, timeout=6)
    time.sleep(2 * A_MOMENT)
    if caller.done():
        side.probe.note("query", caller.result())
        return
    task = side.probe.poll_workflow(task_queue=side.queue(which), timeout=3)
    if task.ok and task.HasField("query"):
        side.probe.brief("query task", task)
        side.send(choice, "RespondQueryTaskCompleted", task_token=task.task_token, **answer(choice))
        side.probe.note("query", caller.result())
    elif task.ok and task.task_token:
        # The answer depends on when the task is completed: the real service lets a query wait beyond the end of its run.
        side.tasks.append((which, task.response))
    else:
        side.probe.note("query", caller.result())


def answer(choice: random.Random) -> dict:
    return choice.choice([
        {"completed_type": 1, "query_result": payloads("answer")},
        {"completed_type": 2, "error_message": "no such query"},
        {"completed_type": 2, "error_message": "no", "failure": failure("no such query")},
        {"completed_type": choice.choice([0, 99])},
        {"completed_type": 1},
    ])


COLUMNS = ("WorkflowId", "WorkflowType", "RunId", "ExecutionStatus", "StartTime", "CloseTime", "ExecutionTime", "TaskQueue",
           "HistoryLength", "ExecutionDuration", "StateTransitionCount", "ParentWorkflowId", "RootWorkflowId",
           "CustomKeywordField", "CustomTextField", "CustomIntField", "CustomDoubleField", "CustomBoolField",
           "CustomDatetimeField", "BuildIds", "TemporalChangeVersion", "TemporalPauseInfo", "TemporalNamespaceDivision",
           "TemporalReportedProblems", "Nothing", "`CustomKeywordField`", "HistorySizeBytes", "workflowid")
VALUES = ("'v'", "'u'", '"Running"', "'Completed'", "1", "0", "-3", "2.5", "'1'", "true", "'false'", "null", "'probe'",
          "'2020-01-01T00:00:00Z'", "'2999-01-01T00:00:00Z'", "'yesterday'", "1700000000000000000", "'1h'", "'10'",
          "'Failed'", "'nonsense'", "''", "3e2", "probe", "x'41'", "'it''s'", '"a\\"b"')


def condition(choice: random.Random, depth: int = 0) -> str:
    column, value, other = choice.choice(COLUMNS), choice.choice(VALUES), choice.choice(VALUES)
    simple = [
        lambda: f"{column} {choice.choice(['=', '=', '!=', '>', '<', '>=', '<=', '<>', '=='])} {value}",
        lambda: f"{column} {choice.choice(['IN', 'NOT IN', 'in'])} ({value}, {other})",
        lambda: f"{column} {choice.choice(['BETWEEN', 'NOT BETWEEN'])} {value} AND {other}",
        lambda: f"{column} {choice.choice(['STARTS_WITH', 'NOT STARTS_WITH', 'starts_with', 'LIKE'])} {value}",
        lambda: f"{column} IS {choice.choice(['NULL', 'NOT NULL', 'null'])}",
    ]
    parts = [
        lambda: f"{condition(choice, depth + 1)} {choice.choice(['AND', 'OR', 'and'])} {condition(choice, depth + 1)}",
        lambda: f"({condition(choice, depth + 1)})",
        lambda: f"NOT {condition(choice, depth + 1)}",
    ]
    return choice.choice(simple + (parts if depth < 2 else []))()


def own(side: Side, text: str) -> str:
    """A filter for what the sequence itself has made."""
    mine = f"WorkflowId STARTS_WITH 'wf-{side.probe.unique}'"
    return f"{mine} AND ({text})" if text else mine


@call(4)
def list_by_filter(side, choice):
    text = own(side, condition(choice))
    text += choice.choice([""] * 6 + [" ORDER BY StartTime", " ORDER BY CustomIntField DESC", " LIMIT 3", ";", " GROUP BY TaskQueue"])
    side.said = " " + text
    time.sleep(UNTIL_LISTED)
    listed = side.probe.call(choice.choice(["ListWorkflowExecutions", "ScanWorkflowExecutions"]), record=False, query=text)
    if listed.ok:
        listed.executions.sort(key=lambda found: (found.execution.workflow_id, found.status, found.history_length))
        for found in listed.executions:
            found.ClearField("execution_duration")
    side.probe.note("listed", listed)


@call(2)
def count_by_filter(side, choice):
    text = own(side, condition(choice))
    text += choice.choice(["", "", " GROUP BY ExecutionStatus", " GROUP BY WorkflowType", " GROUP BY ExecutionStatus, TaskQueue",
                           " GROUP BY CustomKeywordField", " GROUP BY TemporalNamespaceDivision", " group by nothing"])
    side.said = " " + text
    time.sleep(UNTIL_LISTED)
    reply = side.probe.call("CountWorkflowExecutions", record=False, query=text)
    if reply.ok:
        reply.groups.sort(key=str)
    side.probe.note("count", reply)


@call(1)
def list_open_or_closed(side, choice):
    chosen = {"execution_filter": {"workflow_id": side.id(some(choice))}}
    others = {"start_time_filter": {"earliest_time": {"seconds": 1_600_000_000}}, "type_filter": {"name": "probe"}}
    method = choice.choice(["ListOpenWorkflowExecutions", "ListClosedWorkflowExecutions"])
    if method == "ListClosedWorkflowExecutions":
        others["status_filter"] = {"status": choice.randrange(0, 9)}
    chosen |= {key: value for key, value in others.items() if choice.random() < 0.3}
    time.sleep(UNTIL_LISTED)
    # A filter by id in any case: others look at what other sequences have made.
    side.send(choice, method, wrong=0, maximum_page_size=choice.choice([0, 2, 100, -1]), **chosen)


@call(1.5)
def describe_queue(side, choice):
    request = side.probe.request(
        "DescribeTaskQueue", task_queue=side.queue(choice.choice(["a", "b", "activity-a"])),
        task_queue_type=choice.choice([0, 1, 2, 3]), report_config=choice.random() < 0.3,
        include_task_queue_status=choice.random() < 0.3)
    side.spoil(choice, request)
    side.probe.mask("effective_rate_limit", "last_access_time", "rate_per_second")
    reply = side.probe.call("DescribeTaskQueue", request, record=False)
    if reply.ok:
        reply.response.ClearField("task_queue_status")
    side.probe.note("queue", reply)


@call(1)
def read_pages(side, choice):
    """Reads a history page by page."""
    method = choice.choice(["GetWorkflowExecutionHistory", "GetWorkflowExecutionHistoryReverse"])
    fields = {"execution": side.execution(choice, some(choice)), "maximum_page_size": choice.choice([1, 2, 3, 5])}
    if method == "GetWorkflowExecutionHistory":
        fields |= {"history_event_filter_type": choice.choice([0, 1, 1, 2]), "skip_archival": choice.random() < 0.5}
    token, pages = b"", []
    for _ in range(20):
        reply = side.probe.call(method, record=False, next_page_token=token, **fields)
        if not reply.ok:
            side.probe.note("page", reply)
            return
        if reply.history.events:
            pages.append([side.probe.name_of(event) for event in reply.history.events])
        token = reply.next_page_token
        if not token:
            break
    side.probe.note("pages", pages)
