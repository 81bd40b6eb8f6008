"""Kills a worker, and the parent, at every point of the transport's protocol: `make kill-points`.

Runs with an extension that was built with the feature `kill-points`. A killed worker may cost the one task that it had
begun; all others end with their results. A killed parent leaves nothing. Exit code 1 where that does not hold.
"""

import os
import subprocess
import sys
import tempfile
import time

import rightlane
from rightlane import _core

#: As many as `rightlane_shm::POINTS`.
POINTS = 8
COUNTS = (1, 2, 3, 10, 101)
TASKS = 400
PATIENCE = 30


def arm(marker, point, count):
    """In the first worker that starts: it will be killed."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    _core.kill_at(point, count)


def work(number):
    return number * 2


def killed_worker(point, count):
    """What is wrong, if anything."""
    with tempfile.TemporaryDirectory() as folder:
        marker = os.path.join(folder, "armed")
        with rightlane.ProcessPool(2, initializer=arm, initargs=(marker, point, count)) as pool:
            futures = [pool.submit(work, number) for number in range(TASKS)]
            errors = [future.exception(PATIENCE) for future in futures]
            right = all(future.result() == 2 * number for number, future in enumerate(futures) if not errors[number])
            died = [error for error in errors if error is not None]
    if not right:
        return "a wrong result"
    if len(died) > 1 or any(type(error) is not rightlane.WorkerDied for error in died):
        return f"{len(died)} tasks ended with {died[:3]}"
    return None


PARENT = """
import os, sys, rightlane
from rightlane import _core
pool = rightlane.ProcessPool(2)
print(*{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)
_core.kill_at(int(sys.argv[1]), int(sys.argv[2]))
for _ in range(100):
    [future.result() for future in [pool.submit(abs, 1) for _ in range(20)]]
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def killed_parent(point, count):
    """What is wrong, if anything."""
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(point), str(count)], capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode != -9:
        return f"it was not killed: {done.returncode} {done.stderr}"
    workers = [int(word) for word in done.stdout.split()]
    deadline = time.monotonic() + 1.0
    while any(map(alive, workers)):
        if time.monotonic() > deadline:
            return f"workers {workers} live a second later"
        time.sleep(0.005)
    return None


def main():
    wrong = 0
    for point in range(POINTS):
        for count in COUNTS:
            for who, killed in (("worker", killed_worker), ("parent", killed_parent)):
                try:
                    what = killed(point, count)
                except Exception as error:
                    what = repr(error)
                if what:
                    wrong += 1
                    print(f"{who} killed at point {point} for the {count}. time: {what}")
    print(f"{2 * POINTS * len(COUNTS)} kills, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
