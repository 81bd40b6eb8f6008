from itertools import pairwise
from multiprocessing import Pool

from task import ITEMS, work


def compare(one, other) -> bool:
    return work(one) == work(other)


def main() -> None:
    with Pool() as pool:  # as many workers as cores
        # The first to finish comes first.
        for result in pool.imap_unordered(work, ITEMS):
            print(result)
        # Several arguments for each call.
        print(sum(pool.starmap(compare, pairwise(ITEMS))))
        # In the background, while the main program goes on.
        background = pool.map_async(work, ITEMS)
        print(len(background.get()))
    # Leaving `with` calls pool.terminate(): all worker processes end, whatever
    # they are doing.


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
