"""Python's half: workflows and activities that Python and Rust call. The names are agreed in README.md."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, ChildWorkflowError

#: The task queues of the two workers.
PYTHON_QUEUE = "python"
RUST_QUEUE = "rust"


@activity.defn
async def py_greet(name: str) -> str:
    return f"Hello from Python, {name}!"


@activity.defn
async def py_flaky(attempts: int) -> int:
    """Fails until it is tried for the given time; returns the attempt."""
    attempt = activity.info().attempt
    if attempt < attempts:
        raise ApplicationError(f"attempt {attempt} fails", type="Flaky")
    return attempt


@activity.defn
async def py_fail() -> None:
    """A failure with everything in it: type, message, details, cause, and no retry."""
    try:
        raise ValueError("the cause")
    except ValueError as cause:
        raise ApplicationError("it broke", {"code": 7}, type="PyFault", non_retryable=True) from cause


@activity.defn
async def py_beat() -> str:
    """Heartbeats until it is cancelled."""
    while True:
        activity.heartbeat("beat")
        await asyncio.sleep(0.05)


@workflow.defn
class PyHello:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(py_greet, name, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn
class PyRetries:
    @workflow.run
    async def run(self, attempts: int) -> int:
        return await workflow.execute_activity(
            py_flaky, attempts, start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=10)))


@workflow.defn
class PyTimer:
    @workflow.run
    async def run(self, seconds: float) -> float:
        before = workflow.now()
        await asyncio.sleep(seconds)
        return (workflow.now() - before).total_seconds()


@workflow.defn
class PyConversation:
    """Collects texts by signal, tells them by query, changes its name by update; ends by signal."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._name = "nobody"
        self._finished = False

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: self._finished)
        return [self._name, *self._texts]

    @workflow.signal
    def add(self, text: str) -> None:
        self._texts.append(text)

    @workflow.signal
    def finish(self) -> None:
        self._finished = True

    @workflow.query
    def texts(self) -> list[str]:
        return self._texts

    @workflow.update
    def rename(self, name: str) -> str:
        before, self._name = self._name, name
        return before

    @rename.validator
    def check_name(self, name: str) -> None:
        if not name:
            raise ValueError("a name is empty")


@workflow.defn
class PyFails:
    """Fails as its activity does, or by itself."""

    @workflow.run
    async def run(self, by_activity: bool) -> None:
        if by_activity:
            await workflow.execute_activity(py_fail, start_to_close_timeout=timedelta(seconds=10))
        raise ApplicationError("it broke", {"code": 7}, type="PyFault", non_retryable=True)


@workflow.defn
class PyWaits:
    """Waits until it is cancelled, and cleans up."""

    def __init__(self) -> None:
        self._cleaned = False

    @workflow.run
    async def run(self, in_activity: bool) -> None:
        try:
            if in_activity:
                await workflow.execute_activity(
                    py_beat, start_to_close_timeout=timedelta(seconds=60), heartbeat_timeout=timedelta(seconds=1),
                    cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
            await asyncio.sleep(3600)
        finally:
            self._cleaned = True

    @workflow.query
    def cleaned(self) -> bool:
        return self._cleaned


@workflow.defn
class PyParent:
    """Runs PyHello as a child."""

    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_child_workflow(PyHello.run, name)


@workflow.defn
class PyCounts:
    """Continues as new until it has counted down."""

    @workflow.run
    async def run(self, left: int) -> str:
        if left > 0:
            workflow.continue_as_new(left - 1)
        return workflow.info().continued_run_id or "never continued"


@workflow.defn
class PyResumes:
    """Counts on from the result of the run before."""

    @workflow.run
    async def run(self) -> int:
        return (workflow.get_last_completion_result(int) or 0) + 1


@workflow.defn
class PyCallsRust:
    """Calls activities of the Rust worker; returns the greeting and what the failure of the other one says."""

    @workflow.run
    async def run(self, name: str) -> dict:
        options = {"task_queue": RUST_QUEUE, "start_to_close_timeout": timedelta(seconds=10)}
        greeting = await workflow.execute_activity("rust_greet", name, result_type=str, **options)
        try:
            await workflow.execute_activity("rust_fail", **options)
        except ActivityError as error:
            return {"greeting": greeting, "failure": told(error.cause)}
        return {"greeting": greeting, "failure": None}


@workflow.defn
class PyParentOfRust:
    """Runs three workflows of the Rust worker as children: one that is signalled, one that fails, one that is cancelled."""

    @workflow.run
    async def run(self, name: str) -> dict:
        talk = await workflow.start_child_workflow("Conversation", task_queue=RUST_QUEUE, result_type=list[str])
        await talk.signal("add", name)
        await talk.signal("finish")
        texts = await talk
        failure = None
        try:
            await workflow.execute_child_workflow("Fails", task_queue=RUST_QUEUE)
        except ChildWorkflowError as error:
            failure = told(error.cause)
        waits = await workflow.start_child_workflow("Waits", task_queue=RUST_QUEUE)
        waits.cancel()
        cancelled = False
        try:
            await waits
        except ChildWorkflowError as error:
            cancelled = isinstance(error.cause, CancelledError)
        return {"texts": texts, "failure": failure, "cancelled": cancelled}


def told(error: BaseException | None) -> dict | None:
    """What an application failure says, and its causes."""
    if not isinstance(error, ApplicationError):
        return None
    return {
        "message": error.message, "type": error.type, "details": list(error.details),
        "non_retryable": error.non_retryable, "cause": told(error.cause),
    }


WORKFLOWS = [PyHello, PyRetries, PyTimer, PyConversation, PyFails, PyWaits, PyParent, PyCounts, PyResumes,
             PyCallsRust, PyParentOfRust]
ACTIVITIES = [py_greet, py_flaky, py_fail, py_beat]
