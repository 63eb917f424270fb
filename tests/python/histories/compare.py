#!/usr/bin/env python3
"""Record the histories anew on our service and compare them with those that the real one recorded.

    python compare.py ../../../target/debug/temporal-server             everything, about two minutes
    python compare.py ../../../target/debug/temporal-server --only 'child_*' --show

`record.py` runs the same workflows (`workflows.py`) on the official Python SDK; the recorded files are in
`tests/histories`. Both sides must have the same events in the same order with the same attributes, once what differs
from run to run is left out: ids, times, names of sticky queues, seeds. Where things race, or where the real service is
slow (its timers come up to a second late) and ours is not, the events are compared by what they are about: those that
workflow code and its callers cause must be the same, however they fall into workflow tasks.
"""

from __future__ import annotations

import argparse
import base64
import collections
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE.parent.parent / "histories"

#: Scenarios that need what our service does not have yet.
MISSING = {
    "nexus_": "Nexus",
    "versioned_": "worker deployments",
}

#: Files whose events fall into workflow tasks by chance or by speed, each with the reason.
RACING = {
    "activity_fan_out": "twenty activities end in any order",
    "everything_at_once": "everything ends in any order",
    "reset_base_run": "signals race with workflow tasks",
    "reset_new_run": "the base run is another one each time",
    "reset_open_run_base_run": "a signal races with a workflow task",
    "reset_open_run_new_run": "a signal races with a workflow task",
    "signal_dynamic": "signals race with workflow tasks",
    "signal_many": "signals race with workflow tasks",
    "signal_async_handlers": "timers that are near fall together on the slower service",
    "timer_many": "timers that are near fall together on the slower service",
    "update_locked": "timers that are near fall together on the slower service",
    "buffered_mixed": "what comes during a task depends on speed",
    "child_cancel_try_parent": "a child ends before or after its cancellation is confirmed",
    "child_cancel_try_child": "a child is cancelled before or during its first task",
    "worker_killed": "the last task reaches the worker just before its end, or nobody",
    "long_mixed": "the order of a thousand events depends on speed",
}

#: A scenario that differs is recorded anew so often: which of two things comes first may be another one then.
AGAIN = 2

#: Files that end otherwise on a service that does not fire late, each with the reason.
PUNCTUAL = {
    "activity_timeout_schedule_to_close":
        "retries that are not late leave time for one more attempt, which fails when no other would fit",
    "child_close_terminate_child": "the child is terminated during its first task, which fails, or after it",
}

#: What differs from run to run, by the name of the field.
VARIABLE = {
    "eventTime", "taskId", "historySizeBytes", "requestId", "workflowExecutionExpirationTime", "createTime",
    "expireTime",
}
#: A successor waits for what is missing of a second, which depends on how fast its predecessor was.
BACKOFFS = {"firstWorkflowTaskBackoff", "backoffStartInterval"}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
STICKY = re.compile(r"^golden-worker(-to-be-killed|-after)?-[0-9a-f]{32}$")


class Plain:
    """One history without what differs from run to run. Ids are numbered as they appear."""

    def __init__(self, path: pathlib.Path) -> None:
        self._ids: dict[str, str] = {}
        self._seeded = path.stem == "deterministic_values"
        self.events = [self._value(event) for event in json.loads(path.read_text())["events"]]

    def _value(self, value):
        if isinstance(value, dict):
            return self._message(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _message(self, message: dict) -> dict:
        plain = {}
        for name, value in sorted(message.items()):
            if name in VARIABLE:
                continue
            if name in BACKOFFS and 0 < float(value.rstrip("s")) < 1:
                continue
            if name == "data" and isinstance(value, str):
                # data in base64; a map of that name holds payloads
                plain[name] = "<seeded>" if self._seeded else self._text(base64.b64decode(value).decode(errors="replace"))
                continue
            plain[name] = self._value(value)
        # a set, and when and how a local activity was scheduled
        if "coreUsedFlags" in plain:
            plain["coreUsedFlags"].sort()
        if plain.get("markerName") == "core_local_activity":
            plain["details"].pop("data", None)
        return plain

    def _text(self, text: str) -> str:
        text = STICKY.sub("<sticky queue>", text)
        text = UUID.sub(lambda found: self._ids.setdefault(found[0], f"<id {len(self._ids) + 1}>"), text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>", text)
        text = re.sub(r"start-update-\d+", "start-update-<time>", text)
        return re.sub(r":\d+ in ", ":<line> in ", text)


#: Events of workflow tasks, and of the attempts of activities: how many there are depends on speed.
def what_happened(events: list[dict]) -> collections.Counter:
    counted = collections.Counter()
    for event in events:
        kind = event["eventType"].removeprefix("EVENT_TYPE_")
        if not kind.startswith("WORKFLOW_TASK_"):
            counted[kind] += 1
    return counted


def causes_come_first(events: list[dict]) -> str:
    """Every event that points to others comes after them; returns what does not."""
    pointers = ("scheduledEventId", "startedEventId", "initiatedEventId", "workflowTaskCompletedEventId", "acceptedEventId")
    for place, event in enumerate(events, 1):
        if int(event["eventId"]) != place:
            return f"event {place} has the id {event['eventId']}"
        for attributes in (value for value in event.values() if isinstance(value, dict)):
            for name in pointers:
                if int(attributes.get(name, 0)) >= place:
                    return f"event {place} points to the later one {attributes[name]}"
    return ""


def difference(name: str, recorded: Plain, ours: Plain) -> str:
    if wrong := causes_come_first(ours.events):
        return wrong
    if name in PUNCTUAL:
        return ""
    if name in RACING:
        before, after = what_happened(recorded.events), what_happened(ours.events)
        return "" if before == after else f"missing {dict(before - after)}, too many {dict(after - before)}"
    if recorded.events == ours.events:
        return ""
    lines = (json.dumps(history.events, indent=1, ensure_ascii=False).splitlines() for history in (recorded, ours))
    return "\n".join(difflib.unified_diff(*lines, "recorded", "ours", lineterm="", n=4))


class Service:
    """Our binary on a free port, for as long as the block lasts."""

    def __init__(self, binary: str) -> None:
        self._command = [binary, "start-dev", "--port=0"]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            if found := re.match(r"Temporal Server: +localhost:(\d+)", line):
                return f"127.0.0.1:{found[1]}"
        raise SystemExit("the service did not say where it listens")

    def __exit__(self, *_) -> None:
        self._process.terminate()
        self._process.wait(10)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="the binary temporal-server")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="as for record.py; repeatable")
    parser.add_argument("--show", action="store_true", help="print whole differences")
    options = parser.parse_args()
    chosen = options.only or sorted(name for name in scenarios() if not missing(name))
    found, wrong = round_of(options.server, chosen, options.show)
    for _ in range(AGAIN):
        if not wrong:
            break
        again = sorted({scenario_of(name) for name in wrong})
        print(f"once more: {', '.join(again)}")
        wrong = round_of(options.server, again, options.show)[1]
    racing = sum(name in RACING for name in found)
    punctual = sum(name in PUNCTUAL for name in found)
    print(f"{len(found) - len(wrong)} of {len(found)} histories agree ({racing} by what happened, {punctual} by their "
          f"order alone); {sum(map(missing, scenarios()))} scenarios left out")
    return 1 if wrong or not found else 0


def round_of(server: str, chosen: list[str], show: bool) -> tuple[list[str], list[str]]:
    """Record these scenarios. Gives the histories there are, and what differs or could not be recorded."""
    with tempfile.TemporaryDirectory() as folder, Service(server) as address:
        arguments = [f"--only={name}" for name in chosen]
        command = [sys.executable, str(HERE / "record.py"), "--address", address, "--out", folder, "--parallel=6"]
        recording = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, text=True)
        found = {path.stem: path for path in sorted(pathlib.Path(folder).glob("*.json"))}
        wrong = [name for name in found if not agrees(name, found[name], show)]
    failed = [line for line in recording.stdout.splitlines() if line.startswith("FAILED")]
    print(*failed, sep="\n", end="\n" if failed else "")
    wrong += [line.split()[1].rstrip(":") for line in failed]
    if recording.returncode and not wrong:
        raise SystemExit(f"record.py ended with {recording.returncode}")
    return list(found), wrong


def scenario_of(name: str) -> str:
    """The scenario that a history is from: its name begins with it."""
    return max((known for known in scenarios() if name.startswith(known)), key=len, default=name)


def agrees(name: str, path: pathlib.Path, show: bool) -> bool:
    recorded = RECORDED / path.name
    text = difference(name, Plain(recorded), Plain(path)) if recorded.exists() else "there is no recorded history"
    if text:
        lines = text.splitlines()
        print(f"DIFFERS {name}", *(lines if show else lines[:40]), sep="\n")
    return not text


def scenarios() -> list[str]:
    import record

    return [name for name in record.SCENARIOS if name not in record.NEED_SETTINGS]


def missing(name: str) -> bool:
    return any(name.startswith(prefix) for prefix in MISSING)


if __name__ == "__main__":
    sys.exit(main())
