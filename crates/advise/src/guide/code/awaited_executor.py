import asyncio
from concurrent.futures import ThreadPoolExecutor

from task import ITEMS, work


async def main() -> None:
    issue = asyncio.get_running_loop().run_in_executor
    with ThreadPoolExecutor(max_workers=16) as executor:
        futures = [issue(executor, work, item) for item in ITEMS]
        # Meanwhile the event loop runs other coroutines.
        for future in asyncio.as_completed(futures):
            print(await future)


if __name__ == "__main__":
    asyncio.run(main())
