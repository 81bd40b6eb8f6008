from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import plan_routes as P

T = Truth(P, group="already-concurrent", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                                   note="uses threads for computing in Python; the program's own form is threads16"),
          independent=True, state="none")


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(tours=P.make_tours())


T.mapping(task=lambda ctx: P.improve, items=lambda ctx: ctx.tours, chunk=4, threads=(2, 4, 6, 8, 16, 32),
          finish=lambda ctx, plans: P.summary(plans))

if __name__ == "__main__":
    T.main()
