"""What runs in a worker process."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from rightlane import _core
from rightlane._core import (
    ARENA,
    DEFINE,
    ERROR,
    FREE,
    IN_BLOCK,
    INLINE,
    INTACT,
    RESULT,
    STARTED,
    STOP,
    TASK,
    TICK,
    UNREADABLE,
    UNUSABLE,
)
from rightlane._payload import WHERE, Packed, Region

FLAGS = IN_BLOCK | INTACT
_HERE = os.path.dirname(__file__)


class RemoteError(Exception):
    """Stands for an exception of a task that cannot be pickled: its type's name, its text, its traceback."""


class TaskInterrupted(BaseException):
    """Raised in a task that is to end: its time is over, or nobody wants it any more."""


class Worker:
    """A worker's functions and its way to the parent."""

    def __init__(self, descriptors: tuple[int, ...], unsendable: Callable[..., Exception] | None) -> None:
        #: What stands for a result that cannot be pickled, if not pickle's own exception.
        self.unsendable = unsendable
        channel, bell, event, results, arguments, parent = descriptors
        _core.die_with(parent)
        self.end = _core.WorkerEnd(channel, bell, event)
        self.blocks = _core.Blocks(results, ARENA)
        self.results = Region(self.blocks.descriptor, ARENA)
        self.arguments = Region(arguments, ARENA)
        self.functions: dict[int, Any] = {}
        #: The task that runs; 0 between two.
        self.task = 0

    def start(self, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> bool:
        if initializer is not None:
            try:
                initializer(*initargs)
            except BaseException as error:
                logging.getLogger("concurrent.futures").critical("Exception in initializer:", exc_info=True)
                self.fail(UNUSABLE, 0, 0, error)
                return False
        self.end.send(STARTED, 0, b"", b"")
        return True

    def interrupt(self, *_: object) -> None:
        """SIGINT. From a terminal it is for the parent; from the parent it is about one task."""
        if self.task and self.end.unwanted() == self.task:
            raise TaskInterrupted

    def serve(self, most: int | None, memory: int | None) -> None:
        """Runs tasks until it is told to stop, has run ``most`` of them or uses more than ``memory`` bytes."""
        ran = 0
        while most is None or ran < most:
            kind, task, number, data = self.end.next()
            if kind & ~FLAGS == TASK:
                try:
                    self.run(task, number, data, kind)
                except TaskInterrupted as error:  # just when it was about to answer
                    self.fail(ERROR, task, 0, error)
                ran += 1
                if memory is not None and resident() > memory:
                    return
            elif kind == DEFINE:
                # Unpickled with the first task: what goes wrong is that one's.
                self.functions[number] = data
            elif kind == FREE:
                self.blocks.free(task)
            elif kind == STOP:
                return

    def run(self, task: int, number: int, data: bytes, kind: int) -> None:
        start = time.perf_counter_ns()
        what = UNREADABLE
        try:
            if kind & IN_BLOCK:
                offset, length = WHERE.unpack(data)
                args, kwargs = self.arguments.load(offset, length, self._is_free, copied=bool(kind & INTACT))
            elif data[0]:
                args, kwargs = pickle.loads(memoryview(data)[1:])
            else:
                args, kwargs = pickle.loads(memoryview(data)[1:]), None
            function = self.functions[number]
            if type(function) is bytes:
                function = self.functions[number] = pickle.loads(function)
            what, self.task = ERROR, task
            value = function(*args, **kwargs) if kwargs else function(*args)
            self.task = 0
            del args, kwargs
            self.answer(task, start, value)
        except BaseException as error:
            self.fail(what, task, start, error)

    def answer(self, task: int, start: int, value: Any) -> None:
        try:
            packed = Packed(value)
        except Exception as error:
            if self.unsendable is None:
                raise
            raise self.unsendable(error, value) from None
        head = _ticks(start)
        if not packed.buffers and len(packed.main) <= INLINE:
            self.end.send(RESULT, task, head, packed.main)
            return
        length = packed.length
        offset = self.blocks.allocate(length)
        packed.write(self.results.part(offset, length))
        self.end.send(RESULT | IN_BLOCK, task, head, WHERE.pack(offset, length))

    def fail(self, kind: int, task: int, start: int, error: BaseException) -> None:
        self.task = 0
        self.end.send(kind, task, _ticks(start), _pickled(error, _traced(error)))

    def _is_free(self, offset: int) -> None:
        self.end.send(FREE, offset, b"", b"")


def _ticks(start: int) -> bytes:
    ticks = (time.perf_counter_ns() - start) // TICK if start else 0
    return min(ticks, 0xFFFFFFFF).to_bytes(4, "little")


def _traced(error: BaseException) -> str:
    """The traceback as Python prints it, without our own frames."""
    try:
        shown: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    except Exception:
        return f"{type(error).__name__} (its traceback cannot be made)\n"
    text = shown
    while shown is not None:
        shown.stack = traceback.StackSummary.from_list(
            [frame for frame in shown.stack if not frame.filename.startswith(_HERE)]
        )
        shown = shown.__cause__ or shown.__context__
    return "".join(text.format())  # type: ignore[union-attr]


def _pickled(error: BaseException, text: str) -> bytes:
    """The exception and its traceback's text, small enough for a lane; something that stands for it where it
    cannot be pickled, or not be made again from its pickle."""
    text = text[-INLINE // 2 :]
    try:
        pickled = pickle.dumps((error, text), 5)
        pickle.loads(pickled)
        if len(pickled) <= INLINE:
            return pickled
    except Exception:
        pass
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    try:
        words = str(error)[: INLINE // 8]
    except Exception:
        words = "(its text cannot be made)"
    return pickle.dumps((RemoteError(f"{name}: {words}"), text[-INLINE // 8 :]), 5)


def resident() -> int:
    """Bytes of memory that this process has."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(
    descriptors: tuple[int, ...],
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
    finalizer: Callable[[], object] | None,
    most: int | None,
    memory: int | None,
    unsendable: Callable[..., Exception] | None,
) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(descriptors, unsendable)
    signal.signal(signal.SIGINT, worker.interrupt)
    if not worker.start(initializer, initargs):
        sys.exit(1)
    worker.serve(most, memory)
    if finalizer is not None:
        finalizer()
