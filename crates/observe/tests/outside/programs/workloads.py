"""Programs of known truth: `workloads.py NAME SECONDS` spends that time in `work`.

Prints the wall and CPU seconds of the thread in `work` when done, so that a test can compare
what it saw from outside with what happened.
"""
import hashlib
import json
import os
import queue
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib

BLOCK = random.Random(7).randbytes(1 << 20)
ROWS = [{"id": n, "name": f"row {n}", "tags": ["a", "b", "c"]} for n in range(5000)]
TEXT = json.dumps(ROWS)
WORDS = re.compile(r"(\w+)@(\w+)|row (\d+)")
NUMBERS = random.Random(8).choices(range(1 << 30), k=200_000)


def repeat(seconds, step):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step()


def count_up():
    total = 0
    for number in range(50_000):
        total += number * number % 7
    return total


def pure_loop(seconds):
    repeat(seconds, count_up)


def json_text(seconds):
    repeat(seconds, lambda: json.dumps(ROWS))


def regular_expression(seconds):
    repeat(seconds, lambda: WORDS.findall(TEXT))


def sort_numbers(seconds):
    repeat(seconds, lambda: sorted(NUMBERS))


def hash_blocks(seconds):
    repeat(seconds, lambda: hashlib.sha256(BLOCK).digest())


def compress(seconds):
    repeat(seconds, lambda: zlib.compress(BLOCK, 6))


def four_threads(seconds):
    # On a busy machine the first would else be done before the last one starts.
    together = threading.Barrier(4)

    def compute():
        together.wait()
        pure_loop(seconds)

    threads = [threading.Thread(target=compute) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def slow_server(seconds):
    """A peer that answers each request after 20 ms."""
    with echo(0.02) as peer:
        repeat(seconds, lambda: (peer.send(b"x"), peer.recv(1)))


def quick_server(seconds):
    """A peer that answers at once: waits far shorter than the time between two samples."""
    with echo(0) as peer:
        repeat(seconds, lambda: (peer.send(b"x"), peer.recv(1), sum(range(1000))))


def echo(delay):
    """A socket to a process that sends back what it gets. A process, so that it takes no GIL."""
    near, far = socket.socketpair()
    if os.fork() == 0:
        near.close()
        while byte := far.recv(1):
            if delay:
                time.sleep(delay)
            far.send(byte)
        os._exit(0)
    far.close()
    return near


def child_process(seconds):
    subprocess.run([sys.executable, "-S", "-c", f"import time; time.sleep({seconds})"])


def child_with_timeout(seconds):
    code = f"import time; time.sleep({seconds})"
    subprocess.run([sys.executable, "-S", "-c", code], timeout=30)


def child_output(seconds):
    code = f"import time; time.sleep({seconds})"
    subprocess.run([sys.executable, "-S", "-c", code], capture_output=True)


def sleep(seconds):
    repeat(seconds, lambda: time.sleep(0.05))


def queue_get(seconds):
    try:
        queue.Queue().get(timeout=seconds)
    except queue.Empty:
        pass


def lock(seconds):
    taken = threading.Lock()
    taken.acquire()
    taken.acquire(timeout=seconds)


def warm_files(seconds):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "block")
        with open(path, "wb") as out:
            out.write(BLOCK * 16)
        buffer = bytearray(len(BLOCK) * 16)

        def read():
            with open(path, "rb", buffering=0) as file:
                file.readinto(buffer)

        repeat(seconds, read)


def write_and_sync(seconds):
    folder = os.environ.get("RIGHTLANE_TEST_DISK", ".")
    with tempfile.TemporaryFile(dir=folder) as file:

        def write():
            file.write(BLOCK)
            file.flush()
            os.fsync(file.fileno())

        repeat(seconds, write)


def asyncio_idle(seconds):
    import asyncio

    async def wait():
        await asyncio.sleep(seconds)

    asyncio.run(wait())


def asyncio_blocked(seconds):
    import asyncio

    async def wait():
        time.sleep(seconds)

    asyncio.run(wait())


def name_lookup(seconds):
    """A resolver of our own: what counts is the function's name and the socket underneath."""
    with echo(seconds) as peer:

        def getaddrinfo():
            peer.send(b"x")
            return peer.recv(1)

        code = getaddrinfo.__code__.replace(co_filename="/lib/socket.py")
        getaddrinfo.__code__ = code
        getaddrinfo()


def work(function, seconds):
    function(seconds)


def main():
    name, seconds = sys.argv[1], float(sys.argv[2])
    wall, cpu = time.monotonic(), time.thread_time()
    work(globals()[name], seconds)
    print(f"{time.monotonic() - wall} {time.thread_time() - cpu}")


if __name__ == "__main__":
    main()
