"""Python code that shares its one CPU with two other processes: most of the time it is ready, and waits."""

import os

from known.measured import look, repeat, tell
from known.peers import peer


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def work():
    repeat(count)


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with peer("spin"), peer("spin"):
        seen = look(work)
    seen.dominant = "cpu_wait"
    tell(seen.computed("python_gil"))
