"""What the kernel does for a process beside short system calls."""

import mmap
import os

from harness import timed

PAGES = 2048
FILE = 8 << 20
PIECE = 1 << 20


def _fresh():
    return mmap.mmap(-1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _touch(memory):
    for start in range(0, PAGES * mmap.PAGESIZE, mmap.PAGESIZE):
        memory[start] = 1


def faults(record):
    """Pages of fresh memory, from the first use until they are given back."""

    def fresh():
        with _fresh() as memory:
            _touch(memory)

    with _fresh() as memory:
        _touch(memory)
        again = timed(_touch, memory)
    record.add("kernel.page_fault", (timed(fresh) - again) / PAGES)


def copying(record):
    """Reading a file that is in memory, a megabyte at a time."""
    descriptor = os.memfd_create("rightlane")
    try:
        os.write(descriptor, bytes(FILE))
        piece = bytearray(PIECE)
        pieces = range(0, FILE, PIECE)

        def read():
            for start in pieces:
                os.preadv(descriptor, [piece], start)

        read()
        record.add("kernel.copy", timed(read) / FILE)
    finally:
        os.close(descriptor)


def steps():
    return [faults, copying]


def figures(record):
    return record.group("kernel.page_fault", "kernel.copy")
