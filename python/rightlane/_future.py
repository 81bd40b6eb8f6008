"""Futures: the standard library's, made at a tenth of its cost."""

from __future__ import annotations

import concurrent.futures
import sys
import threading
import time
from collections.abc import Generator
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from typing import Any, Generic, TypeVar

from rightlane._state import TaskInterrupted

T = TypeVar("T")

_ENDED = (CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED)


class Future(concurrent.futures.Future, Generic[T]):  # type: ignore[type-arg]
    """What a task will give: a ``concurrent.futures.Future`` that can also be awaited.

    It is one in every respect: ``wait``, ``as_completed`` and ``asyncio.wrap_future`` take it. Its lock is made
    when it is first needed. Futures are made by pools, not by programs.
    """

    # What the standard library's constructor sets, for all futures that are as they were made.
    _state = PENDING
    _result = None
    _exception = None
    #: Whether there is a lock: from then on the state is only changed under it. Without a GIL there always is: it takes
    #: the GIL to make a look at this and a change of the state one step.
    _watched = not getattr(sys, "_is_gil_enabled", lambda: True)()
    #: The task's number in its pool.
    _task = -1
    #: The hub of a process pool that the task is with.
    _hub: Any = None
    #: The tasks of a thread pool that it is one of.
    _tasks: Any = None

    __init__ = object.__init__

    def __getattr__(self, name: str) -> Any:
        # Only for what is missing. setdefault is one step under the GIL: all threads get the same.
        if name == "_condition":
            self._watched = True
            return self.__dict__.setdefault("_condition", threading.Condition())
        if name in ("_waiters", "_done_callbacks"):
            return self.__dict__.setdefault(name, [])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def done(self) -> bool:
        return self._state in _ENDED

    def running(self) -> bool:
        if self._hub is None:
            return super().running()
        return not self.done() and bool(self._hub.is_begun(self._task))

    def cancel(self) -> bool:
        """Takes the task back if no worker has begun it; whether it is cancelled now."""
        if self._hub is not None:
            if not self._hub.cancel(self._task):
                return self._state in (CANCELLED, CANCELLED_AND_NOTIFIED)
            super().cancel()
            self.set_running_or_notify_cancel()
            self._hub.rouse()
            return True
        cancelled = super().cancel()
        if cancelled and self._tasks is not None:
            self._tasks.rouse()
        return cancelled

    def terminate(self) -> bool:
        """Ends the task even if a worker runs it; whether it was not over yet.

        The future is cancelled, the worker interrupted (``TaskInterrupted`` in Python code). A worker process is
        terminated after half a second, and killed after another; a thread goes on with what it waits for in C code, and
        with code that catches the exception.
        """
        if self.done():
            return False
        if self.cancel():
            return True
        if self._hub is not None:
            return bool(self._hub.terminate(self._task))
        return self._tasks is not None and self._interrupt()

    def _interrupt(self) -> bool:
        """Cancels the task that a thread runs."""
        with self._condition:
            if self._state != RUNNING:
                return False
            self._state = CANCELLED
            self._condition.notify_all()
        self._invoke_callbacks()
        self.set_running_or_notify_cancel()
        self._tasks.interrupt(self, TaskInterrupted)
        self._tasks.rouse()
        return True

    def result(self, timeout: float | None = None) -> T:
        """The task's result, or its exception raised.

        Waits for it, at most ``timeout`` seconds (``TimeoutError`` after them; the task goes on).
        ``CancelledError`` where the task was cancelled.
        """
        if self._state not in _ENDED:
            timeout = self._help(timeout)
        if self._state is FINISHED and not self._watched and self._exception is None:
            return self._result  # type: ignore[return-value]
        return super().result(timeout)  # type: ignore[no-any-return]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The task's exception, None if it has a result. Waits as ``result`` does."""
        if self._state not in _ENDED:
            timeout = self._help(timeout)
        return super().exception(timeout)

    def _help(self, timeout: float | None) -> float | None:
        """Waits until it is there, if no other thread waits; what is left of the timeout."""
        pool = self._hub or self._tasks
        if pool is None:
            return timeout
        start = None if timeout is None else time.monotonic()
        if pool.wait_for(self, timeout) is None and start is not None:
            # another thread does: whoever ends it will say so under the lock
            return max(0.0, timeout - (time.monotonic() - start))  # type: ignore[operator]
        return timeout if timeout is None else 0.0

    # What `multiprocessing.pool.AsyncResult` offers.

    def get(self, timeout: float | None = None) -> T:
        """``result``."""
        return self.result(timeout)

    def wait(self, timeout: float | None = None) -> None:
        """Waits until it has ended, at most ``timeout`` seconds."""
        concurrent.futures.wait([self], timeout)

    def ready(self) -> bool:
        """``done``."""
        return self.done()

    def successful(self) -> bool:
        """Whether it ended with a result; ``ValueError`` where it has not ended."""
        if not self.done():
            raise ValueError(f"{self!r} has not ended")
        return self._state == FINISHED and self._exception is None

    def __await__(self) -> Generator[Any, None, T]:
        import asyncio

        return asyncio.wrap_future(self).__await__()

    def _tell(self) -> None:
        """Tells those who came to wait while it was ended without the lock."""
        with self._condition:
            for waiter in self._waiters:
                (waiter.add_result if self._exception is None else waiter.add_exception)(self)
            self._condition.notify_all()
        self._invoke_callbacks()

    def _set_result(self, result: T) -> None:
        """``set_result``, unless it has ended by now."""
        with self._condition:
            if self.done():
                return
        super().set_result(result)

    def _set_exception(self, exception: BaseException) -> None:
        """``set_exception``, unless it has ended by now."""
        with self._condition:
            if self.done():
                return
        super().set_exception(exception)
