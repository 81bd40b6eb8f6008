import asyncio


async def monitor(interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        print("still alive")  # stands for one round of the task


async def main() -> None:
    # Keep the task in a name: the event loop alone does not keep it alive.
    task = asyncio.create_task(monitor(0.05), name="monitor")
    try:
        await asyncio.sleep(0.2)  # stands for the main program's own work
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # raises what made it end early


if __name__ == "__main__":
    asyncio.run(main())
