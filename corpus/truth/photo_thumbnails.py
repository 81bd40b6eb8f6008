from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
import tempfile
from common import Truth
import photo_thumbnails as P

T = Truth(P, group="native-gil-released", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool"),
          independent=True, state="writes one file per task, distinct names")


@T.setup
@contextmanager
def setup():
    with tempfile.TemporaryDirectory() as folder:
        P.make_photos(folder)
        yield SimpleNamespace(paths=sorted(Path(folder).glob("*.jpg")))


T.mapping(task=lambda ctx: P.thumbnail, items=lambda ctx: ctx.paths, chunk=4,
          finish=lambda ctx, made: P.summary(made))

if __name__ == "__main__":
    T.main()
