#!/usr/bin/env python3
"""Python and Rust together: `python with_rust.py ../../target/debug/temporal-server ../../target/debug/interop`.

A Python worker serves task queue `python` and the Rust program serves `rust`. First Python's client drives Rust's
workflows, then Rust's client drives Python's. README.md says which workflows these are.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import uuid
from datetime import timedelta

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import CancelledError, TimeoutError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from checks import Checks, raises
from workflows import ACTIVITIES, PYTHON_QUEUE, RUST_QUEUE, WORKFLOWS, PyCallsRust, PyParentOfRust, told

check = Checks()

#: How the Rust program's failures look from here.
RUST_FAULT = {"message": "it broke", "type": "RustFault", "details": [{"code": 7}], "non_retryable": True}
PYTHON_FAULT = {"message": "it broke", "type": "PyFault", "details": [{"code": 7}], "non_retryable": True}


def named(kind: str, queue: str = RUST_QUEUE) -> dict:
    return {"id": f"{kind}-{uuid.uuid4().hex[:8]}", "task_queue": queue}


@check
async def rust_workflow(client: Client) -> None:
    assert await client.execute_workflow("Hello", "you", **named("hello")) == "Hello from Rust, you!"


@check
async def rust_conversation(client: Client) -> None:
    handle = await client.start_workflow("Conversation", **named("conversation"))
    await handle.signal("add", "one")
    await handle.signal("add", "two")
    assert await handle.query("texts") == ["one", "two"]
    assert await handle.execute_update("rename", "somebody") == "nobody"
    refused = await raises(WorkflowUpdateFailedError, handle.execute_update("rename", ""))
    assert "a name is empty" in str(refused.cause)
    await handle.signal("finish")
    assert await handle.result() == ["somebody", "one", "two"]


@check
async def rust_failure(client: Client) -> None:
    failed = await raises(WorkflowFailureError, client.execute_workflow("Fails", **named("fails")))
    assert told(failed.cause) == {**RUST_FAULT, "cause": None}, told(failed.cause)


@check
async def rust_workflow_cancelled(client: Client) -> None:
    handle = await client.start_workflow("Waits", **named("waits"))
    await handle.cancel()
    failed = await raises(WorkflowFailureError, handle.result())
    assert isinstance(failed.cause, CancelledError), failed.cause
    assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED


@check
async def rust_calls_python(client: Client) -> None:
    found = await client.execute_workflow("CallsPython", "you", **named("calls-python"))
    assert found["greeting"] == "Hello from Python, you!"
    cause = found["failure"].pop("cause")
    assert found["failure"] == PYTHON_FAULT, found
    assert (cause["type"], cause["message"]) == ("ValueError", "the cause"), cause


@check
async def python_calls_rust(client: Client) -> None:
    found = await client.execute_workflow(PyCallsRust.run, "you", **named("calls-rust", PYTHON_QUEUE))
    assert found["greeting"] == "Hello from Rust, you!"
    cause = found["failure"].pop("cause")
    assert found["failure"] == RUST_FAULT, found
    assert cause["message"] == "the cause", cause


@check
async def rust_parent_of_python(client: Client) -> None:
    handle = await client.start_workflow("ParentOfPython", "you", **named("parent-of-python"))
    found = await handle.result()
    assert found["texts"] == ["nobody", "you"], found
    cause = found["failure"].pop("cause")
    assert found["failure"] == PYTHON_FAULT, found
    assert (cause["type"], cause["message"]) == ("ValueError", "the cause"), cause
    assert found["cancelled"] is True, found
    history = await handle.fetch_history()
    children = [e.start_child_workflow_execution_initiated_event_attributes for e in history.events
                if e.HasField("start_child_workflow_execution_initiated_event_attributes")]
    found = [(child.workflow_type.name, child.task_queue.name) for child in children]
    assert found == [(name, PYTHON_QUEUE) for name in ("PyConversation", "PyFails", "PyWaits")], found


@check
async def python_parent_of_rust(client: Client) -> None:
    found = await client.execute_workflow(PyParentOfRust.run, "you", **named("parent-of-rust", PYTHON_QUEUE))
    assert found == {"texts": ["nobody", "you"], "failure": {**RUST_FAULT, "cause": None}, "cancelled": True}, found


@check
async def rust_workflow_timed_out(client: Client) -> None:
    handle = await client.start_workflow("Waits", **named("timeout"), run_timeout=timedelta(milliseconds=200))
    failed = await raises(WorkflowFailureError, handle.result())
    assert isinstance(failed.cause, TimeoutError), failed.cause
    assert (await handle.describe()).status == WorkflowExecutionStatus.TIMED_OUT


async def main() -> None:
    logging.getLogger("temporalio.activity").setLevel(logging.CRITICAL)  # activities fail on purpose here
    server, rust = sys.argv[1:]
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=server) as environment:
        address = environment.client.service_client.config.target_host
        async with Worker(environment.client, task_queue=PYTHON_QUEUE, workflows=WORKFLOWS, activities=ACTIVITIES):
            program = await asyncio.create_subprocess_exec(rust, "worker", address, stdout=asyncio.subprocess.PIPE)
            try:
                line = await asyncio.wait_for(program.stdout.readline(), 30)
                assert line.strip() == b"ready", line
                await check.all(environment.client)
                other = await asyncio.create_subprocess_exec(rust, "client", address)
                assert await asyncio.wait_for(other.wait(), 120) == 0, "the Rust client's checks"
                program.terminate()
                assert await asyncio.wait_for(program.wait(), 30) == 0, "the Rust worker ends cleanly"
            finally:
                if program.returncode is None:
                    program.kill()
    print("all checks hold")


if __name__ == "__main__":
    asyncio.run(main())
    # The SDK's own threads may still log into an interpreter that is being taken down, which crashes it. Whatever fails
    # before this line has ended the program with its error.
    sys.stdout.flush()
    os._exit(0)
