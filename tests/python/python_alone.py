#!/usr/bin/env python3
"""The official Python client and worker against our service: `python python_alone.py ../../target/debug/temporal-server`.

The SDK starts the binary itself, in the two forms that it knows: as `temporal server start-dev` and as the time-skipping
test server. Each check prints a line; the first that does not hold ends the program with its assertion.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
import uuid
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import (Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowQueryFailedError,
                               WorkflowUpdateFailedError, WithStartWorkflowOperation)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, CancelledError, TerminatedError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import schedules
from checks import Checks, raises
from workflows import (ACTIVITIES, PYTHON_QUEUE, WORKFLOWS, PyConversation, PyCounts, PyFails, PyHello, PyParent,
                       PyRetries, PyTimer, PyWaits, told)

check = Checks()


def named(kind: str) -> dict:
    return {"id": f"{kind}-{uuid.uuid4().hex[:8]}", "task_queue": PYTHON_QUEUE}


@check
async def hello(client: Client) -> None:
    assert await client.execute_workflow(PyHello.run, "you", **named("hello")) == "Hello from Python, you!"


@check
async def retried_activity(client: Client) -> None:
    handle = await client.start_workflow(PyRetries.run, 3, **named("retries"))
    assert await handle.result() == 3
    history = await handle.fetch_history()
    started = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED]
    assert [e.activity_task_started_event_attributes.attempt for e in started] == [3], "only the last attempt is written"
    assert started[0].activity_task_started_event_attributes.last_failure.message == "attempt 2 fails"


@check
async def timer(client: Client) -> None:
    assert await client.execute_workflow(PyTimer.run, 0.1, **named("timer")) >= 0.1


@check
async def signal_query_update(client: Client) -> None:
    handle = await client.start_workflow(PyConversation.run, **named("conversation"))
    for text in ("one", "two", "three"):
        await handle.signal(PyConversation.add, text)
    assert await handle.query(PyConversation.texts) == ["one", "two", "three"]
    assert await handle.execute_update(PyConversation.rename, "somebody") == "nobody"
    refused = await raises(WorkflowUpdateFailedError, handle.execute_update(PyConversation.rename, ""))
    assert refused.cause.message == "a name is empty"
    unknown = await raises(WorkflowQueryFailedError, handle.query("nonsense"))
    assert "nonsense" in str(unknown)
    await handle.signal(PyConversation.finish)
    assert await handle.result() == ["somebody", "one", "two", "three"]
    assert await handle.query(PyConversation.texts) == ["one", "two", "three"], "a closed workflow answers queries"
    gone = await raises(RPCError, handle.signal(PyConversation.add, "late"))
    assert gone.status == RPCStatusCode.NOT_FOUND


@check
async def signal_with_start(client: Client) -> None:
    names = named("signalled")
    for text in ("one", "two"):
        handle = await client.start_workflow(PyConversation.run, start_signal="add", start_signal_args=[text], **names)
    await handle.signal(PyConversation.finish)
    assert await client.get_workflow_handle(names["id"]).result() == ["nobody", "one", "two"]


@check
async def update_with_start(client: Client) -> None:
    start = WithStartWorkflowOperation(PyConversation.run, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                                       **named("updated"))
    before = await client.execute_update_with_start_workflow(PyConversation.rename, "first", start_workflow_operation=start)
    assert before == "nobody"
    handle = await start.workflow_handle()
    await handle.signal(PyConversation.finish)
    assert await handle.result() == ["first"]


@check
async def failures_keep_everything(client: Client) -> None:
    fault = {"message": "it broke", "type": "PyFault", "details": [{"code": 7}], "non_retryable": True, "cause": None}
    own = await raises(WorkflowFailureError, client.execute_workflow(PyFails.run, False, **named("fails")))
    assert told(own.cause) == fault
    by_activity = await raises(WorkflowFailureError, client.execute_workflow(PyFails.run, True, **named("fails")))
    assert isinstance(by_activity.cause, ActivityError) and by_activity.cause.activity_type == "py_fail"
    cause = {"message": "the cause", "type": "ValueError", "details": [], "non_retryable": False, "cause": None}
    assert told(by_activity.cause.cause) == {**fault, "cause": cause}


@check
async def cancel_and_terminate(client: Client) -> None:
    for in_activity in (False, True):
        handle = await client.start_workflow(PyWaits.run, in_activity, **named("waits"))
        assert await handle.query(PyWaits.cleaned) is False, "it has begun"
        await handle.cancel()
        failed = await raises(WorkflowFailureError, handle.result())
        assert isinstance(failed.cause, (CancelledError, ActivityError)), failed.cause
        assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED
        assert await handle.query(PyWaits.cleaned) is True
    handle = await client.start_workflow(PyWaits.run, False, **named("waits"))
    await handle.terminate(reason="enough")
    failed = await raises(WorkflowFailureError, handle.result())
    assert isinstance(failed.cause, TerminatedError) and failed.cause.message == "enough", failed.cause


@check
async def child_and_continue_as_new(client: Client) -> None:
    assert await client.execute_workflow(PyParent.run, "child", **named("parent")) == "Hello from Python, child!"
    assert await client.execute_workflow(PyCounts.run, 2, **named("counts")) != "never continued"


@check
async def an_id_is_taken_once(client: Client) -> None:
    names = named("taken")
    handle = await client.start_workflow(PyConversation.run, **names)
    taken = await raises(WorkflowAlreadyStartedError, client.start_workflow(PyConversation.run, **names))
    assert taken.workflow_id == names["id"] and taken.run_id == handle.first_execution_run_id
    await handle.terminate()


@check
async def lists_and_counts_are_immediate(client: Client) -> None:
    handle = await client.start_workflow(PyConversation.run, **named("listed"))
    query = f"WorkflowId = '{handle.id}' AND ExecutionStatus = 'Running'"
    assert [w.id async for w in client.list_workflows(query)] == [handle.id]
    await handle.terminate()
    assert [w.id async for w in client.list_workflows(query)] == []
    groups = await client.count_workflows("GROUP BY ExecutionStatus")
    assert sum(group.count for group in groups.groups) == groups.count > 0


@check
async def many_at_once(client: Client) -> None:
    results = await asyncio.gather(*(
        client.execute_workflow(PyHello.run, str(number), **named("many")) for number in range(50)))
    assert results == [f"Hello from Python, {number}!" for number in range(50)]


skipping = Checks()


@skipping
async def a_year_passes_in_a_moment(environment: WorkflowEnvironment) -> None:
    before, began = await environment.get_current_time(), time.monotonic()
    year = timedelta(days=365)
    assert await environment.client.execute_workflow(PyTimer.run, year.total_seconds(), **named("year")) >= year.total_seconds()
    assert await environment.get_current_time() - before >= year
    assert time.monotonic() - began < 30


@skipping
async def time_stands_while_nobody_waits(environment: WorkflowEnvironment) -> None:
    handle = await environment.client.start_workflow(PyTimer.run, 3600, **named("stands"))
    assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
    await environment.sleep(timedelta(hours=2))
    assert (await handle.describe()).status == WorkflowExecutionStatus.COMPLETED


async def main() -> None:
    logging.getLogger("temporalio.activity").setLevel(logging.CRITICAL)  # activities fail on purpose here
    binary = sys.argv[1]
    worker = {"task_queue": PYTHON_QUEUE, "workflows": WORKFLOWS, "activities": ACTIVITIES}
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=binary) as environment:
        async with Worker(environment.client, **worker):
            await check.all(environment.client)
            await schedules.check.all(environment.client)
        # Without a cache every task replays its workflow from the first event.
        async with Worker(environment.client, max_cached_workflows=0, **worker):
            await check.all(environment.client)
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=binary) as environment:
        async with Worker(environment.client, **worker):
            await skipping.all(environment)
            await schedules.skipping.all(environment)
    print("all checks hold")


if __name__ == "__main__":
    asyncio.run(main())
    # The SDK's own threads may still log into an interpreter that is being taken down, which crashes it. Whatever fails
    # before this line has ended the program with its error.
    sys.stdout.flush()
    os._exit(0)
