"""A coroutine that sleeps without `await`, for four fifths of the time: nothing else runs meanwhile."""

import asyncio
import time

from known.measured import Clocks, line_of, look, tell

STALLS, STALL, PAUSE = 10, 0.2, 0.05


async def careless(blocking):
    with blocking:
        time.sleep(STALL)  # blocks


async def main(blocking):
    for _ in range(STALLS):
        await asyncio.sleep(PAUSE)
        await careless(blocking)


def work(blocking):
    asyncio.run(main(blocking))


if __name__ == "__main__":
    blocking = Clocks()
    seen = look(work, blocking)
    stalled = blocking.total.blocked
    seen.spent(sleep=stalled, loop_idle=seen.span.blocked - stalled, cpu=seen.span.cpu)
    stall = {"line": line_of(__file__, "blocks"), "function": "careless", "count": STALLS, "longest": STALL}
    tell(seen, stall=stall)
