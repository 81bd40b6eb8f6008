from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import tank_levels as P

T = Truth(P, group="dependent", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                          note="the guide asks for independent tasks only in passing; a careful reader stays sequential"),
          independent=False, state="each call takes the result of the call before it")
FIRST = (50.0, 0.0, 5.0)


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(readings=P.make_readings())


def sequential(ctx):
    state, track = FIRST, []
    for reading in ctx.readings:
        state = P.update(state, reading)
        track.append(state)
    return P.summary(track)


# what a mechanical rewrite gives: every call gets the value the variable had before the loop
T.mapping(task=lambda ctx: partial(P.update, FIRST), items=lambda ctx: ctx.readings, chunk=200,
          sequential=sequential, finish=lambda ctx, track: P.summary(track))

if __name__ == "__main__":
    T.main()
