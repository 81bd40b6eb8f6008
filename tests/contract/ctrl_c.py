"""Ctrl-C in a terminal at random moments: `make ctrl-c`.

Each time a program with a pool runs in a terminal of its own, whose foreground group gets the kernel's SIGINT. It has
to end by that one Ctrl-C, with KeyboardInterrupt's traceback, and to leave no process.
"""

import argparse
import collections
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import concurrent.futures, itertools, random, sys, time
import rightlane

def work(number):
    time.sleep(random.random() / 500)
    return b"x" * 100_000 if number % 50 == 0 else number

if __name__ == "__main__":
    make = {pool}
    print("ready", flush=True)
    with make as pool:
        while True:
            list(pool.map(work, range(40)))
            sum(1 for _ in pool.map_unordered(work, range(40)))
            [future.result() for future in [pool.submit(work, number) for number in range(40)]]
            concurrent.futures.wait([pool.submit(work, number) for number in range(40)])
            list(itertools.islice(pool.imap(work, itertools.count()), 40))
"""
POOLS = [
    "rightlane.ProcessPool(2, __import__('multiprocessing').get_context('fork'))",
    "rightlane.ProcessPool(2, __import__('multiprocessing').get_context('forkserver'))",
    "rightlane.ThreadPool(2)",
]
GRACE = 10.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    faults = collections.Counter()
    for number in range(args.times):
        pool = POOLS[number % len(POOLS)]
        after = chance.uniform(0.0, 0.4)
        fault = interrupted(PROGRAM.format(pool=pool), after)
        if fault:
            faults[fault.splitlines()[0]] += 1
            print(f"FAILED {number}: {pool}, Ctrl-C after {after:.3f} s: {fault}", flush=True)
    print(f"Ctrl-C: {args.times} times, {sum(faults.values())} failed")
    return 1 if faults else 0


def interrupted(program, after):
    """What is wrong when it is interrupted after so many seconds; None if nothing is."""
    master, terminal = os.openpty()
    line = [sys.executable, "-c", program]
    with open(terminal, "rb+", buffering=0) as end:
        process = subprocess.Popen(line, stdin=end, stdout=end, stderr=end, preexec_fn=lambda: os.login_tty(terminal))
    output = bytearray()
    try:
        read(master, output, lambda: b"ready" in output, 60)
        time.sleep(after)  # the moment is meant to be any
        os.write(master, b"\x03")
        read(master, output, lambda: process.poll() is not None, GRACE)
        return fault_of(process, output)
    finally:
        for pid in of_session(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        os.close(master)


def fault_of(process, output):
    text = output.decode(errors="replace")
    if process.poll() is None:
        return f"still there after {GRACE} s\n{text[-3000:]}"
    if "KeyboardInterrupt" not in text:
        return f"no traceback, exit status {process.returncode}\n{text[-3000:]}"
    deadline = time.monotonic() + 1.0
    while left := of_session(process.pid):
        if time.monotonic() > deadline:
            return f"processes left: {left}"
        time.sleep(0.005)
    if text.count("Traceback") > text.count("KeyboardInterrupt"):
        return f"another traceback\n{text[-3000:]}"
    return None


def read(master, output, done, seconds):
    """What the terminal shows, until it is done or the time is over."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.02)
        try:
            output += os.read(master, 65536) if ready else b""
        except OSError:  # nobody has the other end any more
            time.sleep(0.005)


def of_session(session):
    """The processes of a session that live."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(entry.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
