import multiprocessing
import sys


def work(x):
    return [y for y in range(x)]


def name(_):
    return __name__, sys.argv, work.__module__, multiprocessing.parent_process() is not None


class Worker(multiprocessing.Process):
    def run(self):
        for x in range(2):
            print("in worker", x, __name__, flush=True)
        if self.name.endswith("x"):
            raise ValueError("worker failed")


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(2) as pool:
        print(sum(len(r) for r in pool.map(work, range(20))))
        print([r for r in pool.imap(work, range(3))])
        print(pool.map(name, range(1)))
        try:
            pool.apply(work, ("bad",))
        except TypeError as error:
            print(error)
    for name in ("w", "wx"):
        worker = Worker(name=name)
        worker.start()
        worker.join()
        print(worker.exitcode)
