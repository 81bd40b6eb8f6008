"""Python code and nothing else."""

from known.measured import look, repeat, tell


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def work():
    repeat(count)


if __name__ == "__main__":
    tell(look(work).computed("python_gil"))
