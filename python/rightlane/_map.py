"""Parallel for-loops over a pool: what `map` and its relatives share."""

from __future__ import annotations

import concurrent.futures
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import Any, Generic, ParamSpec, TypeVar

from rightlane._future import Future
from rightlane._progress import Bar, Progress

T = TypeVar("T")
P = ParamSpec("P")

#: A chunk is to take so many seconds: what it costs to send one is then below a percent (`make bench-pools`).
_CHUNK_SECONDS = 0.005
#: Chunks with each worker: one that runs, and others that wait, so that no worker waits for the next one.
AHEAD = 4
#: Chunks for each worker that are ahead of the results that were taken, where the end is not known.
AHEAD_OF_TAKEN = 16
#: A chunk is at most this share of what is left for each worker: the last ones end together (guided
#: self-scheduling, Polychronopoulos and Kuck 1987).
_SHARE = 4


def run_chunk(function: Callable[[Any], T], chunk: list[Any]) -> tuple[float, list[T]]:
    """Calls the function for each item; the seconds that it took, and the results."""
    start = time.perf_counter()
    results = list(map(function, chunk))
    return time.perf_counter() - start, results


def run_starred(function: Callable[..., T], chunk: list[tuple[Any, ...]]) -> tuple[float, list[T]]:
    """As `run_chunk`, for items that are arguments."""
    start = time.perf_counter()
    results = list(itertools.starmap(function, chunk))
    return time.perf_counter() - start, results


class Chunks:
    """The chunks of a loop, cut as the tasks' times become known; each is what a task is called with."""

    def __init__(self, items: list[Any], workers: int) -> None:
        self._items = iter(items)
        self._left = len(items)
        self._workers = workers
        self._mean: float | None = None

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> list[Any]:
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
    """Submits a loop's chunks a few at a time: the next ones when others are done. One thread at a time submits.

    ``lasting``: the pool goes on until it is through, also after ``shutdown``. One that waits for results to be taken
    is not: they may never be.
    """

    def __init__(
        self,
        pool: Maps,
        run: Callable[..., Any],
        function: Any,
        chunks: Iterator[list[Any]],
        ahead: int,
        submitted: Callable[[Future[Any]], object],
        lasting: bool,
    ) -> None:
        self._pool = pool
        self._lasting = lasting
        self._call = (run, function)
        self._chunks = chunks
        self._submitted = submitted
        self._room = ahead
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._pumping = False
        self._asked = False
        self.over = False
        self.failure: BaseException | None = None

    def begin(self) -> None:
        """Submits the first ones."""
        if self._lasting:
            self._pool._feed_begins()
        self._pump()

    def stop(self) -> None:
        """No chunk is submitted any more."""
        with self._lock:
            over, self.over = self.over, True
            self._changed.notify_all()
        if self._lasting and not over:
            self._pool._feed_ends()

    def settle(self, has_some: Callable[[], bool], timeout: float | None = None) -> None:
        """Waits until there is something, or there will be nothing.

        A future ends before its callback makes the next one: between the two nothing is there, and more comes."""
        with self._lock:
            self._changed.wait_for(lambda: self.over or has_some(), timeout)

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
        submit = self._pool._submit_fed if self._lasting else self._pool.submit
        self._submitted(submit(*self._call, chunk))
        with self._lock:
            self._changed.notify_all()


class Maps:
    """The loops, over `submit`."""

    _max_workers: int
    #: Whether sending a task costs so much that several are sent together.
    _chunked = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
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
        progress: Bar = None,
    ) -> Iterator[T]:
        """The results of ``fn`` for the items of the iterables, in their order.

        Everything is run, whether or not results are asked for, also after ``shutdown``; with ``buffersize`` only so
        many chunks ahead of the results that were asked for, so that the iterables may be endless. ``chunksize``:
        tasks that are sent together; by default what takes some milliseconds where it pays to send several, else 1.
        ``TimeoutError`` for a result that is not there ``timeout`` seconds after this call. ``progress``: True for a
        bar (by tqdm or rich, whichever is installed), a bar of those two, or what is called with the number of tasks
        that have just ended, in whichever thread ends them.
        """
        _check(chunksize, buffersize)
        return self._loop(fn, iterables, timeout, chunksize, buffersize, True, progress)

    def map_unordered(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        buffersize: int | None = None,
        progress: Bar = None,
    ) -> Results[T]:
        """As ``map``, but each result as soon as it is there."""
        _check(chunksize, buffersize)
        return self._loop(fn, iterables, timeout, chunksize, buffersize, False, progress)

    def starmap(self, fn: Callable[..., T], iterable: Iterable[Iterable[Any]], chunksize: int | None = None) -> list[T]:
        """The results of ``fn(*args)`` for each ``args`` of the iterable, all of them."""
        _check(chunksize, None)
        return list(self._over(fn, map(tuple, iterable), True, None, chunksize, None, ordered=True))

    def imap(self, fn: Callable[..., T], iterable: Iterable[Any], chunksize: int | None = 1) -> Results[T]:
        """As ``map``, for iterables that may be endless: some ahead of the results that were asked for."""
        return self._lazily(fn, iterable, chunksize, ordered=True)

    def imap_unordered(self, fn: Callable[..., T], iterable: Iterable[Any], chunksize: int | None = 1) -> Results[T]:
        """As ``imap``, but each result as soon as it is there."""
        return self._lazily(fn, iterable, chunksize, ordered=False)

    def apply(self, fn: Callable[..., T], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None) -> T:
        """The result of ``fn(*args, **kwds)``."""
        return self.submit(fn, *args, **(kwds or {})).result()

    def apply_async(
        self,
        fn: Callable[..., T],
        args: Iterable[Any] = (),
        kwds: dict[str, Any] | None = None,
        callback: Callable[[T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> Future[T]:
        """The future of ``fn(*args, **kwds)``. A callback gets the result or the exception, once, in whichever thread
        takes it."""
        future = self.submit(fn, *args, **(kwds or {}))
        if callback is not None or error_callback is not None:

            def done(ended: concurrent.futures.Future[T]) -> None:
                error = CancelledError() if ended.cancelled() else ended.exception()
                if error is None and callback is not None:
                    callback(ended.result())
                elif error is not None and error_callback is not None:
                    error_callback(error)

            future.add_done_callback(done)
        return future

    def _lazily(
        self, fn: Callable[..., T], iterable: Iterable[Any], chunksize: int | None, ordered: bool
    ) -> Results[T]:
        _check(chunksize, None)
        ahead = self._max_workers * AHEAD_OF_TAKEN
        return self._loop(fn, (iterable,), None, chunksize, ahead, ordered)

    def _loop(self, fn: Callable[..., T], iterables: tuple[Iterable[Any], ...], *settings: Any) -> Results[T]:
        starred = len(iterables) != 1
        items = zip(*iterables, strict=False) if starred else iter(iterables[0])
        return self._over(fn, items, starred, *settings)

    def _over(
        self,
        fn: Callable[..., T],
        items: Iterator[Any],
        starred: bool,
        timeout: float | None,
        chunksize: int | None,
        buffersize: int | None,
        ordered: bool,
        progress: Bar = None,
    ) -> Results[T]:
        if chunksize is None and not self._chunked:
            chunksize = 1
        known = None
        if buffersize is None and (chunksize is None or progress):
            known = list(items)
            items = iter(known)
        bar = Progress(progress, None if known is None else len(known)) if progress else None
        results: Results[T] = Results(timeout, ordered, starred, bar)
        if buffersize is not None:
            results.lazily(self, fn, equal_chunks(items, chunksize or 1), buffersize)
        elif chunksize is None:
            results.adaptively(self, fn, known or [])
        else:
            results.eagerly(self, fn, items, chunksize)
        return results


def _check(chunksize: int | None, buffersize: int | None) -> None:
    if chunksize is not None and chunksize < 1:
        raise ValueError("chunksize must be >= 1.")
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")


class Results(Generic[T]):
    """The results of a loop: an iterator, also for ``async for``.

    Closed (``close``) or no longer held before its end, it cancels what no worker has begun; one from which nothing
    was ever taken does not.
    """

    def __init__(self, timeout: float | None, ordered: bool, starred: bool, bar: Progress | None) -> None:
        self._run = run_starred if starred else run_chunk
        self._starred = starred
        self._bar = bar
        self._end = None if timeout is None else time.monotonic() + timeout
        self._ordered = ordered
        #: Those whose results were not taken, in their order; a dict, for without order they go from its middle.
        self._futures: dict[Any, None] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        #: Futures of chunks: the others are of single tasks.
        self._is_chunked = True
        self._items: list[T] = []
        self._feed: Feed | None = None
        self._lazy = False
        self._started = False

    def eagerly(self, pool: Maps, function: Any, items: Iterator[Any], size: int) -> None:
        if size == 1:
            self._is_chunked = False
            for item in items:
                self._submitted(pool.submit(function, *item) if self._starred else pool.submit(function, item))
            return
        function = pool._sendable(function)
        for chunk in equal_chunks(items, size):
            self._submitted(pool.submit(self._run, function, chunk))

    def lazily(self, pool: Maps, function: Any, chunks: Iterator[list[Any]], ahead: int) -> None:
        self._lazy = True
        self._begin(Feed(pool, self._run, pool._sendable(function), chunks, ahead, self._submitted, lasting=False))

    def adaptively(self, pool: Maps, function: Any, items: list[Any]) -> None:
        chunks = Chunks(items, pool._max_workers)

        def done(future: concurrent.futures.Future[Any]) -> None:
            if not future.cancelled() and future.exception() is None:
                seconds, results = future.result()
                chunks.took(seconds, len(results))
            feed.more()

        def submitted(future: Future[Any]) -> None:
            # Before others hear of it: they may empty the results.
            future.add_done_callback(done)
            self._submitted(future)

        ahead = pool._max_workers * AHEAD
        feed = Feed(pool, self._run, pool._sendable(function), chunks, ahead, submitted, lasting=True)
        self._begin(feed)

    def _begin(self, feed: Feed) -> None:
        self._feed = feed
        feed.begin()
        if feed.failure is not None:
            raise feed.failure

    def _submitted(self, future: Future[Any]) -> None:
        self._futures[future] = None
        if self._bar is not None:
            future.add_done_callback(self._show)
        if not self._ordered:
            future.add_done_callback(self._done.put)

    def _show(self, future: concurrent.futures.Future[Any]) -> None:
        """Tells the bar of the tasks of a future that has ended."""
        if not future.cancelled() and future.exception() is None:
            self._bar.ended(len(future.result()[1]) if self._is_chunked else 1)  # type: ignore[union-attr]

    def __iter__(self) -> Iterator[T]:
        # A generator, for it gives the results of a chunk at a third of the cost of `__next__`.
        while self._fill():
            items = self._items
            while items:
                yield items.pop()

    def __next__(self) -> T:
        if not self._fill():
            raise StopIteration
        return self._items.pop()

    def _fill(self) -> bool:
        """Waits for results where there are none; whether there are some."""
        self._started = True
        try:
            while not self._items:
                if self._is_over():
                    self.close()
                    return False
                self._take(self._next_future())
            return True
        except BaseException:
            self.close()
            raise

    def __aiter__(self) -> Results[T]:
        return self

    async def __anext__(self) -> T:
        self._started = True
        try:
            while not self._items:
                if self._is_over():
                    raise StopAsyncIteration
                self._take(await self._await_future())
            return self._items.pop()
        except BaseException:
            self.close()
            raise

    def _next_future(self) -> Any:
        """The next future that has ended; waits for it."""
        if self._ordered:
            first = next(iter(self._futures))
            first.exception(self._time_left())
            return first
        try:
            return self._done.get(timeout=self._time_left())
        except queue.Empty:
            raise concurrent.futures.TimeoutError from None

    async def _await_future(self) -> Any:
        import asyncio

        if self._ordered:
            first = next(iter(self._futures))
            await asyncio.wait([asyncio.wrap_future(first)], timeout=self._time_left())
            if not first.done():
                raise concurrent.futures.TimeoutError
            return first
        loop = asyncio.get_running_loop()
        # One blocked thread for the whole loop would do; one call for each chunk is what asyncio offers.
        return await loop.run_in_executor(None, self._next_future)

    def _is_over(self) -> bool:
        feed = self._feed
        if not self._futures and feed is not None:
            feed.settle(lambda: bool(self._futures), self._time_left())
            if not self._futures and feed.failure is not None:
                failure, feed.failure = feed.failure, None
                raise failure
        return not self._futures

    def _time_left(self) -> float | None:
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def _take(self, future: Any) -> None:
        del self._futures[future]
        result = future.result()
        if self._lazy and self._feed is not None:
            self._feed.more()
        self._items = list(reversed(result[1])) if self._is_chunked else [result]

    def close(self) -> None:
        """No result is wanted any more."""
        all_ended = not self._futures and (self._feed is None or self._feed.over)
        if self._feed is not None:
            self._feed.stop()
        if self._bar is not None:
            self._bar.close(all_ended)
        futures, self._futures = self._futures, {}
        for future in futures:
            future.cancel()

    def __del__(self) -> None:
        if self._started:
            self.close()
