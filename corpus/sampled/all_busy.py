"""As many hashing threads as there are cores: an observer's CPU time is taken from them."""

import hashlib
import os
import threading

from span import measured

BLOCK = bytes(1 << 20)
BLOCKS = 6000


def hash_blocks():
    for _ in range(BLOCKS):
        hashlib.sha256(BLOCK).digest()


def work():
    threads = [threading.Thread(target=hash_blocks) for _ in range(len(os.sched_getaffinity(0)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    measured(work)
