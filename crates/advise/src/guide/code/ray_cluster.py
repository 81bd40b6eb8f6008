import ray


@ray.remote
class Worker:
    """A task with state of its own, somewhere in the cluster."""

    def __init__(self) -> None:
        self.rounds = 0

    def step(self) -> int:
        self.rounds += 1  # stands for one round of the task
        return self.rounds


def main() -> None:
    ray.init()  # ray.init("auto") uses a running cluster
    worker = Worker.remote()
    print(ray.get([worker.step.remote() for _ in range(10)])[-1])
    ray.kill(worker)


if __name__ == "__main__":
    main()
