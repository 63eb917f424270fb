#!/usr/bin/env python3
"""Run the scenarios against a service, and record their answers or compare them with the golden ones.

    python probe.py --address 127.0.0.1:7233                 compare, print what differs
    python probe.py --address … --only K_ --show             one topic, every step printed
    python probe.py --address … --configured                 the scenarios that need settings (see --settings)
    python probe.py --address … --record                     write golden/ (only from the real service)

The last line is `N passed, N failed, N skipped`; the exit status is 1 if any failed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import importlib
import json
import pathlib
import sys
import time
import traceback

import kit

HERE = pathlib.Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="127.0.0.1:7233")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--only", action="append", default=[], help="part of a scenario's name; repeatable")
    parser.add_argument("--record", action="store_true", help="write the golden records")
    parser.add_argument("--twice", action="store_true", help="run each scenario twice and say which are not stable")
    parser.add_argument("--configured", action="store_true", help="the service has the settings of --settings: run the scenarios that need them, and only those")
    parser.add_argument("--settings", action="store_true", help="print the dynamic configuration that --configured needs, as KEY=VALUE, and stop")
    parser.add_argument("--show", action="store_true", help="print every step")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--scenarios", type=pathlib.Path, default=HERE / "scenarios", help="folder of scenario files")
    parser.add_argument("--golden", type=pathlib.Path, default=HERE / "golden", help="folder of golden records")
    options = parser.parse_args()

    load(options.scenarios)
    if options.settings:
        print("\n".join(sorted({need for s in kit.SCENARIOS.values() for need in s.needs})))
        return 0
    chosen = [
        s for s in kit.SCENARIOS.values()
        if bool(s.needs) == options.configured and (not options.only or any(part in s.name for part in options.only))
    ]

    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for chosen_one, outcome in zip(chosen, pool.map(lambda s: attempt(s, options), chosen)):
            steps, error, took = outcome
            golden = options.golden / f"{chosen_one.name}.json"
            if options.show:
                print(json.dumps({chosen_one.name: steps}, indent=1, ensure_ascii=False))
            if error:
                failed += 1
                print(f"FAIL {chosen_one.name} ({took:.1f} s): the scenario broke off\n{error}")
            elif options.twice and (again := attempt(chosen_one, options))[0] != steps:
                failed += 1
                print(f"UNSTABLE {chosen_one.name}\n{difference(steps, again[0])}")
            elif options.record:
                passed += 1
                golden.parent.mkdir(exist_ok=True)
                golden.write_text(json.dumps(steps, indent=1, ensure_ascii=False) + "\n")
            elif not golden.exists():
                skipped += 1
                print(f"SKIP {chosen_one.name}: no golden record")
            elif json.loads(golden.read_text()) == json.loads(json.dumps(steps)):
                passed += 1
            else:
                failed += 1
                rules = ", ".join(map(str, chosen_one.rules))
                print(f"FAIL {chosen_one.name} ({took:.1f} s; rules {rules})\n{difference(json.loads(golden.read_text()), steps)}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def load(folder: pathlib.Path) -> None:
    """Register the scenarios of all files in a folder."""
    sys.path.insert(0, str(folder))
    for file in sorted(folder.glob("[a-zA-Z]*.py")):
        importlib.import_module(file.stem)


def attempt(chosen: kit.Scenario, options) -> tuple[list, str, float]:
    """Run one scenario; returns its steps, an error text or "", and the seconds that it took."""
    probe = kit.Probe(options.address, options.namespace)
    began = time.monotonic()
    try:
        chosen.run(probe)
        return probe.steps, "", time.monotonic() - began
    except Exception:
        return probe.steps, traceback.format_exc(limit=4), time.monotonic() - began
    finally:
        try:
            probe.finish()
        finally:
            probe.close()


def difference(expected, found) -> str:
    lines = [json.dumps(v, indent=1, ensure_ascii=False).splitlines() for v in (expected, found)]
    return "\n".join(difflib.unified_diff(*lines, "golden", "this service", lineterm="", n=4))


if __name__ == "__main__":
    sys.exit(main())
