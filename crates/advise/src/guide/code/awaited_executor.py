import asyncio
from concurrent.futures import ThreadPoolExecutor

from task import ITEMS, work


async def main() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=16) as executor:
        futures = [loop.run_in_executor(executor, work, item) for item in ITEMS]
        for future in asyncio.as_completed(futures):
            print(await future)  # the event loop goes on while the workers work


if __name__ == "__main__":
    asyncio.run(main())
