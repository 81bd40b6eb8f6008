import asyncio
import multiprocessing
import multiprocessing.pool
import os
import queue
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import plant_service as P

T = Truth(P, group="long-lived", guide=dict(step1="io", sockets=2, step2="long-lived", step3=None, choice="thread_class",
                                           note="three long-lived activities; two of them mostly wait"),
          independent=True, state="acquire feeds fit; health is separate", tasks=3)
DONE = None


@T.setup
@contextmanager
def setup():
    process, port = P.start_device(delay=0.02)
    try:
        yield SimpleNamespace(port=port)
    finally:
        process.terminate()
        process.wait()


@T.variant("sequential", ft=True)
def run(ctx):
    batches = []
    P.acquire(ctx.port, batches.append)
    fits = [P.fit(batch) for batch in batches]
    return P.summary(fits, P.watch_health(ctx.port))


def acquire_all(port, line):
    P.acquire(port, line.put)
    line.put(DONE)


def fit_all(line):
    fits = []
    while (batch := line.get()) is not DONE:
        fits.append(P.fit(batch))
    return fits


@T.variant("thread_class", ft=True)
def run(ctx):
    line, found = queue.Queue(), {}
    threads = [threading.Thread(target=acquire_all, args=(ctx.port, line)),
               threading.Thread(target=lambda: found.update(fits=fit_all(line))),
               threading.Thread(target=lambda: found.update(good=P.watch_health(ctx.port)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return P.summary(found["fits"], found["good"])


@T.api("threads")
def run(ctx, workers):
    line = queue.Queue()
    with ThreadPoolExecutor(workers) as executor:
        executor.submit(acquire_all, ctx.port, line)
        fits = executor.submit(fit_all, line)
        good = executor.submit(P.watch_health, ctx.port)
        return P.summary(fits.result(), good.result())


def send_fits(line, results):
    results.put(("fits", fit_all(line)))


def send_health(port, results):
    results.put(("good", P.watch_health(port)))


@T.variant("process_class")
def run(ctx):
    line, results = multiprocessing.Queue(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=acquire_all, args=(ctx.port, line)),
                 multiprocessing.Process(target=send_fits, args=(line, results)),
                 multiprocessing.Process(target=send_health, args=(ctx.port, results))]
    for process in processes:
        process.start()
    found = dict(results.get() for _ in range(2))
    for process in processes:
        process.join()
    return P.summary(found["fits"], found["good"])


@T.api("procs")
def run(ctx, workers, chunksize=1):
    """The producer and the consumer first: they suffice with two workers."""
    with multiprocessing.Manager() as manager:
        line = manager.Queue()
        with ProcessPoolExecutor(workers) as executor:
            executor.submit(acquire_all, ctx.port, line)
            fits = executor.submit(fit_all, line)
            good = executor.submit(P.watch_health, ctx.port)
            return P.summary(fits.result(), good.result())


def map_fits(ctx, pool, chunksize):
    """Only the fits are a parallel for-loop; the rest stays in order."""
    batches = []
    P.acquire(ctx.port, batches.append)
    with pool:
        fits = pool.map(P.fit, batches, chunksize or None)
    return P.summary(fits, P.watch_health(ctx.port))


@T.api("mp_pool")
def run(ctx, workers, chunksize=0):
    return map_fits(ctx, multiprocessing.Pool(workers), chunksize)


@T.api("threadpool")
def run(ctx, workers, chunksize=0):
    return map_fits(ctx, multiprocessing.pool.ThreadPool(workers), chunksize)


@T.api("asyncio")
def run(ctx, limit=0):
    async def acquire(line):
        reader, writer = await asyncio.open_connection("127.0.0.1", ctx.port)
        for number in range(60):
            writer.write(f"READ {number}\n".encode())
            samples = [float(word) for word in (await reader.readline()).split()]
            await line.put((number, samples))
        writer.close()
        await line.put(DONE)

    async def fit(line):
        fits = []
        while (batch := await line.get()) is not DONE:
            fits.append(await asyncio.to_thread(P.fit, batch))
        return fits

    async def health(rounds=30, every=0.03):
        good = 0
        for _ in range(rounds):
            reader, writer = await asyncio.open_connection("127.0.0.1", ctx.port)
            writer.write(b"STATUS\n")
            good += (await reader.read(64)).startswith(b"OK") and os.getloadavg()[0] >= 0
            writer.close()
            await asyncio.sleep(every)
        return good

    async def everything():
        line = asyncio.Queue()
        _, fits, good = await asyncio.gather(acquire(line), fit(line), health())
        return P.summary(fits, good)
    return asyncio.run(everything())


@T.variant("thread_class_procs2", redesign=True)
def run(ctx):
    """Threads for what waits, a process pool for the fits as they arrive."""
    found = {}
    with ProcessPoolExecutor(2) as executor:
        futures = []
        health = threading.Thread(target=lambda: found.update(good=P.watch_health(ctx.port)))
        health.start()
        P.acquire(ctx.port, lambda batch: futures.append(executor.submit(P.fit, batch)))
        fits = [future.result() for future in futures]
        health.join()
    return P.summary(fits, found["good"])


T.name("threads6", "threads:6", ft=True)
T.name("procs2_c1", "procs:2:1")
T.name("mp_pool", "mp_pool:2:0")
T.name("asyncio", "asyncio:0")

if __name__ == "__main__":
    T.main()
