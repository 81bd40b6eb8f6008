import asyncio
import json
import multiprocessing
import multiprocessing.pool
import os
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import inbox_watch as P

T = Truth(P, group="long-lived", guide=dict(step1="io", sockets=1, step2="long-lived", step3=None, choice="thread_class",
                                           note="three long-lived activities which mostly wait"),
          independent=True, state="none between the three; one removes the files it has read", tasks=3)


@T.setup
@contextmanager
def setup():
    device, port = P.start_device(delay=0.02)
    with tempfile.TemporaryDirectory() as folder:
        dropper = P.start_dropper(folder, every=0.05)
        try:
            yield SimpleNamespace(port=port, folder=folder)
        finally:
            for process in (device, dropper):
                process.terminate()
                process.wait()


def activities(ctx):
    return {"amounts": (P.watch_folder, ctx.folder), "means": (P.log_state, ctx.port), "shown": (P.run_clock,)}


@T.variant("sequential", ft=True)
def run(ctx):
    return P.summary(P.watch_folder(ctx.folder), P.log_state(ctx.port), P.run_clock())


@T.variant("thread_class", ft=True)
def run(ctx):
    found = {}
    threads = [threading.Thread(target=keep, args=(found, name, *call)) for name, call in activities(ctx).items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return P.summary(**found)


def keep(found, name, function, *arguments):
    found[name] = function(*arguments)


@T.variant("process_class")
def run(ctx):
    results = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=send, args=(results, name, *call))
                 for name, call in activities(ctx).items()]
    for process in processes:
        process.start()
    found = dict(results.get() for _ in processes)
    for process in processes:
        process.join()
    return P.summary(**found)


def send(results, name, function, *arguments):
    results.put((name, function(*arguments)))


def submit_all(ctx, executor):
    with executor:
        futures = {name: executor.submit(*call) for name, call in activities(ctx).items()}
        return P.summary(**{name: future.result() for name, future in futures.items()})


def apply_all(ctx, pool):
    with pool:
        results = {name: pool.apply_async(function, arguments)
                   for name, (function, *arguments) in activities(ctx).items()}
        return P.summary(**{name: result.get() for name, result in results.items()})


@T.api("threads")
def run(ctx, workers):
    return submit_all(ctx, ThreadPoolExecutor(workers))


@T.api("procs")
def run(ctx, workers, chunksize=1):
    return submit_all(ctx, ProcessPoolExecutor(workers))


@T.api("threadpool")
def run(ctx, workers, chunksize=0):
    return apply_all(ctx, multiprocessing.pool.ThreadPool(workers))


@T.api("mp_pool")
def run(ctx, workers, chunksize=0):
    return apply_all(ctx, multiprocessing.Pool(workers))


@T.api("to_thread")
def run(ctx, limit=0):
    async def everything():
        results = await asyncio.gather(*(asyncio.to_thread(*call) for call in activities(ctx).values()))
        return P.summary(*results)
    return asyncio.run(everything())


@T.api("asyncio")
def run(ctx, limit=0):
    async def watch_folder():
        amounts = {}
        while len(amounts) < P.MESSAGES:
            for name in sorted(os.listdir(ctx.folder)):
                if name.endswith(".json"):
                    path = os.path.join(ctx.folder, name)
                    with open(path) as handle:
                        message = json.load(handle)
                    amounts[message["number"]] = message["amount"]
                    os.remove(path)
            await asyncio.sleep(0.02)
        return amounts

    async def log_state(rounds=50):
        reader, writer = await asyncio.open_connection("127.0.0.1", ctx.port)
        means = []
        for number in range(rounds):
            writer.write(f"READ {number}\n".encode())
            samples = [float(word) for word in (await reader.readline()).split()]
            means.append(round(sum(samples) / len(samples), 4))
        writer.close()
        return means

    async def run_clock(ticks=25, every=0.04):
        shown = []
        for tick in range(ticks):
            shown.append(f"{tick // 60:02d}:{tick % 60:02d}")
            await asyncio.sleep(every)
        return shown

    async def everything():
        return P.summary(*await asyncio.gather(watch_folder(), log_state(), run_clock()))
    return asyncio.run(everything())


for name, same_as in {"threads2": "threads:2", "threads6": "threads:6", "threadpool": "threadpool:2:0",
                      "procs2_c1": "procs:2:1", "mp_pool": "mp_pool:2:0", "to_thread": "to_thread:0",
                      "asyncio": "asyncio:0"}.items():
    T.name(name, same_as)

if __name__ == "__main__":
    T.main()
