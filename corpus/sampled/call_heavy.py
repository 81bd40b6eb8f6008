"""One thread of nothing but calls, ten to twenty deep: every read of its stack comes while it changes."""

from span import measured

ROUNDS = 4000


def fibonacci(number):
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def work():
    for _ in range(ROUNDS):
        fibonacci(20)


if __name__ == "__main__":
    measured(work)
