"""A program of parts: sleeping, Python code, hashing."""

import hashlib
import random
import time

from known.measured import SECONDS, Clocks, look, repeat, tell

BLOCK = random.Random(7).randbytes(1 << 20)


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def work(counting, hashing):
    repeat(lambda: time.sleep(0.05), 0.5 * SECONDS)
    with counting:
        repeat(count, 0.3 * SECONDS)
    with hashing:
        repeat(lambda: hashlib.sha256(BLOCK).digest(), 0.2 * SECONDS)


if __name__ == "__main__":
    counting, hashing = Clocks(), Clocks()
    seen = look(work, counting, hashing)
    blocked = (seen.span - counting.total - hashing.total).blocked
    tell(seen.spent(sleep=blocked, python_gil=counting.total.cpu, native_released=hashing.total.cpu))
