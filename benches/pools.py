"""How fast the pools are, beside their peers: `make bench-pools`.

Every measurement runs in a process of its own with two workers; all of them take turns, and the table shows
medians over the rounds. A figure is a ratio against a peer of the same run. Exit code 1 when a target is missed.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time

import rich.box
import rich.console
import rich.table

WORKERS = 2


def nothing(_=None):
    return None


def first(array):
    return int(array[0])


def make(size):
    import numpy

    return numpy.ones(size, dtype=numpy.uint8)


def double(number):
    return number * 2


# Pools by name: a function that opens one, and how a task is submitted (a callable that gives a callable for the
# result).


def executor(pool):
    return lambda function, *args: pool.submit(function, *args).result


def apply_async(pool):
    return lambda function, *args: pool.apply_async(function, args).get


def rightlane_processes():
    import rightlane

    pool = rightlane.ProcessPool(WORKERS)
    return pool, executor(pool), pool.shutdown


def rightlane_threads():
    import rightlane

    pool = rightlane.ThreadPool(WORKERS)
    return pool, executor(pool), pool.shutdown


def process_pool_executor():
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(WORKERS)
    return pool, executor(pool), pool.shutdown


def spawned_pool_executor():
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"))
    return pool, executor(pool), pool.shutdown


def joblib():
    """Loops only: tasks cannot be submitted one by one."""
    import joblib

    pool = joblib.Parallel(n_jobs=WORKERS)
    pool.__enter__()
    return pool, None, lambda: pool.__exit__(None, None, None)


def dask():
    import distributed

    cluster = distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
    client = distributed.Client(cluster)

    def end():
        client.close()
        cluster.close()

    return client, (lambda function, *args: client.submit(function, *args, pure=False).result), end


def ray():
    import ray

    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    known = {}

    def send(function, *args):
        if function not in known:
            known[function] = ray.remote(function)
        reference = known[function].remote(*args)
        return lambda: ray.get(reference)

    return ray, send, ray.shutdown


def thread_pool_executor():
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(WORKERS)
    return pool, executor(pool), pool.shutdown


def multiprocessing_pool():
    import multiprocessing

    pool = multiprocessing.Pool(WORKERS)

    def end():
        pool.close()
        pool.join()

    return pool, apply_async(pool), end


def multiprocessing_thread_pool():
    from multiprocessing.pool import ThreadPool

    pool = ThreadPool(WORKERS)

    def end():
        pool.close()
        pool.join()

    return pool, apply_async(pool), end


def loky():
    import loky

    pool = loky.ProcessPoolExecutor(WORKERS)
    return pool, executor(pool), pool.shutdown


def mpire():
    import mpire

    pool = mpire.WorkerPool(WORKERS)

    def end():
        pool.stop_and_join()

    return pool, apply_async(pool), end


def pebble():
    import pebble

    pool = pebble.ProcessPool(WORKERS)

    def end():
        pool.close()
        pool.join()

    return pool, (lambda function, *args: pool.schedule(function, args=args).result), end


PROCESSES = {
    "rightlane": rightlane_processes,
    "ProcessPoolExecutor": process_pool_executor,
    "multiprocessing.Pool": multiprocessing_pool,
    "loky": loky,
    "mpire": mpire,
    "pebble": pebble,
    "dask": dask,
    "ray": ray,
}
SPAWNED = PROCESSES | {"ProcessPoolExecutor, spawn": spawned_pool_executor}
LOOPS = {name: pool for name, pool in PROCESSES.items() if name not in ("dask", "ray")} | {"joblib": joblib}
THREADS = {
    "rightlane": rightlane_threads,
    "ThreadPoolExecutor": thread_pool_executor,
    "ThreadPool": multiprocessing_thread_pool,
}
NEEDS = {"loky": "loky", "mpire": "mpire", "pebble": "pebble", "joblib": "joblib", "dask": "distributed", "ray": "ray"}


# Scenarios: seconds (MB for memory), less is better.


def submit(opened, count=4000):
    """One no-op task among many that were submitted, until the last result is there."""
    _, send, end = opened()
    for waits in [send(nothing) for _ in range(50)]:
        waits()
    start = time.perf_counter()
    results = [send(nothing) for _ in range(count)]
    for waits in results:
        waits()
    seconds = (time.perf_counter() - start) / count
    end()
    return seconds


def latency(opened, count=400):
    """From submission to the result, one task at a time."""
    _, send, end = opened()
    for _ in range(50):
        send(nothing)()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        send(nothing)()
        times.append(time.perf_counter() - start)
    end()
    return statistics.median(times)


def arguments(opened, size=8 << 20, count=12):
    """An array of 8 MiB as an argument."""
    array = make(size)
    _, send, end = opened()
    for _ in range(4):
        send(first, array)()
    start = time.perf_counter()
    for _ in range(count):
        send(first, array)()
    seconds = (time.perf_counter() - start) / count
    end()
    return seconds


def results(opened, size=8 << 20, count=12):
    """An array of 8 MiB as a result, made by the task."""
    _, send, end = opened()
    for _ in range(4):
        send(make, size)()
    start = time.perf_counter()
    for _ in range(count):
        assert send(make, size)()[-1] == 1
    seconds = (time.perf_counter() - start) / count
    end()
    return seconds


def start_and_stop(opened):
    """A pool's whole life, with one task."""
    start = time.perf_counter()
    _, send, end = opened()
    send(nothing)()
    end()
    return time.perf_counter() - start


def memory(opened):
    """MB that a worker has for itself and its share of what it shares (PSS), after some tasks."""
    _, send, end = opened()
    workers = {send(os.getpid)() for _ in range(50)}
    sizes = []
    for worker in workers:
        with open(f"/proc/{worker}/smaps_rollup") as rollup:
            sizes += [int(line.split()[1]) / 1024 for line in rollup if line.startswith("Pss:")]
    end()
    return statistics.median(sizes)


CHUNKS = (100, 1000, 10_000, 100_000)


def million(opened, count=1_000_000):
    """`map` over a million small items, at the best of some chunk sizes; rightlane is not told any."""
    pool, _, end = opened()
    items = range(count)
    best = None
    name = type(pool).__module__
    for size in (None,) if name.startswith(("rightlane", "joblib")) else CHUNKS:
        start = time.perf_counter()
        if name.startswith("multiprocessing"):
            total = sum(pool.map(double, items, chunksize=size))
        elif name.startswith("mpire"):
            total = sum(pool.map(double, items, chunk_size=size))
        elif name.startswith("joblib"):
            import joblib

            total = sum(pool(joblib.delayed(double)(item) for item in items))
        elif name.startswith("pebble"):
            total = sum(pool.map(double, items, chunksize=size).result())
        elif size is None:
            total = sum(pool.map(double, items))
        else:
            total = sum(pool.map(double, items, chunksize=size))
        seconds = time.perf_counter() - start
        assert total == count * (count - 1)
        best = seconds if best is None else min(best, seconds)
    end()
    return best


def ping_pong(_=None, count=2000):
    """There and back through two pipes, to another process."""
    (ask, asked), (answer, answered) = os.pipe(), os.pipe()
    if os.fork() == 0:
        while os.read(ask, 1) == b"x":
            os.write(answered, b"x")
        os._exit(0)
    times = []
    for _ in range(count):
        start = time.perf_counter()
        os.write(asked, b"x")
        os.read(answer, 1)
        times.append(time.perf_counter() - start)
    os.write(asked, b"e")
    os.wait()
    return statistics.median(times)


SCENARIOS = {
    "submit": (submit, PROCESSES),
    "latency": (latency, PROCESSES),
    "arguments": (arguments, PROCESSES),
    "results": (results, PROCESSES),
    "million": (million, LOOPS),
    "start and stop": (start_and_stop, SPAWNED),
    "memory of a worker": (memory, PROCESSES),
    "threads: submit": (submit, THREADS),
    "threads: latency": (latency, THREADS),
    "pipes": (ping_pong, {"two pipes": None}),
}
#: Scenario, peer, how many times as fast we have to be.
TARGETS = (
    ("submit", "ProcessPoolExecutor", 20.0),
    ("submit", "multiprocessing.Pool", 6.0),
    ("latency", "ProcessPoolExecutor", 4.0),
    ("arguments", "ProcessPoolExecutor", 15.0),
    ("results", "ProcessPoolExecutor", 15.0),
    ("million", None, 1.0),
    ("start and stop", "ProcessPoolExecutor, spawn", 2.0),
    ("memory of a worker", "ProcessPoolExecutor", 1.0),
    ("threads: submit", "ThreadPoolExecutor", 6.0),
    ("threads: latency", "ThreadPoolExecutor", 1.5),
)
PIPES_TARGET = 1.5  # times the ping-pong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="scenarios whose name contains this")
    parser.add_argument("--one", nargs=2, metavar=("SCENARIO", "POOL"), help="measure this once, print seconds")
    args = parser.parse_args()
    if args.one:
        scenario, pools = SCENARIOS[args.one[0]]
        print(json.dumps(scenario(pools[args.one[1]])))
        return 0
    return show(measured(args.rounds, args.only or ""))


def measured(rounds, only):
    """Median seconds by scenario and pool; None for what failed."""
    plan = [
        (scenario, pool)
        for scenario, (_, pools) in SCENARIOS.items()
        for pool in pools
        if (only in scenario or scenario == "pipes")
        and (pool not in NEEDS or importlib.util.find_spec(NEEDS[pool]) is not None)
    ]
    times = {one: [] for one in plan}
    for number in range(rounds):
        for scenario, pool in plan[number % len(plan) :] + plan[: number % len(plan)]:
            if sys.stderr.isatty():
                print(f"\r\033[Kround {number + 1}: {scenario}, {pool}", end="", file=sys.stderr, flush=True)
            times[scenario, pool].append(one(scenario, pool))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return {key: statistics.median(all) if None not in all else None for key, all in times.items()}


def one(scenario, pool):
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--one", scenario, pool], capture_output=True, text=True, timeout=120
        )
        return json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return None


def show(found):
    console = rich.console.Console()
    table = rich.table.Table(box=rich.box.SIMPLE)
    for column in ("scenario", "pool", "s or MB", "rightlane is"):
        table.add_column(column, justify="left" if column in ("scenario", "pool") else "right")
    for (scenario, pool), seconds in found.items():
        ours = found.get((scenario, "rightlane"))
        ratio = f"{seconds / ours:.2f} x" if seconds and ours and pool != "rightlane" else ""
        table.add_row(scenario, pool, f"{seconds:.6f}" if seconds else "failed", ratio)
    console.print(table)
    missed = 0
    for scenario, peer, target in TARGETS:
        ours = found.get((scenario, "rightlane"))
        peers = [
            seconds
            for (which, pool), seconds in found.items()
            if which == scenario and pool != "rightlane" and peer in (None, pool) and seconds
        ]
        if not ours or not peers:
            continue
        ratio = min(peers) / ours
        missed += ratio < target
        holds = "ok    " if ratio >= target else "MISSED"
        console.print(f"{holds}  {scenario}: {ratio:.2f} x {peer or 'the fastest'} >= {target}")
    pipes, ours = found.get(("pipes", "two pipes")), found.get(("latency", "rightlane"))
    if pipes and ours:
        missed += ours > PIPES_TARGET * pipes
        holds = "ok    " if ours <= PIPES_TARGET * pipes else "MISSED"
        console.print(f"{holds}  latency: {ours / pipes:.2f} times two pipes <= {PIPES_TARGET}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
