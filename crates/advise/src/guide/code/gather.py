import asyncio

LIMIT = 100  # connections open at the same time: what the other side bears


async def fetch(item: int, limit: asyncio.Semaphore) -> str:
    async with limit:
        await asyncio.sleep(0.05)  # stands for waiting on a connection
        return f"item {item} done"


async def main() -> None:
    limit = asyncio.Semaphore(LIMIT)
    tasks = [fetch(item, limit) for item in range(300)]
    # From Python 3.11 asyncio.TaskGroup is better: if one task fails, gather
    # lets the others run.
    for result in await asyncio.gather(*tasks):
        print(result)


if __name__ == "__main__":
    asyncio.run(main())
