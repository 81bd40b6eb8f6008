"""What goes on beside a pool of processes.

A thread takes results while nobody waits for one, sees to workers that die or are to leave a task, and ends them.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
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
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Any, NoReturn

from rightlane import _core
from rightlane._core import ARENA, ERROR, IN_BLOCK, UNREADABLE, UNUSABLE
from rightlane._future import Future
from rightlane._payload import WHERE, Region
from rightlane._start import Descriptor, Start, enter

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


#: Services that run, to be ended before the interpreter is.
SERVICES: weakref.WeakKeyDictionary[threading.Thread, State] = weakref.WeakKeyDictionary()


def _at_exit() -> None:
    services = list(SERVICES.items())
    for _, state in services:
        state.close()
        state.hub.rouse()
    for service, _ in services:
        service.join()


threading._register_atexit(_at_exit)  # type: ignore[attr-defined]


def _after_fork() -> None:
    """In a child: the workers are the parent's, and so are the results."""
    for state in list(SERVICES.values()):
        state.hub.forsake()
        state.broken = RuntimeError("this pool belongs to the process that made it; make another one after a fork")
    SERVICES.clear()


os.register_at_fork(after_in_child=_after_fork)


def _nobody(_: int) -> bool:
    return False


class State:
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
        #: Workers that cannot start: why, and when they are killed if they have not ended by then.
        self.reasons: dict[int, tuple[BrokenProcessPool, float]] = {}
        #: Tasks of workers that died of what is about to break the pool.
        self.orphans: list[Future[Any]] = []
        #: Loops that still have something to submit.
        self.feeds = 0
        self.pool: Callable[[], object] = lambda: None

    @property
    def refuses(self) -> bool:
        return self.closed or self.broken is not None

    def refuse(self) -> NoReturn:
        """Says why no task is taken."""
        if self.broken is not None:
            raise BrokenProcessPool(str(self.broken)) from self.broken
        raise RuntimeError("cannot schedule new futures after shutdown")

    def close(self) -> None:
        """Only loops that were begun go on."""
        self.closed = True
        self.hub.close()

    def kill(self) -> None:
        """Nothing goes on."""
        self.closed = self.killed = True
        self.hub.over()

    def fall(self, error: BaseException) -> None:
        """The pool is broken."""
        self.broken = error
        self.hub.over()

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
            handed = tuple(map(Descriptor, descriptors))
            process = self.context.Process(target=enter, args=(handed, self.start), daemon=False)  # type: ignore[attr-defined]
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

    def dismiss(self) -> None:
        """Ends workers that no service looks after yet."""
        while self.processes:
            worker, process = self.processes.popitem()
            process.terminate()
            process.join()
            self.hub.died(worker)
            self.results.pop(worker, None)

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
        future = self._abandon(task)
        if future is None:
            return False
        concurrent.futures.Future.cancel(future)
        future.set_running_or_notify_cancel()
        self.hub.rouse()
        return True

    def _abandon(self, task: int) -> Future[Any] | None:
        """A task's future, if nobody had it before; the task's worker is to leave it."""
        worker = self.hub.worker_of(task)
        future = self.hub.abandon(task)
        if future is not None and worker is not None:
            self.unwanted.append((worker, task))
        return future

    def keep_time(self) -> float | None:
        """Ends tasks whose time is over, and has workers leave those that nobody wants; seconds until there is more to
        do."""
        overdue, left = self.hub.overdue()
        for task in overdue:
            future = self._abandon(task)
            if future is not None:
                self.end([future], TimeoutError("the task took longer than its timeout"))
        while self.unwanted:
            worker, task = self.unwanted.popleft()
            self.leaving[worker] = (task, 0, 0.0)
        waits = [left, self.hub.next_look(), *map(self._climb, list(self.leaving))]
        for worker, (_, due) in list(self.reasons.items()):
            process = self.processes.get(worker)
            if process is not None and due <= time.monotonic():
                process.kill()
            elif process is not None:
                waits.append(due - time.monotonic())
        return min((wait for wait in waits if wait is not None), default=None)

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
            self._is_unusable(worker, raised)
        return False, self._unreadable("a task", raised) if what == UNREADABLE else raised

    def _is_unusable(self, worker: int, raised: BaseException) -> None:
        """A worker cannot start: it breaks the pool when it has ended, for it may still have something to say."""
        broken = BrokenProcessPool(f"the initializer failed: {raised!r}")
        broken.__cause__ = raised
        self.reasons[worker] = (broken, time.monotonic() + _GRACE)
        if worker not in self.processes:  # nobody will look there any more
            self.fall(broken)
        self.hub.rouse()

    def _unreadable(self, what: str, error: BaseException) -> BaseException:
        """What cannot be unpickled is like a crash where that breaks the pool: the standard library's contract."""
        if self.on_crash != "break":
            return error
        broken = BrokenProcessPool(f"{what} could not be unpickled: {error!r}")
        broken.__cause__ = error
        self.fall(broken)
        self.hub.rouse()
        return broken

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
        self.hub.is_short()
        del self.born[worker]
        process.join()
        self.hub.take()  # what it had still sent
        begun, had_started, was_unusable = self.hub.died(worker)
        self.dead.append(worker)
        if was_unusable and self.broken is None:
            self.orphans += begun
            if worker in self.reasons:  # or another thread has it in hand, and is about to break the pool with it
                self.fall(self.reasons[worker][0])
            return
        self.false_starts = 0 if had_started else self.false_starts + 1
        error = WorkerDied(process.pid, process.exitcode)
        crashed = worker not in self.terminated and (bool(begun) or process.exitcode != 0)
        self.terminated.discard(worker)
        goes_on = self.broken is None and not self.killed
        if goes_on and ((crashed and self.on_crash == "break") or self.false_starts >= _FALSE_STARTS):
            # Before anybody hears of it.
            self.fall(error)
            goes_on = False
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
                self.fall(error)


def serve(state: State) -> None:
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
        for worker in state.hub.take():
            state.processes[worker].kill()
        for descriptor, _ in ready:
            if descriptor in watched:
                watch.unregister(descriptor)
                state.look_after(watched.pop(descriptor))
        state.forget_the_dead()
        if (state.closed or state.broken is not None or state.pool() is None) and _ends(state, stopped):
            return


def _ends(state: State, stopped: set[int]) -> bool:
    """Ends the workers of a pool that is closed, broken or gone; whether they have ended."""
    if state.broken is not None:
        orphans, state.orphans = state.orphans, []
        state.end(orphans + state.hub.clear(), BrokenProcessPool(str(state.broken)))
        for process in list(state.processes.values()):
            process.kill()
    elif state.killed:
        state.end(state.hub.clear(), WorkerDied(None, None))
    elif state.feeds > 0:
        return False
    elif state.hub.unfinished() == 0:
        state.close()
        for worker in state.processes.keys() - stopped:
            stopped.add(worker)
            state.hub.stop(worker)
    elif not state.processes:
        state.replace()
    return not state.processes and state.hub.unfinished() == 0
