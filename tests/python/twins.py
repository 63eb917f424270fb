"""The twins of `tests/src/twins.rs`: each issues the commands that the Rust workflow of its name issues."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

TEN_SECONDS = timedelta(seconds=10)


async def twice(number: int, **options) -> int:
    return await workflow.execute_activity(
        "twice", number, result_type=int, start_to_close_timeout=TEN_SECONDS, **options)


@workflow.defn
class TwinActivities:
    @workflow.run
    async def run(self, count: int) -> int:
        total = await twice(1)
        total += sum(await asyncio.gather(*(twice(number) for number in range(count))))
        try:
            await twice(13)
        except ActivityError:
            total += 1000
        return await twice(total, activity_id="the-last")


@workflow.defn
class TwinTimers:
    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(0.01)
        fast, slow = asyncio.create_task(asyncio.sleep(0.02)), asyncio.create_task(asyncio.sleep(3600))
        await workflow.wait([fast, slow], return_when=asyncio.FIRST_COMPLETED)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        await asyncio.sleep(0.01)
        return "First(())"


@workflow.defn
class TwinChildren:
    @workflow.run
    async def run(self) -> int:
        own = workflow.info().workflow_id
        total = await workflow.execute_child_workflow(TwinActivities.run, 1, id=f"{own}-first")
        second = await workflow.start_child_workflow(TwinPatient.run, id=f"{own}-second")
        second.cancel()
        try:
            await second
        except ChildWorkflowError:
            return total
        return -1


@workflow.defn
class TwinPatient:
    @workflow.run
    async def run(self) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await twice(7)


@workflow.defn
class TwinPatches:
    @workflow.run
    async def run(self) -> int:
        total = 0
        for number in range(2):
            if workflow.patched("in-a-loop"):
                total += await twice(number)
        workflow.deprecate_patch("gone")
        if workflow.patched("later"):
            await asyncio.sleep(0.005)
        return total


@workflow.defn
class TwinExternal:
    @workflow.run
    async def run(self, other: str) -> int:
        talk = workflow.get_external_workflow_handle(other)
        await talk.signal("note", 3)
        await talk.cancel()
        child = await workflow.start_child_workflow("TwinTalk", id=f"{workflow.info().workflow_id}-child", result_type=int)
        await child.signal("note", 5)
        await child.signal("finish")
        try:
            await workflow.get_external_workflow_handle("nobody-has-this-id").signal("note", 1)
            lost = 0
        except ApplicationError:
            lost = 1
        return await child + lost


async def twice_locally(number: int) -> int:
    return await workflow.execute_local_activity(
        "twice", number, result_type=int, start_to_close_timeout=TEN_SECONDS)


@workflow.defn
class TwinLocals:
    @workflow.run
    async def run(self) -> int:
        total = await twice_locally(1)
        total += sum(await asyncio.gather(*(twice_locally(number) for number in range(3))))
        await asyncio.sleep(0.005)
        try:
            await twice_locally(13)
        except ApplicationError:  # the failure itself, other than with an activity
            total += 1000
        return await twice(total)


@workflow.defn
class TwinCounts:
    @workflow.run
    async def run(self, left: int) -> int:
        await twice(left)
        if left > 0:
            workflow.continue_as_new(left - 1)
        return left


MOOD = SearchAttributeKey.for_keyword("TwinMood")


@workflow.defn
class TwinAttributes:
    @workflow.run
    async def run(self) -> str:
        workflow.upsert_search_attributes([MOOD.value_set("good")])
        workflow.upsert_memo({"step": 1})
        await asyncio.sleep(0.005)
        workflow.upsert_search_attributes([MOOD.value_unset()])
        workflow.upsert_memo({"step": 2, "other": None})
        return "described"


@workflow.defn
class TwinTalk:
    def __init__(self) -> None:
        self._total = 0
        self._done = False

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._done)
        return self._total

    @workflow.signal
    def note(self, number: int) -> None:
        self._total += number

    @workflow.signal
    async def note_twice(self, number: int) -> None:
        self._total += await twice(number)

    @workflow.signal
    def finish(self) -> None:
        self._done = True

    @workflow.update
    def add(self, number: int) -> int:
        self._total += number
        return self._total

    @add.validator
    def check(self, number: int) -> None:
        if number < 0:
            raise ValueError("not below zero")

    @workflow.update
    async def add_twice(self, number: int) -> int:
        doubled = await twice(number)
        await asyncio.sleep(0.005)
        self._total += doubled
        return self._total


TWINS = [
    TwinActivities, TwinTimers, TwinChildren, TwinPatient, TwinPatches, TwinExternal, TwinLocals, TwinCounts,
    TwinAttributes, TwinTalk]
