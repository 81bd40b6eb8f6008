from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import backtest_grid as P

T = Truth(P, group="python-cpu", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool"),
          independent=True, state="a dict filled by pair; two nested loops")


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(prices=P.make_prices(), pairs=[(fast, slow) for fast in P.FAST for slow in P.SLOW])


class Backtest:
    """The call of the inner loop; the prices go along with every task, as in a plain map."""

    def __init__(self, prices):
        self.prices = prices

    def __call__(self, pair):
        return P.backtest(self.prices, *pair)


T.mapping(task=lambda ctx: Backtest(ctx.prices), items=lambda ctx: ctx.pairs, chunk=10,
          finish=lambda ctx, results: P.summary(dict(zip(ctx.pairs, results))))

if __name__ == "__main__":
    T.main()
