import threading


class Worker(threading.Thread):
    """A task with state of its own, which methods give out."""

    def __init__(self, interval: float) -> None:
        super().__init__(name="worker")
        self.interval = interval
        self._rounds = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(self.interval):
            with self._lock:
                self._rounds += 1  # stands for one round of the task

    def rounds(self) -> int:
        with self._lock:
            return self._rounds

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def main() -> None:
    worker = Worker(interval=0.02)
    worker.start()
    try:
        threading.Event().wait(0.2)  # stands for the main program's own work
    finally:
        worker.stop()
    print(f"{worker.rounds()} rounds")


if __name__ == "__main__":
    main()
