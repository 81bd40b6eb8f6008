"""A process pool whose workers are killed at random while futures are cancelled at random: `make chaos`.

Every task has to end exactly once: with its own result, cancelled, or with the death of the worker that ran it; and
no more tasks may die than workers were killed. Prints what was seen; exit code 1 if a task was lost or nothing moved
for a minute.
"""

import argparse
import collections
import multiprocessing
import os
import random
import signal
import sys
import threading
import time

import rightlane

BATCH = 5000
PATIENCE = 60


def work(number, seconds):
    if seconds:
        time.sleep(seconds)
    return number * 2


def killing(pool, chance, stop, killed):
    """Kills a worker now and then, and stops one for a moment."""
    while not stop.wait(chance.uniform(0.005, 0.1)):
        processes = list(pool._state.processes.values())
        if not processes:
            continue
        pid = chance.choice(processes).pid
        number = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGSTOP])
        try:
            os.kill(pid, number)
            if number == signal.SIGSTOP:
                time.sleep(0.01)
                os.kill(pid, signal.SIGCONT)
            else:
                killed.append(pid)
        except ProcessLookupError:
            pass


def batch(pool, chance, first, seen):
    futures = []
    for number in range(first, first + BATCH):
        seconds = 0.001 if chance.random() < 0.02 else 0
        data = number if chance.random() < 0.99 else "x" * chance.randrange(200_000)
        futures.append((data, pool.submit(work, data, seconds)))
        if chance.random() < 0.05:
            chance.choice(futures)[1].cancel()
    for data, future in futures:
        if future.cancelled():
            seen["cancelled"] += 1
            continue
        error = future.exception(PATIENCE)
        if error is None:
            seen["results" if future.result() == data * 2 else "WRONG"] += 1
        else:
            seen[type(error).__name__] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--method", default="fork")
    args = parser.parse_args()
    chance, seen, killed, stop = random.Random(args.seed), collections.Counter(), [], threading.Event()
    start = time.monotonic()
    done = 0
    with rightlane.ProcessPool(2, multiprocessing.get_context(args.method)) as pool:
        killer = threading.Thread(target=killing, args=(pool, random.Random(args.seed + 1), stop, killed))
        killer.start()
        try:
            while done < args.tasks and time.monotonic() - start < args.seconds:
                batch(pool, chance, done, seen)
                done += BATCH
        finally:
            stop.set()
            killer.join()
    accounted = sum(seen.values())
    print(f"seed {args.seed}: {done} tasks in {time.monotonic() - start:.0f} s, {len(killed)} workers killed")
    print(", ".join(f"{count} {name}" for name, count in sorted(seen.items())))
    lost = accounted != done or set(seen) - {"results", "cancelled", "WorkerDied"} or seen["WorkerDied"] > len(killed)
    left = multiprocessing.active_children()
    print("LOST" if lost else "each accounted for once", f"{len(left)} processes left" if left else "")
    return 1 if lost or left else 0


if __name__ == "__main__":
    sys.exit(main())
