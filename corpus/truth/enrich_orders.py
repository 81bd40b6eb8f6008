from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import aiohttp
from common import Truth
import enrich_orders as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=150, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="a shared requests.Session; its connection pool has a lock, a session in a process is a copy; "
                                   "the service takes 8 requests at once")


@T.setup
@contextmanager
def setup():
    process, base = P.start_server(delay=0.012)
    try:
        yield SimpleNamespace(base=base, orders=P.make_orders())
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: partial(P.enrich, P.ProductService(ctx.base)), items=lambda ctx: ctx.orders, chunk=15,
          finish=lambda ctx, lines: P.summary(lines))


@T.coroutines
async def run(ctx, gather):
    async def one(session, order):
        async with session.get(f"{ctx.base}/item/{order['product']}") as response:
            item = await response.json()
        return {**order, "sku": item["sku"], "total": round(order["quantity"] * item["price"], 2),
                "short": item["stock"] < order["quantity"]}

    async with aiohttp.ClientSession() as session:
        return P.summary(await gather(one(session, order) for order in ctx.orders))

if __name__ == "__main__":
    T.main()
