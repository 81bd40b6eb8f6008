import multiprocessing
import time


def serve(stop, interval: float) -> None:
    total = 0
    # wait() instead of sleep(): it ends at once when it is time to stop.
    while not stop.wait(interval):
        total += sum(range(1_000))  # stands for one round of computing
    print(f"total {total}")


def main() -> None:
    stop = multiprocessing.Event()
    worker = multiprocessing.Process(target=serve, args=(stop, 0.02))
    worker.start()
    try:
        time.sleep(0.2)  # stands for the main program's own work
    finally:
        stop.set()
        worker.join()


# Worker processes import this module (with spawn, and with forkserver, the
# default on Linux from Python 3.14): without this guard they would start
# workers of their own.
if __name__ == "__main__":
    main()
