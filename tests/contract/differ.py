#!/usr/bin/env python3
"""Send the same random calls to the real service and to ours, and print where the answers differ.

    python differ.py --real 127.0.0.1:7301 --ours 127.0.0.1:7302                  100 sequences
    python differ.py --real … --ours … --seed 17 --sequences 1 --length 30        one of them again, longer

The real service may also be named by the environment variable REAL_SERVICE. Both need the search attributes
Custom…Field of check.py. A sequence ends at its first difference, since from there on the two are in different states;
it is repeated, and only a difference that comes again is printed. The exit status is 1 if there are any.

What differs on purpose is left out here (`Side`), and listed in temporal-server/RULES.md.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import random
import sys
import traceback

import kit
import probe
import random_reads  # noqa: F401  registers its calls
import random_schedules  # noqa: F401  registers its calls
from random_calls import CALLS, Side


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", default=os.environ.get("REAL_SERVICE"), help="address of the real service")
    parser.add_argument("--ours", required=True, help="address of ours")
    parser.add_argument("--seed", type=int, default=1, help="number of the first sequence")
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--length", type=int, default=16, help="calls of each")
    parser.add_argument("--wrong", type=float, default=0.25, help="share of requests that are made wrong")
    parser.add_argument("--only", action="append", default=[], help="part of a call's name; repeatable")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    if not options.real:
        print("no real service to compare with: --real, or REAL_SERVICE")
        return 2
    found = 0
    seeds = range(options.seed, options.seed + options.sequences)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, (calls, difference) in zip(seeds, pool.map(lambda seed: attempt(seed, options), seeds)):
            if difference:
                found += 1
                print("\n   ".join([f"=== sequence {seed}", *calls]), difference, sep="\n", flush=True)
    print(f"{options.sequences} sequences, {found} differ")
    return 1 if found else 0


def attempt(seed: int, options) -> tuple[list[str], str]:
    """Play a sequence, and once more if the answers differ; returns what was called, and the difference if it is stable."""
    try:
        calls, difference = play(seed, options)
        if not difference:
            return calls, ""
        again, second = play(seed, options)
        return again, second if len(again) == len(calls) else ""
    except Exception:
        return [], traceback.format_exc(limit=-4)


def play(seed: int, options) -> tuple[list[str], str]:
    choice = random.Random(seed)
    sides = [Side(kit.Probe(address, "default"), options.wrong) for address in (options.real, options.ours)]
    chosen = {call: weight for call, weight in CALLS.items()
              if not options.only or any(part in call.__name__ for part in options.only)}
    calls = []
    with concurrent.futures.ThreadPoolExecutor(2) as pair:
        try:
            for number in range(options.length + 1):
                last = number == options.length
                call = Side.look_back if last else choice.choices(list(chosen), list(chosen.values()))[0]
                step = choice.random()
                answers = list(pair.map(lambda side: side.record(call, random.Random(step)), sides))
                calls.append(f"{call.__name__}: {sides[0].said}")
                if answers[0] != answers[1]:
                    return calls, probe.difference(*answers).replace("golden", "real", 1).replace("this service", "ours", 1)
            return calls, ""
        finally:
            list(pair.map(Side.close, sides))


if __name__ == "__main__":
    sys.exit(main())
