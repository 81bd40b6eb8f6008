"""A bar for the tasks of a loop: somebody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

#: True, a bar of tqdm or rich, or what is called with the number of tasks that have just ended.
Bar = Any


class Progress:
    """Tells a bar of the tasks that have ended, from whichever thread ends them."""

    def __init__(self, bar: Bar, total: int | None) -> None:
        self._lock = threading.Lock()
        self._total, self._done, self._closed = total, 0, False
        own = bar is True
        if own:
            bar = _new_bar(total)
        self._advance, self._end = _ways(bar, total)
        if not own:
            self._end = _nothing

    def ended(self, tasks: int) -> None:
        with self._lock:
            if not self._closed:
                self._done += tasks
                self._advance(tasks)

    def close(self, all_ended: bool) -> None:
        """Nothing more is told; a bar that was made here ends.

        A result may be taken just before its task is told of."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if all_ended and self._total is not None and self._done < self._total:
                self._advance(self._total - self._done)
            self._end()


def _nothing() -> None:
    """Nothing to end."""


def _new_bar(total: int | None) -> Any:
    try:
        from tqdm.auto import tqdm

        return tqdm(total=total)
    except ImportError:
        pass
    try:
        from rich.progress import Progress as RichProgress
    except ImportError:
        raise ImportError("progress=True needs a package for bars; install tqdm or rich, or give a callable") from None
    bar = RichProgress()
    bar.start()
    return bar


def _ways(bar: Any, total: int | None) -> tuple[Callable[[int], object], Callable[[], object]]:
    """How a bar is told of tasks, and how it is ended."""
    if hasattr(bar, "add_task") and hasattr(bar, "advance"):  # rich
        task = bar.add_task("tasks", total=total)
        return lambda tasks: bar.advance(task, tasks), bar.stop
    if hasattr(bar, "update"):  # tqdm
        return bar.update, bar.close
    if callable(bar):
        return bar, _nothing
    raise TypeError(f"progress is {bar!r}; write True, a bar of tqdm or rich, or a callable")
