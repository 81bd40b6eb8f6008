import multiprocessing
import time


def serve(stop, interval: float) -> None:
    rounds = 0
    # wait() instead of sleep(): it ends at once when it is time to stop.
    while not stop.wait(interval):
        rounds += sum(range(1_000)) > 0  # stands for one round of computing
    print(f"{rounds} rounds", flush=True)


def main() -> None:
    stop = multiprocessing.Event()
    worker = multiprocessing.Process(target=serve, args=(stop, 0.02), name="serve")
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
