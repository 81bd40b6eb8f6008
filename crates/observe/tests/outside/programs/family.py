"""Programs with children, threads or an event loop: `family.py WHAT [NUMBER]`.

Children print their ids as `worker PID PARENT`; work goes on until it has taken a certain time by
the worker's own clock, so that a busy machine makes a program longer, not emptier.
"""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
import time

STALL = 0.4


def crunch(seconds: float) -> int:
    """Compute for so many seconds of CPU time."""
    end = time.thread_time() + seconds
    number = 0
    while time.thread_time() < end:
        number += 1
    return number


def work(barrier) -> None:
    """What each worker does once all of them are there."""
    os.write(1, f"worker {os.getpid()} {os.getppid()}\n".encode())
    barrier.wait()
    crunch(0.15)
    barrier.wait()


def pool(method: str) -> None:
    context = multiprocessing.get_context(method)
    barrier = context.Barrier(2)
    workers = [context.Process(target=work, args=(barrier,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def commands(_) -> None:
    code = "import time\ndef inner():\n    while time.thread_time() < 0.25: pass\ninner()"
    for _ in range(10):
        subprocess.run(["sleep", "0.01"], check=True, close_fds=True)
    subprocess.run([sys.executable, "-c", code], check=True)
    subprocess.run(["sh", "-c", f"'{sys.executable}' -c '{code}'; :"], check=True)


def quick(count: str) -> None:
    """Fork children that end at once, ten at a time."""
    for _ in range(int(count) // 10):
        children = []
        for _ in range(10):
            child = os.fork()
            if not child:
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)


def crowd(count: str) -> None:
    """More children at once than are sampled at once; all end with the input."""
    children = []
    for _ in range(int(count)):
        child = os.fork()
        if not child:
            os.read(0, 1)
            os._exit(0)
        children.append(child)
    print("ready", flush=True)
    for child in children:
        os.waitpid(child, 0)


def short_threads(count: str) -> None:
    for _ in range(int(count)):
        thread = threading.Thread(target=sum, args=((1, 2),))
        thread.start()
        thread.join()


def tick(durations: list[float]) -> None:
    start = time.monotonic()
    crunch(0.002)
    durations.append(time.monotonic() - start)


async def busy() -> None:
    """Many short callbacks in a row; says how long the longest took."""
    loop = asyncio.get_running_loop()
    durations: list[float] = []
    for _ in range(150):
        loop.call_soon(tick, durations)
        await asyncio.sleep(0)
    print(max(durations))


async def stuck() -> None:
    time.sleep(STALL)  # stall


async def patient(event: asyncio.Event) -> None:
    await event.wait()  # awaited


def loop(what: str) -> None:
    async def main() -> None:
        event = asyncio.Event()
        waiting = asyncio.create_task(patient(event), name="patience")
        await asyncio.sleep(0.6)
        if what == "stuck":
            await stuck()
        else:
            await busy()
        event.set()
        await waiting

    asyncio.run(main())


if __name__ == "__main__":
    PROGRAMS = {
        "pool": pool,
        "commands": commands,
        "quick": quick,
        "crowd": crowd,
        "threads": short_threads,
        "loop": loop,
    }
    PROGRAMS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
