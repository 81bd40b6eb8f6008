from concurrent.futures import ProcessPoolExecutor, as_completed

from task import ITEMS, work


def main() -> None:
    with ProcessPoolExecutor() as executor:  # as many workers as cores
        futures = {executor.submit(work, item): item for item in ITEMS}
        for future in as_completed(futures):  # the first to finish comes first
            if error := future.exception():
                print(f"{futures[future]} failed: {error!r}")
                # Withdraw what has not started.
                executor.shutdown(wait=False, cancel_futures=True)
                break
            print(future.result())


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
