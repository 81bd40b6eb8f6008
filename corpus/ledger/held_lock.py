"""Waiting for a `Lock` that another thread holds while it sleeps."""

import threading
import time

from known.measured import SECONDS, line_of, look, tell

lock = threading.Lock()


def keep(taken):
    with lock:  # taken here
        taken.set()
        time.sleep(SECONDS)


def work():
    with lock:
        pass


if __name__ == "__main__":
    taken = threading.Event()
    keeper = threading.Thread(target=keep, args=(taken,))
    keeper.start()
    taken.wait()
    seen = look(work)
    holder = {"thread": keeper.native_id, "function": "keep", "line": line_of(__file__, "taken here")}
    tell(seen.waited("lock"), lock="lock", holder=holder)
