"""Threads and the GIL."""

import hashlib
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

from harness import SPLITS, Spread, compute, count_cores, cpu_split, timed

GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
TASKS = 3000  # fewer are submitted before a worker gets the GIL
COMPUTE = 150_000
CALLS_PER_READ = 4


def _nothing():
    pass


def starting(record):
    def once():
        thread = threading.Thread(target=_nothing)
        thread.start()
        thread.join()

    once()
    start = time.perf_counter()
    for _ in range(30):
        once()
    record.add("threads.start", (time.perf_counter() - start) / 30)


def executor(record):
    with Spread() as spread, ThreadPoolExecutor(2, initializer=spread.tie) as pool:
        list(pool.map(abs, range(20)))
        record.add("threads.task", timed(lambda: list(pool.map(abs, range(TASKS)))) / TASKS)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(abs, 1).result()
        start = time.perf_counter()
        for number in range(50):
            pool.submit(abs, number).result()
        record.add("threads.round_trip", (time.perf_counter() - start) / 50)
    # the submitting side alone: the only worker is held at a gate
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(gate.wait)
        record.add("threads.submit", timed(lambda: [pool.submit(abs, 1) for _ in range(300)]) / 300)
        gate.set()


def thread_pool(record):
    items = range(20_000)
    plain = timed(lambda: [abs(item) for item in items])
    with ThreadPool(2) as pool:
        pool.map(abs, range(20), 1)
        mapped = timed(pool.map, abs, items, 5000)
        record.add("threads.pool_item", (mapped - plain) / len(items))
        record.add("threads.pool_chunk", timed(pool.map, abs, range(400), 1) / 400)


def together(count, function, *args):
    """Wall seconds of the function in `count` threads at once."""
    ready = threading.Barrier(count + 1)

    with Spread() as spread:

        def body():
            spread.tie()
            ready.wait()
            function(*args)

        threads = [threading.Thread(target=body) for _ in range(count)]
        for thread in threads:
            thread.start()
        ready.wait()
        start = time.perf_counter()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start


def _small_reads(count, gap=0, path=sys.executable):
    """Each: open, fstat, read, close, every one of which releases the GIL; between them Python."""
    for _ in range(count):
        descriptor = os.open(path, os.O_RDONLY)
        compute(gap)
        os.fstat(descriptor)
        compute(gap)
        os.read(descriptor, 100)
        compute(gap)
        os.close(descriptor)
        compute(gap)


def short_calls(record):
    if record.count("short.call") >= SPLITS:
        return
    reads = 7000
    user, system = cpu_split()
    record.add("short.call", timed(_small_reads, reads) / (reads * CALLS_PER_READ))
    used_user, used_system = cpu_split()
    record.add("short.system", used_system - system)
    record.add("short.user", used_user - user)


def convoy(record):
    """What each release costs when others want the GIL, with some Python between releases:
    without any, the one that runs is back before another wakes up."""
    reads, gap = 160, 200
    calls = reads * CALLS_PER_READ
    alone = min(timed(_small_reads, reads, gap) for _ in range(2)) / calls
    for count, name in ((2, "gil.release_two"), (8, "gil.release_eight")):
        record.add(name, together(count, _small_reads, reads // count, gap) / calls - alone)


def giving_way(record):
    """How long a thread that returns from a system call waits for one that computes."""
    stop = []

    def busy():
        while not stop:
            compute(1000)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(4):
            start = time.perf_counter()
            time.sleep(0.0002)
            waited = time.perf_counter() - start - 0.0002
            # Who wants the GIL asks for it only after the switch interval (take_gil in CPython's
            # ceval_gil.c): less shows that the other thread was not computing just then.
            record.add("gil.interval", max(waited, sys.getswitchinterval()))
    finally:
        stop.append(True)
        thread.join()


def switching(record):
    """Two computing threads against one after the other."""
    alone = 2 * timed(compute, COMPUTE)
    both = together(2, compute, COMPUTE)
    if GIL:
        switches = max(1.0, alone / sys.getswitchinterval())
        record.add("gil.switch", (both - alone) / switches)


def without_gil(record):
    """Computing threads on every core, by their CPU time: other programs do not count."""
    used = []

    def measured():
        start = time.thread_time()
        compute(COMPUTE)
        used.append(time.thread_time() - start)

    measured()
    alone = used.pop()
    together(count_cores(), measured)
    record.add("threads.python_slowdown", max(1.0, sum(used) / len(used) / alone))


def released(record):
    """Threads in native code that released the GIL on every core, by their CPU time."""
    data = bytes(1 << 20)
    used = []

    def measured():
        start = time.thread_time()
        for _ in range(6):
            hashlib.sha256(data).digest()
        used.append(time.thread_time() - start)

    measured()
    alone = used.pop()
    together(count_cores(), measured)
    record.add("cores.thread_slowdown", max(1.0, sum(used) / len(used) / alone))


def steps():
    common = [starting, executor, thread_pool, released]
    return common + ([short_calls, convoy, giving_way, switching] if GIL else [without_gil])


def figures(record):
    threads = record.group(
        "threads.start", "threads.submit", "threads.round_trip", "threads.pool_item", "threads.pool_chunk"
    )
    if threads:
        threads["task"] = record.figure("threads.task", typical=True)
        threads["python_slowdown"] = record.figure("threads.python_slowdown")
    return threads, _gil(record) if GIL else None


def _gil(record):
    gil = record.group("gil.interval")
    if not gil:
        return None
    for part in ("switch", "release_two", "release_eight"):
        gil[part] = record.figure(f"gil.{part}", typical=True)
    gil["short_call"], gil["short_call_gil"] = _split(record, "short")
    gil["socket_call"], _ = _split(record, "socket")
    return gil


def _split(record, kind):
    """A call's CPU as (kernel, under the GIL)."""
    system, user = record.total(f"{kind}.system"), record.total(f"{kind}.user")
    in_kernel = system / (system + user) if system > 0 and user > 0 else 0.5
    call = record.figure(f"{kind}.call") or [0.0, 0.0, 0.0]
    return [value * in_kernel for value in call], [value * (1 - in_kernel) for value in call]
