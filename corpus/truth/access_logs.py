from contextlib import contextmanager
from types import SimpleNamespace
import os
import tempfile
from common import Truth
import access_logs as P

T = Truth(P, group="python-cpu", guide=dict(step1="io", sockets=0, step2="adhoc", step3="pool", choice="threadpool",
                                           note="reads files, so IO by the guide's examples; measured, it is parsing"),
          independent=True, state="a dict of totals, added up from the results")


@T.setup
@contextmanager
def setup():
    with tempfile.TemporaryDirectory() as folder:
        P.make_logs(folder)
        yield SimpleNamespace(paths=[os.path.join(folder, name) for name in sorted(os.listdir(folder))])


def finish(ctx, logs):
    totals = {}
    for figures in logs:
        P.add(totals, figures)
    return P.summary(totals)


T.mapping(task=lambda ctx: P.read_log, items=lambda ctx: ctx.paths, chunk=4, finish=finish)

if __name__ == "__main__":
    T.main()
