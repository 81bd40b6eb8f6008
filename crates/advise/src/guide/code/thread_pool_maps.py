from itertools import pairwise
from multiprocessing.pool import ThreadPool

from task import ITEMS, work


def compare(one, other) -> bool:
    return work(one) == work(other)


def main() -> None:
    with ThreadPool(16) as pool:
        for result in pool.imap_unordered(work, ITEMS):  # the first to finish comes first
            print(result)
        print(sum(pool.starmap(compare, pairwise(ITEMS))))  # several arguments each
        background = pool.map_async(work, ITEMS)  # goes on while the main program does
        print(len(background.get()))
    # Leaving `with` calls pool.terminate(): waiting tasks are dropped, running ones finish.


if __name__ == "__main__":
    main()
