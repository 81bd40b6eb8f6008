"""Which concurrency API should this Python program use? And pools that run it.

The command line: ``rightlane advise script.py``, or ``python -m rightlane advise script.py``.
The pools: :class:`ThreadPool`, :class:`ProcessPool`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rightlane._core import __version__

if TYPE_CHECKING:
    from rightlane._future import Future
    from rightlane._processes import ProcessPool
    from rightlane._service import WorkerDied
    from rightlane._state import TaskInterrupted, worker_state
    from rightlane._threads import ThreadPool

__all__ = ["Future", "ProcessPool", "TaskInterrupted", "ThreadPool", "WorkerDied", "__version__", "worker_state"]

_WHERE = {
    "Future": "rightlane._future",
    "ProcessPool": "rightlane._processes",
    "TaskInterrupted": "rightlane._state",
    "ThreadPool": "rightlane._threads",
    "WorkerDied": "rightlane._service",
    "worker_state": "rightlane._state",
}


def __getattr__(name: str) -> Any:
    # The command line needs none of it.
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
