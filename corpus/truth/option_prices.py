from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import option_prices as P

T = Truth(P, group="native-gil-released", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool"),
          independent=True, state="none; a generator of its own for each option")


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(book=P.make_book())


T.mapping(task=lambda ctx: P.price, items=lambda ctx: ctx.book, chunk=5,
          finish=lambda ctx, prices: P.summary(prices))

if __name__ == "__main__":
    T.main()
