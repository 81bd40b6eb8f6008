"""Worker processes: starting them, feeding them, and what crosses."""

import collections
import gc
import json
import multiprocessing
import os
import pickle
import re
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from harness import Spread, count_cores, timed

CHUNKS = 250
ITEMS = 20_000
BUFFER = 8 << 20
# sum() of so many numbers takes about 0.2 and 1 ms; so many tasks
OVERLAPS = (("short", 12_000, 100), ("long", 60_000, 30))
CORES = count_cores()
# Until a core is quite cold, and how often that is measured
IDLE, COLD_TIMES = 0.006, 12
WORD = re.compile(r'"(\w+)":')
METHODS = multiprocessing.get_all_start_methods()
METHOD = "fork" if "fork" in METHODS else multiprocessing.get_start_method()
PARTS = (
    *("chunk", "chunk_parent_cpu", "chunk_worker_cpu", "busy_parent_cpu", "busy_worker_cpu"),
    *("lost_overlap_short", "lost_overlap_long", "item_parent_cpu", "item_worker_cpu"),
    *("round_trip", "shutdown"),
)
# run by the builtin eval in a worker: a script given with -c has no functions to import there
CPU_OF_WORKER = "(__import__('os').getpid(), __import__('time').process_time())"
SPIN = "[t() - start for t in [__import__('time').process_time] for start in [t()] for _ in [sum(range(%d))]][0]"


class Executor:
    """The common face of the two pools: ProcessPoolExecutor."""

    name = "executor"

    def __init__(self, workers, method=METHOD):
        self.pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method))

    def map(self, function, items, chunksize=1):
        return list(self.pool.map(function, items, chunksize=chunksize))

    def call(self, function, *args):
        return self.pool.submit(function, *args).result()

    def end(self):
        self.pool.shutdown()


class Pool:
    """multiprocessing.Pool."""

    name = "pool"

    def __init__(self, workers, method=METHOD):
        self.pool = multiprocessing.get_context(method).Pool(workers)

    def map(self, function, items, chunksize=1):
        return self.pool.map(function, items, chunksize)

    def call(self, function, *args):
        return self.pool.apply(function, args)

    def end(self):
        self.pool.terminate()
        self.pool.join()


def _workers_cpu(pool):
    """CPU seconds of both workers so far."""
    seen = {}
    for _ in range(20):
        seen.update(pool.map(eval, [CPU_OF_WORKER] * 4))
        if len(seen) >= 2:
            break
    return sum(seen.values())


def _cpu_of(pool, work):
    """(wall, the parent's CPU, the workers' CPU) of work()."""
    workers = _workers_cpu(pool)
    gc.collect()
    parent, start = time.process_time(), time.perf_counter()
    work()
    wall, parent = time.perf_counter() - start, time.process_time() - parent
    return wall, parent, _workers_cpu(pool) - workers


def _feeding(kind, record):
    pool, name = kind(2), kind.name
    try:
        pool.map(abs, range(20))
        asking = _cpu_of(pool, lambda: None)[2]
        wall, parent, workers = _cpu_of(pool, lambda: pool.map(abs, range(CHUNKS)))
        record.add(f"{name}.chunk", wall / CHUNKS)
        record.add(f"{name}.chunk_parent_cpu", parent / CHUNKS)
        record.add(f"{name}.chunk_worker_cpu", (workers - asking) / CHUNKS)

        plain = timed(lambda: [abs(item) for item in range(ITEMS)])
        _, parent, workers = _cpu_of(pool, lambda: pool.map(abs, range(ITEMS), ITEMS // 8))
        record.add(f"{name}.item_parent_cpu", parent / ITEMS)
        record.add(f"{name}.item_worker_cpu", (workers - asking - plain) / ITEMS)

        _overlapping(pool, name, asking, record)

        start = time.perf_counter()
        for number in range(30):
            pool.call(abs, number)
        record.add(f"{name}.round_trip", (time.perf_counter() - start) / 30)
        if kind is Executor:
            _crossing(pool, record)
    finally:
        record.add(f"{name}.shutdown", timed(pool.end))


def _overlapping(pool, name, asking, record):
    """Chunks of one task each, of two lengths: how much of it runs at once."""
    for length, count, tasks in OVERLAPS:
        alone = min(timed(sum, range(count)) for _ in range(3))
        wall, parent, workers = _cpu_of(pool, partial(pool.map, sum, [range(count)] * tasks))
        workers -= asking
        if length == "long":
            record.add(f"{name}.busy_parent_cpu", parent / tasks)
            record.add(f"{name}.busy_worker_cpu", workers / tasks - alone)
        in_turns, at_once = parent + workers, (parent + workers) / 2
        if CORES > 1:
            record.add(f"{name}.lost_overlap_{length}", min(1.0, (wall - at_once) / (in_turns - at_once)))
        else:
            record.add(f"{name}.lost_overlap_{length}", 0.0)


def executor(record):
    _feeding(Executor, record)


def pool(record):
    _feeding(Pool, record)


def _crossing(pool, record):
    """Large buffers there and back, with their pickling: wall time and the parent's CPU."""
    data = os.urandom(1 << 16) * (BUFFER >> 16)
    # the least of several: a pool soon has its memory at hand, as this has
    dumps = min(timed(pickle.dumps, data, pickle.HIGHEST_PROTOCOL) for _ in range(3))
    record.add("transport.buffer_dumps", dumps / BUFFER)
    empty = min(timed(pool.call, len, b"") for _ in range(5))
    for way, arguments in (("to_worker", (len, data)), ("from_worker", (bytes, BUFFER))):
        for _ in range(2):
            cpu, start = time.process_time(), time.perf_counter()
            pool.call(*arguments)
            wall, cpu = time.perf_counter() - start, time.process_time() - cpu
            record.add(f"transport.{way}", (wall - empty) / BUFFER)
            record.add(f"transport.{way}_cpu", cpu / BUFFER)


def _start(method, workers):
    start = time.perf_counter()
    pool = Pool(workers, method)
    # one task each, long enough that a worker which is up does not take another's
    pool.map(eval, ["__import__('time').sleep(0.002)"] * workers)
    seconds = time.perf_counter() - start - 0.002
    pool.end()
    return seconds


def _stop_forkserver():
    """A program's first pool starts the server: measure that too, as far as it can be stopped."""
    from multiprocessing import forkserver

    stop = getattr(forkserver._forkserver, "_stop", None)
    if stop:
        stop()


def starting(method, most):
    """A step that measures how workers start, at most `most` times."""

    def step(record):
        if record.count(f"{method}.first") >= most:
            return
        if method == "forkserver":
            _stop_forkserver()
        one = _start(method, 1)
        # the second pool of one finds the server running, as the pool of three does
        again = _start(method, 1) if method == "forkserver" else one
        record.add(f"{method}.first", one)
        record.add(f"{method}.following", (_start(method, 3) - again) / 2)

    step.__qualname__ = f"starting {method}"
    return step


def graphs(record):
    """Small objects: what pickling them costs, and reading a pickle against writing it."""
    graph = [{"name": f"item {n}", "value": n * 0.37, "tags": ["a", str(n)], "pair": (n, -n)} for n in range(2000)]
    text = pickle.dumps(graph, pickle.HIGHEST_PROTOCOL)
    dumps = min(timed(pickle.dumps, graph, pickle.HIGHEST_PROTOCOL) for _ in range(3))
    loads = min(timed(pickle.loads, text) for _ in range(3))
    record.add("transport.graph_dumps", dumps / len(text))
    plain = [f"line {n} of a list of short strings" for n in range(2000)]
    seconds = min(timed(pickle.dumps, plain, pickle.HIGHEST_PROTOCOL) for _ in range(3))
    record.add("transport.plain_dumps", seconds / len(plain))
    record.add("transport.loads_per_dumps", loads / dumps)


def _fork_once(keep=None):
    """Wall seconds of fork, or of keep() while the child lives."""
    reading, writing = os.pipe()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    seconds = time.perf_counter() - start
    try:
        if keep:
            seconds = timed(keep)
    finally:
        os.close(reading)
        os.close(writing)
        os.waitpid(child, 0)
    return seconds


def memory(record):
    """What memory adds to fork, and what writing to it costs afterwards."""
    if record.count("transport.fork_memory") >= 3:
        return
    bare = min(_fork_once() for _ in range(3))
    objects = [float(n) for n in range(800_000)]
    size = len(objects) * 24
    record.add("transport.fork_memory", (min(_fork_once() for _ in range(3)) - bare) / (size + 8 * len(objects)))

    def touch():  # counting references writes to every object
        collections.deque(objects, maxlen=1)

    touch()
    again = timed(touch)
    record.add("transport.copy_on_write", (_fork_once(touch) - again) / size)


def _wake(rounds):
    """How long a thread takes to start running after another on another core wakes it, by a pipe.

    Left alone the two share a core as often as not, where a wake-up takes a tenth of the time."""
    with Spread() as spread:
        return _wake_across(rounds, spread)


def _wake_across(rounds, spread):
    (ask, asked), (answer, answered) = os.pipe(), os.pipe()

    def echo():
        spread.tie()
        while os.read(ask, 1):
            os.write(answered, b"x")

    thread = threading.Thread(target=echo)
    thread.start()

    def ping():
        os.write(asked, b"x")
        os.read(answer, 1)

    ping()
    try:
        return min(_mean(ping, rounds) for _ in range(2)) / 2
    finally:
        os.close(asked)
        thread.join()
        for descriptor in (ask, answer, answered):
            os.close(descriptor)


def _mean(function, rounds):
    start = time.perf_counter()
    for _ in range(rounds):
        function()
    return (time.perf_counter() - start) / rounds


def all_cores(record):
    """A fixed amount of work on every core at once, and how late threads wake meanwhile."""
    pool = Executor(CORES)
    try:
        pool.map(eval, ["1"] * CORES)
        record.add("cores.idle_wake", _wake(30))
        # newer Pythons may be done with the work before the threads have woken often enough
        if not any(_side_by_side(record, pool, SPIN % numbers) for numbers in (800_000, 3_200_000, 12_800_000)):
            raise TimeoutError("the workers did not stay busy")
    finally:
        pool.end()


def _side_by_side(record, pool, work):
    """Whether the work on every core outlasted the threads that woke meanwhile."""
    alone = min(pool.call(eval, work) for _ in range(2))
    busy = [pool.pool.submit(eval, work) for _ in range(CORES)]
    time.sleep(0.003)  # until the workers have taken them
    late = _wake(8)
    outlasted = not any(future.done() for future in busy)
    used = [future.result() for future in busy]
    if outlasted:
        record.add("cores.busy_wake", late)
        record.add("cores.process_slowdown", max(1.0, sum(used) / len(used) / alone))
    return outlasted


def _cpu(function):
    start = time.thread_time()
    function()
    return time.thread_time() - start


def after_idling(record):
    """The same piece of ordinary Python code when it has just run, and when the core was idle."""
    text = json.dumps({str(number): {"name": "x" * 20, "sizes": [1, 2, 3]} for number in range(20)})

    def work():
        found = json.loads(text)
        total = sum(sum(row["sizes"]) + len(row["name"]) for row in found.values())
        return " ".join(sorted(WORD.findall(text))).encode(), total

    for _ in range(COLD_TIMES):
        work()
    cold = warm = 0.0
    for _ in range(COLD_TIMES):
        time.sleep(IDLE)
        cold += _cpu(work)
        for _ in range(5):
            work()
        warm += _cpu(work)
    record.add("cores.cold_start", (cold - warm) / COLD_TIMES)


def steps():
    some = [executor, pool, graphs, all_cores, after_idling]
    if "fork" in METHODS:
        some += [starting("fork", 5), memory]
    return some + [starting(method, 2) for method in ("forkserver", "spawn") if method in METHODS]


def figures(record):
    def workers(name):
        return record.group(*(f"{name}.{part}" for part in PARTS))

    found = {"process_executor": workers("executor"), "process_pool": workers("pool")}
    for method in ("fork", "forkserver", "spawn"):
        found[method] = record.group(f"{method}.first", f"{method}.following")
    transport = record.group(*(f"transport.{part}" for part in ("buffer_dumps", "graph_dumps", "loads_per_dumps")))
    if transport:
        parts = ("to_worker", "to_worker_cpu", "from_worker", "from_worker_cpu", "fork_memory", "copy_on_write")
        for part in (*parts, "plain_dumps"):
            transport[part] = record.figure(f"transport.{part}")
    found["transport"] = transport
    return found
