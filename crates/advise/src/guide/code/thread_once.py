import threading
from queue import SimpleQueue

from task import ITEMS, work


def run(item, results: SimpleQueue) -> None:
    # An exception that leaves a thread is printed and lost: send it back like
    # a result.
    try:
        results.put(work(item))
    except Exception as error:
        results.put(error)


def main() -> None:
    results: SimpleQueue = SimpleQueue()
    worker = threading.Thread(target=run, args=(ITEMS[0], results))
    worker.start()
    # ... the main program goes on here ...
    worker.join()
    outcome = results.get()
    if isinstance(outcome, Exception):
        raise outcome
    print(outcome)


if __name__ == "__main__":
    main()
