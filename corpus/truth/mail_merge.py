from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import mail_merge as P

T = Truth(P, group="tiny", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                     note="the guide has no step which says: leave it alone"),
          independent=True, state="none; a result costs more to send than to make")


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(customers=P.make_customers())


T.mapping(task=lambda ctx: P.fill, items=lambda ctx: ctx.customers, chunk=5000, part=20,
          finish=lambda ctx, letters: P.summary(letters))

if __name__ == "__main__":
    T.main()
