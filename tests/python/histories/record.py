"""Record the golden histories on a running service.

    python record.py --address HOST:PORT [--namespace NAME] [--only NAME] [--out DIR]

Each scenario below is a coroutine named after the file it writes; scenarios
with several runs or workflows write one file for each, with a suffix. Where a
history only arises by a fault, the scenario makes the fault. The service must
be one on which search attributes and Nexus endpoints may be created. Two
scenarios need settings that are off by default (NEED_SETTINGS); they run only
when named.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import logging
import os
import pathlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio import workflow as workflow_api
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as DeploymentVersionProto
from temporalio.api.enums.v1 import EventType, IndexedValueType, VersioningBehavior
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, CreateNexusEndpointRequest
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentVersionRequest,
    PauseWorkflowExecutionRequest,
    ResetWorkflowExecutionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    UnpauseWorkflowExecutionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleSpec,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.common import (
    Priority,
    RetryPolicy,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkerDeploymentVersion,
    WorkflowIDConflictPolicy,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

import workflows as wf
from activities import ACTIVITIES, GreetingServiceHandler
from converters import PLAIN, ZLIB, TenantHeader

Scenario = Callable[["Recorder"], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}
NEXUS_QUEUE = "hist-nexus-handlers"

#: Scenarios that need a service with a setting that is off by default; they run only when named.
NEED_SETTINGS = {
    "paused": "frontend.WorkflowPauseEnabled",
    "signal_with_start_from_workflow": "history.enableSignalWithStartFromWorkflow",
}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


class Recorder:
    """What one scenario needs: a client, a worker on its own task queue, and a place for its files."""

    def __init__(self, client: Client, address: str, name: str, out: pathlib.Path) -> None:
        self.client = client
        self.address = address
        self.name = name
        self.out = out
        self.task_queue = f"hist-{name}"
        self.workflow_id = f"hist-{name}"

    def worker(self, *other_versions: type, client: Client | None = None, **options: Any) -> Worker:
        """A worker with every workflow; `other_versions` take the place of those of the same type."""
        names = {type_name(version) for version in other_versions}
        chosen = [w for w in wf.WORKFLOWS if type_name(w) not in names] + list(other_versions)
        settings: dict[str, Any] = dict(
            task_queue=self.task_queue,
            workflows=chosen,
            activities=ACTIVITIES,
            workflow_runner=UnsandboxedWorkflowRunner(),
            identity="golden-worker",
            max_concurrent_workflow_task_polls=2,
            max_concurrent_activity_task_polls=2,
            max_heartbeat_throttle_interval=seconds(0.2),
            default_heartbeat_throttle_interval=seconds(0.2),
        )
        if "deployment_config" not in options:
            settings["build_id"] = "golden"
        settings.update(options)
        return Worker(client or self.client, **settings)

    async def start(self, run: Any, *args: Any, id: str | None = None, **options: Any) -> WorkflowHandle[Any, Any]:
        id = id or self.workflow_id
        await self.clear(id)
        options.setdefault("task_queue", self.task_queue)
        client = options.pop("client", self.client)
        return await client.start_workflow(run, args=list(args), id=id, **options)

    async def clear(self, id: str) -> None:
        """End what an earlier recording may have left open."""
        with contextlib.suppress(RPCError):
            await self.client.get_workflow_handle(id).terminate("superseded")

    async def complete(self, run: Any, *args: Any, **options: Any) -> None:
        """Start a workflow with a worker, wait for its end, save its history."""
        async with self.worker():
            handle = await self.start(run, *args, **options)
            await settled(handle)
        await self.save(handle)

    async def save(self, handle: WorkflowHandle[Any, Any], suffix: str = "", zipped: bool = False) -> None:
        text = (await handle.fetch_history()).to_json() + "\n"
        path = self.out / f"{self.name}{suffix}.json"
        if zipped:
            path = path.with_suffix(".json.gz")
            with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
                file.write(text.encode())
        else:
            path.write_text(text)

    async def save_runs(self, handle: WorkflowHandle[Any, Any], count: int) -> None:
        """Save the first runs of a chain as NAME_run1, NAME_run2, ..."""
        run_id = handle.first_execution_run_id
        for number in range(1, count + 1):
            assert run_id, f"{self.name}: the chain ends before run {number}"
            run = self.client.get_workflow_handle(handle.id, run_id=run_id)
            await settled(run, follow_runs=False)
            await self.save(run, f"_run{number}")
            run_id = next_run(await run.fetch_history())

    def child(self) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(f"{self.workflow_id}-child")

    @contextlib.asynccontextmanager
    async def process(self, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A worker in a process of its own, to be killed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            os.path.abspath(__file__),
            "--address",
            self.address,
            "--namespace",
            self.client.namespace,
            "--worker",
            self.name,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def type_name(workflow: type) -> str:
    name = workflow_api._Definition.must_from_class(workflow).name
    assert name
    return name


def next_run(history: Any) -> str | None:
    event = history.events[-1]
    attributes = getattr(event, event.WhichOneof("attributes"))
    return getattr(attributes, "new_execution_run_id", "") or None


async def settled(handle: WorkflowHandle[Any, Any], follow_runs: bool = True) -> Any:
    """Wait for the end, whatever it is."""
    try:
        return await handle.result(follow_runs=follow_runs)
    except Exception as err:
        if isinstance(err, RPCError):
            raise
        return err


async def seen(handle: WorkflowHandle[Any, Any], event_type: int, count: int = 1, limit: float = 60) -> None:
    """Wait until the history holds so many events of a type."""
    until = time.monotonic() + limit
    while True:
        history = await handle.fetch_history()
        if sum(event.event_type == event_type for event in history.events) >= count:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"{handle.id}: no {EventType.Name(event_type)}")
        await asyncio.sleep(0.1)


TASK_STARTED = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
TASK_TIMED_OUT = EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
ACTIVITY_COMPLETED = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
TIMER_STARTED = EventType.EVENT_TYPE_TIMER_STARTED
SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
CHILD_STARTED = EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED


def describe(name: str, run_it: Scenario, shows: str | None) -> None:
    run_it.__doc__ = shows
    SCENARIOS[name] = run_it


def simple(name: str, run: Any, *args: Any, shows: str | None = None, **options: Any) -> None:
    """A scenario that only starts a workflow and waits for its end."""

    async def run_it(r: Recorder) -> None:
        await r.complete(run, *args, **options)

    describe(name, run_it, shows)


simple("hello", wf.Hello.run, "Ada")
simple("no_arguments", wf.NoArguments.run)

# ------------------------------------------------------------ activities

simple("activity_one", wf.ActivityOne.run, "Ada")
simple("activity_all_options", wf.ActivityAllOptions.run, "Ada")
simple("activity_retry", wf.ActivityRetry.run)
simple("activity_next_retry_delay", wf.ActivityNextRetryDelay.run)
simple("activity_failure_caught", wf.ActivityFailureCaught.run)
simple("activity_failure_uncaught", wf.ActivityFailureUncaught.run)
simple("activity_failure_benign", wf.ActivityFailureBenign.run)
simple("activity_heartbeat_resume", wf.ActivityHeartbeatResume.run)
simple("activity_retries_exhausted", wf.ActivityRetriesExhausted.run)
simple("activity_non_retryable_type", wf.ActivityNonRetryableType.run)
simple("activity_timeout_start_to_close", wf.ActivityTimeoutStartToClose.run)
simple("activity_timeout_schedule_to_start", wf.ActivityTimeoutScheduleToStart.run)
simple("activity_timeout_schedule_to_close", wf.ActivityTimeoutScheduleToClose.run)
simple("activity_timeout_heartbeat", wf.ActivityTimeoutHeartbeat.run)
simple("activity_cancel_try", wf.ActivityCancel.run, "try_cancel")
simple("activity_cancel_wait", wf.ActivityCancel.run, "wait_completed")
simple("activity_cancel_abandon", wf.ActivityCancel.run, "abandon")
simple("activity_cancel_ignored", wf.ActivityCancelIgnored.run)
simple("activity_cancel_before_start", wf.ActivityCancelBeforeStart.run)
simple("activity_fan_out", wf.ActivityFanOut.run, 20)
simple("activity_wins_timer", wf.ActivityOrTimer.run, 0.2, 30.0)
simple("timer_wins_activity", wf.ActivityOrTimer.run, 3.0, 0.5)


@scenario
async def activity_async_completion(r: Recorder) -> None:
    """A client completes the activity by its id."""
    async with r.worker():
        handle = await r.start(wf.ActivityAsyncCompletion.run)
        await seen(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        await asyncio.sleep(0.7)
        outside = r.client.get_async_activity_handle(workflow_id=handle.id, run_id=None, activity_id="outside")
        await outside.complete("completed by a client")
        await settled(handle)
    await r.save(handle)


# ------------------------------------------------------ local activities

simple("local_activity", wf.LocalActivity.run, "Ada")
simple("local_activity_fan_out", wf.LocalActivityFanOut.run, 5)
simple("local_activity_retry", wf.LocalActivityRetry.run)
simple("local_activity_retry_timer", wf.LocalActivityRetryTimer.run)
simple("local_activity_failure", wf.LocalActivityFailure.run)
simple("local_activity_timeout", wf.LocalActivityTimeout.run)
simple("local_activity_long", wf.LocalActivityLong.run, task_timeout=seconds(2))
simple("local_activity_cancel", wf.LocalActivityCancel.run, task_timeout=seconds(2))

# ---------------------------------------------------------------- timers

simple("timer", wf.Timer.run)
simple("timer_race", wf.TimerRace.run)
simple("timer_many", wf.TimerMany.run)
simple("wait_condition_timed_out", wf.WaitConditionTimeout.run, 0.5)


@scenario
async def wait_condition_met(r: Recorder) -> None:
    """The signal comes first; the timer is cancelled."""
    async with r.worker():
        handle = await r.start(wf.WaitConditionTimeout.run, 60.0)
        await seen(handle, TIMER_STARTED)
        await handle.signal(wf.WaitConditionTimeout.make_ready)
        await settled(handle)
    await r.save(handle)


# --------------------------------------------------------------- signals


@scenario
async def signal_one(r: Recorder) -> None:
    """One signal."""
    async with r.worker():
        handle = await r.start(wf.SignalCollect.run, 1)
        await seen(handle, TASK_COMPLETED)
        await handle.signal(wf.SignalCollect.add_value, {"n": 1})
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_with_start(r: Recorder) -> None:
    """Two signals come before the first task: one with the start, one after it."""
    handle = await r.start(
        wf.SignalCollect.run, 2, start_signal="add_value", start_signal_args=["with the start"]
    )
    await handle.signal(wf.SignalCollect.add_value, "before any worker")
    async with r.worker():
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_buffered(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.SignalBuffered.run)
        await asyncio.sleep(0.7)
        await handle.signal(wf.SignalBuffered.add_value, "while the task was open")
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_unhandled_command(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.SignalUnhandledCommand.run)
        await asyncio.sleep(0.7)
        await handle.signal(wf.SignalUnhandledCommand.add_value, "just in time")
        await settled(handle)
    await r.save(handle)


@scenario
async def buffered_mixed(r: Recorder) -> None:
    """The order in which buffered events enter the history."""
    await r.clear(f"{r.workflow_id}-child")
    async with r.worker():
        handle = await r.start(wf.BufferedMixed.run)
        await seen(handle, TIMER_STARTED)
        await handle.signal(wf.BufferedMixed.add_value, "begins the long task")
        await asyncio.sleep(0.5)
        await handle.signal(wf.BufferedMixed.add_value, "buffered first")
        await r.child().signal("finish", "child done")
        await asyncio.sleep(2.5)
        await handle.signal(wf.BufferedMixed.add_value, "buffered last")
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_dynamic(r: Recorder) -> None:
    """Signals with two, no and no arguments."""
    async with r.worker():
        handle = await r.start(wf.SignalDynamic.run)
        await seen(handle, TASK_COMPLETED)
        await handle.signal("paint", args=["wall", 2])
        await handle.signal("rest")
        await handle.signal("finish")
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_async_handlers(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.SignalAsyncHandlers.run)
        await seen(handle, TIMER_STARTED)
        await handle.signal(wf.SignalAsyncHandlers.process, "apple")
        await asyncio.sleep(0.1)
        await handle.signal(wf.SignalAsyncHandlers.process, "pear")
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_many(r: Recorder) -> None:
    """Fifty signals, sent as fast as they go."""
    async with r.worker():
        handle = await r.start(wf.SignalCollect.run, 50)
        for n in range(50):
            await handle.signal(wf.SignalCollect.add_value, n)
        await settled(handle)
    await r.save(handle)


# --------------------------------------------------------------- queries


@scenario
async def query_only(r: Recorder) -> None:
    """Three queries while open, one when closed."""
    async with r.worker():
        handle = await r.start(wf.QueryOnly.run)
        await seen(handle, TASK_COMPLETED)
        for _ in range(3):
            assert await handle.query(wf.QueryOnly.get_state) == "waiting"
        await handle.signal(wf.QueryOnly.set_state, "finished")
        await settled(handle)
        assert await handle.query(wf.QueryOnly.get_state) == "finished"
    await r.save(handle)


# --------------------------------------------------------------- updates


@contextlib.asynccontextmanager
async def counter(r: Recorder) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """A running UpdateCounter, past its first task; afterwards it is finished and saved."""
    async with r.worker():
        handle = await r.start(wf.UpdateCounter.run)
        await seen(handle, TASK_COMPLETED)
        yield handle
        await handle.signal(wf.UpdateCounter.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def update_ok(r: Recorder) -> None:
    """An update accepted and completed in one task."""
    async with counter(r) as handle:
        assert await handle.execute_update(wf.UpdateCounter.add_number, 5, id="first-update") == 5


@scenario
async def update_rejected(r: Recorder) -> None:
    """Refused by the validator: no trace of it in the history."""
    async with counter(r) as handle:
        with contextlib.suppress(WorkflowUpdateFailedError):
            await handle.execute_update(wf.UpdateCounter.add_number, -5, id="bad-update")


@scenario
async def update_rejected_first_task(r: Recorder) -> None:
    """A refused update comes with the first task: no trace of it in the history."""
    handle = await r.start(wf.UpdateCounter.run)
    bad = asyncio.create_task(handle.execute_update(wf.UpdateCounter.add_number, -5, id="bad-update"))
    await asyncio.sleep(0.5)
    async with r.worker():
        with contextlib.suppress(WorkflowUpdateFailedError):
            await bad
        await handle.signal(wf.UpdateCounter.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def update_with_activity(r: Recorder) -> None:
    """An update accepted in one task, completed in a later one, after an activity."""
    async with counter(r) as handle:
        started = await handle.start_update(
            wf.UpdateCounter.add_by_activity, 5, id="slow-update", wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
        assert await started.result() == 5


@scenario
async def update_failed(r: Recorder) -> None:
    """An update that fails with an ApplicationError and a cause."""
    async with counter(r) as handle:
        with contextlib.suppress(WorkflowUpdateFailedError):
            await handle.execute_update(wf.UpdateCounter.fail, "not today", id="failing-update")


@scenario
async def updates_in_one_task(r: Recorder) -> None:
    """Three updates wait for the first task."""
    handle = await r.start(wf.UpdateCounter.run)
    waiting = []
    for n in (1, 2, 3):
        waiting.append(
            asyncio.create_task(handle.execute_update(wf.UpdateCounter.add_number, n, id=f"update-{n}"))
        )
        await asyncio.sleep(0.3)
    async with r.worker():
        await asyncio.gather(*waiting)
        await handle.signal(wf.UpdateCounter.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def updates_mixed_in_one_task(r: Recorder) -> None:
    """In one task: an update that does an activity, a refused one, one done at once."""
    handle = await r.start(wf.UpdateCounter.run)
    waiting = []
    for update, number in (("add_by_activity", 10), ("add_number", -1), ("add_number", 1)):
        waiting.append(
            asyncio.create_task(handle.execute_update(update, number, id=f"update-{len(waiting) + 1}"))
        )
        await asyncio.sleep(0.3)
    async with r.worker():
        await asyncio.gather(*waiting, return_exceptions=True)
        await handle.signal(wf.UpdateCounter.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def update_with_start(r: Recorder) -> None:
    """Update-with-start of a new workflow.

    The update id is new each time: the service would answer a used one with
    the outcome found in the closed run, and start nothing.
    """
    await r.clear(r.workflow_id)
    start = WithStartWorkflowOperation(
        wf.UpdateCounter.run,
        id=r.workflow_id,
        task_queue=r.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
    )
    async with r.worker():
        total = await r.client.execute_update_with_start_workflow(
            wf.UpdateCounter.add_number, 5, start_workflow_operation=start, id=f"start-update-{time.time_ns()}"
        )
        assert total == 5
        handle = await start.workflow_handle()
        await handle.signal(wf.UpdateCounter.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def update_locked(r: Recorder) -> None:
    """Three updates at nearly the same time."""
    async with r.worker():
        handle = await r.start(wf.UpdateLocked.run)
        await seen(handle, TASK_COMPLETED)
        waiting = []
        for name in ("apple", "pear", "plum"):
            waiting.append(asyncio.create_task(handle.execute_update(wf.UpdateLocked.enter, name, id=name)))
            await asyncio.sleep(0.03)
        await asyncio.gather(*waiting)
        await handle.signal(wf.UpdateLocked.finish)
        await settled(handle)
    await r.save(handle)


@scenario
async def update_dynamic(r: Recorder) -> None:
    """Two updates, with two arguments and with none."""
    async with r.worker():
        handle = await r.start(wf.UpdateDynamic.run)
        await seen(handle, TASK_COMPLETED)
        await handle.execute_update("paint", args=["wall", 2], id="paint-update")
        await handle.execute_update("finish", id="finish-update")
        await settled(handle)
    await r.save(handle)


@scenario
async def update_during_task(r: Recorder) -> None:
    """The signal is buffered; the update goes with the next task."""
    async with r.worker():
        handle = await r.start(wf.UpdateDuringTask.run)
        await asyncio.sleep(0.5)
        update = asyncio.create_task(
            handle.execute_update(wf.UpdateDuringTask.note_update, "update", id="busy-update")
        )
        await asyncio.sleep(0.5)
        await handle.signal(wf.UpdateDuringTask.note_signal, "signal")
        await update
        await settled(handle)
    await r.save(handle)


@scenario
async def update_aborted(r: Recorder) -> None:
    """An update comes while the task that completes the workflow is open: the task stands, the update is aborted."""
    async with r.worker():
        handle = await r.start(wf.SignalUnhandledCommand.run)
        await asyncio.sleep(0.5)
        update = asyncio.create_task(handle.execute_update("nothing", id="late-update"))
        await settled(handle)
        try:
            await update
        except RPCError as err:
            assert "aborted by closing workflow" in err.message
        else:
            raise RuntimeError("the update was accepted")
    await r.save(handle)


@scenario
async def update_unfinished(r: Recorder) -> None:
    """Ended by a signal with the update accepted and open."""
    async with r.worker():
        handle = await r.start(wf.UpdateUnfinished.run)
        await seen(handle, TASK_COMPLETED)
        await handle.start_update(
            wf.UpdateUnfinished.wait_forever, id="unfinished", wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
        await handle.signal(wf.UpdateUnfinished.finish)
        await settled(handle)
    await r.save(handle)


# -------------------------------------------------------- child workflows


def with_child(name: str, run: Any, *args: Any, child: bool = True) -> None:
    async def run_it(r: Recorder) -> None:
        await r.clear(f"{r.workflow_id}-child")
        async with r.worker():
            handle = await r.start(run, *args)
            await settled(handle)
            if child:
                await settled(r.child())
        await r.save(handle, "_parent" if child else "")
        if child:
            await r.save(r.child(), "_child")

    SCENARIOS[name] = run_it


with_child("child_ok", wf.ParentChildOk.run, "Ada")
with_child("child_all_options", wf.ParentChildAllOptions.run, "Ada")
with_child("child_fail", wf.ParentChildFail.run)
with_child("child_already_running", wf.ParentChildAlreadyRunning.run, child=False)
with_child("child_cancel_try", wf.ParentChildCancel.run, "try_cancel", 2.0)
with_child("child_cancel_wait_requested", wf.ParentChildCancel.run, "wait_requested", 0.0)
with_child("child_cancel_wait_completed", wf.ParentChildCancel.run, "wait_completed", 0.0)
with_child("child_close_request_cancel", wf.ParentClosesFirst.run, "request_cancel")
with_child("child_close_terminate", wf.ParentClosesFirst.run, "terminate")
with_child("child_signal", wf.ParentSignalsChild.run)
with_child("child_continues_as_new", wf.ParentChildContinues.run, child=False)
with_child("child_timed_out", wf.ParentChildTerminated.run, 1.0)


def child_left_open(name: str, run: Any, *args: Any, shows: str | None = None) -> None:
    """The child survives its parent and is then let go by a signal."""

    async def run_it(r: Recorder) -> None:
        await r.clear(f"{r.workflow_id}-child")
        async with r.worker():
            handle = await r.start(run, *args)
            await settled(handle)
            await asyncio.sleep(1)
            await r.child().signal("finish", "let go")
            await settled(r.child())
        await r.save(handle, "_parent")
        await r.save(r.child(), "_child")

    describe(name, run_it, shows)


child_left_open("child_cancel_abandon", wf.ParentChildCancel.run, "abandon", 0.0)
child_left_open(
    "child_cancel_lost",
    wf.ParentChildCancel.run,
    "try_cancel",
    0.0,
    shows="The parent completes in the task that asks for the cancellation; the child never hears of it.",
)
child_left_open("child_close_abandon", wf.ParentClosesFirst.run, "abandon")


def child_not_awaited(name: str, parent_close_policy: str) -> None:
    async def run_it(r: Recorder) -> None:
        await r.clear(f"{r.workflow_id}-child")
        async with r.worker():
            handle = await r.start(wf.ParentDoesNotWait.run, parent_close_policy)
            await settled(handle)
            await asyncio.sleep(2)
            try:
                await r.child().describe()
            except RPCError as err:
                assert err.status == RPCStatusCode.NOT_FOUND
            else:
                raise RuntimeError("the child was started")
        await r.save(handle)

    SCENARIOS[name] = run_it


child_not_awaited("child_not_awaited_abandon", "abandon")
child_not_awaited("child_not_awaited_terminate", "terminate")


@scenario
async def child_terminated(r: Recorder) -> None:
    """A client terminates the child."""
    async with r.worker():
        handle = await r.start(wf.ParentChildTerminated.run, 0.0)
        await seen(handle, CHILD_STARTED)
        await seen(r.child(), TASK_COMPLETED)
        await r.child().terminate("no longer needed")
        await settled(handle)
    await r.save(handle, "_parent")
    await r.save(r.child(), "_child")


@scenario
async def child_retry(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.ParentChildRetry.run)
        await settled(handle)
        started = next(e for e in (await handle.fetch_history()).events if e.event_type == CHILD_STARTED)
        run_id = started.child_workflow_execution_started_event_attributes.workflow_execution.run_id
        first = r.client.get_workflow_handle(r.child().id, run_id=run_id)
    await r.save(handle, "_parent")
    await r.save(first, "_child_run1")
    await r.save(r.child(), "_child_run2")


@scenario
async def cancel_passed_to_child(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.ParentWaits.run)
        await seen(handle, CHILD_STARTED)
        await seen(r.child(), TASK_COMPLETED)
        await seen(handle, TASK_COMPLETED, 2)
        await handle.cancel()
        await settled(handle)
        await settled(r.child())
    await r.save(handle, "_parent")
    await r.save(r.child(), "_child")


# ----------------------------------------------------- external workflows


@scenario
async def external_signal_ok(r: Recorder) -> None:
    """The target gets the signal and completes."""
    async with r.worker():
        target = await r.start(wf.ChildWait.run, id="hist-external-signal-target")
        await seen(target, TASK_COMPLETED)
        handle = await r.start(wf.ExternalSignal.run, target.id)
        await settled(handle)
        await settled(target)
    await r.save(handle, "_sender")
    await r.save(target, "_target")


@scenario
async def external_cancel_ok(r: Recorder) -> None:
    """The target gets the request and ends as cancelled."""
    async with r.worker():
        target = await r.start(wf.ChildWait.run, id="hist-external-cancel-target")
        await seen(target, TASK_COMPLETED)
        handle = await r.start(wf.ExternalCancel.run, target.id)
        await settled(handle)
        await settled(target)
    await r.save(handle, "_sender")
    await r.save(target, "_target")


simple(
    "external_signal_unknown", wf.ExternalSignal.run, "hist-no-such-workflow", shows="There is no such workflow."
)
simple(
    "external_cancel_unknown", wf.ExternalCancel.run, "hist-no-such-workflow", shows="There is no such workflow."
)

# -------------------------------------------------- ends of all other kinds


@scenario
async def continue_as_new(r: Recorder) -> None:
    """Two runs; a new memo replaces the old, search attributes go on."""
    async with r.worker():
        handle = await r.start(
            wf.ContinueAsNew.run,
            1,
            [],
            memo={"left": 1, "note": "of the first run"},
            search_attributes=TypedSearchAttributes([SearchAttributePair(wf.KEYWORD, "kept")]),
        )
        await settled(handle)
    await r.save_runs(handle, 2)


@scenario
async def continue_as_new_signalled(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.ContinueAsNewSignalled.run, True, [])
        await seen(handle, TASK_COMPLETED)
        await handle.signal(wf.ContinueAsNewSignalled.add_value, "first")
        await asyncio.sleep(0.5)
        await handle.signal(wf.ContinueAsNewSignalled.add_value, "in between")
        await settled(handle)
    await r.save_runs(handle, 2)


@scenario
async def continue_as_new_other_type(r: Recorder) -> None:
    async with r.worker():
        handle = await r.start(wf.ContinueAsNewOtherType.run, "Ada")
        await settled(handle)
    await r.save_runs(handle, 2)


def cancelled_while(name: str, run: Any, event_type: int) -> None:
    """Cancelled by a client once the history holds an event of that type."""

    async def run_it(r: Recorder) -> None:
        async with r.worker():
            handle = await r.start(run)
            await seen(handle, event_type)
            if event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                await asyncio.sleep(0.5)
            await handle.cancel()
            await settled(handle)
        await r.save(handle)

    SCENARIOS[name] = run_it


cancelled_while("cancel_cleanup", wf.CancelCleanup.run, TASK_COMPLETED)
cancelled_while("cancel_timer", wf.CancelTimer.run, TIMER_STARTED)
cancelled_while("cancel_activity", wf.CancelActivity.run, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
cancelled_while("cancel_ignored", wf.CancelIgnored.run, TIMER_STARTED)


@scenario
async def cancel_before_first_task(r: Recorder) -> None:
    """Cancelled before any worker runs."""
    handle = await r.start(wf.CancelTimer.run)
    await handle.cancel()
    async with r.worker():
        await settled(handle)
    await r.save(handle)


@scenario
async def cancel_twice(r: Recorder) -> None:
    """Two cancel requests: the history has one."""
    handle = await r.start(wf.CancelTimer.run)
    await handle.cancel()
    await handle.cancel()
    async with r.worker():
        await settled(handle)
    await r.save(handle)


@scenario
async def terminate(r: Recorder) -> None:
    """Terminated with details and a reason."""
    async with r.worker():
        handle = await r.start(wf.WaitForever.run)
        await seen(handle, TIMER_STARTED)
        await handle.terminate("a detail", {"code": 3}, reason="no longer needed")
        await settled(handle)
    await r.save(handle)


@scenario
async def terminate_during_task(r: Recorder) -> None:
    """Terminated while a workflow task is open."""
    async with r.worker():
        handle = await r.start(wf.LocalActivityLong.run)
        await asyncio.sleep(1)
        await handle.terminate(reason="no longer needed")
        await settled(handle)
        await r.save(handle)


simple(
    "timeout_during_task",
    wf.LocalActivityLong.run,
    run_timeout=seconds(2),
    shows="Run timeout while a workflow task is open.",
)


@scenario
async def replaced_by_new_start(r: Recorder) -> None:
    """A second start with the policy that terminates the run in its way."""
    async with r.worker():
        first = await r.start(wf.WaitForever.run)
        await seen(first, TIMER_STARTED)
        first = r.client.get_workflow_handle(r.workflow_id, run_id=first.first_execution_run_id)
        second = await r.client.start_workflow(
            wf.Hello.run,
            "Ada",
            id=r.workflow_id,
            task_queue=r.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )
        await settled(second)
    await r.save(first, "_first")
    await r.save(second, "_second")


simple("workflow_fail", wf.WorkflowFail.run)
simple("workflow_run_timeout", wf.WaitForever.run, run_timeout=seconds(1), shows="Run timeout.")
simple(
    "workflow_execution_timeout", wf.WaitForever.run, execution_timeout=seconds(1), shows="Execution timeout."
)


@scenario
async def workflow_retry(r: Recorder) -> None:
    """Retry policy of the workflow: two runs."""
    async with r.worker():
        handle = await r.start(
            wf.WorkflowRetry.run, retry_policy=RetryPolicy(initial_interval=seconds(1), maximum_attempts=3)
        )
        await settled(handle)
    await r.save_runs(handle, 2)


@scenario
async def cron(r: Recorder) -> None:
    """Two runs; the second is terminated."""
    async with r.worker():
        handle = await r.start(wf.CronTick.run, cron_schedule="@every 1s")
        first = r.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        await settled(first, follow_runs=False)
        second = r.client.get_workflow_handle(handle.id, run_id=next_run(await first.fetch_history()))
        await seen(second, TIMER_STARTED)
        await second.terminate("enough ticks")
    await r.save_runs(handle, 2)


@scenario
async def schedule_started(r: Recorder) -> None:
    """A schedule is triggered once."""
    schedule_id = "hist-schedule"
    with contextlib.suppress(RPCError):
        await r.client.get_schedule_handle(schedule_id).delete()
    async with r.worker():
        schedule = await r.client.create_schedule(
            schedule_id,
            Schedule(
                action=ScheduleActionStartWorkflow(
                    wf.ScheduledRun.run, "Ada", id=r.workflow_id, task_queue=r.task_queue
                ),
                spec=ScheduleSpec(),
            ),
            trigger_immediately=True,
        )
        for _ in range(100):
            actions = (await schedule.describe()).info.recent_actions
            if actions:
                break
            await asyncio.sleep(0.1)
        execution = actions[0].action
        handle = r.client.get_workflow_handle(
            execution.workflow_id, run_id=execution.first_execution_run_id
        )
        await settled(handle)
        await r.save(handle)
        await schedule.delete()


# --------------------------------------------------- failed workflow tasks


@scenario
async def task_failed_then_fixed(r: Recorder) -> None:
    """The broken version fails the task, a second worker has the fixed one."""
    async with r.worker(wf.BROKEN["TaskFailedThenFixed"]):
        handle = await r.start(wf.TaskFailedThenFixed.run)
        await seen(handle, TASK_FAILED)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def task_deadlocked_then_fixed(r: Recorder) -> None:
    """The broken version blocks for 4 s, a second worker has the fixed one."""
    async with r.worker(wf.BROKEN["TaskDeadlockedThenFixed"]):
        handle = await r.start(wf.TaskDeadlockedThenFixed.run)
        await seen(handle, TASK_FAILED)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def task_nondeterministic_then_fixed(r: Recorder) -> None:
    """Three workers: right, wrong, right."""
    async with r.worker():
        handle = await r.start(wf.TaskNonDeterministicThenFixed.run)
        await seen(handle, ACTIVITY_COMPLETED)
        await seen(handle, TASK_COMPLETED, 2)
    async with r.worker(wf.BROKEN["TaskNonDeterministicThenFixed"]):
        await handle.signal(wf.TaskNonDeterministicThenFixed.proceed)
        await seen(handle, TASK_FAILED)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def task_timed_out(r: Recorder) -> None:
    """A worker process is killed with the first workflow task in hand."""
    async with r.process("--broken", "TaskTimedOut") as process:
        handle = await r.start(wf.TaskTimedOut.run, task_timeout=seconds(3))
        assert process.stdout
        await process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await seen(handle, TASK_TIMED_OUT)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def task_timed_out_signalled(r: Recorder) -> None:
    """As `task_timed_out`, with a signal while the task was open."""
    async with r.process("--broken", "TaskTimedOut") as process:
        handle = await r.start(wf.TaskTimedOut.run, task_timeout=seconds(3))
        assert process.stdout
        await process.stdout.readline()
        await handle.signal("note", "while the task was open")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await seen(handle, TASK_TIMED_OUT)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def worker_killed(r: Recorder) -> None:
    """A worker process is killed while its workflow waits; the sticky queue times out."""
    async with r.process() as process:
        handle = await r.start(wf.WorkerKilled.run)
        await seen(handle, TASK_COMPLETED, 2)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await handle.signal(wf.WorkerKilled.proceed)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def activity_worker_killed(r: Recorder) -> None:
    """A worker process is killed one second into the activity."""
    async with r.process() as process:
        handle = await r.start(wf.ActivityWorkerKilled.run)
        await seen(handle, TASK_COMPLETED)
        await asyncio.sleep(0.7)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


@scenario
async def worker_cache_off(r: Recorder) -> None:
    """No sticky queue: each task begins with the whole history."""
    async with r.worker(max_cached_workflows=0, max_concurrent_workflow_task_polls=1):
        handle = await r.start(wf.SequentialActivities.run, 2)
        await settled(handle)
    await r.save(handle)


# --------------------------------------------------------------- patching


def stage(name: str, number: int) -> None:
    async def run_it(r: Recorder) -> None:
        async with r.worker(wf.STAGES[number]):
            handle = await r.start(wf.PatchedGreeting.run)
            await settled(handle)
        await r.save(handle)

    describe(name, run_it, wf.STAGES[number].__doc__)


stage("patch_before", 1)
stage("patch_new", 2)
stage("patch_deprecated", 3)
stage("patch_removed", 4)
simple("patch_loop", wf.PatchesInLoop.run)


@scenario
async def patch_old_run_new_worker(r: Recorder) -> None:
    """Begun by the code before the change, finished by the patched code, which took the old branch."""
    async with r.worker(wf.STAGES[1]):
        handle = await r.start(wf.PatchedGreeting.run)
        await seen(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    async with r.worker(identity="golden-worker-after"):
        await settled(handle)
    await r.save(handle)


# ------------------------------------------------- attributes and metadata


@scenario
async def search_attributes(r: Recorder) -> None:
    """Search attributes at start and by upserts."""
    async with r.worker():
        handle = await r.start(
            wf.SearchAttributes.run,
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(wf.KEYWORD, "red"), SearchAttributePair(wf.INT, 1)]
            ),
        )
        await settled(handle)
    await r.save(handle)


simple("memo", wf.MemoUpsert.run, memo={"kept": "old value", "dropped": 1})
simple("deterministic_values", wf.DeterministicValues.run)


@scenario
async def user_metadata(r: Recorder) -> None:
    """With a metadata query, and a signal to end it."""
    async with r.worker():
        handle = await r.start(
            wf.UserMetadata.run,
            static_summary="greets three people",
            static_details="Greets **three** people\n\nand ends.",
        )
        await seen(handle, EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED)
        await handle.query("__temporal_workflow_metadata")
        await handle.signal(wf.UserMetadata.proceed)
        await settled(handle)
    await r.save(handle)


simple("everything_at_once", wf.EverythingAtOnce.run)
simple("start_delay", wf.Hello.run, "Ada", start_delay=seconds(1), shows="The first task waits for a second.")


@scenario
async def start_delay_signalled(r: Recorder) -> None:
    """A signal comes two seconds into a start delay of five: the first task waits all the same."""
    async with r.worker():
        handle = await r.start(wf.SignalCollect.run, 1, start_delay=seconds(5))
        await asyncio.sleep(2)
        await handle.signal(wf.SignalCollect.add_value, "early")
        await settled(handle)
    await r.save(handle)


simple(
    "start_all_options",
    wf.ActivityOne.run,
    "Ada",
    shows="Started with every option: timeouts, retry policy, memo, search attributes, summary, priority.",
    execution_timeout=seconds(600),
    run_timeout=seconds(300),
    task_timeout=seconds(5),
    retry_policy=RetryPolicy(
        initial_interval=seconds(1),
        backoff_coefficient=3.0,
        maximum_interval=seconds(9),
        maximum_attempts=2,
        non_retryable_error_types=["BadInput"],
    ),
    memo={"note": "a memo"},
    search_attributes=TypedSearchAttributes(
        [
            SearchAttributePair(wf.TEXT, "some words"),
            SearchAttributePair(wf.INT, 42),
            SearchAttributePair(wf.KEYWORD, "blue"),
            SearchAttributePair(wf.DOUBLE, 2.5),
            SearchAttributePair(wf.BOOL, True),
            SearchAttributePair(wf.DATETIME, datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
            SearchAttributePair(wf.KEYWORD_LIST, ["a", "b"]),
        ]
    ),
    static_summary="a summary",
    static_details="some details",
    priority=Priority(priority_key=1, fairness_key="customer-7", fairness_weight=2.0),
)


@scenario
async def eager_start(r: Recorder) -> None:
    """The start gives the first task to the worker that shares the client."""
    async with r.worker():
        await asyncio.sleep(0.5)
        handle = await r.start(wf.ActivityOne.run, "Ada", request_eager_start=True)
        await settled(handle)
    await r.save(handle)


# ------------------------------------------------------- worker versioning


def versioned(r: Recorder, build: str, deployment: str) -> Worker:
    return r.worker(
        identity=f"golden-worker-{build}",
        deployment_config=WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(deployment_name=deployment, build_id=build),
            use_worker_versioning=True,
            default_versioning_behavior=wf.VersioningBehavior.AUTO_UPGRADE,
        ),
    )


async def make_current(r: Recorder, deployment: str, build: str) -> None:
    """Make a version current, once the service knows it and its task queue."""
    last: RPCError | None = None
    for _ in range(100):
        try:
            version = await r.client.workflow_service.describe_worker_deployment_version(
                DescribeWorkerDeploymentVersionRequest(
                    namespace=r.client.namespace,
                    deployment_version=DeploymentVersionProto(deployment_name=deployment, build_id=build),
                )
            )
            if len(version.version_task_queues) >= 2:
                await r.client.workflow_service.set_worker_deployment_current_version(
                    SetWorkerDeploymentCurrentVersionRequest(
                        namespace=r.client.namespace,
                        deployment_name=deployment,
                        build_id=build,
                        identity="golden-client",
                        ignore_missing_task_queues=True,
                    )
                )
                return
        except RPCError as err:
            last = err
        await asyncio.sleep(0.2)
    raise RuntimeError(f"cannot make {deployment} {build} current: {last}")


async def replaced_version(r: Recorder, run: Any) -> None:
    """Begun on version 1; then version 2 becomes current; then a signal."""
    deployment = r.workflow_id
    async with versioned(r, "1", deployment):
        await make_current(r, deployment, "1")
        handle = await r.start(run)
        await seen(handle, TASK_COMPLETED)
        async with versioned(r, "2", deployment):
            await make_current(r, deployment, "2")
            await asyncio.sleep(1)
            await handle.signal("proceed")
            await settled(handle)
    await r.save(handle)


@scenario
async def versioned_pinned(r: Recorder) -> None:
    """Version 2 becomes current; the run stays on version 1."""
    await replaced_version(r, wf.VersionedPinned.run)


@scenario
async def versioned_auto_upgrade_replaced(r: Recorder) -> None:
    """Version 2 becomes current; the run moves to it."""
    await replaced_version(r, wf.VersionedAutoUpgrade.run)


@scenario
async def versioned_auto_upgrade(r: Recorder) -> None:
    """One version from the first to the last task."""
    async with versioned(r, "1", r.workflow_id):
        await make_current(r, r.workflow_id, "1")
        handle = await r.start(wf.VersionedAutoUpgrade.run)
        await seen(handle, TASK_COMPLETED)
        await handle.signal("proceed")
        await settled(handle)
    await r.save(handle)


@scenario
async def versioned_options_updated(r: Recorder) -> None:
    """A running auto-upgrade workflow is pinned to its version by an options update."""
    deployment = r.workflow_id
    async with versioned(r, "1", deployment):
        await make_current(r, deployment, "1")
        handle = await r.start(wf.VersionedAutoUpgrade.run)
        await seen(handle, TASK_COMPLETED)
        await r.client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=r.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=handle.id),
                workflow_execution_options=WorkflowExecutionOptions(
                    versioning_override=VersioningOverride(
                        pinned=VersioningOverride.PinnedOverride(
                            behavior=VersioningOverride.PINNED_OVERRIDE_BEHAVIOR_PINNED,
                            version=DeploymentVersionProto(deployment_name=deployment, build_id="1"),
                        )
                    )
                ),
                update_mask=FieldMask(paths=["versioning_override"]),
                identity="golden-client",
            )
        )
        await handle.signal("proceed")
        await settled(handle)
    await r.save(handle)


# ------------------------------------------------------------------ Nexus


NEXUS_TURN = asyncio.Lock()


def nexus(
    name: str,
    run: Any,
    *args: Any,
    handler_id: str | None = None,
    wait: bool = True,
    shows: str | None = None,
) -> None:
    """A call over Nexus; the handlers have one task queue, so one scenario runs at a time."""

    async def run_it(r: Recorder) -> None:
        if handler_id:
            await r.clear(handler_id)
        async with NEXUS_TURN:
            handlers = r.worker(
                task_queue=NEXUS_QUEUE,
                nexus_service_handlers=[GreetingServiceHandler()],
                identity="golden-nexus-worker",
            )
            async with r.worker(), handlers:
                handle = await r.start(run, *args)
                await settled(handle)
                if handler_id:
                    handler = r.client.get_workflow_handle(handler_id)
                    if wait:
                        await settled(handler)
                    else:
                        await asyncio.sleep(1.5)
                        await handler.terminate("the caller is gone")
        await r.save(handle, "_caller" if handler_id else "")
        if handler_id:
            await r.save(handler, "_handler")

    describe(name, run_it, shows)


def nexus_cancel(
    name: str, cancellation_type: str, linger_seconds: float, wait: bool, shows: str | None = None
) -> None:
    handler_id = f"hist-nexus-wait-hist-{name}"
    nexus(name, wf.NexusCancel.run, cancellation_type, linger_seconds, handler_id=handler_id, wait=wait, shows=shows)


nexus("nexus_sync", wf.NexusSync.run, "Ada")
nexus("nexus_async", wf.NexusAsync.run, "Ada", handler_id="hist-nexus-greet-Ada")
nexus("nexus_shared", wf.NexusShared.run, "both", handler_id="hist-nexus-join-both")
nexus("nexus_fail_sync", wf.NexusFail.run, "sync")
nexus("nexus_fail_handler_error", wf.NexusFail.run, "handler_error")
nexus("nexus_fail_async", wf.NexusFail.run, "async", handler_id="hist-nexus-fail-async")
nexus("nexus_timeout_sync", wf.NexusTimeout.run, "sync")
nexus(
    "nexus_timeout_async", wf.NexusTimeout.run, "async", handler_id="hist-nexus-wait-timeout-async", wait=False
)
nexus_cancel("nexus_cancel_abandon", "abandon", 0.0, wait=False)
nexus_cancel(
    "nexus_cancel_lost",
    "try_cancel",
    0.0,
    wait=False,
    shows="The caller completes in the task that asks for the cancellation; the handler never hears of it.",
)
nexus_cancel("nexus_cancel_try", "try_cancel", 2.0, wait=True)
nexus_cancel("nexus_cancel_wait_requested", "wait_requested", 0.0, wait=True)
nexus_cancel("nexus_cancel_wait_completed", "wait_completed", 0.0, wait=True)

# --------------------------------------------- resets, long histories, data


@scenario
async def reset(r: Recorder) -> None:
    """Reset to the end of the second task; the signals sent since are applied again."""
    async with r.worker():
        handle = await r.start(wf.ResetTarget.run)
        await seen(handle, TASK_COMPLETED, 4)
        first = r.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        await first.signal("note", "kept over the reset")
        await first.signal(wf.ResetTarget.proceed)
        await settled(first)
        completed = [e.event_id for e in (await first.fetch_history()).events if e.event_type == TASK_COMPLETED]
        answer = await r.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=r.client.namespace,
                workflow_execution=WorkflowExecution(
                    workflow_id=handle.id, run_id=handle.first_execution_run_id or ""
                ),
                reason="try again from the second task",
                workflow_task_finish_event_id=completed[1],
                request_id=f"reset-{time.time_ns()}",
                identity="golden-client",
            )
        )
        second = r.client.get_workflow_handle(handle.id, run_id=answer.run_id)
        await settled(second)
    await r.save(first, "_base_run")
    await r.save(second, "_new_run")


@scenario
async def reset_open_run(r: Recorder) -> None:
    """Reset of a run that is still open: the base run is terminated."""
    async with r.worker():
        handle = await r.start(wf.ResetTarget.run)
        await seen(handle, TASK_COMPLETED, 4)
        first = r.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        completed = [e.event_id for e in (await first.fetch_history()).events if e.event_type == TASK_COMPLETED]
        answer = await r.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=r.client.namespace,
                workflow_execution=WorkflowExecution(
                    workflow_id=handle.id, run_id=handle.first_execution_run_id or ""
                ),
                reason="try again from the first task",
                workflow_task_finish_event_id=completed[0],
                request_id=f"reset-{time.time_ns()}",
                identity="golden-client",
            )
        )
        second = r.client.get_workflow_handle(handle.id, run_id=answer.run_id)
        await second.signal(wf.ResetTarget.proceed)
        await settled(second)
    await r.save(first, "_base_run")
    await r.save(second, "_new_run")


@scenario
async def reset_with_update(r: Recorder) -> None:
    """Reset to the first task; an update completed since is admitted again."""
    async with r.worker():
        handle = await r.start(wf.UpdateCounter.run)
        await seen(handle, TASK_COMPLETED)
        first = r.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        await first.execute_update(wf.UpdateCounter.add_number, 5, id="kept-update")
        await first.signal(wf.UpdateCounter.finish)
        await settled(first)
        completed = [e.event_id for e in (await first.fetch_history()).events if e.event_type == TASK_COMPLETED]
        answer = await r.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=r.client.namespace,
                workflow_execution=WorkflowExecution(
                    workflow_id=handle.id, run_id=handle.first_execution_run_id or ""
                ),
                reason="apply the update again",
                workflow_task_finish_event_id=completed[0],
                request_id=f"reset-{time.time_ns()}",
                identity="golden-client",
            )
        )
        second = r.client.get_workflow_handle(handle.id, run_id=answer.run_id)
        await settled(second)
    await r.save(first, "_base_run")
    await r.save(second, "_new_run")


@scenario
async def paused(r: Recorder) -> None:
    """Paused after its first activity, unpaused two seconds later. Needs a service with frontend.WorkflowPauseEnabled."""
    async with r.worker():
        handle = await r.start(wf.PauseTarget.run)
        await seen(handle, TIMER_STARTED)
        target = dict(namespace=r.client.namespace, workflow_id=handle.id, identity="golden-client")
        await r.client.workflow_service.pause_workflow_execution(
            PauseWorkflowExecutionRequest(**target, reason="have a look", request_id=f"pause-{time.time_ns()}")
        )
        await asyncio.sleep(2)
        await r.client.workflow_service.unpause_workflow_execution(
            UnpauseWorkflowExecutionRequest(**target, reason="go on", request_id=f"unpause-{time.time_ns()}")
        )
        await settled(handle)
    await r.save(handle)


simple("long_activities", wf.SequentialActivities.run, 200)


@scenario
async def long_mixed(r: Recorder) -> None:
    """1,580 activities and 300 signals; continue-as-new is suggested from 4,096 events on."""
    async with r.worker():
        handle = await r.start(wf.LongMixed.run, 1580, 300)
        for n in range(300):
            await handle.signal(wf.LongMixed.note, n)
            await asyncio.sleep(0.2)
        await settled(handle)
    await r.save(handle, zipped=True)


simple("payload_kinds", wf.PayloadKinds.run, bytes(range(256)))


@scenario
async def payload_codec(r: Recorder) -> None:
    """Each payload is compressed, encoding binary/zlib."""
    client = with_codec(r.client)
    async with r.worker(client=client):
        handle = await r.start(
            wf.CodecRoundTrip.run, "Ada", client=client, memo={"note": "encoded"}, static_summary="encoded summary"
        )
        await seen(handle, ACTIVITY_COMPLETED)
        await handle.signal(wf.CodecRoundTrip.add_value, "a signal")
        await settled(handle)
    await r.save(handle)


@scenario
async def payload_codec_failure(r: Recorder) -> None:
    """Payload codec and encoded failure attributes."""
    client = with_codec(r.client)
    async with r.worker(client=client):
        handle = await r.start(wf.CodecFailure.run, client=client)
        await settled(handle)
    await r.save(handle)


@scenario
async def headers(r: Recorder) -> None:
    """An interceptor sets the header."""
    await r.clear(f"{r.workflow_id}-child")
    config = r.client.config()
    config["interceptors"] = [TenantHeader()]
    client = Client(**config)
    async with r.worker(client=client):
        handle = await r.start(wf.HeaderPassedOn.run, "Ada", client=client)
        await settled(handle)
    await r.save(handle)


@scenario
async def signal_with_start_from_workflow(r: Recorder) -> None:
    """Needs a service with history.enableSignalWithStartFromWorkflow."""
    target = f"{r.workflow_id}-target"
    await r.clear(target)
    async with r.worker():
        handle = await r.start(wf.SignalWithStartFromWorkflow.run, target)
        await settled(handle)
        started = r.client.get_workflow_handle(target)
        await settled(started)
    await r.save(handle, "_sender")
    await r.save(started, "_target")


def with_codec(client: Client) -> Client:
    config = client.config()
    config["data_converter"] = ZLIB
    return Client(**config)


# ------------------------------------------------------------ the program


async def prepare(client: Client) -> None:
    """Create the search attributes and the Nexus endpoint, where missing."""
    types = {
        "HistText": IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
        "HistInt": IndexedValueType.INDEXED_VALUE_TYPE_INT,
        "HistKeyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "HistDouble": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
        "HistBool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
        "HistDatetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
        "HistKeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    }
    already = (RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.INVALID_ARGUMENT)
    for name, kind in types.items():
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes={name: kind})
            )
        except RPCError as err:
            if err.status not in already:
                raise
    try:
        await client.operator_service.create_nexus_endpoint(
            CreateNexusEndpointRequest(
                spec=EndpointSpec(
                    name=wf.NEXUS_ENDPOINT,
                    target=EndpointTarget(
                        worker=EndpointTarget.Worker(namespace=client.namespace, task_queue=NEXUS_QUEUE)
                    ),
                )
            )
        )
    except RPCError as err:
        # A service without Nexus has no endpoints, and fails the scenarios that need one.
        if err.status not in (RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.UNIMPLEMENTED):
            raise


async def record(r: Recorder, limit: asyncio.Semaphore) -> str | None:
    async with limit:
        began = time.monotonic()
        try:
            await asyncio.wait_for(SCENARIOS[r.name](r), 240)
        except Exception as err:
            print(f"FAILED {r.name}: {type(err).__name__}: {err}", flush=True)
            return r.name
        print(f"ok     {r.name} ({time.monotonic() - began:.1f} s)", flush=True)
        return None


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="127.0.0.1:7233")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--only", action="append", metavar="NAME", help="a scenario, or a beginning and *; repeatable")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--parallel", type=int, default=3)
    parser.add_argument("--worker", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--broken", metavar="TYPE", help=argparse.SUPPRESS)
    options = parser.parse_args()

    client = await Client.connect(
        options.address, namespace=options.namespace, identity="golden-client", data_converter=PLAIN
    )
    if options.worker:
        recorder = Recorder(client, options.address, options.worker, options.out)
        versions = [wf.BROKEN[options.broken]] if options.broken else []
        await recorder.worker(*versions, identity="golden-worker-to-be-killed").run()
        return 0

    names = [name for name in SCENARIOS if name not in NEED_SETTINGS]
    if options.only:
        names = [
            name
            for name in SCENARIOS
            if any(name == only or (only.endswith("*") and name.startswith(only[:-1])) for only in options.only)
        ]
    if not names:
        print("no such scenario")
        return 2
    await prepare(client)
    options.out.mkdir(parents=True, exist_ok=True)
    limit = asyncio.Semaphore(options.parallel)
    failed = await asyncio.gather(
        *[record(Recorder(client, options.address, name, options.out), limit) for name in names]
    )
    bad = [name for name in failed if name]
    print(f"{len(names) - len(bad)} recorded, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    sys.exit(asyncio.run(main()))
