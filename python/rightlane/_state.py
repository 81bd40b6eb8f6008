"""What a worker keeps from one task to the next."""

from __future__ import annotations

import threading
from types import SimpleNamespace

_workers = threading.local()


def worker_state() -> SimpleNamespace:
    """The calling worker's own namespace: empty at first, filled by an initializer or a task, seen by its next tasks.

    Each worker process and each worker thread has one. It is gone with the worker.

    >>> from rightlane import ThreadPool, worker_state
    >>> def connect():
    ...     worker_state().connection = "a connection"
    >>> with ThreadPool(1, initializer=connect) as pool:
    ...     print(pool.submit(lambda: worker_state().connection).result())
    a connection
    """
    try:
        return _workers.state  # type: ignore[no-any-return]
    except AttributeError:
        state = _workers.state = SimpleNamespace()
        return state


class TaskInterrupted(BaseException):
    """Raised in a task that is to end: its time is over, or nobody wants it any more."""
