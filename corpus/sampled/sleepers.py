"""200 threads that mostly sleep."""

import threading
import time

from span import measured

THREADS, TIMES, PAUSE = 200, 15, 0.2


def nap():
    for _ in range(TIMES):
        time.sleep(PAUSE)
        sum(range(1000))


def work():
    threads = [threading.Thread(target=nap) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    measured(work)
