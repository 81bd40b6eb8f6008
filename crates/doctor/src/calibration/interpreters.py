"""Interpreters of their own (3.14)."""

from harness import timed

try:
    from concurrent.futures import InterpreterPoolExecutor
except ImportError:
    InterpreterPoolExecutor = None

TASKS = 200


def _start(workers):
    pool = InterpreterPoolExecutor(workers)
    # one task each, long enough that a worker which is up does not take another's
    seconds = timed(lambda: list(pool.map(eval, ["__import__('time').sleep(0.002)"] * workers))) - 0.002
    return pool, seconds


def pool(record):
    one, first = _start(1)
    one.shutdown()
    three, all_three = _start(3)
    three.shutdown()
    record.add("interpreters.first", first)
    record.add("interpreters.following", (all_three - first) / 2)
    two, _ = _start(2)
    with two:
        record.add("interpreters.task", timed(lambda: list(two.map(abs, range(TASKS)))) / TASKS)


def steps():
    return [pool] if InterpreterPoolExecutor else []


def figures(record):
    return record.group("interpreters.first", "interpreters.following", "interpreters.task")
