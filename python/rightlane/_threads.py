"""Pools of threads."""

from __future__ import annotations

import itertools
import logging
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.thread import BrokenThreadPool
from contextvars import copy_context
from typing import Any, NoReturn, ParamSpec, TypeVar

from rightlane import _core
from rightlane._future import Future
from rightlane._map import Maps
from rightlane._options import Options, check_timeout
from rightlane._state import TaskInterrupted

T = TypeVar("T")
P = ParamSpec("P")


class ThreadPool(Maps, Executor):
    """Threads that run tasks.

    A ``concurrent.futures.Executor``; a task sees the context variables of who submitted it.

    ``max_workers``: by default four more than the cores that the process may use, at most 32. ``thread_name_prefix``:
    of the threads' names. ``initializer``: called with ``initargs`` in each thread before its first task; if it fails
    the pool is broken. Threads are started as they are needed and end with ``shutdown``, with the pool, or with the
    interpreter, after what was submitted.

    >>> from rightlane import ThreadPool
    >>> with ThreadPool(2) as pool:
    ...     print(pool.submit(pow, 2, 10).result(), list(pool.map(abs, [-1, 2, -3])))
    1024 [1, 2, 3]
    """

    _counter = itertools.count()
    #: Whether a task sees the context variables of who submitted it, as with `asyncio.to_thread`.
    _carries_context = True

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if max_workers is None:
            max_workers = min(32, len(os.sched_getaffinity(0)) + 4)
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._max_workers = max_workers
        self._prefix = thread_name_prefix or f"rightlane-{next(self._counter)}"
        self._initializer = (initializer, initargs)
        hire = weakref.WeakMethod(self._hire)
        self._tasks = _core.Tasks(Future, lambda: (hire() or _nobody)())
        self._submit = self._tasks.submit
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False
        #: Loops that still have something to submit.
        self._feeds = 0
        self._broken: BaseException | None = None
        self._timer: threading.Thread | None = None
        weakref.finalize(self, self._tasks.close).atexit = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has ``fn(*args, **kwargs)`` called by a thread; its future.

        ``RuntimeError`` after ``shutdown``, ``BrokenThreadPool`` where the initializer failed.
        """
        if self._closed:
            self._refuse()
        if self._carries_context:
            future = self._submit(copy_context().run, (fn, *args), kwargs or None)
        else:
            future = self._submit(fn, args, kwargs or None)
        return future or self._refuse()

    def options(self, *, timeout: float | None = None, priority: int = 0) -> Options:
        """The pool with other settings for tasks: ``pool.options(timeout=5).submit(fn)``.

        ``timeout``: seconds that a task may take from when a thread begins it; then its future ends with
        ``TimeoutError``, and ``TaskInterrupted`` (no ``Exception``) is raised in the thread. That comes up when the
        thread next runs Python code: a call that waits in C (``time.sleep``, a socket) goes on to its end, and the
        thread is busy until then; code that catches it goes on too. ``priority``: tasks of a higher one are begun
        first.
        """
        check_timeout(timeout)
        return Options(self, (priority, timeout), timeout is not None)

    def _submit_with(
        self, limits: Any, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], fed: bool
    ) -> Future[T]:
        if self._closed and not fed:
            self._refuse()
        if limits[1] is not None:
            self._keep_time()
        call: Any = fn
        if self._carries_context and not fed:
            call, args = copy_context().run, (fn, *args)
        return self._submit(call, args, kwargs or None, limits) or self._refuse()

    def _keep_time(self) -> None:
        """Starts the thread that ends tasks whose time is over."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Thread(target=_keep_time, args=(self._tasks,), name=f"{self._prefix}_timer")
                self._timer.daemon = True
                self._timer.start()
                _THREADS[self._timer] = self._tasks

    def _refuse(self) -> NoReturn:
        if self._broken is not None:
            raise BrokenThreadPool(f"the initializer failed: {self._broken!r}")
        raise RuntimeError("cannot schedule new futures after shutdown")

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        return self._submit(fn, args, None) or self._refuse()

    def _feed_begins(self) -> None:
        with self._lock:
            if self._closed:
                self._refuse()
            self._feeds += 1

    def _feed_ends(self) -> None:
        with self._lock:
            self._feeds -= 1
            last = self._closed and self._feeds == 0
        if last:
            self._tasks.close()

    def _hire(self) -> None:
        """Starts one thread more, if there may be one."""
        if len(self._threads) >= self._max_workers:
            return
        with self._lock:
            number = len(self._threads)
            if number >= self._max_workers:
                return
            thread = threading.Thread(
                target=_work,
                args=(weakref.ref(self), self._tasks, *self._initializer),
                name=f"{self._prefix}_{number}",
            )
            thread.daemon = True
            self._threads.add(thread)
            thread.start()
            _THREADS[thread] = self._tasks

    def _break(self, error: BaseException) -> None:
        self._broken = error
        self._closed = True
        self._tasks.close()
        for future in self._tasks.take_all():
            future.set_exception(BrokenThreadPool(f"the initializer failed: {error!r}"))
        self._tasks.rouse()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No task is accepted any more; the threads end after what was submitted.

        ``wait``: until they have. ``cancel_futures``: what no thread has begun is cancelled.
        """
        with self._lock:
            self._closed = True
            last = self._feeds == 0
        if last:
            self._tasks.close()
        if cancel_futures:
            for future in self._tasks.take_all():
                future.cancel()
                future.set_running_or_notify_cancel()
        if wait:
            for thread in list(self._threads):
                if thread is not threading.current_thread():
                    thread.join()


def _nobody() -> None:
    """A pool that is gone hires no one."""


#: Threads that run, to be ended before the interpreter is.
_THREADS: weakref.WeakKeyDictionary[threading.Thread, _core.Tasks] = weakref.WeakKeyDictionary()


def _at_exit() -> None:
    threads = list(_THREADS.items())
    for _, tasks in threads:
        tasks.close()
    for thread, _ in threads:
        thread.join()


threading._register_atexit(_at_exit)  # type: ignore[attr-defined]


def _work(
    pool: weakref.ref[ThreadPool],
    tasks: _core.Tasks,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
) -> None:
    if initializer is not None:
        try:
            initializer(*initargs)
        except BaseException as error:
            logging.getLogger("concurrent.futures").critical("Exception in initializer:", exc_info=True)
            there = pool()
            if there is not None:
                there._break(error)
            return
    del initializer, initargs
    tasks.work(threading.get_ident())


def _keep_time(tasks: _core.Tasks) -> None:
    while (future := tasks.overdue()) is not None:
        future._set_exception(TimeoutError("the task took longer than its timeout"))
        tasks.interrupt(future, TaskInterrupted)
        tasks.rouse()
