from multiprocessing import Pool

from task import ITEMS, work


def main() -> None:
    with Pool() as pool:  # as many workers as cores
        # The loop stays a loop: results come in its order, as soon as they are
        # there. With thousands of short tasks, chunksize= sends several at
        # once.
        for result in pool.imap(work, ITEMS):
            print(result)


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
