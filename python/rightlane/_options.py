"""A pool with other settings for tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from rightlane._future import Future
from rightlane._map import Maps

T = TypeVar("T")
P = ParamSpec("P")


class Options(Maps):
    """A pool with other settings for tasks: see ``options`` of the pools."""

    def __init__(self, pool: Any, limits: Any, has_timeout: bool) -> None:
        self._pool = pool
        self._limits = limits
        self._max_workers = pool._max_workers
        # A timeout is a task's, not a chunk's.
        self._chunked = pool._chunked and not has_timeout

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """``submit`` of the pool, with these settings."""
        return self._pool._submit_with(self._limits, fn, args, kwargs, fed=False)  # type: ignore[no-any-return]

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        return self._pool._submit_with(self._limits, fn, args, {}, fed=True)  # type: ignore[no-any-return]

    def _feed_begins(self) -> None:
        self._pool._feed_begins()

    def _feed_ends(self) -> None:
        self._pool._feed_ends()

    def _sendable(self, function: Callable[..., T]) -> Any:
        return self._pool._sendable(function)


def check_timeout(timeout: float | None) -> None:
    """``ValueError`` for what is no time."""
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout is {timeout!r}; write seconds > 0, or None")
