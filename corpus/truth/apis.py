"""A loop of calls, run under each concurrency API with any settings.

Every function below has the signature `(loop, ctx, items, *settings) -> results`
and is one API written as its documentation shows it. `run_loop` adds what they
have in common: making the items, and the output line.
"""

import asyncio
import math
import multiprocessing
import multiprocessing.pool
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from collections.abc import Callable

# Above this many messages to workers, a loop which allows it is measured on a
# part of its items: the whole of two million tasks in threads takes a minute.
MANY_MESSAGES = 100_000


class UnknownVariant(LookupError):
    """A name that is neither the truth file's own nor an API with settings."""


@dataclass
class Loop:
    """`for item in items(ctx): task(ctx)(item)`, then `finish(ctx, results)`.

    make_task: where the function cannot be pickled, what a process calls once to
    make its own. part: divisor of the items for APIs that cost too much per task.
    """

    task: Callable[[Any], Callable]
    items: Callable[[Any], Any]
    finish: Callable[[Any, list], str]
    chunk: int = 1
    sequential: Callable[[Any], str] | None = None
    make_task: Callable[[Any], Callable] | None = None
    part: int = 1


def threads(loop, ctx, items, workers=0):
    with ThreadPoolExecutor(workers or None) as executor:
        return list(executor.map(loop.task(ctx), items))


def threadpool(loop, ctx, items, workers=0, chunksize=0):
    with multiprocessing.pool.ThreadPool(workers or None) as pool:
        return pool.map(loop.task(ctx), items, chunksize or None)


def procs(loop, ctx, items, workers=0, chunksize=1, start_method=None):
    function, options = process_task(loop, ctx)
    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(workers or None, mp_context=context, **options) as executor:
        return list(executor.map(function, items, chunksize=chunksize or 1))


def mp_pool(loop, ctx, items, workers=0, chunksize=0, start_method=None):
    function, options = process_task(loop, ctx)
    with multiprocessing.get_context(start_method).Pool(workers or None, **options) as pool:
        return pool.map(function, items, chunksize or None)


def to_thread(loop, ctx, items, limit=0):
    function = loop.task(ctx)

    async def everything():
        return await gather((asyncio.to_thread(function, item) for item in items), limit)

    return asyncio.run(everything())


APIS = {"threads": threads, "threadpool": threadpool, "procs": procs, "mp_pool": mp_pool, "to_thread": to_thread}


async def gather(coroutines, limit=0):
    """asyncio.gather() with at most `limit` coroutines under way (0: all)."""
    if not limit:
        return await asyncio.gather(*coroutines)
    free = asyncio.Semaphore(limit)

    async def one(coroutine):
        async with free:
            return await coroutine

    return await asyncio.gather(*map(one, coroutines))


def run_sequential(loop, ctx):
    if loop.sequential:
        return loop.sequential(ctx)
    function = loop.task(ctx)
    return loop.finish(ctx, [function(item) for item in loop.items(ctx)])


def run_loop(loop, ctx, api, settings):
    """The output line, or for a part of the items what run_part() returns."""
    items = loop.items(ctx)
    if loop.part > 1 and messages(api, settings, len(items)) > MANY_MESSAGES:
        return run_part(loop, ctx, api, settings, items[: len(items) // loop.part])
    return loop.finish(ctx, APIS[api](loop, ctx, items, *settings))


def run_part(loop, ctx, api, settings, items):
    """Only the API's own run is to be scaled; the expected line is made later,
    outside the timed work."""
    function = loop.task(ctx)
    output = loop.finish(ctx, APIS[api](loop, ctx, items, *settings))
    return {
        "output": output,
        "scale": loop.part,
        "expected": lambda: loop.finish(ctx, [function(item) for item in items]),
    }


def messages(api, settings, count):
    """How many times `count` tasks make the API hand something to a worker."""
    if api not in ("threadpool", "procs", "mp_pool"):
        return count
    workers = (settings[0] if settings else 0) or multiprocessing.cpu_count()
    chunksize = settings[1] if len(settings) > 1 else 0
    if not chunksize:
        chunksize = 1 if api == "procs" else math.ceil(count / (4 * workers))
    return math.ceil(count / chunksize)


_worker = {}


def process_task(loop, ctx):
    """What to map in a process, and the options of the pool which make it work."""
    if loop.make_task is None:
        return loop.task(ctx), {}
    return _call_worker, {"initializer": _start_worker, "initargs": (loop.make_task(ctx),)}


def _start_worker(make_task):
    _worker["task"] = make_task()


def _call_worker(item):
    return _worker["task"](item)
