import asyncio
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
import os
import tempfile
from common import Truth
import gzip_exports as P

T = Truth(P, group="subprocess", guide=dict(step1="io", sockets=0, step2="adhoc", step3="pool", choice="threadpool",
                                           note="waiting for another program counts as IO"),
          independent=True, state="writes one file per task, distinct names")


@T.setup
@contextmanager
def setup():
    with tempfile.TemporaryDirectory() as folder:
        P.make_exports(folder)
        yield SimpleNamespace(paths=sorted(Path(folder).glob("*.csv")))


T.mapping(task=lambda ctx: P.pack, items=lambda ctx: ctx.paths, chunk=3,
          finish=lambda ctx, sizes: P.summary(sizes))


@T.coroutines
async def run(ctx, gather):
    async def call(*command):
        process = await asyncio.create_subprocess_exec(*command)
        if await process.wait():
            raise RuntimeError(command)

    async def one(path):
        await call("gzip", "-9", "-n", "-k", str(path))
        packed = str(path) + ".gz"
        await call("gzip", "-t", packed)
        return os.path.basename(packed), os.path.getsize(packed)

    return P.summary(await gather(one(path) for path in ctx.paths))


if __name__ == "__main__":
    T.main()
