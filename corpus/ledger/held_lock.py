"""Waiting for a `Lock` that another thread holds while it sleeps."""

import threading
import time

from known.measured import SECONDS, line_of, look, tell

lock = threading.Lock()


def keep(taken):
    with lock:
        taken.set()
        time.sleep(SECONDS)  # held here


def work():
    with lock:
        pass


if __name__ == "__main__":
    taken = threading.Event()
    threading.Thread(target=keep, args=(taken,), name="keeper").start()
    taken.wait()
    seen = look(work)
    holder = {"thread": "keeper", "function": "keep", "line": line_of(__file__, "held here")}
    tell(seen.waited("lock"), lock="lock", holder=holder)
