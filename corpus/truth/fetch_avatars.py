from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import os
import tempfile
import zlib
import aiohttp
from common import Truth
import fetch_avatars as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=200, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="writes one file per task, distinct names")


@T.setup
@contextmanager
def setup():
    process, base = P.start_server(delay=0.015)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield SimpleNamespace(urls=[f"{base}/img/{member}" for member in range(200)], folder=folder)
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: partial(P.download, folder=ctx.folder), items=lambda ctx: ctx.urls, chunk=10,
          threads=(2, 4, 6, 8, 32, 200), finish=lambda ctx, saved: P.summary(saved))


@T.coroutines
async def run(ctx, gather):
    async def one(session, url):
        target = os.path.join(ctx.folder, url.rpartition("/")[2] + ".png")
        async with session.get(url) as response:
            data = await response.read()
        with open(target, "wb") as out:
            out.write(data)
        return os.path.basename(target), zlib.crc32(data)

    async with aiohttp.ClientSession() as session:
        return P.summary(await gather(one(session, url) for url in ctx.urls))


if __name__ == "__main__":
    T.main()
