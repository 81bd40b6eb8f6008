from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import aiohttp
from common import Truth
import post_events as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=240, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="every call changes the far end; the order of arrival does not matter; "
                                   "the collector takes 8 requests at once")


@T.setup
@contextmanager
def setup():
    process, url = P.start_collector(delay=0.008)
    try:
        yield SimpleNamespace(url=url, events=P.make_events())
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: partial(P.send, url=ctx.url), items=lambda ctx: ctx.events, chunk=12,
          finish=lambda ctx, received: P.summary(ctx.events, sum(received)))


@T.coroutines
async def run(ctx, gather):
    async def one(session, event):
        async with session.post(ctx.url, json=event) as response:
            return (await response.json())["received"]

    async with aiohttp.ClientSession() as session:
        return P.summary(ctx.events, sum(await gather(one(session, event) for event in ctx.events)))

if __name__ == "__main__":
    T.main()
