"""Coroutines."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from harness import SPLITS, Spread, count_cores, cpu_split, timed

TASKS = 600
EXCHANGES = 25
SPLIT_EXCHANGES = 500  # about 60 ms
CALLS = 12  # of one exchange, both sides: socket, connect, accept, 2 sends, 3 receives, 2 closes, 2 options
MESSAGE = b"x" * 500


async def _nothing():
    pass


def _function():
    pass


def loop(record):
    record.add("asyncio.loop_start", min(timed(lambda: asyncio.run(_nothing())) for _ in range(3)))


async def _gather(make, count):
    start = time.perf_counter()
    await asyncio.gather(*(make() for _ in range(count)))
    return time.perf_counter() - start


def tasks(record):
    async def plain():
        await _gather(_nothing, 50)
        record.add("asyncio.task", await _gather(_nothing, TASKS) / TASKS)

    async def on_threads(executor):
        asyncio.get_running_loop().set_default_executor(executor)
        await _gather(lambda: asyncio.to_thread(_function), 20)
        record.add("asyncio.to_thread", await _gather(lambda: asyncio.to_thread(_function), TASKS) / TASKS)

    asyncio.run(plain())
    with Spread() as spread:
        # as many as the loop's own executor has
        workers = min(32, count_cores() + 4)
        asyncio.run(on_threads(ThreadPoolExecutor(workers, initializer=spread.tie)))


def streams(record):
    """Both ends in one loop, one exchange after the other: half of it is one side's CPU."""

    async def answer(reader, writer):
        writer.write(await reader.read(1000))
        writer.close()

    async def exchange(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(MESSAGE)
        while await reader.read(1000):
            pass
        writer.close()

    async def all_of_them():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await exchange(port)
        start = time.thread_time()
        for _ in range(EXCHANGES):
            await exchange(port)
        record.add("asyncio.exchange", (time.thread_time() - start) / EXCHANGES / 2)
        server.close()

    asyncio.run(all_of_them())


def _blocking_exchanges(server, count):
    """Over blocking sockets, both ends in one thread."""
    address = server.getsockname()
    for _ in range(count):
        with socket.create_connection(address) as near:
            far, _ = server.accept()
            near.sendall(MESSAGE)
            with far:
                far.sendall(far.recv(1000))
            while near.recv(1000):
                pass


def blocking(record):
    with socket.create_server(("127.0.0.1", 0)) as server:
        start = time.thread_time()
        _blocking_exchanges(server, EXCHANGES)
        used = (time.thread_time() - start) / EXCHANGES
    record.add("asyncio.blocking_exchange", used / 2)
    record.add("socket.call", used / CALLS)


def socket_split(record):
    if record.count("socket.system") >= SPLITS:
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        user, system = cpu_split()
        _blocking_exchanges(server, SPLIT_EXCHANGES)
    used_user, used_system = cpu_split()
    record.add("socket.system", used_system - system)
    record.add("socket.user", used_user - user)


def steps():
    return [loop, tasks, streams, blocking, socket_split]


def figures(record):
    return record.group(
        "asyncio.loop_start", "asyncio.task", "asyncio.to_thread", "asyncio.exchange", "asyncio.blocking_exchange"
    )
