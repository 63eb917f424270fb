#!/usr/bin/env python3
"""Start our service and hold it to the recorded answers of the real one.

    python check.py --server ../../target/debug/temporal-server

Every scenario named in expected.txt must give its golden record; one that does not is repeated once by itself, since a
loaded machine delays what a scenario waits for. The others are run too, and counted by section: a scenario that passes
now is added to expected.txt with `--update`. The exit status is 1 if an expected scenario fails, or does not exist.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import time

import kit
import probe

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.txt"

#: What the scenarios need a service to have.
ATTRIBUTES = ("Text", "Int", "Keyword", "Double", "Bool", "Datetime")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the binary temporal-server")
    parser.add_argument("--jobs", type=int, default=8, help="scenarios at a time")
    parser.add_argument("--only", action="append", default=[], help="part of a scenario's name; repeatable")
    parser.add_argument("--expected-only", action="store_true", help="leave the others out")
    parser.add_argument("--update", action="store_true", help="add the scenarios that pass to expected.txt")
    parser.add_argument("--show", action="store_true", help="print what differs in scenarios that are not expected")
    options = parser.parse_args()

    probe.load(HERE / "scenarios")
    expected = [line for line in EXPECTED.read_text().splitlines() if line and not line.startswith("#")]
    if unknown := [name for name in expected if name not in kit.SCENARIOS]:
        print("expected.txt names scenarios that do not exist:", *unknown)
        return 1
    chosen = [
        scenario for scenario in kit.SCENARIOS.values()
        if (not options.only or any(part in scenario.name for part in options.only))
        and (not options.expected_only or scenario.name in expected)
    ]
    # Some scenarios need a service that is configured otherwise.
    plain = [scenario for scenario in chosen if not scenario.needs]
    configured = [scenario for scenario in chosen if scenario.needs]
    differences: dict[str, str] = {}
    for scenarios in filter(None, (plain, configured)):
        settings = sorted({need for scenario in scenarios for need in scenario.needs})
        with Service(options.server, settings) as address:
            found = run(scenarios, address, options.jobs)
            for name in sorted(set(expected) & set(found)):
                print(f"repeating {name}", flush=True)
                found.pop(name)
                found.update(run([kit.SCENARIOS[name]], address, 1))
        differences.update(found)
    return report(chosen, set(expected), differences, options)


def report(chosen: list[kit.Scenario], expected: set[str], differences: dict[str, str], options) -> int:
    names = {scenario.name for scenario in chosen}
    failed = sorted(expected & set(differences))
    for name in sorted(differences):
        if name in failed or options.show:
            print(f"FAIL {name}\n{differences[name]}")
    print("section: scenarios, expected, passed, passed though not expected")
    for section, members in sorted(by_section(names).items()):
        passed = members - set(differences)
        print(f"  {section}: {len(members)}, {len(members & expected)}, {len(passed)}, {len(passed - expected)}")
    passed = names - set(differences)
    others = sorted(passed - expected)
    print(f"{len(names & expected) - len(failed)} of {len(names & expected)} expected scenarios pass; "
          f"{len(others)} of {len(names - expected)} others")
    if others and options.update:
        keep = [line for line in EXPECTED.read_text().splitlines() if line.startswith("#")]
        EXPECTED.write_text("\n".join(keep + sorted(expected | set(others))) + "\n")
    elif others:
        print("passing, but not in expected.txt:", *others)
    return 1 if failed else 0


def by_section(names: set[str]) -> dict[str, set[str]]:
    sections = collections.defaultdict(set)
    for name in names:
        sections[name.split("_")[0]].add(name)
    return sections


def run(scenarios: list[kit.Scenario], address: str, jobs: int) -> dict[str, str]:
    """Run scenarios; returns for those that do not pass what differs."""
    options = argparse.Namespace(address=address, namespace="default")

    def difference(scenario: kit.Scenario) -> str:
        steps, error, _ = probe.attempt(scenario, options)
        golden = json.loads((HERE / "golden" / f"{scenario.name}.json").read_text())
        if error:
            return f"the scenario broke off\n{error}"
        found = json.loads(json.dumps(steps))
        return "" if found == golden else probe.difference(golden, found)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = zip(scenarios, pool.map(difference, scenarios))
        return {scenario.name: text for scenario, text in found if text}


class Service:
    """The binary on a free port, for as long as the block lasts."""

    def __init__(self, binary: pathlib.Path, settings: list[str]):
        attributes = [f"--search-attribute=Custom{kind}Field={kind}" for kind in ATTRIBUTES]
        configuration = [f"--dynamic-config-value={setting}" for setting in settings]
        self._command = [str(binary), "start-dev", "--port=0", *attributes, *configuration]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        for line in self._process.stdout:
            if found := re.match(r"Temporal Server: +localhost:(\d+)", line):
                return f"127.0.0.1:{found[1]}"
            if time.monotonic() > deadline:
                break
        self._process.kill()
        raise SystemExit("the service did not say where it listens")

    def __exit__(self, *_) -> None:
        if self._process.poll() is not None:
            raise SystemExit(f"the service ended by itself with status {self._process.returncode}")
        self._process.terminate()
        status = self._process.wait(10)
        if status != 0:
            raise SystemExit(f"the service ended with status {status}")


if __name__ == "__main__":
    sys.exit(main())
