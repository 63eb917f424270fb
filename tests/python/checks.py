"""Named checks, run one after the other, each with a time limit of its own."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any


class Checks:
    """Collects the functions it decorates."""

    #: Seconds after which a check that hangs has failed.
    LIMIT = 60

    def __init__(self) -> None:
        self._checks: list[Callable[..., Awaitable[None]]] = []

    def __call__(self, function: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        self._checks.append(function)
        return function

    async def all(self, *arguments: Any) -> None:
        """Run the checks in order; the first failure is raised with the check's name.

        `CHECKS=hello,timer` in the environment runs only these.
        """
        only = os.environ.get("CHECKS", "").split(",") if os.environ.get("CHECKS") else None
        for function in self._checks:
            if only and function.__name__ not in only:
                continue
            began = time.monotonic()
            try:
                await asyncio.wait_for(function(*arguments), self.LIMIT)
            except BaseException:
                print(f"FAILED {function.__name__}", flush=True)
                raise
            print(f"ok {function.__name__} ({time.monotonic() - began:.2f} s)", flush=True)


async def raises(kind: type[BaseException], awaitable: Awaitable[Any]) -> Any:
    """The error of this kind which the awaitable must raise."""
    try:
        found = await awaitable
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, got {found!r}")
