"""Futures: the standard library's, made at a tenth of its cost."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Generator
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, PENDING
from typing import Any, Generic, TypeVar

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
    #: Whether there is a lock: from then on the state is only changed under it.
    _watched = False
    #: The task's number in its pool.
    _task = -1
    #: The hub of a process pool that the task is with.
    _hub: Any = None

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
        return super().cancel()

    def terminate(self) -> bool:
        """Ends the task even if a worker process runs it: the future is cancelled, the worker interrupted (an exception
        in Python code), after half a second terminated, and after another killed. Whether it was not over yet.

        A thread cannot be ended: there it is ``cancel``.
        """
        if self.cancel():
            return True
        return self._hub is not None and bool(self._hub.terminate(self._task))

    def result(self, timeout: float | None = None) -> T:
        """The task's result, or its exception raised.

        Waits for it, at most ``timeout`` seconds (``TimeoutError`` after them; the task goes on).
        ``CancelledError`` where the task was cancelled.
        """
        if self._hub is not None and self._state not in _ENDED:
            timeout = self._help(timeout)
        if self._state is FINISHED and not self._watched and self._exception is None:
            return self._result  # type: ignore[return-value]
        return super().result(timeout)  # type: ignore[no-any-return]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The task's exception, None if it has a result. Waits as ``result`` does."""
        if self._hub is not None and self._state not in _ENDED:
            timeout = self._help(timeout)
        return super().exception(timeout)

    def _help(self, timeout: float | None) -> float | None:
        """Takes results until this one is there; what is left of the timeout."""
        start = time.monotonic()
        if self._hub.wait_for(self, timeout) is None and timeout is not None:
            # another thread does: it will say so under the lock
            return max(0.0, timeout - (time.monotonic() - start))
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
