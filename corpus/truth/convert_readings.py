from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import convert_readings as P

T = Truth(P, group="tiny", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                     note="the guide has no step which says: leave it alone"),
          independent=True, state="none; a microsecond per task")
PART = 40          # what sends a message per reading runs on a 40th of the readings, times 40


@T.setup
@contextmanager
def setup():
    yield SimpleNamespace(readings=P.make_readings())


T.mapping(task=lambda ctx: P.convert, items=lambda ctx: ctx.readings, chunk=20_000, part=PART,
          finish=lambda ctx, converted: P.summary(converted))


def convert_block(block):
    return [P.convert(reading) for reading in block]


@T.variant("threads2_blocks", ft=True, redesign=True)
def run(ctx):
    blocks = [ctx.readings[i:i + 20_000] for i in range(0, len(ctx.readings), 20_000)]
    with ThreadPoolExecutor(2) as executor:
        return P.summary([row for block in executor.map(convert_block, blocks) for row in block])


if __name__ == "__main__":
    T.main()
