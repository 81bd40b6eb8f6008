import asyncio
from contextlib import contextmanager
from types import SimpleNamespace
import httpx
from common import Truth
import fleet_status as P

T = Truth(P, group="already-concurrent", guide=dict(step1="io", sockets=180, step2="adhoc", step3="asyncio", choice="asyncio",
                                                   note="async already, yet it awaits one answer after the other"),
          independent=True, state="a shared client, made for concurrent use")


@T.setup
@contextmanager
def setup():
    process, base = P.start_server(delay=0.01)
    try:
        yield SimpleNamespace(base=base)
    finally:
        process.terminate()
        process.wait()


def state_by_own_loop(number, base):
    """A task for a thread or a process: the coroutine in an event loop of its own."""
    async def one():
        async with httpx.AsyncClient() as client:
            return await P.vehicle_state(client, base, number)
    return asyncio.run(one())


class State:
    def __init__(self, base):
        self.base = base

    def __call__(self, number):
        return state_by_own_loop(number, self.base)


T.mapping(task=lambda ctx: State(ctx.base), items=lambda ctx: range(P.VEHICLES), chunk=10,
          sequential=lambda ctx: P.summary(asyncio.run(P.collect(ctx.base))),
          finish=lambda ctx, states: P.summary(states))


@T.coroutines
async def run(ctx, gather):
    async with httpx.AsyncClient() as client:
        return P.summary(await gather(P.vehicle_state(client, ctx.base, number) for number in range(P.VEHICLES)))


T.name("asyncio20", "asyncio:20")

if __name__ == "__main__":
    T.main()
