"""How fast `rightlane check` is, beside `ruff check --select ASYNC`: `make bench-check`.

Both get the same files, in turns, the first of which rotates; the first turn of each warms the file cache
and is not counted. Wall time is compared by the median of the ratios of each turn. Lines per second are
counted by CPU time, so that they are a core's, whatever the number of cores. Exit code 1 when a target is
missed.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.sources import python_files

RATIO = 1.5  # of ruff's wall time
SPEED = 500_000  # lines per second of CPU time
MEMORY = 1024  # MiB for a million lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rightlane", type=Path, required=True)
    parser.add_argument("--ruff", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True, help="a folder of installed packages")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    files = python_files(options.packages)
    lines = sum(file.text.count(b"\n") for file in files)
    print(f"{len(files):,} files, {lines:,} lines, {os.cpu_count()} cores")
    runs = measured(options, [str(file.path) for file in files])
    return report(runs, lines)


def measured(options, paths):
    """Of each tool: (wall seconds, CPU seconds, MiB) of each turn."""
    ours = [str(options.rightlane.resolve()), "check", "--isolated", "--format", "concise", *paths]
    ruff = [str(options.ruff.resolve()), "check", "--isolated", "--no-cache", "--select", "ASYNC"]
    ruff += ["--output-format", "concise", "--exclude", "", *paths]
    commands = {"rightlane": ours, "ruff": ruff}
    runs = {name: [] for name in commands}
    for turn in range(options.runs + 1):
        order = list(commands) if turn % 2 else list(commands)[::-1]
        for name in order:
            run = timed(commands[name])
            if turn:
                runs[name].append(run)
    return runs


def timed(command):
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if child.returncode not in (0, 1):
            sys.exit(f"{command[0]} ended with {child.returncode}: {out.read(500)!r}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def report(runs, lines):
    for name, all_runs in runs.items():
        wall, cpu, memory = (statistics.median(each) for each in zip(*all_runs, strict=True))
        print(
            f"{name:10} {wall:6.2f} s wall, {cpu:6.2f} s CPU, {lines / cpu:10,.0f} lines/s of a core, {memory:6.0f} MiB"
        )
    pairs = zip(runs["rightlane"], runs["ruff"], strict=True)
    ratio = statistics.median(ours[0] / other[0] for ours, other in pairs)
    speed = lines / statistics.median(run[1] for run in runs["rightlane"])
    memory = max(run[2] for run in runs["rightlane"]) / lines * 1e6
    kept = [
        (f"wall time / ruff's: {ratio:.2f} (at most {RATIO})", ratio <= RATIO),
        (f"lines per second of a core: {speed:,.0f} (at least {SPEED:,})", speed >= SPEED),
        (f"MiB for a million lines: {memory:.0f} (at most {MEMORY})", memory <= MEMORY),
    ]
    for words, held in kept:
        print(("kept    " if held else "MISSED  ") + words)
    return 0 if all(held for _, held in kept) else 1


if __name__ == "__main__":
    # A file list is long.
    resource.setrlimit(resource.RLIMIT_STACK, (64 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    sys.exit(main())
