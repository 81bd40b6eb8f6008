"""``concurrent.futures``, faster: the same names, signatures and behaviour.

>>> from rightlane.futures import ThreadPoolExecutor
>>> with ThreadPoolExecutor(2) as pool:
...     print(pool.submit(pow, 2, 10).result())
1024

What is not like the standard library's: nothing that its documentation promises. Arguments of a process pool are
pickled when they are submitted, not some time later, and lambdas can be sent.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    BrokenExecutor,
    CancelledError,
    Executor,
    InvalidStateError,
    TimeoutError,
    as_completed,
    wait,
)
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from rightlane._future import Future
from rightlane._processes import ProcessPool
from rightlane._threads import ThreadPool

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "BrokenExecutor",
    "CancelledError",
    "Executor",
    "Future",
    "InvalidStateError",
    "ProcessPoolExecutor",
    "ThreadPoolExecutor",
    "TimeoutError",
    "as_completed",
    "wait",
]

T = TypeVar("T")


#: What the standard library of this Python counts.
_cores: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)


class _NoQueue:
    """Stands for the queue between an executor and its workers, which has a thread there and none here."""

    def join_thread(self) -> None:
        """Nothing to wait for."""


class ThreadPoolExecutor(ThreadPool):
    """``concurrent.futures.ThreadPoolExecutor``."""

    _carries_context = False

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if max_workers is None:
            max_workers = min(32, (_cores() or 1) + 4)
        prefix = thread_name_prefix or f"ThreadPoolExecutor-{next(self._counter)}"
        super().__init__(max_workers, prefix, initializer, initargs)

    def map(  # type: ignore[override]
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """One task for each item: ``chunksize`` means nothing to threads."""
        return super().map(fn, *iterables, timeout=timeout, chunksize=1, buffersize=buffersize)


class ProcessPoolExecutor(ProcessPool):
    """``concurrent.futures.ProcessPoolExecutor``: one worker that dies breaks the pool, as there."""

    _imports_main = True
    #: `map` sends one task at a time where it is not told otherwise.
    _chunked = False

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: BaseContext | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_tasks_per_child: int | None = None,
    ) -> None:
        if mp_context is None and max_tasks_per_child is not None:
            mp_context = multiprocessing.get_context("spawn")
        context = mp_context or multiprocessing.get_context()
        if max_tasks_per_child is not None and context.get_start_method(allow_none=False) == "fork":
            raise ValueError(
                "max_tasks_per_child is incompatible with the 'fork' multiprocessing start method; supply a different"
                " mp_context."
            )
        super().__init__(
            _cores() if max_workers is None else max_workers,
            context,
            initializer,
            initargs,
            max_tasks_per_child=max_tasks_per_child,
            on_crash="break",
        )

    # Names that programs and the standard library's tests look at.

    @property
    def _processes(self) -> dict[int, Any]:
        return {process.pid: process for process in self._state.processes.values()}

    @property
    def _executor_manager_thread(self) -> Any:
        return self._service

    @property
    def _call_queue(self) -> _NoQueue:
        return _NoQueue()

    @property
    def _broken(self) -> Any:
        return self._state.broken or False
