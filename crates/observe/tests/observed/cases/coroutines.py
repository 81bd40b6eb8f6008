import asyncio


async def ticks(n):
    for i in range(n):
        yield i
        await asyncio.sleep(0)


async def work(x):
    await asyncio.sleep(0.001)
    return x * 2


async def main():
    async for t in ticks(3):
        print(t)
    print([x async for x in ticks(3)], [await work(x) for x in range(3)])
    for x in range(2):
        print(await work(x), str(await work(5)))
    print(await asyncio.gather(*(work(x) for x in range(5))))
    async with asyncio.Lock():
        for x in [1, 2]:
            await asyncio.to_thread(print, x)
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except asyncio.TimeoutError:
        print("timeout")


asyncio.run(main())
asyncio.run(work("raise" + 1))
