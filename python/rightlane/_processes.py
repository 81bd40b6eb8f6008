"""Pools of processes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
import multiprocessing
import multiprocessing.spawn
import os
import pickle
import select
import signal
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool, _RemoteTraceback
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from rightlane import _core
from rightlane._functions import Functions, apply
from rightlane._future import Future
from rightlane._map import Maps
from rightlane._payload import WHERE, Packed, Region
from rightlane._worker import ARENA, ERROR, IN_BLOCK, INLINE, UNREADABLE, UNUSABLE, main

T = TypeVar("T")

#: So many workers in a row that end before they could start anything break a pool: it would go on for ever.
_FALSE_STARTS = 10
#: What a worker is sent that is to leave a task, one after the other, and the seconds between.
_LADDER = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_GRACE = 0.5


class WorkerDied(BrokenProcessPool):
    """The worker that ran the task died: of a signal, or by ending by itself.

    ``pid`` is its process id, ``exitcode`` its exit code, negative for a signal, None where it is not known.
    """

    def __init__(self, pid: int | None, exitcode: int | None) -> None:
        super().__init__(f"the worker that ran the task (pid {pid}) {_how(exitcode)}")
        self.pid = pid
        self.exitcode = exitcode

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.pid, self.exitcode)


def _how(exitcode: int | None) -> str:
    if exitcode is None:
        return "is gone"
    if exitcode >= 0:
        return f"ended with exit code {exitcode}"
    try:
        return f"was killed by {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"was killed by signal {-exitcode}"


class _Descriptor:
    """A descriptor on its way to a new process, by whatever start method."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        from multiprocessing.reduction import DupFd

        return _received, (DupFd(self.number),)


def _received(handed: Any) -> _Descriptor:
    return _Descriptor(handed.detach())


def _enter(descriptors: tuple[_Descriptor, ...], start: Start) -> None:
    """The first call in a worker."""
    numbers = tuple(descriptor.number for descriptor in descriptors)
    main(numbers, start.initializer, start.initargs, start.finalizer, start.most, start.memory, start.unsendable)


class Start:
    """How workers start."""

    def __init__(
        self,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        finalizer: Callable[[], object] | None,
        most: int | None,
        memory: int | None,
        unsendable: Callable[..., Exception] | None,
        main_is_there: bool,
    ) -> None:
        self.unsendable = unsendable
        self.initializer = initializer
        self.initargs = initargs
        self.finalizer = finalizer
        self.most = most
        self.memory = memory
        self.main_is_there = main_is_there

    def __reduce__(self) -> tuple[Any, ...]:
        # By value where it has to be: see Packed.
        import cloudpickle

        dumps = pickle.dumps if self.main_is_there else cloudpickle.dumps
        packed = dumps((self.initializer, self.initargs, self.finalizer))
        return _start_from, (packed, self.most, self.memory, self.unsendable, self.main_is_there)

    def launch(self, process: Any) -> None:
        """Starts a worker, without the program where it need not be there: one that lacks the `__main__` guard
        would start itself again and again."""
        if self.main_is_there:
            process.start()
            return
        _quietly.without_main = True
        try:
            process.start()
        finally:
            _quietly.without_main = False


def _start_from(packed: bytes, *others: Any) -> Start:
    return Start(*pickle.loads(packed), *others)


_quietly = threading.local()
_preparation = multiprocessing.spawn.get_preparation_data


def _prepared(name: str) -> dict[str, Any]:
    """What `multiprocessing` tells a new process of this one; `spawn` and `forkserver` ask for it by this name."""
    data = _preparation(name)
    if getattr(_quietly, "without_main", False):
        data.pop("init_main_from_name", None)
        data.pop("init_main_from_path", None)
    return data


multiprocessing.spawn.get_preparation_data = _prepared


#: Priority, retries, timeout in seconds.
Limits = tuple[int, int, float | None]
_PLAIN: Limits | None = None


@dataclass(frozen=True)
class WorkerStats:
    """What a worker has done so far."""

    #: Its process id.
    pid: int
    #: Whether it has said that it started.
    started: bool
    #: Tasks that it answered.
    tasks: int
    #: Seconds that it spent in tasks.
    working: float
    #: Seconds since it was started that it did not.
    waiting: float

    @property
    def utilisation(self) -> float:
        """The share of its life that it spent in tasks."""
        return self.working / max(self.working + self.waiting, 1e-9)


class ProcessPool(Maps, Executor):
    """Worker processes that run tasks.

    A ``concurrent.futures.Executor``. A worker's death ends only the task that it ran, with :class:`WorkerDied`;
    another worker takes its place. When the process that made the pool ends, by whatever, its workers do.

    ``max_workers``: by default the cores that the process may use. ``mp_context``: a context of ``multiprocessing``,
    for its start method; by default its own. ``initializer``: called with ``initargs`` in each worker before its first
    task; if it fails the pool is broken. ``finalizer``: called in a worker that ends after its last task.
    ``max_tasks_per_child``, ``max_memory_per_child``: tasks, bytes after which a worker is replaced. ``on_crash``:
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
        self._max_workers = max_workers or len(os.sched_getaffinity(0))
        self._mp_context = mp_context or multiprocessing.get_context()
        # A fork copies only the thread that calls it: all workers are made before the service is. And a fork has
        # the program's functions; another new process gets them by value.
        self._at_once = self._mp_context.get_start_method(allow_none=False) == "fork"
        main_is_there = self._at_once or self._imports_main
        limits = (max_tasks_per_child, max_memory_per_child)
        start = Start(initializer, initargs, finalizer, *limits, self._unsendable, main_is_there)
        self._state = _State(self._mp_context, start, on_crash, self._traceback)
        self._hub = self._state.hub
        self._functions = Functions(self._hub.define, main_is_there)
        self._apply = self._hub.define(pickle.dumps(apply, 5))
        self._lock = threading.Lock()
        self._service: threading.Thread | None = None

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Has ``fn(*args, **kwargs)`` called by a worker; its future.

        The arguments are pickled here and now; what goes wrong with it is the future's exception.
        ``RuntimeError`` after ``shutdown``, ``BrokenProcessPool`` for a pool that is broken.
        """
        self._staff_if_needed()
        return self._send(fn, args, kwargs)

    def _staff_if_needed(self) -> None:
        if self._state.refuses or self._service is None or self._state.is_short(self._max_workers):
            self._staff()

    def options(self, *, timeout: float | None = None, retries: int = 0, priority: int = 0) -> Options:
        """The pool with other settings for tasks: ``pool.options(timeout=5).submit(fn)``.

        ``timeout``: seconds that a task may take from when a worker begins it; then its future ends with
        ``TimeoutError``, and the worker is interrupted (an exception in Python code), after half a second terminated,
        and after another killed. ``retries``: how often a task is begun again whose worker died. ``priority``: tasks of
        a higher one are begun first, but for those that a worker has already been sent (some milliseconds of work).
        """
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout is {timeout!r}; write seconds > 0, or None")
        if retries < 0:
            raise ValueError(f"retries is {retries!r}; write how often, 0 for never")
        return Options(self, (priority, retries, timeout))

    def stats(self) -> list[WorkerStats]:
        """What each worker that lives has done."""
        return self._state.stats()

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        return self._submit_fed_with(_PLAIN, fn, args)

    def _submit_fed_with(self, limits: Limits | None, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        if self._state.killed or self._state.broken is not None:
            self._state.refuse()
        return self._send(fn, args, {}, limits)

    def _send(
        self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], limits: Limits | None = _PLAIN
    ) -> Future[T]:
        number = self._functions.number(fn)
        if number is None:
            return self._submit_packed(self._apply, (self._functions.sendable(fn), *args), kwargs, limits)
        if not kwargs:
            future = self._hub.submit_plain(number, args, limits)
            if future is not None:
                return future
        return self._submit_packed(number, args, kwargs, limits)

    def _sendable(self, function: Callable[..., T]) -> Any:
        return self._functions.sendable(function)

    def _feed_begins(self) -> None:
        self._staff()
        with self._lock:
            self._state.feeds += 1
            while len(self._state.processes) < self._max_workers:
                self._state.hire()

    def _feed_ends(self) -> None:
        with self._lock:
            self._state.feeds -= 1
        self._hub.rouse()

    def _submit_packed(self, number: int, args: Any, kwargs: Any, limits: Limits | None) -> Future[Any]:
        try:
            packed = Packed((args, kwargs), self._state.start.main_is_there)
        except Exception as error:
            self._state.unsent += 1
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed
        if not packed.buffers and len(packed.main) < INLINE:
            return self._hub.submit_bytes(number, b"\1" + packed.main, None, limits)
        length = packed.length
        offset = self._hub.allocate(length)
        try:
            packed.write(self._state.arguments.part(offset, length))
            return self._hub.submit_bytes(number, WHERE.pack(offset, length), offset, limits)
        except BaseException:
            self._hub.free(offset)
            raise

    def _staff(self) -> None:
        """Starts a worker, or all of them, and the service; or says why not."""
        state = self._state
        state.refuse()  # in a forked child the lock may be held for ever
        with self._lock:
            state.refuse()
            while len(state.processes) < self._max_workers:
                state.hire()
                if not self._at_once:
                    break
            if self._service is None:
                hub = self._hub
                state.pool = weakref.ref(self, lambda _: hub.rouse())
                service = threading.Thread(target=_serve, args=(state,), name="rightlane-service", daemon=True)
                service.start()
                self._service = service
                _SERVICES[service] = state

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No task is accepted any more; the workers end when they have done what there is.

        ``wait``: until they have. ``cancel_futures``: what no worker has begun is cancelled.
        """
        with self._lock:
            self._state.closed = True
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
            self._state.closed = self._state.killed = True
            for process in list(self._state.processes.values()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)
        self._hub.rouse()


class Options(Maps):
    """A pool with other settings for tasks: see ``ProcessPool.options``."""

    def __init__(self, pool: ProcessPool, limits: Limits) -> None:
        self._pool = pool
        self._limits = limits
        self._max_workers = pool._max_workers
        # A timeout is a task's, not a chunk's.
        self._chunked = limits[2] is None

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """``submit`` of the pool, with these settings."""
        self._pool._staff_if_needed()
        return self._sent(self._pool._send(fn, args, kwargs, self._limits))

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        return self._sent(self._pool._submit_fed_with(self._limits, fn, args))

    def _sent(self, future: Future[T]) -> Future[T]:
        if self._limits[2] is not None:
            # The service has a time to keep.
            self._pool._hub.rouse()
        return future

    def _feed_begins(self) -> None:
        self._pool._feed_begins()

    def _feed_ends(self) -> None:
        self._pool._feed_ends()

    def _sendable(self, function: Callable[..., T]) -> Any:
        return self._pool._sendable(function)


#: Services that run, to be ended before the interpreter is.
_SERVICES: weakref.WeakKeyDictionary[threading.Thread, _State] = weakref.WeakKeyDictionary()


def _at_exit() -> None:
    services = list(_SERVICES.items())
    for _, state in services:
        state.closed = True
        state.hub.rouse()
    for service, _ in services:
        service.join()


threading._register_atexit(_at_exit)  # type: ignore[attr-defined]


def _after_fork() -> None:
    """In a child: the workers are the parent's, and so are the results."""
    for state in list(_SERVICES.values()):
        state.broken = RuntimeError("this pool belongs to the process that made it; make another one after a fork")
    _SERVICES.clear()


os.register_at_fork(after_in_child=_after_fork)


def _nobody(_: int) -> bool:
    return False


class _State:
    """What the service shares with the pool, which it must not keep alive."""

    def __init__(
        self, context: BaseContext, start: Start, on_crash: str, traceback: Callable[[str], BaseException]
    ) -> None:
        self.traceback = traceback
        self.context = context
        self.start = start
        self.on_crash = on_crash
        # The hub does not keep its state alive: Python could not see that they keep each other.
        decode = weakref.WeakMethod(self.decode)
        terminate = weakref.WeakMethod(self.terminate)
        self.hub = _core.Hub(
            Future,
            pickle.dumps,
            pickle.loads,
            lambda *record: decode()(*record),  # type: ignore[misc]
            lambda task: (terminate() or _nobody)(task),
        )
        #: Workers that are to leave a task: the task, how far up the ladder, when it goes on.
        self.leaving: dict[int, tuple[int, int, float]] = {}
        #: Asked for by other threads: (worker, task).
        self.unwanted: deque[tuple[int, int]] = deque()
        #: Workers that were terminated: their deaths are no crashes.
        self.terminated: set[int] = set()
        self.born: dict[int, float] = {}
        self.processes: dict[int, Any] = {}
        self.results: dict[int, Region] = {}
        #: Workers whose results' memory is no longer needed.
        self.dead: list[int] = []
        self.arguments_descriptor = self.hub.arena()
        weakref.finalize(self, os.close, self.arguments_descriptor).atexit = False
        self.arguments = Region(self.arguments_descriptor, ARENA)
        self.closed = False
        self.killed = False
        self.broken: BaseException | None = None
        self.false_starts = 0
        self.unsent = 0
        #: Loops that still have something to submit.
        self.feeds = 0
        self.pool: Callable[[], ProcessPool | None] = lambda: None

    @property
    def refuses(self) -> bool:
        return self.closed or self.broken is not None

    def refuse(self) -> None:
        if self.broken is not None:
            raise BrokenProcessPool(str(self.broken)) from self.broken
        if self.closed:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def is_short(self, most: int) -> bool:
        """Whether another worker would have something to do."""
        # What could not be sent counts too, as it does for the standard library.
        return len(self.processes) < most and self.hub.unfinished() + self.unsent >= len(self.processes)

    def hire(self) -> None:
        """Starts a worker."""
        worker, channel, arena = self.hub.hire()
        bell, event = (os.dup(number) for number in self.hub.descriptors())
        arguments, parent = os.dup(self.arguments_descriptor), os.pidfd_open(os.getpid())
        self.results[worker] = Region(arena, ARENA)
        descriptors = [channel, bell, event, arena, arguments, parent]
        try:
            handed = tuple(map(_Descriptor, descriptors))
            process = self.context.Process(target=_enter, args=(handed, self.start), daemon=False)  # type: ignore[attr-defined]
            self.start.launch(process)
        except BaseException:
            self.hub.died(worker)
            raise
        finally:
            for number in descriptors:
                os.close(number)
        self.processes[worker] = process
        self.born[worker] = time.monotonic()
        self.hub.rouse()

    def stats(self) -> list[WorkerStats]:
        now = time.monotonic()
        found = []
        for worker, started, tasks, working in self.hub.stats():
            process = self.processes.get(worker)
            if process is not None:
                waiting = max(0.0, now - self.born[worker] - working)
                found.append(WorkerStats(process.pid, started, tasks, working, waiting))
        return found

    def terminate(self, task: int) -> bool:
        """Ends a task for its future, and has its worker leave it; whether there was one."""
        worker = self.hub.worker_of(task)
        future = self.hub.abandon(task)
        if future is None:
            return False
        concurrent.futures.Future.cancel(future)
        future.set_running_or_notify_cancel()
        if worker is not None:
            self.unwanted.append((worker, task))
        self.hub.rouse()
        return True

    def keep_time(self) -> float | None:
        """Ends tasks whose time is over, and has workers leave those that nobody wants; seconds until there is more to
        do."""
        overdue, left = self.hub.overdue()
        for task in overdue:
            worker = self.hub.worker_of(task)
            future = self.hub.abandon(task)
            if future is not None:
                self.end([future], TimeoutError("the task took longer than its timeout"))
            if worker is not None:
                self.unwanted.append((worker, task))
        while self.unwanted:
            worker, task = self.unwanted.popleft()
            self.leaving[worker] = (task, 0, 0.0)
        waits = [wait for wait in map(self._climb, list(self.leaving)) if wait is not None]
        return min([left, *waits] if left is not None else waits, default=None)

    def _climb(self, worker: int) -> float | None:
        """Goes on with a worker that is to leave a task; seconds until the next step."""
        task, step, due = self.leaving[worker]
        process = self.processes.get(worker)
        if process is None or not self.hub.is_begun(task):
            del self.leaving[worker]
            return None
        now = time.monotonic()
        if now < due:
            return due - now
        if step == 0:
            self.hub.unwant(worker, task)
        else:
            self.terminated.add(worker)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, _LADDER[step])
        self.leaving[worker] = (task, min(step + 1, len(_LADDER) - 1), now + _GRACE)
        return _GRACE

    def decode(self, worker: int, kind: int, data: bytes) -> tuple[bool, Any]:
        """What a worker sent that is no plain result: whether it is a result, and the result or exception."""
        what = kind & ~IN_BLOCK
        try:
            there = kind & IN_BLOCK
            value = self._adopted(worker, *WHERE.unpack(data[4:])) if there else pickle.loads(data[4:])
        except (Exception, SystemExit) as error:
            return False, self._unreadable("a result", error)
        if what not in (ERROR, UNUSABLE, UNREADABLE):
            return True, value
        raised, text = value
        raised.__cause__ = self.traceback(text)
        if what == UNUSABLE:
            self.broken = BrokenProcessPool(f"the initializer failed: {raised!r}")
            self.broken.__cause__ = raised
        return False, self._unreadable("a task", raised) if what == UNREADABLE else raised

    def _unreadable(self, what: str, error: BaseException) -> BaseException:
        """What cannot be unpickled is like a crash where that breaks the pool: the standard library's contract."""
        if self.on_crash != "break":
            return error
        self.broken = BrokenProcessPool(f"{what} could not be unpickled: {error!r}")
        self.broken.__cause__ = error
        self.hub.rouse()
        return self.broken

    def _adopted(self, worker: int, offset: int, length: int) -> Any:
        """A result in the worker's arena; its buffers stay there until nothing here looks at them."""
        hub = weakref.ref(self.hub)

        def free(offset: int) -> None:
            there = hub()
            if there is not None:
                there.free_result(worker, offset)

        return self.results[worker].load(offset, length, free)

    def end(self, futures: list[Future[Any]], error: BaseException) -> None:
        """Ends futures with an exception."""
        for future in futures:
            future._set_exception(error)
        if futures:
            self.hub.rouse()

    def look_after(self, worker: int) -> None:
        """A worker is gone: ends its task, and has another one take its place."""
        process = self.processes.pop(worker)
        process.join()
        self.hub.take()  # what it had still sent
        begun, had_started = self.hub.died(worker)
        self.dead.append(worker)
        self.false_starts = 0 if had_started else self.false_starts + 1
        error = WorkerDied(process.pid, process.exitcode)
        crashed = worker not in self.terminated and (bool(begun) or process.exitcode != 0)
        self.terminated.discard(worker)
        del self.born[worker]
        goes_on = self.broken is None and not self.killed
        if goes_on and ((crashed and self.on_crash == "break") or self.false_starts >= _FALSE_STARTS):
            # Before anybody hears of it.
            self.broken, goes_on = error, False
        self.end(begun, error)
        if not goes_on:
            return
        if not self.closed or self.hub.unfinished() > len(self.processes):
            self.replace()

    def forget_the_dead(self) -> None:
        """Gives up the memory of dead workers' results, unless a thread may be about to look at one."""
        while self.dead and not self.hub.is_taking():
            self.results.pop(self.dead.pop(), None)

    def replace(self) -> None:
        if sys.is_finalizing():
            return
        try:
            self.hire()
        except Exception as error:
            if not self.processes:
                self.broken = error


def _serve(state: _State) -> None:
    """The service: takes results while nobody waits for one, sees to deaths, ends the workers."""
    watch = select.poll()
    watch.register(state.hub.descriptors()[1], select.POLLIN)
    watched: dict[int, int] = {}
    stopped: set[int] = set()
    while True:
        for worker, process in list(state.processes.items()):
            if process.sentinel not in watched:
                watched[process.sentinel] = worker
                watch.register(process.sentinel, select.POLLIN)
        left = state.keep_time()
        if not state.hub.service_sleeps():
            left = 0
        # Up to the next millisecond: poll would come back too early for a time that is nearly over.
        ready = watch.poll(None if left is None else math.ceil(left * 1000))
        _, broken = state.hub.take()
        for worker in broken:
            state.processes[worker].kill()
        for descriptor, _ in ready:
            if descriptor in watched:
                watch.unregister(descriptor)
                state.look_after(watched.pop(descriptor))
        state.forget_the_dead()
        if (state.closed or state.broken is not None or state.pool() is None) and _ends(state, stopped):
            return


def _ends(state: _State, stopped: set[int]) -> bool:
    """Ends the workers of a pool that is closed, broken or gone; whether they have ended."""
    if state.broken is not None:
        state.end(state.hub.clear(), BrokenProcessPool(str(state.broken)))
        for process in list(state.processes.values()):
            process.kill()
    elif state.killed:
        state.end(state.hub.clear(), WorkerDied(None, None))
    elif state.feeds > 0:
        return False
    elif state.hub.unfinished() == 0:
        state.closed = True
        for worker in state.processes.keys() - stopped:
            stopped.add(worker)
            state.hub.stop(worker)
    elif not state.processes:
        state.replace()
    return not state.processes and state.hub.unfinished() == 0
