from itertools import pairwise
from multiprocessing.pool import ThreadPool

from task import ITEMS, work


def compare(one, other) -> bool:
    return work(one) == work(other)


def main() -> None:
    with ThreadPool(16) as pool:
        # The first to finish comes first.
        for result in pool.imap_unordered(work, ITEMS):
            print(result)
        # Several arguments for each call.
        print(sum(pool.starmap(compare, pairwise(ITEMS))))
        # In the background, while the main program goes on.
        background = pool.map_async(work, ITEMS)
        print(len(background.get()))
    # Leaving `with` calls pool.terminate(): waiting tasks are dropped, running
    # ones finish.


if __name__ == "__main__":
    main()
