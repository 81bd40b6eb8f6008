import asyncio

LIMIT = 100  # connections open at the same time: what the other side bears


async def fetch(item: int, limit: asyncio.Semaphore) -> str:
    async with limit:
        await asyncio.sleep(0.05)  # stands for waiting on a connection
        return f"item {item} done"


async def main() -> None:
    limit = asyncio.Semaphore(LIMIT)
    # The group waits for all; if one fails, it cancels the others and raises.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(item, limit)) for item in range(300)]
    for task in tasks:
        print(task.result())


if __name__ == "__main__":
    asyncio.run(main())
