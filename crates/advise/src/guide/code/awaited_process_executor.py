import asyncio
from concurrent.futures import ProcessPoolExecutor

from task import ITEMS, work


async def main() -> None:
    issue = asyncio.get_running_loop().run_in_executor
    with ProcessPoolExecutor() as executor:  # as many workers as cores
        futures = [issue(executor, work, item) for item in ITEMS]
        # Meanwhile the event loop runs other coroutines.
        for future in asyncio.as_completed(futures):
            print(await future)


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    asyncio.run(main())
