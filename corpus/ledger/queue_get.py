"""Waiting for what another thread puts into a `Queue` now and then."""

import queue
import threading
import time

from known.measured import look, tell


def put(items):
    for number in range(25):
        time.sleep(0.1)
        items.put(number)
    items.put(None)


def work(items):
    while items.get() is not None:
        pass


if __name__ == "__main__":
    items = queue.Queue()
    threading.Thread(target=put, args=(items,)).start()
    tell(look(work, items).waited("lock"), lock="queue")
