import multiprocessing
import time


class Worker(multiprocessing.Process):
    """A task with state of its own.

    The attributes live in the new process: the main program sees only what is
    shared (here a Value) or sent.
    """

    def __init__(self, interval: float) -> None:
        super().__init__(name="worker")
        self.interval = interval
        self._rounds = multiprocessing.Value("q", 0)
        self._stopping = multiprocessing.Event()

    def run(self) -> None:
        while not self._stopping.wait(self.interval):
            with self._rounds.get_lock():
                self._rounds.value += 1  # stands for one round of computing

    def rounds(self) -> int:
        return self._rounds.value

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def main() -> None:
    worker = Worker(interval=0.02)
    worker.start()
    try:
        time.sleep(0.2)  # stands for the main program's own work
    finally:
        worker.stop()
    print(f"{worker.rounds()} rounds")


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
