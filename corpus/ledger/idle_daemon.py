"""The main thread computes beside a daemon thread that waits all the time."""

import threading

from known.measured import Look, Span, look, repeat, tell


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def work():
    repeat(count)


def idle():
    threading.Event().wait()


if __name__ == "__main__":
    daemon = threading.Thread(target=idle, daemon=True)
    daemon.start()
    seen = look(work)
    beside = Look("idle", Span(seen.span.wall), daemon.name, tid=daemon.native_id).waited("lock")
    tell(seen.computed("python_gil"), [beside])
