"""How worker processes start, by whatever start method."""

from __future__ import annotations

import multiprocessing.spawn
import pickle
import threading
from collections.abc import Callable
from typing import Any

from rightlane._payload import dumps
from rightlane._worker import main


class Descriptor:
    """A descriptor on its way to a new process, by whatever start method."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        from multiprocessing.reduction import DupFd

        return _received, (DupFd(self.number),)


def _received(handed: Any) -> Descriptor:
    return Descriptor(handed.detach())


def enter(descriptors: tuple[Descriptor, ...], start: Start) -> None:
    """The first call in a worker."""
    main(tuple(descriptor.number for descriptor in descriptors), start)


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
        packed = dumps((self.initializer, self.initargs, self.finalizer), by_value=not self.main_is_there)
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
