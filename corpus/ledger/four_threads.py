"""Four threads of Python code: with a GIL each waits for the three others.

A thread that is ready and has no CPU is in the kernel's count; what is left, it waited for the GIL.
"""

from known.measured import in_thread, look, repeat, tell


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def work():
    repeat(count)


def join(threads):
    for thread in threads:
        thread.join()


def contended(seen):
    return seen.spent(python_gil=seen.span.cpu, gil_wait=seen.span.blocked)


if __name__ == "__main__":
    looks = []
    threads = [in_thread(looks, work, name=f"counter {number}") for number in range(4)]
    for thread in threads:
        thread.start()
    main = look(join, threads).waited("lock")
    first, *others = map(contended, looks)
    tell(first, [*others, main])
