import asyncio


async def fetch(item: int) -> str:
    await asyncio.sleep(0.05)  # stands for waiting on a connection
    return f"item {item} done"


async def main() -> None:
    # Keep the task in a name: the event loop alone does not keep it alive.
    task = asyncio.create_task(fetch(1))
    # ... the main program goes on here; at every await, the task does too ...
    print(await task)


if __name__ == "__main__":
    asyncio.run(main())
