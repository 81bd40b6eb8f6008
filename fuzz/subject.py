"""A program to be recorded: deep calls, generators, threads, coroutines, names of every width.

Without the standard library: no path of this machine is to be in a recording. Prints its minor
version at each moment to be recorded and stands still until a line comes.
"""

import _thread
import sys


def deep(depth, then):
    return deep(depth - 1, then) if depth else then()


def generated(depth, then):
    if depth:
        yield from generated(depth - 1, then)
    else:
        yield then()


def drained(depth, then):
    return [list(generated(depth, then)) for _ in range(1)]


async def awaited(depth, then):
    return await awaited(depth - 1, then) if depth else then()


def run(depth, then):
    for _ in awaited(depth, then).__await__():
        pass


def größe(then):
    return (lambda: then())()


def 名前(then):
    return max([1], key=lambda _: [then(), 1][1])


def 𐌀(then):
    return größe(lambda: 名前(then))


class Waits:
    def __init__(self, moment, waiting):
        self.moment, self.waiting = moment, waiting

    def __call__(self):
        self.waiting.release()
        with self.moment:
            pass


def thread(moments, waiting):
    first, second = (Waits(moment, waiting) for moment in moments)
    deep(30, lambda: drained(10, first))
    𐌀(lambda: run(20, second))


def stand_still():
    print(f"3.{sys.version_info[1]}", flush=True)
    sys.stdin.readline()


def main():
    moments = [_thread.allocate_lock() for _ in range(2)]
    waiting = [_thread.allocate_lock() for _ in range(3)]
    for lock in moments + waiting:
        lock.acquire()
    for lock in waiting:
        _thread.start_new_thread(thread, (moments, lock))
    for number, moment in enumerate(moments):
        for lock in waiting:
            lock.acquire()
        exec(compile("stand_still()", f"<made {number}>", "exec"))
        moment.release()


deep(5, main)
