from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import sys
from common import Truth
import parts_cost as P

T = Truth(P, group="dependent", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                          note="all processes would work out the same sub-assemblies"),
          independent=False, state="a global dict of known costs; the output stays the same without it, the work grows")


@T.setup
@contextmanager
def setup():
    sys.setrecursionlimit(5000)
    yield SimpleNamespace(bill=P.make_bill())


T.mapping(task=lambda ctx: partial(P.cost_of, bill=ctx.bill), items=lambda ctx: list(reversed(range(P.PARTS))), chunk=50,
          finish=lambda ctx, costs: P.summary(dict(zip(reversed(range(P.PARTS)), costs))))

if __name__ == "__main__":
    T.main()
