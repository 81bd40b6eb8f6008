"""``multiprocessing.pool``, faster: the same names, signatures and behaviour.

>>> from rightlane.pool import ThreadPool
>>> with ThreadPool(2) as pool:
...     print(pool.map(abs, [-1, 2, -3]))
[1, 2, 3]

What is not like the standard library's: a worker that dies ends its task with an exception
(``rightlane.WorkerDied``), where ``multiprocessing.Pool`` waits for its result for ever.
"""

from __future__ import annotations

import concurrent.futures
import os
import queue
import sys
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import TimeoutError
from multiprocessing.context import BaseContext
from multiprocessing.pool import (  # type: ignore[attr-defined]
    CLOSE,
    RUN,
    TERMINATE,
    MaybeEncodingError,
    RemoteTraceback,
)
from typing import Any

from rightlane._future import Future
from rightlane._map import AHEAD, AHEAD_OF_TAKEN, Feed, equal_chunks
from rightlane._processes import ProcessPool
from rightlane._threads import ThreadPool as _ThreadPool

__all__ = ["ApplyResult", "AsyncResult", "MapResult", "Pool", "ThreadPool", "TimeoutError"]

#: What `Pool.map` makes of a length: four chunks for each worker.
_CHUNKS_EACH = 4


class Workers(ProcessPool):
    _imports_main = True
    _traceback = RemoteTraceback
    _unsendable = MaybeEncodingError


class Threads(_ThreadPool):
    _carries_context = False


class ApplyResult:
    """What ``apply_async`` gives."""

    def __init__(
        self,
        pool: Pool,
        futures: list[Future[Any]],
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        self._pool = pool
        self._futures = futures
        self._callback = callback
        self._error_callback = error_callback
        self._event = threading.Event()
        self._success = True
        self._value: Any = None
        self._left = len(futures)
        self._lock = threading.Lock()
        if not futures:
            self._value = []
            self._finish()
        for future in futures:
            future.add_done_callback(self._one_is_done)

    def _one_is_done(self, future: concurrent.futures.Future[Any]) -> None:
        with self._lock:
            self._left -= 1
            error = future.exception()
            if error is not None and self._success:
                self._success, self._value = False, error
            last = self._left == 0
        if last:
            if self._success:
                self._value = self._gather()
            self._finish()

    def _gather(self) -> Any:
        return self._futures[0].result()

    def _finish(self) -> None:
        callback = self._callback if self._success else self._error_callback
        if callback is not None:
            callback(self._value)
        self._event.set()
        self._futures.clear()

    def ready(self) -> bool:
        return self._event.is_set()

    def successful(self) -> bool:
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return self._success

    def wait(self, timeout: float | None = None) -> None:
        self._event.wait(timeout)

    def get(self, timeout: float | None = None) -> Any:
        self.wait(timeout)
        if not self.ready():
            raise TimeoutError
        if self._success:
            return self._value
        raise self._value


AsyncResult = ApplyResult


class MapResult(ApplyResult):
    """What ``map_async`` gives: a list."""

    def _gather(self) -> Any:
        return [value for future in self._futures for value in future.result()]


class Pool:
    """``multiprocessing.pool.Pool``."""

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
    ) -> None:
        if processes is None:
            processes = os.cpu_count() or 1
        if processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._processes = processes
        self._state = TERMINATE
        self._feeds: weakref.WeakSet[Feed] = weakref.WeakSet()
        self._executor = self._start(processes, initializer, tuple(initargs), maxtasksperchild, context)
        self._state = RUN

    def __del__(self) -> None:
        if getattr(self, "_state", TERMINATE) == RUN:
            warnings.warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self, stacklevel=2)

    def _start(
        self, processes: int, initializer: Any, initargs: tuple[Any, ...], most: int | None, context: Any
    ) -> Any:
        executor = Workers(processes, context, initializer, initargs, max_tasks_per_child=most)
        executor._staff(everyone=True)
        return executor

    def __reduce__(self) -> Any:
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def _check_running(self) -> None:
        if self._state != RUN:
            raise ValueError("Pool not running")

    def apply(self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: Any = None) -> Any:
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: Any = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> ApplyResult:
        self._check_running()
        future = self._executor.submit(func, *args, **(kwds or {}))
        return ApplyResult(self, [future], callback, error_callback)

    def map(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return self.map_async(func, iterable, chunksize).get()  # type: ignore[no-any-return]

    def map_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        return self._map(each, func, iterable, chunksize, callback, error_callback)

    def starmap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return self.starmap_async(func, iterable, chunksize).get()  # type: ignore[no-any-return]

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        return self._map(each_starred, func, iterable, chunksize, callback, error_callback)

    def _map(self, run: Any, func: Any, iterable: Any, chunksize: Any, callback: Any, error_callback: Any) -> MapResult:
        self._check_running()
        items = iterable if hasattr(iterable, "__len__") else list(iterable)
        if chunksize is None:
            chunksize = max(1, -(-len(items) // (self._processes * _CHUNKS_EACH)))
        # Before anything is sent: what the iterable raises is raised here, as with any list.
        chunks = list(equal_chunks(iter(items), chunksize))
        function = self._executor._sendable(func)
        futures = [self._executor.submit(run, function, chunk) for chunk in chunks]
        return MapResult(self, futures, callback, error_callback)

    def imap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        return IMapIterator(self, func, iterable, chunksize, ordered=True)

    def imap_unordered(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        return IMapIterator(self, func, iterable, chunksize, ordered=False)

    def close(self) -> None:
        """No task is accepted any more."""
        if self._state == RUN:
            self._state = CLOSE
        for feed in list(self._feeds):
            feed.more(sys.maxsize)
        self._executor.shutdown(wait=False)

    def terminate(self) -> None:
        """Ends the workers at once."""
        self._state = TERMINATE
        for feed in list(self._feeds):
            feed.stop()
        if isinstance(self._executor, ProcessPool):
            self._executor.kill_workers()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def join(self) -> None:
        """Waits for the workers to end, after ``close`` or ``terminate``."""
        if self._state == RUN:
            raise ValueError("Pool is still running")
        self._executor.shutdown(wait=True)

    def __enter__(self) -> Any:
        self._check_running()
        return self

    def __exit__(self, *_: Any) -> None:
        self.terminate()

    # Names that programs and the standard library's tests look at.

    @property
    def _pool(self) -> list[Any]:
        return list(self._executor._state.processes.values())

    def _repopulate_pool(self) -> None:
        """Workers that end are replaced at once."""


class ThreadPool(Pool):
    """``multiprocessing.pool.ThreadPool``."""

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
    ) -> None:
        super().__init__(processes, initializer, initargs)

    def _start(
        self, processes: int, initializer: Any, initargs: tuple[Any, ...], most: int | None, context: Any
    ) -> Any:
        executor = Threads(processes, "", initializer, initargs)
        for _ in range(processes):
            executor._hire()
        return executor

    @property
    def _pool(self) -> list[Any]:
        return list(self._executor._threads)


def each(function: Callable[[Any], Any], chunk: list[Any]) -> list[Any]:
    """The function of each."""
    return list(map(function, chunk))


def each_starred(function: Callable[..., Any], chunk: list[Any]) -> list[Any]:
    """The function of each, taken apart."""
    return [function(*args) for args in chunk]


def each_caught(function: Callable[[Any], Any], chunk: list[Any]) -> list[tuple[bool, Any]]:
    """The function of each; an exception ends only its own."""
    results: list[tuple[bool, Any]] = []
    for item in chunk:
        try:
            results.append((True, function(item)))
        except Exception as error:
            results.append((False, error))
    return results


class IMapIterator:
    """What ``imap`` gives: an iterator whose ``next`` takes a timeout.

    Items are taken from the iterable as tasks are done, like ``multiprocessing.Pool`` does; of one that does not
    tell its length no more than some ahead of the results that were taken, so that it may be endless.
    """

    def __init__(self, pool: Pool, func: Any, iterable: Iterable[Any], chunksize: int, ordered: bool) -> None:
        pool._check_running()
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        self._ordered = ordered
        self._items: list[tuple[bool, Any]] = []
        self._done: queue.SimpleQueue[concurrent.futures.Future[Any]] = queue.SimpleQueue()
        self._futures: deque[Future[Any]] = deque()
        self._left = 0
        self._sized = hasattr(iterable, "__len__")
        chunks = equal_chunks(iter(iterable), chunksize)
        executor = pool._executor
        ahead = pool._processes * (AHEAD if self._sized else AHEAD_OF_TAKEN)
        self._feed = Feed(executor, each_caught, executor._sendable(func), chunks, ahead, self._submitted, lasting=True)
        pool._feeds.add(self._feed)
        self._feed.begin()

    def _submitted(self, future: Future[Any]) -> None:
        self._left += 1
        if self._ordered:
            self._futures.append(future)
        future.add_done_callback(self._one_is_done)

    def _one_is_done(self, future: concurrent.futures.Future[Any]) -> None:
        if not self._ordered:
            self._done.put(future)
        if self._sized:
            self._feed.more()

    def __iter__(self) -> IMapIterator:
        return self

    def next(self, timeout: float | None = None) -> Any:
        while not self._items:
            self._feed.settle(lambda: self._left > 0, timeout)
            if self._left == 0 and not self._feed.over:
                raise TimeoutError
            if self._left == 0:
                failure, self._feed.failure = self._feed.failure, None
                if failure is not None:
                    raise failure
                raise StopIteration
            self._items = self._results(timeout)
            self._items.reverse()
            self._left -= 1
            if not self._sized:
                self._feed.more()
        ok, value = self._items.pop()
        if ok:
            return value
        raise value

    __next__ = next

    def _results(self, timeout: float | None) -> list[tuple[bool, Any]]:
        try:
            future = self._futures[0] if self._ordered else self._done.get(timeout=timeout)
            error = future.exception(timeout)
        except (queue.Empty, concurrent.futures.TimeoutError):
            raise TimeoutError from None
        if self._ordered:
            self._futures.popleft()
        return future.result() if error is None else [(False, error)]
