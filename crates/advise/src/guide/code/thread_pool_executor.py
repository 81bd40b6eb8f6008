from concurrent.futures import ThreadPoolExecutor, as_completed

from task import ITEMS, work


def main() -> None:
    with ThreadPoolExecutor(max_workers=16) as executor:
        futures = {executor.submit(work, item): item for item in ITEMS}
        for future in as_completed(futures):  # the first to finish comes first
            if error := future.exception():
                print(f"{futures[future]} failed: {error!r}")
                # Withdraw what has not started.
                executor.shutdown(wait=False, cancel_futures=True)
                break
            print(future.result())


if __name__ == "__main__":
    main()
