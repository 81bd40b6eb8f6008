"""What runs in a worker process."""

from __future__ import annotations

import itertools
import logging
import marshal
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rightlane import _core
from rightlane._core import (
    ARENA,
    DEFINE,
    ERROR,
    FREE,
    IN_BLOCK,
    INLINE,
    INTACT,
    PLAIN_CALL,
    RESULT,
    STARTED,
    TASK,
    TICK,
    UNREADABLE,
    UNUSABLE,
)
from rightlane._payload import WHERE, Packed, Region
from rightlane._state import TaskInterrupted

if TYPE_CHECKING:
    from rightlane._start import Start

FLAGS = IN_BLOCK | INTACT
_HERE = os.path.dirname(__file__)
#: The longest text of a traceback that is sent, in characters.
_TRACEBACK = 1 << 20


class RemoteError(Exception):
    """Stands for an exception of a task that cannot be pickled: its type's name, its text, its traceback."""


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
        #: Whether to go on, asked after every task.
        self.goes_on: Callable[[], bool] | None = None

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
        running = self.end.running
        if running and self.end.unwanted() == running:
            raise TaskInterrupted

    def serve(self, most: int | None, memory: int | None) -> None:
        """Runs tasks until it is told to stop, has run ``most`` of them or uses more than ``memory`` bytes."""
        if most is not None or memory is not None:
            ran = itertools.count(1)
            self.goes_on = lambda: (most is None or next(ran) < most) and (memory is None or resident() <= memory)
        self.end.serve(self)

    def handle(self, kind: int, task: int, number: int, data: bytes) -> None:
        """Whatever is no plain call."""
        if kind & ~FLAGS == TASK:
            try:
                self.run(task, number, data, kind)
            except TaskInterrupted as error:  # just when it was about to answer
                self.fail(ERROR, task, 0, error)
        elif kind == DEFINE:
            # Unpickled with the first task: what goes wrong is that one's.
            self.functions[number] = data
        elif kind == FREE:
            self.blocks.free(task)

    def run(self, task: int, number: int, data: bytes, kind: int) -> None:
        start = time.perf_counter_ns()
        what = UNREADABLE
        try:
            function = self.functions[number]
            if type(function) is bytes:
                function = self.functions[number] = pickle.loads(function)
            args, kwargs = self.arguments_of(data, kind)
            what, self.end.running = ERROR, task
            value = function(*args, **kwargs)
            self.end.running = 0
            del args, kwargs
            self.answer(task, start, value)
        except BaseException as error:
            self.fail(what, task, start, error)

    def arguments_of(self, data: bytes, kind: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if kind & IN_BLOCK:
            offset, length = WHERE.unpack(data)
            return self.arguments.load(offset, length, self._is_free, copied=bool(kind & INTACT))  # type: ignore[no-any-return]
        if data[0] == PLAIN_CALL:
            return marshal.loads(data[1:]), {}
        return pickle.loads(memoryview(data)[1:])  # type: ignore[no-any-return]

    def answer(self, task: int, start: int, value: Any) -> None:
        """A result that is not plain; an exception where it cannot be pickled."""
        try:
            # Where something stands for what cannot be pickled, nothing else is tried.
            packed = Packed(value, by_value=self.unsendable is None)
        except Exception as error:
            self.fail(ERROR, task, start, error if self.unsendable is None else self.unsendable(error, value))
            return
        self.send(RESULT, task, start, packed)

    def fail(self, kind: int, task: int, start: int, error: BaseException) -> None:
        """An exception with its traceback; something that stands for it where it cannot be pickled, not be made again
        from its pickle, or not be sent."""
        self.end.running = 0
        text = _shortened(_traced(error), _TRACEBACK)
        try:
            packed = Packed((error, text), by_value=False)
            pickle.loads(packed.main, buffers=packed.buffers)
            self.send(kind, task, start, packed)
        except Exception:
            self.send(kind, task, start, Packed((_stand_in(error), _shortened(text, INLINE // 8))))

    def send(self, kind: int, task: int, start: int, packed: Packed) -> None:
        ticks = (time.perf_counter_ns() - start) // TICK if start else 0
        head = min(ticks, 0xFFFFFFFF).to_bytes(4, "little")
        if not packed.buffers and len(packed.main) <= INLINE:
            self.end.send(kind, task, head, packed.main)
            return
        length = packed.length
        offset = self.blocks.allocate(length)
        packed.write(self.results.part(offset, length))
        self.end.send(kind | IN_BLOCK, task, head, WHERE.pack(offset, length))

    def _is_free(self, offset: int) -> None:
        self.end.send(FREE, offset, b"", b"")


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


def _shortened(text: str, most: int) -> str:
    """The beginning and the end of a text."""
    return text if len(text) <= most else f"{text[: most // 2]}\n[...]\n{text[-most // 2 :]}"


def _stand_in(error: BaseException) -> RemoteError:
    try:
        words = str(error)[: INLINE // 8]
    except Exception:
        words = "(its text cannot be made)"
    return RemoteError(f"{type(error).__module__}.{type(error).__qualname__}: {words}")


def resident() -> int:
    """Bytes of memory that this process has."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(descriptors: tuple[int, ...], start: Start) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(descriptors, start.unsendable)
    signal.signal(signal.SIGINT, worker.interrupt)
    if not worker.start(start.initializer, start.initargs):
        sys.exit(1)
    worker.serve(start.most, start.memory)
    if start.finalizer is not None:
        start.finalizer()
