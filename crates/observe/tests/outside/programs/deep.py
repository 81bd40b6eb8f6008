"""Recursion 10,000 deep, with the work at the bottom and a named frame at the top."""
import sys
import threading
import time


def bottom(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def down(depth, seconds):
    if depth:
        down(depth - 1, seconds)
    else:
        bottom(seconds)


def outermost():
    down(10_000, 0.6)


sys.setrecursionlimit(11_000)
threading.stack_size(512 << 20)
thread = threading.Thread(target=outermost)
thread.start()
thread.join()
