#!/usr/bin/env python3
"""Histories that Rust workflows made replay in Python's `Replayer`, with the Python twin of each workflow:
`python replays.py ../../target/debug/temporal-server ../../target/debug/interop`.

They are made on our service; with `TEMPORAL_TEST_ADDRESS` set, on the one that is there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from contextlib import asynccontextmanager

from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from checks import Checks, raises
from twins import TWINS
from workflows import RUST_QUEUE

check = Checks()


async def start(client: Client, name: str, *arguments) -> WorkflowHandle:
    workflow_id = f"{name}-{uuid.uuid4().hex[:8]}"
    return await client.start_workflow(name, args=arguments, id=workflow_id, task_queue=RUST_QUEUE)


async def replays(handle: WorkflowHandle, *expected: str) -> None:
    """Replay the history of the whole chain, which must have these kinds of events."""
    history = await handle.fetch_history()
    kinds = {EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events}
    missing = set(expected) - kinds
    assert not missing, f"the history has no {missing}, but {kinds}"
    await Replayer(workflows=TWINS).replay_workflow(history)


@check
async def activities(client: Client) -> None:
    handle = await start(client, "TwinActivities", 5)
    assert await handle.result() == 2 * (2 + 20 + 1000)
    await replays(handle, "ACTIVITY_TASK_SCHEDULED", "ACTIVITY_TASK_FAILED")


@check
async def timers(client: Client) -> None:
    handle = await start(client, "TwinTimers")
    assert await handle.result() == "First(())"
    await replays(handle, "TIMER_STARTED", "TIMER_FIRED", "TIMER_CANCELED")


@check
async def children(client: Client) -> None:
    handle = await start(client, "TwinChildren")
    assert await handle.result() == 2 * (2 + 0 + 1000)
    await replays(
        handle, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", "CHILD_WORKFLOW_EXECUTION_COMPLETED",
        "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", "CHILD_WORKFLOW_EXECUTION_CANCELED")
    for child in ("first", "second"):
        await replays(client.get_workflow_handle(f"{handle.id}-{child}"))


@check
async def cancelled(client: Client) -> None:
    handle = await start(client, "TwinPatient")
    await until(handle, "TIMER_STARTED")
    await handle.cancel()
    failed = await raises(WorkflowFailureError, handle.result())
    assert isinstance(failed.cause, CancelledError), failed.cause
    await replays(handle, "TIMER_CANCELED", "ACTIVITY_TASK_COMPLETED", "WORKFLOW_EXECUTION_CANCELED")


@check
async def patches(client: Client) -> None:
    handle = await start(client, "TwinPatches")
    assert await handle.result() == 2
    await replays(handle, "MARKER_RECORDED", "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", "TIMER_FIRED")


@check
async def external(client: Client) -> None:
    other = await start(client, "TwinTalk")
    handle = await start(client, "TwinExternal", other.id)
    assert await handle.result() == 5 + 1
    await replays(
        handle, "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED", "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED",
        "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED", "CHILD_WORKFLOW_EXECUTION_COMPLETED")
    await raises(WorkflowFailureError, other.result())
    await replays(other, "WORKFLOW_EXECUTION_CANCELED")


@check
async def locals_(client: Client) -> None:
    handle = await start(client, "TwinLocals")
    assert await handle.result() == 2 * (2 + 6 + 1000)
    await replays(handle, "MARKER_RECORDED", "TIMER_FIRED", "ACTIVITY_TASK_COMPLETED")


@check
async def continue_as_new(client: Client) -> None:
    handle = await start(client, "TwinCounts", 2)
    assert await handle.result() == 0
    first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
    await replays(first, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW")
    await replays(client.get_workflow_handle(handle.id), "WORKFLOW_EXECUTION_COMPLETED")


@check
async def attributes(client: Client) -> None:
    try:
        await client.operator_service.add_search_attributes(AddSearchAttributesRequest(
            namespace=client.namespace, search_attributes={"TwinMood": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}))
    except RPCError as error:
        assert error.status == RPCStatusCode.ALREADY_EXISTS, error
    handle = await start(client, "TwinAttributes")
    assert await handle.result() == "described"
    await replays(handle, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", "WORKFLOW_PROPERTIES_MODIFIED")


@check
async def messages(client: Client) -> None:
    handle = await start(client, "TwinTalk")
    await handle.signal("note", 1)
    await handle.signal("note_twice", 2)
    assert await handle.execute_update("add_twice", 3) >= 7
    await raises(WorkflowUpdateFailedError, handle.execute_update("add", -1))
    await handle.execute_update("add", 100)
    await handle.signal("finish")
    assert await handle.result() == 1 + 4 + 6 + 100
    await replays(handle, "WORKFLOW_EXECUTION_SIGNALED", "WORKFLOW_EXECUTION_UPDATE_COMPLETED")


@check
async def a_changed_twin_is_found(client: Client) -> None:
    """The replays above mean something: with another twin they fail."""
    handle = await start(client, "TwinTimers")
    await handle.result()
    history = await handle.fetch_history()
    history.events[0].workflow_execution_started_event_attributes.workflow_type.name = "TwinPatient"
    await raises(Exception, Replayer(workflows=TWINS).replay_workflow(history))


async def until(handle: WorkflowHandle, kind: str) -> None:
    """Wait until the history has an event of this kind."""
    while True:
        async for event in handle.fetch_history_events(wait_new_event=True):
            if EventType.Name(event.event_type) == f"EVENT_TYPE_{kind}":
                return


@asynccontextmanager
async def service(server: str):
    address = os.environ.get("TEMPORAL_TEST_ADDRESS")
    if address:
        yield await Client.connect(address)
        return
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=server) as environment:
        yield environment.client


async def main() -> None:
    server, rust = sys.argv[1:]
    async with service(server) as client:
        address = client.service_client.config.target_host
        program = await asyncio.create_subprocess_exec(rust, "worker", address, stdout=asyncio.subprocess.PIPE)
        try:
            line = await asyncio.wait_for(program.stdout.readline(), 30)
            assert line.strip() == b"ready", line
            await check.all(client)
        finally:
            program.terminate()
            await program.wait()
    print("all histories replay")


if __name__ == "__main__":
    asyncio.run(main())
    # The SDK's own threads may still log of ended replayers, into an interpreter that is being taken down: it crashed
    # so, after all checks. Whatever fails before this line has ended the program with its error.
    sys.stdout.flush()
    os._exit(0)
