"""A project module."""
from __future__ import annotations
import sys


def work(n):
    return sum(square(k) for k in range(n))


def square(k: int) -> int:
    return k * k


def fail():
    for x in [0]:
        square(x / x)


print("imported", __name__, __doc__, sys._getframe(1).f_code.co_name)
