"""Pools of processes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.process import _RemoteTraceback
from multiprocessing.context import BaseContext
from typing import Any, ParamSpec, TypeVar

from rightlane._core import ARENA, INLINE
from rightlane._functions import Functions, apply
from rightlane._future import Future
from rightlane._map import Maps
from rightlane._options import Options, check_timeout
from rightlane._payload import WHERE, Packed
from rightlane._service import SERVICES, State, WorkerStats, serve
from rightlane._start import Start

T = TypeVar("T")
P = ParamSpec("P")

#: Priority, retries, timeout in seconds.
Limits = tuple[int, int, float | None]
_PLAIN: Limits | None = None


class ProcessPool(Maps, Executor):
    """Worker processes that run tasks.

    A ``concurrent.futures.Executor``. A worker's death ends only the task that it ran, with :class:`WorkerDied`;
    another worker takes its place. When the process that made the pool ends, by whatever, its workers do.

    ``max_workers``: by default the cores that the process may use. ``mp_context``: a context of ``multiprocessing``,
    for its start method; by default its own. ``initializer``: called with ``initargs`` in each worker before its first
    task; if it fails the pool is broken. ``finalizer``: called in a worker that ends after its last task.
    ``max_tasks_per_child``, ``max_memory_per_child``: tasks, bytes after which a worker is replaced.
    ``max_bytes_in_flight``: while large arguments take more than so many bytes, ``submit`` waits; it also does where
    the machine has no memory for them, as long as others are on their way. ``on_crash``:
    "task" (a dead worker ends its task), or "break" (it ends all tasks and the pool, as with
    ``ProcessPoolExecutor``).

    >>> from rightlane import ProcessPool
    >>> with ProcessPool(2) as pool:
    ...     print(pool.submit(pow, 2, 10).result(), list(pool.map(abs, [-1, 2, -3])))
    1024 [1, 2, 3]
    """

    #: Whether new workers import the program, as `multiprocessing` has them do.
    _imports_main = False
    #: What is made of a traceback in a worker: the cause of the exception here.
    _traceback: Any = _RemoteTraceback
    #: What stands for a result that cannot be pickled, if not pickle's own exception.
    _unsendable: Callable[..., Exception] | None = None
    _chunked = True

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: BaseContext | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_tasks_per_child: int | None = None,
        max_memory_per_child: int | None = None,
        finalizer: Callable[[], object] | None = None,
        max_bytes_in_flight: int | None = None,
        on_crash: str = "task",
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, int):
                raise TypeError("max_tasks_per_child must be an integer")
            if max_tasks_per_child <= 0:
                raise ValueError("max_tasks_per_child must be >= 1")
        if finalizer is not None and not callable(finalizer):
            raise TypeError("finalizer must be a callable")
        if max_memory_per_child is not None and max_memory_per_child <= 0:
            raise ValueError("max_memory_per_child must be a number of bytes > 0")
        if on_crash not in ("task", "break"):
            raise ValueError(f"on_crash is {on_crash!r}; write 'task' or 'break'")
        if max_bytes_in_flight is not None and max_bytes_in_flight <= 0:
            raise ValueError("max_bytes_in_flight must be a number of bytes > 0")
        self._most_in_flight = max_bytes_in_flight or ARENA
        self._max_workers = max_workers or len(os.sched_getaffinity(0))
        self._mp_context = mp_context or multiprocessing.get_context()
        # A fork copies only the thread that calls it: all workers are made before the service is. And a fork has
        # the program's functions; another new process gets them by value.
        self._at_once = self._mp_context.get_start_method(allow_none=False) == "fork"
        main_is_there = self._at_once or self._imports_main
        limits = (max_tasks_per_child, max_memory_per_child)
        start = Start(initializer, initargs, finalizer, *limits, self._unsendable, main_is_there)
        self._state = State(self._mp_context, start, on_crash, self._traceback)
        self._hub = self._state.hub
        self._functions = Functions(self._hub, main_is_there)
        self._apply = self._hub.define(apply, pickle.dumps(apply, 5))
        self._submit_known = self._hub.submit_known
        self._lock = threading.Lock()
        self._service: threading.Thread | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has ``fn(*args, **kwargs)`` called by a worker; its future.

        The arguments are pickled here and now; what goes wrong with it is the future's exception.
        ``RuntimeError`` after ``shutdown``, ``BrokenProcessPool`` for a pool that is broken.
        """
        if not kwargs:
            future = self._submit_known(fn, args)
            if future is not None:
                return future
        self._staff_if_needed()
        return self._send(fn, args, kwargs)

    def _staff_if_needed(self) -> None:
        if self._state.refuses or self._service is None or self._state.is_short(self._max_workers):
            self._staff()
        if len(self._state.processes) >= self._max_workers:
            self._hub.open()

    def options(self, *, timeout: float | None = None, retries: int = 0, priority: int = 0) -> Options:
        """The pool with other settings for tasks: ``pool.options(timeout=5).submit(fn)``.

        ``timeout``: seconds that a task may take from when a worker begins it; then its future ends with
        ``TimeoutError``, and the worker is interrupted (an exception in Python code), after half a second terminated,
        and after another killed. ``retries``: how often a task is begun again whose worker died. ``priority``: tasks of
        a higher one are begun first, but for those that a worker has already been sent (some milliseconds of work).
        """
        check_timeout(timeout)
        if retries < 0:
            raise ValueError(f"retries is {retries!r}; write how often, 0 for never")
        return Options(self, (priority, retries, timeout), timeout is not None)

    def stats(self) -> list[WorkerStats]:
        """What each worker that lives has done."""
        return self._state.stats()

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        return self._send(fn, args, {}, fed=True)

    def _submit_with(
        self, limits: Any, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], fed: bool
    ) -> Future[T]:
        if not fed:
            self._staff_if_needed()
        future = self._send(fn, args, kwargs, limits, fed)
        if limits[2] is not None:
            # The service has a time to keep.
            self._hub.rouse()
        return future

    def _send(
        self,
        fn: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        limits: Limits | None = _PLAIN,
        fed: bool = False,
    ) -> Future[T]:
        number = self._functions.number(fn)
        if number is None:
            return self._submit_packed(self._apply, (self._functions.sendable(fn), *args), kwargs, limits, fed)
        if not kwargs:
            future = self._hub.submit_plain(number, args, limits, fed)
            if future is not None:
                return future
        return self._submit_packed(number, args, kwargs, limits, fed)

    def _sendable(self, function: Callable[..., T]) -> Any:
        return self._functions.sendable(function)

    def _feed_begins(self) -> None:
        self._staff(everyone=True)
        with self._lock:
            self._state.feeds += 1

    def _feed_ends(self) -> None:
        with self._lock:
            self._state.feeds -= 1
        self._hub.rouse()

    def _submit_packed(self, number: int, args: Any, kwargs: Any, limits: Limits | None, fed: bool) -> Future[Any]:
        try:
            packed = Packed((args, kwargs), self._state.start.main_is_there)
        except Exception as error:
            self._state.unsent += 1
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed
        if not packed.buffers and len(packed.main) < INLINE:
            future = self._hub.submit_bytes(number, b"\1" + packed.main, None, limits, fed)
            return future or self._state.refuse()
        length = packed.length
        offset = self._hub.allocate(length, self._most_in_flight)
        try:
            packed.write(self._state.arguments.part(offset, length))
            future = self._hub.submit_bytes(number, WHERE.pack(offset, length), offset, limits, fed)
            return future or self._state.refuse()
        except BaseException:
            self._hub.free(offset)
            raise

    def _staff(self, everyone: bool = False) -> None:
        """Starts a worker, or all of them, and the service; or says why not."""
        state = self._state
        if state.refuses:  # in a forked child the lock may be held for ever
            state.refuse()
        with self._lock:
            if state.refuses:
                state.refuse()
            try:
                while len(state.processes) < self._max_workers:
                    state.hire()
                    if not (self._at_once or everyone):
                        break
            except BaseException:
                if self._service is None:  # nobody would see to those that were started
                    state.dismiss()
                raise
            if self._service is None:
                hub = self._hub
                state.pool = weakref.ref(self, lambda _: hub.rouse())
                service = threading.Thread(target=serve, args=(state,), name="rightlane-service", daemon=True)
                service.start()
                self._service = service
                SERVICES[service] = state

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No task is accepted any more; the workers end when they have done what there is.

        ``wait``: until they have. ``cancel_futures``: what no worker has begun is cancelled.
        """
        with self._lock:
            self._state.close()
        if cancel_futures:
            for future in self._hub.cancel_waiting():
                concurrent.futures.Future.cancel(future)
                future.set_running_or_notify_cancel()
        self._hub.rouse()
        if wait and self._service is not None and self._service is not threading.current_thread():
            self._service.join()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        # Ctrl-C is meant for the tasks too, which did not hear it.
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.kill_workers()
        self.shutdown(wait=True)

    def terminate_workers(self) -> None:
        """Ends all workers at once by SIGTERM; their tasks end with :class:`WorkerDied`, and so do all others."""
        self._kill(signal.SIGTERM)

    def kill_workers(self) -> None:
        """Ends all workers at once by SIGKILL; their tasks end with :class:`WorkerDied`, and so do all others."""
        self._kill(signal.SIGKILL)

    def _kill(self, number: int) -> None:
        with self._lock:
            self._state.kill()
            for process in list(self._state.processes.values()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)
        self._hub.rouse()
