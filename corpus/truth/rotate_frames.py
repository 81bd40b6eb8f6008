from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import rotate_frames as P

T = Truth(P, group="native-own-threads", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                                   note="the matrix product uses all cores by itself"),
          independent=True, state="none")


@T.setup
@contextmanager
def setup():
    calibration, frames = P.make_frames()
    yield SimpleNamespace(calibration=calibration, frames=frames)


T.mapping(task=lambda ctx: partial(P.calibrate, calibration=ctx.calibration), items=lambda ctx: ctx.frames, chunk=1,
          finish=lambda ctx, results: P.summary(results))

if __name__ == "__main__":
    T.main()
