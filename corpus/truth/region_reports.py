from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import os
import tempfile
from common import Truth
import region_reports as P

T = Truth(P, group="native-gil-released", guide=dict(step1="io", sockets=0, step2="adhoc", step3="pool", choice="threadpool",
                                                    note="a database counts as IO; here it is computing in a C library"),
          independent=True, state="none; every call opens the database for reading")


@T.setup
@contextmanager
def setup():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "orders.db")
        P.make_database(path)
        yield SimpleNamespace(path=path)


T.mapping(task=lambda ctx: partial(P.region_report, ctx.path), items=lambda ctx: range(P.REGIONS), chunk=3,
          finish=lambda ctx, reports: P.summary(reports))

if __name__ == "__main__":
    T.main()
