import multiprocessing
from multiprocessing.connection import Connection

from task import ITEMS, work


def run(item, results: Connection) -> None:
    # An exception that leaves a process is printed and lost: send it back like
    # a result.
    try:
        results.send(work(item))
    except Exception as error:
        results.send(error)


def main() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    worker = multiprocessing.Process(target=run, args=(ITEMS[-1], sender))
    worker.start()
    # So that recv() ends with EOFError if the process dies without a word.
    sender.close()
    # ... the main program goes on here ...
    # Before join(): a large result fills the pipe until it is read.
    outcome = receiver.recv()
    worker.join()
    if isinstance(outcome, Exception):
        raise outcome
    print(outcome)


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
