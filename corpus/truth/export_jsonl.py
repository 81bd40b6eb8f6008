from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import export_jsonl as P

T = Truth(P, group="small-tasks", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool"),
          independent=True, state="none; a few microseconds per task: worth it only many in a message")


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(rows=P.make_rows())


T.mapping(task=lambda ctx: P.to_line, items=lambda ctx: ctx.rows, chunk=5000, part=20,
          finish=lambda ctx, lines: P.summary(lines))

if __name__ == "__main__":
    T.main()
