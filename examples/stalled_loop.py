"""Tasks that wait for slow answers, and one that keeps the event loop: for `rightlane observe`."""

import asyncio
import time


async def answer(number):
    await asyncio.sleep(0.3)
    return number


async def fetch(number):
    return await answer(number)


async def render():
    time.sleep(0.4)  # Blocks the loop: nothing else runs meanwhile.


async def main():
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(fetch(number), name=f"fetch-{number}")
        group.create_task(render(), name="render")
    print("done")


asyncio.run(main())
