from contextlib import contextmanager
from types import SimpleNamespace
import random
from common import Truth
import counter_queue as P

T = Truth(P, group="dependent", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                          note="the guide asks for independent tasks only in passing; a careful reader stays sequential"),
          independent=False, state="the random module's generator: each day draws on from where the day before stopped")


@T.setup
@contextmanager
def setup():
    random.seed(P.SEED)
    yield SimpleNamespace(days=range(P.DAYS))


T.mapping(task=lambda ctx: day, items=lambda ctx: ctx.days, chunk=20, finish=lambda ctx, days: P.summary(days))


def day(_):
    return P.simulate_day()

if __name__ == "__main__":
    T.main()
