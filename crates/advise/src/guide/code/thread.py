import threading


def monitor(stop: threading.Event, interval: float) -> None:
    # wait() instead of sleep(): it ends at once when it is time to stop.
    while not stop.wait(interval):
        print("still alive")  # stands for one round of the task


def main() -> None:
    stop = threading.Event()
    worker = threading.Thread(target=monitor, args=(stop, 0.05))
    worker.start()
    try:
        stop.wait(0.2)  # stands for the main program's own work
    finally:
        stop.set()
        worker.join()


if __name__ == "__main__":
    main()
