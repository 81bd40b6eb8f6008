from multiprocessing.pool import ThreadPool

from task import ITEMS, work


def main() -> None:
    with ThreadPool(16) as pool:
        # The loop stays a loop: results come in its order, as soon as they are
        # there.
        for result in pool.imap(work, ITEMS):
            print(result)


if __name__ == "__main__":
    main()
