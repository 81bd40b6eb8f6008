from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace
import os
import tempfile
from common import Truth
import word_count as P

T = Truth(P, group="python-cpu", guide=dict(step1="io", sockets=0, step2="adhoc", step3="pool", choice="threadpool",
                                           note="reads files, so IO by the guide's examples; measured, it is counting"),
          independent=True, state="a Counter, added up from the results")


@T.setup
@contextmanager
def setup():
    with tempfile.TemporaryDirectory() as folder:
        P.make_texts(folder)
        yield SimpleNamespace(paths=[os.path.join(folder, name) for name in sorted(os.listdir(folder))])


def finish(ctx, counts):
    total = Counter()
    for count in counts:
        total += count
    return P.summary(total)


T.mapping(task=lambda ctx: P.count_words, items=lambda ctx: ctx.paths, chunk=5, finish=finish)

if __name__ == "__main__":
    T.main()
