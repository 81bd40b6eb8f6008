import asyncio


async def wait(number):
    await asyncio.sleep(0.01)
    return number


async def main():
    for number in range(5):
        await wait(number)
    print(sum(await asyncio.gather(*(wait(number) for number in range(20)))))


asyncio.run(main())
