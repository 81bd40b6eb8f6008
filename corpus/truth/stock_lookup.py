import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import stock_lookup as P

T = Truth(P, group="dependent", guide=dict(step1="io", sockets=1, step2="adhoc", step3="pool", choice="threadpool",
                                          note="the guide asks for independent tasks only in passing; a careful reader "
                                               "sees the one connection and stays sequential"),
          independent=False, state="one connection whose answers come in the order of the questions")


@T.setup
@contextmanager
def setup():
    process, port = P.start_store()
    store = P.Store(port)
    P.fill(store)
    try:
        yield SimpleNamespace(port=port, store=store, products=P.make_list())
    finally:
        store.close()
        process.terminate()
        process.wait()


# what a mechanical rewrite gives: all workers ask on the one connection
T.mapping(task=lambda ctx: partial(P.stock_of, ctx.store), items=lambda ctx: ctx.products, chunk=500,
          finish=lambda ctx, levels: P.summary(levels))


@T.variant("threads2_connections", redesign=True)
def run(ctx):
    """A connection for each thread."""
    own = threading.local()

    def start():
        own.store = P.Store(ctx.port)

    with ThreadPoolExecutor(2, initializer=start) as executor:
        return P.summary(list(executor.map(lambda product: P.stock_of(own.store, product), ctx.products)))

if __name__ == "__main__":
    T.main()
