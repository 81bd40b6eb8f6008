"""Parallel for-loops over a pool: what `map` and its relatives share."""

from __future__ import annotations

import concurrent.futures
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from rightlane._future import Future

T = TypeVar("T")

#: A chunk is to take so many seconds: what it costs to send one is then below a percent (`make bench-pools`).
_CHUNK_SECONDS = 0.005
#: Chunks with each worker: one that runs, and others that wait, so that no worker waits for the next one.
AHEAD = 4
#: A chunk is at most this share of what is left for each worker: the last ones end together (guided
#: self-scheduling, Polychronopoulos and Kuck 1987).
_SHARE = 4


def run_chunk(function: Callable[..., T], chunk: list[tuple[Any, ...]]) -> tuple[float, list[T]]:
    """Calls the function for each of the chunk's arguments; the seconds that it took, and the results."""
    start = time.perf_counter()
    results = [function(*args) for args in chunk]
    return time.perf_counter() - start, results


class Chunks:
    """The chunks of a loop, cut as the tasks' times become known; each is what a task is called with."""

    def __init__(self, items: list[tuple[Any, ...]], workers: int) -> None:
        self._items = iter(items)
        self._left = len(items)
        self._workers = workers
        self._mean: float | None = None

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> list[tuple[Any, ...]]:
        chunk = list(itertools.islice(self._items, self._size()))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def took(self, seconds: float, tasks: int) -> None:
        """What a chunk took."""
        mean = seconds / max(1, tasks)
        # The first chunks are single tasks, and slow for being the first.
        self._mean = mean if self._mean is None or mean < self._mean else 0.8 * self._mean + 0.2 * mean

    def _size(self) -> int:
        if self._mean is None:
            return 1
        size = int(_CHUNK_SECONDS / max(self._mean, 1e-9))
        return max(1, min(size, self._left // (_SHARE * self._workers)))


def equal_chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Chunks of one size."""
    while chunk := list(itertools.islice(items, size)):
        yield chunk


class Feed:
    """Submits a loop's chunks a few at a time: the next ones when others are done.

    Its pool goes on until it is through, also after ``shutdown``. One thread at a time submits.
    """

    def __init__(
        self,
        pool: Maps,
        run: Callable[..., Any],
        function: Any,
        chunks: Iterator[list[Any]],
        ahead: int,
        submitted: Callable[[Future[Any]], object],
    ) -> None:
        self._pool = pool
        self._call = (run, function)
        self._chunks = chunks
        self._submitted = submitted
        self._room = ahead
        self._lock = threading.Lock()
        self._pumping = False
        self._asked = False
        self.over = False
        self.failure: BaseException | None = None

    def begin(self) -> None:
        """Submits the first ones."""
        self._pool._feed_begins()
        self._pump()

    def stop(self) -> None:
        """No chunk is submitted any more."""
        with self._lock:
            over, self.over = self.over, True
        if not over:
            self._pool._feed_ends()

    def more(self, chunks: int = 1) -> None:
        """Room for more."""
        with self._lock:
            self._room += chunks
        self._pump()

    def _pump(self) -> None:
        with self._lock:
            self._asked = True
            if self._pumping:
                return
            self._pumping = True
        while True:
            with self._lock:
                if not self._asked:
                    self._pumping = False
                    return
                self._asked = False
            try:
                while self._room > 0 and not self.over:
                    self._submit()
            except BaseException as error:
                self.failure = None if isinstance(error, StopIteration) else error
                self.stop()

    def _submit(self) -> None:
        chunk = next(self._chunks)
        with self._lock:
            self._room -= 1
        self._submitted(self._pool._submit_fed(*self._call, chunk))


class Maps:
    """The loops, over `submit`."""

    _max_workers: int
    #: Whether sending a task costs so much that several are sent together.
    _chunked = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        raise NotImplementedError

    def _submit_fed(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        """`submit` for a feed, also after shutdown."""
        raise NotImplementedError

    def _feed_begins(self) -> None:
        raise NotImplementedError

    def _feed_ends(self) -> None:
        raise NotImplementedError

    def _sendable(self, function: Callable[..., T]) -> Any:
        """What stands for a function in a task's arguments."""
        return function

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """The results of ``fn`` for the items of the iterables, in their order.

        Everything is run, whether or not results are asked for, also after ``shutdown``; with ``buffersize`` only so
        many chunks ahead of the results that were asked for, so that the iterables may be endless. ``chunksize``:
        tasks that are sent together; by default what takes some milliseconds where it pays to send several, else 1.
        ``TimeoutError`` for a result that is not there ``timeout`` seconds after this call.
        """
        if chunksize is not None and chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if buffersize is not None and not isinstance(buffersize, int):
            raise TypeError("buffersize must be an integer or None")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        end = None if timeout is None else time.monotonic() + timeout
        items = zip(*iterables, strict=False)
        if chunksize is None and not self._chunked:
            chunksize = 1
        results = _Results(end)
        if buffersize is not None:
            results.lazily(self, fn, equal_chunks(items, chunksize or 1), buffersize)
        elif chunksize is None:
            results.adaptively(self, fn, list(items))
        else:
            results.eagerly(self, fn, items, chunksize)
        return iter(results)


class _Results:
    """The results of a map, in their order."""

    def __init__(self, end: float | None) -> None:
        self._end = end
        self._futures: deque[tuple[Future[Any], bool]] = deque()
        self._feed: Feed | None = None
        self._lazy = False

    def eagerly(self, pool: Maps, function: Any, items: Iterator[tuple[Any, ...]], size: int) -> None:
        if size == 1:
            self._futures.extend((pool.submit(function, *args), False) for args in items)
            return
        function = pool._sendable(function)
        for chunk in equal_chunks(items, size):
            self._futures.append((pool.submit(run_chunk, function, chunk), True))

    def lazily(self, pool: Maps, function: Any, chunks: Iterator[list[Any]], ahead: int) -> None:
        self._lazy = True
        self._feed = Feed(pool, run_chunk, pool._sendable(function), chunks, ahead, self._submitted)
        self._feed.begin()

    def adaptively(self, pool: Maps, function: Any, items: list[tuple[Any, ...]]) -> None:
        chunks = Chunks(items, pool._max_workers)

        def done(future: concurrent.futures.Future[Any]) -> None:
            if not future.cancelled() and future.exception() is None:
                seconds, results = future.result()
                chunks.took(seconds, len(results))
            feed.more()

        def submitted(future: Future[Any]) -> None:
            self._submitted(future)
            future.add_done_callback(done)

        feed = Feed(pool, run_chunk, pool._sendable(function), chunks, pool._max_workers * AHEAD, submitted)
        self._feed = feed
        feed.begin()

    def _submitted(self, future: Future[Any]) -> None:
        self._futures.append((future, True))

    def __iter__(self) -> Iterator[Any]:
        if self._feed is not None and self._feed.failure is not None:
            raise self._feed.failure
        return self._iterate()

    def _iterate(self) -> Iterator[Any]:
        try:
            while self._futures:
                future, is_chunk = self._futures[0]
                left = None if self._end is None else max(0.0, self._end - time.monotonic())
                result = future.result(left)
                self._futures.popleft()
                del future
                if self._lazy and self._feed is not None:
                    self._feed.more()
                if is_chunk:
                    results = result[1]
                    del result
                    results.reverse()
                    while results:
                        yield results.pop()
                else:
                    yield result
            if self._feed is not None and self._feed.failure is not None:
                raise self._feed.failure
        finally:
            if self._feed is not None:
                self._feed.stop()
            for future, _ in self._futures:
                future.cancel()
