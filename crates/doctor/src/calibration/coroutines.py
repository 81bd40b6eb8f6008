"""Coroutines."""

import asyncio
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from harness import SPLITS, Spread, count_cores, cpu_split, timed

TASKS = 600
EXCHANGES = 25
CLIENT_EXCHANGES = 400  # about 60 ms
CLIENT_CALLS = 7  # socket, connect, option, send, 2 receives, close
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


def blocking(record):
    """The same over blocking sockets, both ends in one thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        start = time.thread_time()
        for _ in range(EXCHANGES):
            with socket.create_connection(address) as near:
                far, _ = server.accept()
                near.sendall(MESSAGE)
                with far:
                    far.sendall(far.recv(1000))
                while near.recv(1000):
                    pass
        record.add("asyncio.blocking_exchange", (time.thread_time() - start) / EXCHANGES / 2)


def _answer(server, count):
    for _ in range(count):
        far, _ = server.accept()
        with far:
            far.sendall(far.recv(1000))


def client(record):
    """One side only, whose other end is another process: a call costs it more than one of
    `blocking`, because it hands packets over and has to be woken up."""
    if not hasattr(os, "fork") or record.count("socket.call") >= SPLITS:
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = os.fork()
        if not peer:
            try:
                _answer(server, CLIENT_EXCHANGES)
            finally:
                os._exit(0)
        address = server.getsockname()
        try:
            user, system = cpu_split()
            start = time.thread_time()
            for _ in range(CLIENT_EXCHANGES):
                with socket.create_connection(address) as near:
                    near.sendall(MESSAGE)
                    while near.recv(1000):
                        pass
            used = time.thread_time() - start
            used_user, used_system = cpu_split()
        finally:  # if an exchange failed, the peer waits for the next one for ever
            os.kill(peer, signal.SIGKILL)
            os.waitpid(peer, 0)
    record.add("socket.call", used / CLIENT_EXCHANGES / CLIENT_CALLS)
    record.add("socket.system", used_system - system)
    record.add("socket.user", used_user - user)


def steps():
    return [loop, tasks, streams, blocking, client]


def figures(record):
    return record.group(
        "asyncio.loop_start", "asyncio.task", "asyncio.to_thread", "asyncio.exchange", "asyncio.blocking_exchange"
    )
